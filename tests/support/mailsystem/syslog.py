"""The reader of /dev/log: keeps what the mail programs log, in memory and in /var/log/mail.log."""

import os
import re
import socket
import threading
import time
from pathlib import Path

LOG = Path("/var/log/mail.log")


class Syslog:
    """Owns /dev/log and its reading thread, which ends with the process."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._arrived = threading.Condition()
        self.open()

    def open(self) -> None:
        """The socket is there, as when a syslogd starts."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._read, args=(self._socket,), daemon=True).start()

    def close(self) -> None:
        """The socket is gone, as after the end of a syslogd."""
        os.unlink("/dev/log")
        self._socket.shutdown(socket.SHUT_RD)

    def _read(self, from_socket: socket.socket) -> None:
        with LOG.open("a", encoding="utf-8") as file, from_socket:
            while datagram := from_socket.recv(65536):
                line = re.sub(r"^<\d+>", "", datagram.decode("utf-8", "backslashreplace")).rstrip("\n\0")
                with self._arrived:
                    self.lines.append(line)
                    self._arrived.notify_all()
                file.write(line + "\n")
                file.flush()

    def mark(self) -> int:
        """A place in the log, for `since` below."""
        return len(self.lines)

    def matching(self, pattern: str, since: int = 0) -> list[str]:
        return [line for line in self.lines[since:] if re.search(pattern, line)]

    def wait(self, pattern: str, since: int = 0, count: int = 1, timeout: float = 10) -> list[str]:
        """The lines that match, as soon as there are `count` of them; fails when there are not in time."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while len(found := self.matching(pattern, since)) < count:
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{len(found)} of {count} log lines matched {pattern!r} within {timeout} s")
        return found

    def tail(self, count: int = 40) -> str:
        return "\n".join(self.lines[-count:])
