"""A real redis-server on a host of its own, which keeps on disk what it has acknowledged; and a Sentinel."""

import shutil
import subprocess
from pathlib import Path

import redis_server

from .network import Host

PORT = 6379
SENTINEL_PORT = 26379


class RedisServer(redis_server.RedisServer):
    def __init__(self, host: Host, *configuration: str):
        """`configuration`: more lines of redis.conf(5)."""
        self.host = host
        directory = Path(f"/run/redis-{host.name}")
        directory.mkdir()
        super().__init__(directory, f"bind {host.v4}", f"port {PORT}", "protected-mode no", "appendonly yes", "appendfsync always",
                         *configuration)
        self.url = f"redis://{host.v4}:{PORT}/0"

    def start(self) -> None:
        """With what is on its disk."""
        with self.host:
            super().start()

    def start_empty(self) -> None:
        """Whatever it held is lost."""
        self.stop()
        shutil.rmtree(self.socket.parent / "appendonlydir")
        self.start()


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
            self._process = subprocess.Popen(["redis-server", str(configuration), "--sentinel"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def ask(self, *command: str) -> str:
        with self.host:
            done = subprocess.run(["redis-cli", "-h", self.host.v4, "-p", str(SENTINEL_PORT), *command], capture_output=True, text=True,
                                  timeout=20, check=False)
        return done.stdout.strip()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def master(self) -> str:
        return self.ask("SENTINEL", "get-master-addr-by-name", self.NAME).partition("\n")[0]

    def knows_a_replica(self) -> bool:
        return "ip" in self.ask("SENTINEL", "replicas", self.NAME)
