"""The milters that are measured: how each is started, and what is to be said to it."""

import os
import pwd
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "nobody"  # milter-relay gives up root for it
PYMILTER = Path(__file__).with_name("pymilter_relay.py")


@dataclass
class Subject:
    """One milter and what its sessions look like. `answer`: the letter that every recipient must get."""
    name: str
    command: list[str]                       # "{socket}" stands for the path of its socket
    clients: int = 0
    macros: dict[str, str] = field(default_factory=dict)
    answer: str = "c"
    beside: list[str] = field(default_factory=list)  # a program that runs as long as it does
    process: subprocess.Popen | None = None
    companion: subprocess.Popen | None = None

    def start(self, directory: Path, stderr: int | None = None) -> None:
        self.socket = directory / f"{self.name.replace(' ', '-')}.sock"
        self.process = subprocess.Popen([part.replace("{socket}", str(self.socket)) for part in self.command],
                                        stdin=subprocess.DEVNULL, stderr=stderr)
        wait_until_it_listens(self.socket, self.process)

    def begin(self) -> None:
        if self.beside:
            self.companion = subprocess.Popen(self.beside)

    def end(self) -> None:
        if self.companion:
            self.companion.terminate()
            self.companion.wait()
            self.companion = None

    def stop(self) -> None:
        self.end()
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)  # libmilter leaves a stale one to root, and does not start

    @property
    def pid(self) -> int:
        return self.process.pid

    def load_arguments(self) -> list[str]:
        macros = [part for name, value in self.macros.items() for part in ("--macro", f"{name}={value}")]
        return [str(self.socket), "--pid", str(self.pid), "--clients", str(self.clients), *macros]


def wait_until_it_listens(path: Path, process: subprocess.Popen, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while True:
        with socket.socket(socket.AF_UNIX) as knock:
            if knock.connect_ex(str(path)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{shlex.join(process.args)} did not start")
        time.sleep(0.005)


class Workshop:
    """Makes configurations, databases and subjects in one directory."""

    def __init__(self, directory: Path, build: Path, account: str = ACCOUNT):
        self.directory = directory
        self.account = account
        self.bench = build / "bench"
        self.bin = build / "bin"
        owner = pwd.getpwnam(account)
        self.sockets = directory / "sockets"  # makemap wants its own directory to be root's
        for path in (directory, self.sockets, directory / "state"):
            path.mkdir(exist_ok=True)
            if path != directory:
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def database(self, entries: int, name: str = "") -> Path:
        """Logins of just now of the first `entries` clients of bench/load/client_address.h."""
        path = self.directory / f"relayers-{name or entries}.db"
        if not path.exists():
            now = int(time.time())
            lines = "".join(f"{client(i)} {now}\n" for i in range(entries))
            make_map(path, lines)
            path.chmod(0o644)
        return path

    def ours(self, name: str, entries: int = 1000, settings: str = "", database: Path | None = None, **about) -> Subject:
        path = self.directory / f"{name.replace(' ', '-')}.toml"
        path.write_text(f'socket = "local:{self.sockets}/{name.replace(" ", "-")}.sock"\nuser = "{self.account}"\ncontrol = ""\n'
                        f'state = "{self.directory}/state/{name.replace(" ", "-")}"\n{settings}\n'
                        f'[pop]\ndatabase = "{database or self.database(entries)}"\n')
        return Subject(name, [str(self.bin / "milter-relay"), "run", "-c", str(path)], **about)

    def floors(self) -> list[Subject]:
        null = str(self.bench / "null_milter")
        return [Subject("null replies", [null, "replies", "{socket}"]), Subject("null negotiates", [null, "negotiates", "{socket}"]),
                Subject("null rcpt only", [null, "rcpt-only", "{socket}"]), Subject("epoll", [str(self.bench / "epoll_milter"), "{socket}"])]

    def peers(self) -> list[Subject]:
        if subprocess.run(["/usr/bin/python3", "-c", "import Milter"], capture_output=True).returncode != 0:
            return []
        return [Subject("pymilter", ["/usr/bin/python3", str(PYMILTER), "{socket}"], clients=1000)]

    def variants(self, million: bool = True) -> list[Subject]:
        """Each differs from "ours" in one thing."""
        sender_map = self.directory / "senders"
        senders = "sender@example.net\tuser@example.net\n"
        make_map(sender_map, senders)
        Path(f"{sender_map}.db").chmod(0o644)
        auth = {"{auth_type}": "PLAIN", "{auth_authen}": "user@example.net", "{auth_ssf}": "0", "{tls_version}": "TLSv1.3",
                "{cipher_bits}": "256", "{verify}": "NO", "{relay_client}": "auth"}
        limits = '[[limit]]\nname = "day"\nper = "login"\ncount = "recipients"\nmax = 1000000\nwithin = "1s"\n'
        sender = f'[sender]\nmode = "known"\nmap = "{sender_map}.db"\n'
        written = self.database(1000, "written")
        large = [self.ours("million entries", 1_000_000, clients=1_000_000)] if million else []
        return [
            *large,
            self.ours("empty database", 0, answer="y"),
            self.ours("refused", answer="y"),
            self.ours("trusted", macros={"{relay_client}": "trusted"}),
            self.ours("auth", macros=auth),
            self.ours("auth limits sender", settings=limits + sender, macros=auth),
            self.ours("beside a writer", database=written, clients=1000, beside=[str(self.bench / "commits"), str(written), "100"]),
        ]


def make_map(path: Path, lines: str) -> None:
    """Its warnings about the directory are of no interest here."""
    done = subprocess.run(["makemap", "-c", str(64 << 20), "hash", str(path)], input=lines, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def client(i: int) -> str:
    """As bench/load/client_address.h has it."""
    spread = i * 2654435761 & 0xffffff
    return f"10.{spread >> 16}.{spread >> 8 & 255}.{spread & 255}"


def terminate(process: subprocess.Popen) -> float:
    """Seconds that it took to end."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait()
    return time.monotonic() - began
