"""Faults of how logins come in, and of the clock by which they grow old."""

import os
import shutil
import subprocess
import time

from fault import NORMAL, FaultTable
from mailsystem.milter import SOCKET
from mailsystem.private_files import TEMPORARY
from mailsystem.relayers import DATABASE
from mailsystem.system import REPOSITORY

login_faults = FaultTable()
LOG = TEMPORARY / "logins.log"
STATE = TEMPORARY / "feed"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
CLOCK = SOCKET.with_name("clock")


def follow(world) -> None:
    world.feed = subprocess.Popen([str(world.programs / "vsmtprelay"), "-f", str(DATABASE), "follow", "--formats",
                                   str(REPOSITORY / "vsmtprelay/formats"), "--state", str(STATE), str(LOG)])


def log_in(address: str) -> None:
    """What Dovecot logs when bob reads his mail from there."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with LOG.open("a", encoding="ascii") as log:
        log.write(f"{now} mx dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip={address}, lip=192.0.2.1, mpid=5, session=<x>\n")


def is_recorded(world, address: str) -> bool:
    return address in world.relayers.command("dump").stdout


def wait_until_recorded(world, address: str) -> None:
    deadline = time.monotonic() + 10
    while not is_recorded(world, address):
        if time.monotonic() > deadline:
            raise AssertionError(f"the login from {address} was not recorded")
        time.sleep(0.02)


def feed(world) -> None:
    """One that works: a login of bob's comes in."""
    LOG.write_text("")
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    follow(world)
    deadline = time.monotonic() + 10
    while not is_recorded(world, "198.51.100.20") and time.monotonic() < deadline:  # It begins at the end of the log.
        log_in("198.51.100.20")
        time.sleep(0.1)
    wait_until_recorded(world, "198.51.100.20")


@login_faults("the feed of logins (`vsmtprelay follow`) is dead", NORMAL, "",
              "systemd starts it again after a second, and it reads on where it was; until then a new login is not known", before=feed)
def dead_feed(world):
    world.feed.kill()
    world.feed.wait()
    log_in(world.office.v4)
    yield
    if is_recorded(world, world.office.v4):
        raise AssertionError("somebody else feeds the database")
    follow(world)
    wait_until_recorded(world, world.office.v4)
    world.feed.terminate()
    world.feed.wait()


def set_clock(by: str) -> None:
    CLOCK.write_text(by)
    CLOCK.chmod(0o644)


def start_with_own_clock(world) -> None:
    """The daemon alone sees another time: no namespace has a CLOCK_REALTIME of its own."""
    if not os.path.exists(FAKETIME):
        raise AssertionError(f"{FAKETIME} is missing: packaging/install-packages")
    set_clock("+0")
    world.milter.start(LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=str(CLOCK), FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1",
                       ASAN_OPTIONS="verify_asan_link_order=0")


@login_faults("the clock is set forward by a day", NORMAL.but(pop="451 4.3.0"), "so that a login looks old; deferring mail",
              "its being right again; after an hour, or at `milter-relay reload`, the new time is believed", before=start_with_own_clock)
def clock_ahead(_):
    set_clock("+86400")
    yield
    set_clock("+0")


@login_faults("the clock is set back by a day", NORMAL, "", "its being right again", before=start_with_own_clock)
def clock_behind(_):
    set_clock("-86400")
    yield
    set_clock("+0")
