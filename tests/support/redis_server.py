"""A real redis-server on a socket in a directory of the test's own, empty, and keeping nothing unless it is told to."""

import pathlib
import signal
import subprocess
import time


class RedisServer:
    def __init__(self, directory: pathlib.Path, *configuration: str):
        """`configuration`: more lines of redis.conf(5), which win over ours."""
        self.socket = directory / "redis.sock"
        self.url = f"unix:{self.socket}"
        self._configuration = directory / "redis.conf"
        self._configuration.write_text("\n".join((
            "port 0", f"unixsocket {self.socket}", 'save ""', "appendonly no", f"dir {directory}",
            f"logfile {directory / 'redis.log'}", *configuration, "")))
        self._process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(["redis-server", str(self._configuration)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.ask("PING").startswith(("PONG", "NOAUTH")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"redis-server did not start (exit {self._process.poll()})")
            time.sleep(0.02)

    def stop(self) -> None:
        """As by kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str, user: tuple[str, str] | None = None) -> str:
        """What redis-cli(1) says, as `user` with a password."""
        who = ["--user", user[0], "--pass", user[1], "--no-auth-warning"] if user else []
        done = subprocess.run(["redis-cli", "-s", str(self.socket), *who, *words], capture_output=True, text=True, timeout=20, check=False)
        return (done.stdout + done.stderr).strip()
