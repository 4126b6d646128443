"""The world outside: an SMTP server that accepts everything and remembers it, to show what was really relayed."""

import socketserver
import threading
import time
from dataclasses import dataclass, field

from .network import Host


@dataclass
class Message:
    """One message as it arrived: envelope and text."""
    reverse_path: str
    forward_paths: list[str] = field(default_factory=list)
    text: str = ""


class _Session(socketserver.StreamRequestHandler):
    server: "Sink"

    def handle(self) -> None:
        self._reply("220 remote.example ESMTP sink")
        message = None
        while line := self.rfile.readline(65536):
            verb, _, argument = line.decode("latin-1").rstrip("\r\n").partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._reply("250 remote.example")
                case "MAIL":
                    message = Message(_path(argument))
                    self._reply("250 2.1.0 ok")
                case "RCPT" if message:
                    message.forward_paths.append(_path(argument))
                    self._reply("250 2.1.5 ok")
                case "DATA" if message and message.forward_paths:
                    self._reply("354 go on")
                    message.text = self._text()
                    self.server.receive(message)
                    self._reply("250 2.0.0 received")
                case "RSET" | "NOOP":
                    message = None if verb.upper() == "RSET" else message
                    self._reply("250 2.0.0 ok")
                case "QUIT":
                    self._reply("221 2.0.0 bye")
                    return
                case _:
                    self._reply("503 5.5.1 not now")

    def _reply(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _text(self) -> str:
        lines = []
        while (line := self.rfile.readline(65536)) not in (b".\r\n", b""):
            lines.append(line.decode("latin-1"))
        return "".join(lines)


def _path(argument: str) -> str:
    """The address between the angle brackets of MAIL FROM:<...> or RCPT TO:<...>."""
    return argument.partition("<")[2].rpartition(">")[0]


class Sink(socketserver.ThreadingTCPServer):
    """Listens on port 25 of its host until the process ends."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: Host):
        self.messages: list[Message] = []
        self._arrived = threading.Condition()
        with host:
            super().__init__((host.v4, 25), _Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def receive(self, message: Message) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait(self, count: int = 1, timeout: float = 15) -> list[Message]:
        """All messages, as soon as there are `count`; fails when there are not in time."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while len(self.messages) < count:
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise AssertionError(f"the sink has {len(self.messages)} of {count} messages after {timeout} s")
            return list(self.messages)

    def take(self) -> list[Message]:
        """All messages until now, which it then forgets."""
        with self._arrived:
            taken, self.messages = self.messages, []
            return taken

    def recipients(self) -> list[str]:
        return [path for message in self.messages for path in message.forward_paths]

    def clear(self) -> None:
        with self._arrived:
            self.messages.clear()
