"""Another SMTP host: a sendmail with its queue and a milter of its own, in the network namespace of that host. Maps, accounts
and mailboxes are those of mx."""

import shutil
import subprocess
import time
from pathlib import Path

from sendmail_cf import build_cf

from .accounts import MILTER_USER
from .network import Host, is_listening
from .sandbox import confine
from .sendmail import OPTIONS, PROGRAM


class SmtpHost:
    def __init__(self, host: Host, programs: Path, mc: Path, configuration: str):
        """Wired by `mc`, with the milter's own socket in its FEATURE line; `configuration`: milter-relay.toml without socket."""
        self.host = host
        self.directory = Path(f"/run/{host.name}")
        for path, owner in ((self.directory, "root"), (self.directory / "queue", "smmta"), (self.directory / "milter", MILTER_USER)):
            path.mkdir()
            shutil.chown(path, owner)
        socket = self.directory / "milter/milter.sock"
        (self.directory / "own.mc").write_text(mc.read_text().replace("FEATURE(`milter_relay', `'", f"FEATURE(`milter_relay', `local:{socket}'"))
        (self.directory / "milter-relay.toml").write_text(f'socket = "local:{socket}"\nstate = "{self.directory}/milter/limits"\n{configuration}')
        with host:
            self._milter = subprocess.Popen([str(programs / "milter-relay"), "run", "-c", str(self.directory / "milter-relay.toml")],
                                            stdin=subprocess.DEVNULL, preexec_fn=confine())
            self._wait(socket.exists, "milter-relay")
            self._sendmail = self._start_sendmail()
            self._wait(lambda: is_listening(25), "sendmail")

    def _start_sendmail(self) -> subprocess.Popen:
        cf = build_cf(self.directory / "own.mc", self.directory / "cf")
        options = OPTIONS | {"QueueDirectory": str(self.directory / "queue"), "PidFile": str(self.directory / "sendmail.pid"),
                             "ControlSocketName": str(self.directory / "control")}
        arguments = [word for name, value in options.items() for word in ("-O", f"{name}={value}")]
        return subprocess.Popen([PROGRAM, "-C", str(cf), "-bD", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.STDOUT)

    @staticmethod
    def _wait(is_up, what: str) -> None:
        deadline = time.monotonic() + 20
        while not is_up():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        for daemon in (self._sendmail, self._milter):
            daemon.terminate()
            daemon.wait(20)
        shutil.rmtree(self.directory)
