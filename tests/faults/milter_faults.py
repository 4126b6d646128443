"""Faults of the daemon itself, of its configuration, and of what stands around it."""

import os
import smtplib
import subprocess
import threading
import time
from contextlib import contextmanager

from fault import AWAY, NORMAL, FaultTable
from mailsystem.accounts import MILTER_USER, PASSWORD
from mailsystem.milter import CONFIGURATION, SOCKET, listen
from mailsystem.network import MX4

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
AWAY_STORE = f"""
[limits]
store = "unix:{SOCKET.with_name("redis.sock")}"
"""
HANGING_ALERT = """
[alert]
command = ["/bin/sleep", "1000"]
timeout = "300s"
"""


@milter_faults("milter-relay is stopped", AWAY, "Milter (milter-relay): to error state", "it is started")
def stopped(world):
    world.milter.stop()
    yield
    world.milter.start()


@milter_faults("milter-relay was killed", AWAY, "Milter (milter-relay): to error state", "systemd starts it again after a second")
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


@contextmanager
def often(act):
    """`act()` again and again in a thread; what it throws is thrown at the end."""
    over, failed = threading.Event(), []

    def repeat():
        try:
            while not over.is_set():
                act()
        except Exception as error:  # pylint: disable=broad-exception-caught
            failed.append(error)
    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


@milter_faults("milter-relay is upgraded or restarted again and again, behind systemd's socket", NORMAL, "stopped",
               "nothing to end: connections wait in the socket, sessions under way get their answers",
               rounds=8)
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
        with often(upgrade):
            yield
    world.milter.start()


@milter_faults("the configuration has become faulty, and is reloaded", NORMAL, "the configuration in force stays",
               "the next reload of a sound one")
def reloaded_with_a_bad_configuration(world):
    world.milter.reload(BAD_CONFIGURATION)
    yield
    world.milter.reload("")


@milter_faults("the configuration has become faulty, and milter-relay is restarted", AWAY, "milter-relay.toml:2: ", "a sound one: systemd tries once a second")
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


def go_over_the_limit(world):
    """As bob, so that nobody else is stopped."""
    with world.office, smtplib.SMTP(MX4, timeout=20) as session:
        session.login("bob", PASSWORD)
        session.mail("bob@example.org")
        if 452 not in [session.rcpt(f"friend{number}@remote.example")[0] for number in range(10)]:
            raise AssertionError("the limit was not reached")


@milter_faults("the command of `[alert]` hangs", NORMAL, "alert:", "its `timeout`",
               before=lambda world: start_counting(world, LIMIT + HANGING_ALERT))
def hanging_alert(world):
    go_over_the_limit(world)
    deadline = time.monotonic() + 5
    while not (asleep := subprocess.run(["pgrep", "-u", MILTER_USER, "sleep"], capture_output=True, check=False).stdout):
        if time.monotonic() > deadline:
            raise AssertionError("the command was not started")
        time.sleep(0.02)
    yield
    os.kill(int(asleep.split()[0]), 9)


@milter_faults("the counts of the limits cannot be kept", NORMAL, "limits count from nothing", "room, or its directory's being writable",
               before=lambda world: start_counting(world, LIMIT))
def unwritable_state(world):
    world.milter.stop()
    STATE.unlink(missing_ok=True)
    STATE.mkdir()
    world.milter.start(LIMIT)
    yield
    world.milter.stop()
    STATE.rmdir()
    world.milter.start()


@milter_faults("the server of `[limits] store` is away", NORMAL, "letting mail go by", "the server; nothing is counted meanwhile")
def counts_away(world):
    world.milter.start(LIMIT + AWAY_STORE)
    yield
    world.milter.start()


@milter_faults("the server of `[limits] store` is away, and `on_failure` is `defer`", NORMAL.but(pop="451 4.3.0", auth="451 4.3.0"),
               "deferring mail", "the server; whom no limit counts goes on")
def counts_away_and_wanted(world):
    world.milter.start(LIMIT + AWAY_STORE + 'on_failure = "defer"\n')
    yield
    world.milter.start()


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
