"""Faults of the daemon itself, of its configuration, and of what stands around it."""

import os
import smtplib
import subprocess
import sys
import threading
import time

from fault import AWAY, NORMAL, FaultTable, host
from mailsystem.accounts import MILTER_USER, PASSWORD
from mailsystem.milter import CONFIGURATION, SOCKET, listen
from mailsystem.network import MX4
from mailsystem.redis_server import RedisServer

milter_faults = FaultTable()
BAD_CONFIGURATION = '[pop]\nwindwo = "1h"\n'
STATE = SOCKET.with_name("limits")
LIMIT = f"""
state = "{STATE}"
[[limit]]
per = "login"
count = "recipients"
max = 9
within = "1h"
"""
HANGING_ALERT = """
[alert]
command = ["/bin/sleep", "1000"]
timeout = "2s"
"""
RECOVERY = 5  # seconds: a server that failed is left alone for one, and up to a fifth more


@milter_faults("milter-relay is stopped", AWAY, "Milter (milter-relay): to error state", "it is started", ends_daemon=True)
def stopped(world):
    world.milter.stop()
    yield
    world.milter.start()


@milter_faults("milter-relay was killed", AWAY, "Milter (milter-relay): to error state", "systemd starts it again after a second", ends_daemon=True)
def killed(world):
    world.milter.kill()
    yield
    world.milter.start()


@milter_faults("milter-relay hangs (SIGSTOP)", AWAY, "Milter (milter-relay): timeout before data read",
               "it goes on, or is killed; each session waits for 30 seconds first")
def hung(world):
    world.milter.hang()
    yield
    world.milter.resume()


class Often:
    """`act()` again and again in a thread, while the body of a `with` lasts; what it throws is thrown at the end.

    `a_second` is how often it is at the most; what it is late by it makes up for.
    """

    def __init__(self, act, a_second: float = float("inf")):
        self.count = 0
        self._act, self._a_second = act, a_second
        self._over, self._failed = threading.Event(), []
        self._thread = threading.Thread(target=self._repeat)

    def _repeat(self) -> None:
        try:
            while not self._over.wait(self._began + self.count / self._a_second - time.monotonic()):
                self._act()
                self.count += 1
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._failed.append(error)

    def __enter__(self) -> "Often":
        self._began = time.monotonic()
        self._thread.start()
        return self

    def is_short_of(self, count: int) -> bool:
        return not self._failed and self.count < count

    def rate(self) -> float:
        """Acts a second, up to now."""
        return self.count / (time.monotonic() - self._began)

    def __exit__(self, *_) -> None:
        print(f"{self.count} times, {self.rate():.0f} a second", file=sys.stderr)
        self._over.set()
        self._thread.join()
        if self._failed:
            raise self._failed[0]


@milter_faults("milter-relay is upgraded or restarted again and again, behind systemd's socket", NORMAL, "stopped",
               "nothing to end: connections wait in the socket, sessions under way get their answers", ends_daemon=True)
def upgraded(world):
    world.milter.stop()
    with listen() as listener:
        def start():
            mark = world.log.mark()
            world.milter.start_behind(listener)
            world.log.wait(" answers on ", mark)

        def upgrade():
            time.sleep(0.05)
            world.milter.stop()
            start()
        start()
        with Often(upgrade) as upgrades:
            yield lambda: upgrades.is_short_of(8)
    world.milter.start()


@milter_faults("the configuration has become faulty, and is reloaded", NORMAL, "the configuration in force stays",
               "the next reload of a sound one")
def reloaded_with_a_bad_configuration(world):
    world.milter.reload(BAD_CONFIGURATION)
    yield
    world.milter.reload("")


@milter_faults("the configuration has become faulty, and milter-relay is restarted", AWAY, "milter-relay.toml:2: ", "a sound one: systemd tries once a second",
               ends_daemon=True)
def restarted_with_a_bad_configuration(world):
    world.milter.stop()
    CONFIGURATION.write_text(BAD_CONFIGURATION)
    refused = world.milter.start_another()
    if refused.returncode != os.EX_CONFIG or "windwo" not in refused.stderr:
        raise AssertionError(f"exit {refused.returncode}: {refused.stderr}")
    yield
    world.milter.start()


def start_counting(world, configuration: str) -> None:
    """From nothing."""
    world.milter.stop()
    STATE.unlink(missing_ok=True)
    world.milter.start(configuration)


def reaches_the_limit(world) -> bool:
    """As bob, so that nobody else is stopped."""
    with world.office, smtplib.SMTP(MX4, timeout=20) as session:
        session.login("bob", PASSWORD)
        session.mail("bob@example.org")
        return 452 in [session.rcpt(f"friend{number}@remote.example")[0] for number in range(10)]


def wait_until(what: str, condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def is_alert_running() -> bool:
    return subprocess.run(["pgrep", "-u", MILTER_USER, "sleep"], stdout=subprocess.DEVNULL, check=False).returncode == 0


@milter_faults("the command of `[alert]` hangs", NORMAL, "alert:", "its `timeout`",
               before=lambda world: start_counting(world, LIMIT + HANGING_ALERT))
def hanging_alert(world):
    if not reaches_the_limit(world):
        raise AssertionError("nothing to alert of")
    wait_until("the command is started", is_alert_running)
    mark = world.log.mark()
    yield
    wait_until("the command is ended", lambda: not is_alert_running())
    world.log.wait("took too long and was killed", mark)


def counts_are_kept(world) -> None:
    world.milter.stop()
    if not STATE.is_file():
        raise AssertionError("the counts are not kept")


@milter_faults("the counts of the limits cannot be kept", NORMAL, "limits count from nothing", "room, or its directory's being writable",
               before=lambda world: start_counting(world, LIMIT), at_last=counts_are_kept)
def unwritable_state(world):
    world.milter.stop()
    STATE.unlink(missing_ok=True)
    STATE.mkdir()
    world.milter.start(LIMIT)
    yield
    STATE.rmdir()


def counts_on_server(more: str = ""):
    def before(world) -> None:
        if not hasattr(world, "counts"):
            world.counts = RedisServer(host(world, "counts", 43))
        world.counts.start_empty()
        start_counting(world, f'{LIMIT}[limits]\nstore = "{world.counts.url}"\n{more}')
    return before


def without_counts(world):
    world.counts.stop()
    yield
    world.counts.start()
    wait_until("mail is counted again", lambda: reaches_the_limit(world), RECOVERY)


milter_faults("the server of `[limits] store` is away", NORMAL, "letting mail go by", "the server; nothing is counted meanwhile",
              before=counts_on_server())(without_counts)
milter_faults("the server of `[limits] store` is away, and `on_failure` is `defer`", NORMAL.but(pop="451 4.3.0", auth="451 4.3.0"),
              "deferring mail", "the server; whom no limit counts goes on",
              before=counts_on_server('on_failure = "defer"\n'))(without_counts)


@milter_faults("the syslog socket is gone", NORMAL, "", "a new one; what was said meanwhile is lost", rounds=2)
def without_syslog(world):
    world.log.close()
    yield
    world.log.open()
    mark = world.log.mark()
    with world.stranger, smtplib.SMTP(MX4, timeout=20) as session:
        session.helo("client.example")
        session.mail("someone@far.example")
        session.rcpt("friend@remote.example")
    world.log.wait("verdict=refuse", mark)
