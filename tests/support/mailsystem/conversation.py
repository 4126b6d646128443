"""A dialogue line by line, for what mail libraries cannot do: pipelined bursts, odd addresses, a transcript to read.

Logging in and TLS are tested with other people's clients (smtplib, poplib, imaplib, swaks, curl), not with this.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from .certificates import AUTHORITY
from .network import MX4, MX_NAME, Host


@dataclass
class Reply:
    """One reply, its lines joined; `code` is 0 for a protocol without codes or a closed connection."""
    code: int
    text: str

    def __str__(self) -> str:
        return self.text


class Conversation:
    """A connection from `host`, from its address `source` where it has several; `show` is called with every line, "C: ..." or "S: ...", and may be changed."""

    def __init__(self, host: Host, port: int = 25, address: str = MX4, show: Callable[[str], None] = lambda _: None,
                 source: str = ""):
        self.show = show
        self.transcript: list[str] = []
        with host:
            self._socket = socket.create_connection((address, port), timeout=40, source_address=(source, 0) if source else None)
        self._stream = self._socket.makefile("rb")
        self.greeting = self.read_reply()

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *_) -> None:
        self._stream.close()
        self._socket.close()

    def say(self, line: str | bytes) -> Reply:
        """Sends one line and waits for its reply."""
        self.send(line)
        return self.read_reply()

    def send(self, *lines: str | bytes) -> None:
        """Sends lines in one burst and waits for nothing."""
        encoded = [line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape") for line in lines]
        for line in encoded:
            self._note("C: " + line.decode("utf-8", "backslashreplace"))
        self._socket.sendall(b"".join(line + b"\r\n" for line in encoded))

    def read_reply(self) -> Reply:
        lines = []
        while line := self._stream.readline(65536):
            lines.append(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
            self._note("S: " + lines[-1])
            if lines[-1][3:4] != "-":
                break
        code = lines[-1][:3] if lines else ""
        return Reply(int(code) if code.isdigit() else 0, "\n".join(lines))

    def start_tls(self) -> Reply:
        """STARTTLS with the server's certificate verified, and EHLO again; the reply to STARTTLS."""
        reply = self.say("STARTTLS")
        if reply.code == 220:
            context = ssl.create_default_context(cafile=str(AUTHORITY))
            self._stream.close()
            self._socket = context.wrap_socket(self._socket, server_hostname=MX_NAME)
            self._stream = self._socket.makefile("rb")
            self._note("   (TLS from here on)")
            self.say("EHLO client.example")
        return reply

    def _note(self, line: str) -> None:
        self.transcript.append(line)
        self.show(line)
