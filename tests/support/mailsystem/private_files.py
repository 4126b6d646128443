"""Gives the namespace its own /etc, /run, /dev, spool and mail directories; the rest of the host becomes read-only.

Everything that is written lands in one tmpfs, which is gone with the namespace.
"""

import os
import shutil
import subprocess
from pathlib import Path

from .namespaces import MS_BIND, MS_MOVE, MS_RDONLY, MS_REMOUNT, mount

PRIVATE = Path("/run/private")
TEMPORARY = Path("/run/tmp")
DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]
# path -> owner, group and mode, as the Debian packages have them
DIRECTORIES = {
    "/var/spool/mqueue": ("smmta", "smmsp", 0o2750),
    "/var/spool/mqueue-client": ("smmsp", "smmsp", 0o2770),
    "/var/lib/sendmail": ("smmta", "smmsp", 0o2751),
    "/var/lib/dovecot": ("root", "root", 0o755),
    "/var/mail": ("root", "mail", 0o3777),
    "/var/log": ("root", "root", 0o755),
    "/run/sendmail/mta": ("smmta", "smmsp", 0o2755),
    "/run/lock": ("root", "root", 0o1777),
    str(TEMPORARY): ("root", "root", 0o1777),
}


def make_private() -> None:
    """Call once, in a new mount namespace whose mounts are private."""
    host_mounts = _mount_points()
    mount("tmpfs", "/run", "tmpfs", options="mode=755")
    PRIVATE.mkdir()
    subprocess.run(["cp", "-a", "/etc", str(PRIVATE / "etc")], check=True)
    mount(str(PRIVATE / "etc"), "/etc", flags=MS_BIND)
    _private_mail_directories()
    private_directory("/usr/lib/sasl2")
    _private_devices()
    for point in host_mounts:
        _make_read_only(point)
    os.environ["TMPDIR"] = str(TEMPORARY)


def private_directory(path: str) -> Path:
    """Covers a directory of the host with an empty one of ours."""
    ours = PRIVATE / path.strip("/").replace("/", "-")
    ours.mkdir()
    mount(str(ours), path, flags=MS_BIND)
    return Path(path)


def _private_mail_directories() -> None:
    for path, (owner, group, mode) in DIRECTORIES.items():
        if path.startswith("/run/"):
            Path(path).mkdir(parents=True)
        else:
            private_directory(path)
        shutil.chown(path, owner, group)
        os.chmod(path, mode)
    Path("/etc/mail").mkdir(exist_ok=True)


def _private_devices() -> None:
    """The few devices that mail programs use, and room for a /dev/log of our own."""
    staging = PRIVATE / "dev"
    staging.mkdir()
    mount("tmpfs", str(staging), "tmpfs", options="mode=755")
    for name in DEVICES:
        (staging / name).touch()
        mount(f"/dev/{name}", str(staging / name), flags=MS_BIND)
    for name in ("pts", "shm"):
        (staging / name).mkdir()
    mount("devpts", str(staging / "pts"), "devpts", options="newinstance,ptmxmode=0666,mode=0620")
    mount("tmpfs", str(staging / "shm"), "tmpfs", options="mode=1777")
    (staging / "ptmx").symlink_to("pts/ptmx")
    (staging / "fd").symlink_to("/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (staging / name).symlink_to(f"/proc/self/fd/{number}")
    mount(str(staging), "/dev", flags=MS_MOVE)


def _mount_points() -> list[tuple[str, str]]:
    """(path, options) of the host's mounts that hold files."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    fields = [(line.split()[4], line.split()[5], line.split(" - ")[1].split()[0]) for line in lines]
    kernel_made = {"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "tracefs",
                   "bpf", "pstore", "configfs", "fusectl", "hugetlbfs", "autofs", "binfmt_misc", "efivarfs", "nsfs"}
    return [(path.encode().decode("unicode_escape"), options) for path, options, fstype in fields
            if fstype not in kernel_made and not path.startswith(("/dev", "/proc", "/sys", "/run"))]


def _make_read_only(point: tuple[str, str]) -> None:
    """Only "/" must succeed: no program of ours writes to any other mount."""
    path, options = point
    names = {"nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21}
    kept = sum(flag for name, flag in names.items() if name in options.split(","))
    try:
        mount("", path, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | kept)
    except OSError:
        if path == "/":
            raise
