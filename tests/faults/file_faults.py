"""Faults of what is read: relayers.db, the sender map, and the feed of logins."""

import fcntl
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from fault import LOGINS_FAIL, NORMAL, SENDERS_FAIL, FaultTable, run
from mailsystem.namespaces import MS_RDONLY, MS_REMOUNT, mount
from mailsystem.relayers import DATABASE
from milter_faults import often

file_faults = FaultTable()
DEFERRING = "deferring mail"
SENDERS = Path("/etc/mail/senders.db")
SENDER_MAP = f'[sender]\nmode = "known"\nmap = "{SENDERS}"\n'
APART = Path("/run/logins/relayers.db")
TEXT = "the database that somebody wanted to write with an editor\n" * 500


@contextmanager
def instead_of(path: Path):
    """Whatever is put in place of the file, it comes back as it was."""
    kept = path.with_suffix(".kept")
    shutil.copy2(path, kept)
    try:
        yield
    finally:
        if path.is_dir():
            path.rmdir()
        kept.replace(path)


def overwritten(path: Path, content: bytes):
    with instead_of(path):
        path.write_bytes(content)
        yield


def login_line(world, age: int = 0) -> str:
    return f"{world.home.v4}\t{int(time.time()) - age} alice\n"


def make(kind: str, path: Path, text: str) -> None:
    """makemap, readable for all."""
    run("makemap", kind, str(path.with_suffix("")), input=text)
    path.chmod(0o644)


@file_faults("relayers.db has vanished", LOGINS_FAIL, "is gone, and was there before; deferring mail", "the next login writes a new one; a backup; or `milter-relay reload`, if it is meant")
def vanished(_):
    with instead_of(DATABASE):
        DATABASE.unlink()
        yield


@file_faults("relayers.db is unreadable for milter-relay", LOGINS_FAIL, "relayers.db: open: Permission denied", "its mode or group")
def unreadable(_):
    with instead_of(DATABASE):
        DATABASE.chmod(0)
        yield


@file_faults("relayers.db is cut off", LOGINS_FAIL, DEFERRING, "`vsmtprelay repair`, makemap or a backup")
def truncated(_):
    with instead_of(DATABASE):
        os.truncate(DATABASE, 1000)
        yield


@file_faults("relayers.db is garbage", LOGINS_FAIL, DEFERRING, "`vsmtprelay repair`, makemap or a backup")
def garbage(_):
    yield from overwritten(DATABASE, bytes(range(256)) * 48)


@file_faults("relayers.db is a text file", LOGINS_FAIL, DEFERRING, "`makemap hash` of that text")
def text(_):
    yield from overwritten(DATABASE, TEXT.encode())


@file_faults("relayers.db is empty: 0 bytes", LOGINS_FAIL, DEFERRING, "makemap or a backup")
def emptied(_):
    yield from overwritten(DATABASE, b"")


@file_faults("relayers.db is a directory", LOGINS_FAIL, DEFERRING, "a file in its place")
def directory(_):
    with instead_of(DATABASE):
        DATABASE.unlink()
        DATABASE.mkdir()
        yield


@file_faults("relayers.db is a btree", NORMAL, "", "nothing to end: a btree is read as well")
def btree(world):
    with instead_of(DATABASE):
        DATABASE.unlink()
        make("btree", DATABASE, login_line(world))
        yield


@file_faults("relayers.db is locked for long", NORMAL, "", "its unlocking", rounds=3)
def locked(_):
    time.sleep(1)  # The daemon reads the whole file in the background; before that who is locked out would be told to wait.
    with DATABASE.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@file_faults("relayers.db has changed, and is locked for long", NORMAL.but(stranger="451 4.3.0"), "is locked by another process",
             "its unlocking; whom it permitted before goes on")
def changed_and_locked(world):
    with DATABASE.open("rb") as file:
        world.relayers.add(world.office.v4)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@file_faults("relayers.db is replaced by makemap all the time", NORMAL.but(stranger="550 5.7.1 or 451 4.3.0", pop="250 or 451 4.3.0"),
             "", "the end of that: whom makemap keeps waiting comes again", rounds=8)
def replaced(world):
    with often(lambda: make("hash", DATABASE, login_line(world))):
        yield


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


@file_faults("the disk of relayers.db is full", NORMAL, "", "room; logins are recorded all the same, since the file has kept room for them", before=apart)
def full_disk(world):
    filler = APART.with_name("filler")
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    record(world)
    yield
    filler.unlink()
    no_longer_apart(world)


@file_faults("relayers.db is on a read-only file system", NORMAL, "",
             "its being writable; until then no new login is recorded, which the log of the logins' program says", before=apart)
def read_only(world):
    mount("", str(APART.parent), flags=MS_REMOUNT | MS_RDONLY)
    record(world, succeeds=False)
    yield
    mount("", str(APART.parent), flags=MS_REMOUNT)
    record(world)
    no_longer_apart(world)


def owned_senders(world) -> None:
    make("hash", SENDERS, "alice@example.org alice\n")
    world.milter.start(SENDER_MAP)


def sender_fault(name: str, ends: str):
    return file_faults(name, SENDERS_FAIL, DEFERRING, ends, before=owned_senders)


@sender_fault("the sender map has vanished", "makemap")
def senders_vanished(_):
    with instead_of(SENDERS):
        SENDERS.unlink()
        yield


@sender_fault("the sender map is unreadable for milter-relay", "its mode or group")
def senders_unreadable(_):
    with instead_of(SENDERS):
        SENDERS.chmod(0)
        yield


@sender_fault("the sender map is cut off", "makemap")
def senders_truncated(_):
    with instead_of(SENDERS):
        os.truncate(SENDERS, 1000)
        yield


@sender_fault("the sender map is garbage", "makemap")
def senders_garbage(_):
    yield from overwritten(SENDERS, bytes(range(256)) * 48)


@sender_fault("the sender map is a text file", "makemap")
def senders_text(_):
    yield from overwritten(SENDERS, TEXT.encode())


@file_faults("the sender map is a btree", NORMAL, "", "nothing to end: a btree is read as well", before=owned_senders)
def senders_btree(_):
    with instead_of(SENDERS):
        SENDERS.unlink()
        make("btree", SENDERS, "alice@example.org alice\n")
        yield


@file_faults("the sender map is locked for long", SENDERS_FAIL, DEFERRING, "its unlocking", before=owned_senders)
def senders_locked(_):
    with SENDERS.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@file_faults("the sender map is replaced by makemap all the time",
             NORMAL.but(pop="250 or 451 4.3.0", auth="250 or 451 4.3.0"), "", "the end of that", before=owned_senders, rounds=8)
def senders_replaced(_):
    with often(lambda: make("hash", SENDERS, "alice@example.org alice\n")):
        yield
