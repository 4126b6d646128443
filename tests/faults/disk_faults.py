"""Faults of the file system on which relayers.db is; the sender map is only read, and meets none of them."""

import subprocess
from contextlib import suppress
from pathlib import Path

from fault import NORMAL, FaultTable, run
from mailsystem.namespaces import MS_RDONLY, MS_REMOUNT, mount

disk_faults = FaultTable()
APART = Path("/run/logins/relayers.db")


def vsmtprelay(world) -> list[str]:
    return [str(world.programs / "vsmtprelay"), "-f", str(APART)]


def apart(world) -> None:
    """The database in a file system of its own, of 16 MB."""
    APART.parent.mkdir(exist_ok=True)
    mount("tmpfs", str(APART.parent), "tmpfs", options="size=16m,mode=755")
    run(*vsmtprelay(world), "add", world.home.v4)
    APART.chmod(0o644)
    world.milter.start(f'[pop]\ndatabase = "{APART}"\n')


def record(world, succeeds: bool = True) -> None:
    """A new login from the office."""
    done = subprocess.run([*vsmtprelay(world), "add", world.office.v4], capture_output=True, text=True, check=False)
    recorded = world.office.v4 in run(*vsmtprelay(world), "dump")
    if (done.returncode == 0, recorded) != (succeeds, succeeds):
        raise AssertionError(f"exit {done.returncode}, recorded: {recorded}: {done.stderr}")


def no_longer_apart(world) -> None:
    world.milter.start()
    run("umount", "-l", str(APART.parent))


@disk_faults("the disk of relayers.db is full", NORMAL, "", "room; logins are recorded all the same, since the file has kept room for them",
             before=apart, at_last=no_longer_apart)
def full_disk(world):
    filler = APART.with_name("filler")
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    record(world)
    yield
    filler.unlink()


@disk_faults("relayers.db is on a read-only file system", NORMAL, "",
             "its being writable; until then no new login is recorded, which the log of the logins' program says", before=apart,
             at_last=no_longer_apart)
def read_only(world):
    mount("", str(APART.parent), flags=MS_REMOUNT | MS_RDONLY)
    record(world, succeeds=False)
    yield
    mount("", str(APART.parent), flags=MS_REMOUNT)
    record(world)
