"""The real milter-relay, under the system calls that its unit leaves it: its configuration, its start and its ends."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import leaks
from .accounts import MILTER_USER
from .sandbox import confine

SOCKET = Path("/run/milter-relay/milter-relay.sock")
CONFIGURATION = Path("/etc/mail/milter-relay.toml")


def _socket_listens() -> bool:
    """Asks the kernel, so that the milter sees no connection that is not sendmail's."""
    listening = "00010000"
    return any(line.split()[3] == listening and line.endswith(str(SOCKET))
               for line in Path("/proc/net/unix").read_text().splitlines()[1:])


def listen() -> socket.socket:
    """The milter's socket as systemd keeps it: it outlives the daemons that it is handed to."""
    SOCKET.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(SOCKET))
    shutil.chown(SOCKET, MILTER_USER)
    SOCKET.chmod(0o660)
    listener.listen(1024)
    return listener


class Milter:
    def __init__(self, program_directory: Path):
        self._program = program_directory / "milter-relay"
        self._daemon: subprocess.Popen | None = None

    def start(self, configuration: str = "", **environment: str) -> None:
        """With this milter-relay.toml (the empty one means all defaults); whatever ran before is stopped."""
        self.stop()
        CONFIGURATION.write_text(configuration)
        self._daemon = subprocess.Popen([str(self._program), "run", "-c", str(CONFIGURATION)], stdin=subprocess.DEVNULL,
                                        preexec_fn=confine(), env=os.environ | environment)
        deadline = time.monotonic() + 10
        while not _socket_listens():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"milter-relay did not start (exit {self._daemon.poll()})")
            time.sleep(0.01)

    def start_behind(self, listener: socket.socket) -> None:
        """As systemd starts it: the socket is handed over. Whatever ran before has to be stopped already."""
        command = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" run -c "$1" 3<&"$2"'
        self._daemon = subprocess.Popen(
            ["bash", "-c", command, str(self._program), str(CONFIGURATION), str(listener.fileno())],
            stdin=subprocess.DEVNULL, preexec_fn=confine(), pass_fds=[listener.fileno()])

    @property
    def pid(self) -> int:
        return self._daemon.pid

    def start_another(self) -> subprocess.CompletedProcess:
        """A second one with the same configuration; it should refuse to start."""
        return subprocess.run([str(self._program), "run", "-c", str(CONFIGURATION)], capture_output=True, text=True, timeout=20,
                              preexec_fn=confine(), env=os.environ | leaks.NOT_LOOKED_FOR)

    def stop(self) -> None:
        """As an administrator does it; one that does not end in order and within 10 s is a failure."""
        daemon, self._daemon = self._daemon, None
        if daemon is None or daemon.returncode == -signal.SIGKILL:
            return
        daemon.send_signal(signal.SIGCONT)
        daemon.terminate()
        code = daemon.wait(timeout=10)
        if code != 0:
            raise AssertionError(f"milter-relay ended with {code}")

    def begin_to_stop(self) -> None:
        """The same, without waiting for its end."""
        self._daemon.terminate()

    def kill(self) -> None:
        """kill -9: the socket file stays, and nobody answers."""
        self._daemon.kill()
        self._daemon.wait()

    def hang(self) -> None:
        """The process keeps its connections and never answers; it has stopped when this returns."""
        self._daemon.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._daemon.pid, os.WSTOPPED)

    def resume(self) -> None:
        self._daemon.send_signal(signal.SIGCONT)

    def reload(self, configuration: str) -> None:
        CONFIGURATION.write_text(configuration)
        self._daemon.send_signal(signal.SIGHUP)
