"""milter-relay as a service of a real systemd, under its unit's sandbox and without any: what the sandbox costs.

Both are in one machine of tests/packaging, whose files and sockets this process reaches; the load comes from outside. What
systemd does to any service, as its control group, is in both.
"""

import shutil
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine import Machine

from .milters import ACCOUNT, Subject, Workshop

UNIT = Path(__file__).resolve().parents[2] / "packaging/systemd/milter-relay.service.in"
UNITS = Path("run/systemd/system")
HOME = Path("/run/bench")  # in the machine
BARE = "[Service]\nType=notify\nLimitNOFILE=65536\nRuntimeDirectory={name}\n"
HERE = "[Service]\nExecStart=\nExecStart={home}/milter-relay run -c {home}/{name}.toml\nUser={account}\nGroup=nogroup\n"
CONFIGURATION = 'socket = "local:/run/{name}/milter.sock"\ncontrol = ""\n[pop]\ndatabase = "{home}/relayers.db"\n'
# Nobody but log_sink takes lines at /dev/log, as outside.
WITHOUT_JOURNAL = """
systemctl stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service 2>/dev/null
rm -f /run/systemd/journal/dev-log
ln -sf /run/systemd/journal/dev-log /dev/log
"""


@dataclass(kw_only=True)
class Service(Subject):
    unit: str
    machine: Machine

    def start(self, directory: Path, stderr: int | None = None) -> None:
        """When systemd says that it has started, it listens."""
        self.machine.run("systemctl", "start", self.unit)
        self.socket = self.machine.files() / f"run/{self.unit}/milter.sock"

    def stop(self) -> None:
        self.machine.run("systemctl", "stop", self.unit)

    @property
    def pid(self) -> int:
        """As this process counts: of whoever listens."""
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(self.socket))
            return struct.unpack("3i", knock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def services(workshop: Workshop) -> list[Service]:
    """In a machine of their own, which is gone with our namespaces. Raises CannotRun of tests/packaging/machine.py."""
    machine = Machine()
    machine.shell(WITHOUT_JOURNAL)
    files = machine.files()
    subprocess.Popen([str(workshop.bench / "log_sink"), str(files / "run/systemd/journal/dev-log")])
    home = files / HOME.relative_to("/")
    home.mkdir()
    shutil.copy(workshop.bin / "milter-relay", home)
    shutil.copy(workshop.database(1000), home / "relayers.db")
    units = {"milter-relay": UNIT.read_text().replace("@CMAKE_INSTALL_FULL_SBINDIR@", str(HOME)), "bare": BARE.format(name="bare")}
    for name, text in units.items():
        about = {"name": name, "home": HOME, "account": ACCOUNT}
        (home / f"{name}.toml").write_text(CONFIGURATION.format(**about))
        (files / UNITS / f"{name}.service.d").mkdir(parents=True)
        (files / UNITS / f"{name}.service").write_text(text)
        (files / UNITS / f"{name}.service.d/here.conf").write_text(HERE.format(**about))
    machine.run("systemctl", "daemon-reload")
    return [Service("in the sandbox", [], clients=1000, unit="milter-relay", machine=machine),
            Service("without a sandbox", [], clients=1000, unit="bare", machine=machine)]
