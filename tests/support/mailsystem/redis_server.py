"""A real redis-server on a host of its own, which keeps on disk what it has acknowledged."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

from .network import Host

PORT = 6379
SENTINEL_PORT = 26379
OPTIONS = ["--protected-mode", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]


class RedisServer:
    def __init__(self, host: Host, *options: str):
        self.host = host
        self.url = f"redis://{host.v4}:{PORT}/0"
        self.directory = Path(f"/run/redis-{host.name}")
        self._options = [*OPTIONS, *options]
        self._process: subprocess.Popen | None = None
        self.start_empty()

    def start_empty(self) -> None:
        """Whatever it held is lost."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        self.start()

    def start(self) -> None:
        """With what is on its disk; returns when it answers."""
        with self.host:
            self._process = subprocess.Popen(
                ["redis-server", "--bind", self.host.v4, "--port", str(PORT), "--dir", str(self.directory), *self._options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while self.ask("PING", check=False) != "PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("redis-server did not start")
            time.sleep(0.02)

    def ask(self, *command: str, check: bool = True) -> str:
        """By redis-cli, on its own host."""
        with self.host:
            done = subprocess.run(["redis-cli", "-h", self.host.v4, "-p", str(PORT), *command], capture_output=True, text=True,
                                  timeout=20, check=check)
        return done.stdout.strip()

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


class Sentinel:
    """One that watches `master` and decides alone, quickly."""

    NAME = "logins"

    def __init__(self, host: Host, master: RedisServer, down_after_ms: int = 500):
        self.host = host
        self.url = f"redis+sentinel://{host.v4}:{SENTINEL_PORT}/{self.NAME}/0"
        configuration = Path(f"/run/sentinel-{host.name}.conf")
        configuration.write_text(f"bind {host.v4}\nport {SENTINEL_PORT}\nprotected-mode no\ndir /run\n"
                                 f"sentinel monitor {self.NAME} {master.host.v4} {PORT} 1\n"
                                 f"sentinel down-after-milliseconds {self.NAME} {down_after_ms}\nsentinel failover-timeout {self.NAME} 3000\n")
        with host:
            self._process = subprocess.Popen(["redis-server", str(configuration), "--sentinel"], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL)

    def ask(self, *command: str) -> str:
        with self.host:
            done = subprocess.run(["redis-cli", "-h", self.host.v4, "-p", str(SENTINEL_PORT), *command], capture_output=True, text=True,
                                  timeout=20, check=False)
        return done.stdout.strip()

    def master(self) -> str:
        return self.ask("SENTINEL", "get-master-addr-by-name", self.NAME).partition("\n")[0]

    def knows_a_replica(self) -> bool:
        return "ip" in self.ask("SENTINEL", "replicas", self.NAME)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
