"""Faults of the files that are read: relayers.db and the sender map."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fault import LOGINS_FAIL, NORMAL, SENDERS_FAIL, Answers, FaultTable, run
from mailsystem.relayers import DATABASE
from milter_faults import Often

DEFERRING = "deferring mail"
SENDERS = Path("/etc/mail/senders.db")
SENDER_MAP = f'[sender]\nmode = "known"\nmap = "{SENDERS}"\n'
OWNERS = "alice@example.org alice\n"
TEXT = "the database that somebody wanted to write with an editor\n" * 500
OFTEN = 100  # a second


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


def owned_senders(world) -> None:
    make("hash", SENDERS, OWNERS)
    world.milter.start(SENDER_MAP)


@dataclass(frozen=True)
class File:
    """One that is read, the text that makemap makes it of, and what everyone gets when it cannot be read."""
    name: str
    path: Path
    text: Callable
    fails: Answers
    before: Callable | None
    faults: FaultTable = field(default_factory=FaultTable)

    def fault(self, wrong: str, answers: Answers, log: str, ends: str, **more):
        """A decorator as FaultTable's, of a fault that takes `world` and this."""
        def add(during):
            self.faults(f"{self.name} {wrong}", answers, log, ends, before=self.before, **more)(lambda world: during(world, self))
            return during
        return add


RELAYERS = File("relayers.db", DATABASE, login_line, LOGINS_FAIL, None)
SENDER = File("the sender map", SENDERS, lambda _: OWNERS, SENDERS_FAIL, owned_senders)


def unreadable_by(wrong: str, relayers_end: str, sender_end: str, relayers_log: str = DEFERRING):
    """A decorator of a fault that keeps either from being read."""
    def add(during):
        RELAYERS.fault(wrong, RELAYERS.fails, relayers_log, relayers_end)(during)
        SENDER.fault(wrong, SENDER.fails, DEFERRING, sender_end)(during)
        return during
    return add


@unreadable_by("has vanished", "the next login writes a new one; a backup; or `milter-relay reload`, if it is meant", "makemap",
               "is gone, and was there before; deferring mail")
def vanished(_, file):
    with instead_of(file.path):
        file.path.unlink()
        yield


@unreadable_by("is unreadable for milter-relay", "its mode or group", "its mode or group", "relayers.db: open: Permission denied")
def unreadable(_, file):
    with instead_of(file.path):
        file.path.chmod(0)
        yield


@unreadable_by("is cut off", "`vsmtprelay repair`, makemap or a backup", "makemap")
def truncated(_, file):
    with instead_of(file.path):
        os.truncate(file.path, 1000)
        yield


@unreadable_by("is garbage", "`vsmtprelay repair`, makemap or a backup", "makemap")
def garbage(_, file):
    yield from overwritten(file.path, bytes(range(256)) * 48)


@unreadable_by("is a text file", "`makemap hash` of that text", "makemap")
def text(_, file):
    yield from overwritten(file.path, TEXT.encode())


@unreadable_by("is empty: 0 bytes", "makemap or a backup", "makemap")
def emptied(_, file):
    yield from overwritten(file.path, b"")


@unreadable_by("is a directory", "a file in its place", "a file in its place")
def directory(_, file):
    with instead_of(file.path):
        file.path.unlink()
        file.path.mkdir()
        yield


@RELAYERS.fault("is a btree", NORMAL, "", "nothing to end: a btree is read as well")
@SENDER.fault("is a btree", NORMAL, "", "nothing to end: a btree is read as well")
def btree(world, file):
    with instead_of(file.path):
        file.path.unlink()
        make("btree", file.path, file.text(world))
        yield


@contextmanager
def locked(path: Path):
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@RELAYERS.fault("is locked for long", NORMAL, "", "its unlocking", rounds=3)
def locked_when_read(_, file):
    time.sleep(3)  # The daemon reads the whole file in the background; before that who is locked out would be told to wait.
    with locked(file.path):
        yield


@SENDER.fault("is locked for long", SENDER.fails, DEFERRING, "its unlocking")
def locked_at_once(_, file):
    with locked(file.path):
        yield


@RELAYERS.fault("has changed, and is locked for long", NORMAL.but(stranger="451 4.3.0"), "is locked by another process",
                "its unlocking; whom it permitted before goes on")
@SENDER.fault("has changed, and is locked for long", SENDER.fails, DEFERRING, "its unlocking")
def changed_and_locked(world, file):
    make("hash", file.path, file.text(world))
    with locked(file.path):
        yield


@RELAYERS.fault("is replaced by makemap all the time", NORMAL.but(stranger="550 5.7.1 or 451 4.3.0", pop="250 or 451 4.3.0"), "",
                "the end of that: whom makemap keeps waiting comes again")
@SENDER.fault("is replaced by makemap all the time", NORMAL.but(pop="250 or 451 4.3.0", auth="250 or 451 4.3.0"), "", "the end of that")
def replaced(world, file):
    with Often(lambda: make("hash", file.path, file.text(world))) as times:
        yield lambda: times.is_short_of(40)


@RELAYERS.fault("is renamed over 100 times a second", NORMAL, "", "nothing to end: the old one or the new one is read")
@SENDER.fault("is renamed over 100 times a second", NORMAL, "", "nothing to end: the old one or the new one is read")
def renamed_over(world, file):
    made, new = file.path.with_name("made.db"), file.path.with_suffix(".new")
    make("hash", made, file.text(world))

    def rename():
        shutil.copy2(made, new)
        new.replace(file.path)
    with Often(rename, 2 * OFTEN) as times:
        yield lambda: times.is_short_of(5 * OFTEN)
        if times.rate() < OFTEN:
            raise AssertionError(f"{times.rate()} times a second")
