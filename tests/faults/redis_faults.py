"""Faults of a Redis server that holds the logins, and of the way to it."""

import smtplib
import subprocess
import sys
import time

from fault import LOGINS_FAIL, NORMAL, FaultTable, host, run
from mailsystem.network import MX4
from mailsystem.redis_server import RedisServer, Sentinel
from mailsystem.relayers import DATABASE

redis_faults = FaultTable()
# a login of the meantime may still wait to be sent: for two minutes nobody is told for good that there is none
LATE = NORMAL.but(stranger="451 4.3.0")
MAYBE_LATE = NORMAL.but(stranger="550 5.7.1 or 451 4.3.0")
RECOVERY = 3  # seconds: a server that failed is left alone for one, and up to a fifth more
LOOK = 1  # second: so often the milter looks whether the server takes changes
QUEUE = "/run/logins.queue"
LATECOMER = "198.51.100.21"


def vsmtprelay(world, *words: str, **options) -> str:
    return run(str(world.programs / "vsmtprelay"), *words, **options)


def configuration(url: str) -> str:
    return f'[pop]\ndatabase = "{url}"\n[redis]\nqueue = "{QUEUE}"\n'


def server(world) -> None:
    """It holds what relayers.db held, and no Sentinel of an earlier fault makes a replica of it."""
    if hasattr(world, "sentinel"):
        world.sentinel.stop()
        del world.sentinel
    if not hasattr(world, "redis"):
        world.redis = RedisServer(host(world, "logins", 40))
    world.redis.start_empty()
    vsmtprelay(world, "copy", str(DATABASE), world.redis.url)
    world.milter.start(configuration(world.redis.url))


def wait_until_permitted(world) -> None:
    """Somebody has to ask before it is known that the server answers again."""
    deadline = time.monotonic() + RECOVERY
    while True:
        with world.home, smtplib.SMTP(MX4, 25, local_hostname="client.example", timeout=20) as session:
            session.ehlo_or_helo_if_needed()
            session.mail("alice@example.org")
            if session.rcpt("friend@remote.example")[0] == 250:
                return
        if time.monotonic() > deadline:
            raise AssertionError(f"who may relay is deferred {RECOVERY} s after the fault")
        time.sleep(0.05)


def log_in(world, address: str) -> None:
    """As Dovecot's script-login does it: whatever is wrong, the user reads his mail."""
    run(str(world.programs / "vsmtprelay"), "-f", world.redis.url, "login", "--", "/bin/true", env={"IP": address, "USER": "bob"})


def assert_recorded(world, address: str) -> None:
    vsmtprelay(world, "-f", world.redis.url, "queue", "--send")
    dump = vsmtprelay(world, "-f", world.redis.url, "dump")
    if f"\n{address} " not in dump:
        raise AssertionError(f"the login from {address} is lost: {dump}")


def with_a_login(world, end):
    """Somebody logs in while the fault lasts, which `end` ends: his login is there then."""
    log_in(world, LATECOMER)
    yield
    end()
    assert_recorded(world, LATECOMER)
    wait_until_permitted(world)


@redis_faults("the server was killed", LOGINS_FAIL, "Connection refused; deferring mail", "its start", before=server, after=LATE)
def killed(world):
    world.redis.stop()
    yield from with_a_login(world, world.redis.start)


@redis_faults("the server hangs", LOGINS_FAIL, "no answer within 250 ms; deferring mail", "its going on", before=server, after=LATE)
def hangs(world):
    world.redis.hang()
    yield from with_a_login(world, world.redis.go_on)


@redis_faults("the server lost all that it held", LOGINS_FAIL, "may have lost older ones", "`vsmtprelay copy` of a backup; "
              "or a window's time, in which whoever logs in is known again", before=server)
def emptied(world):
    world.redis.start_empty()
    yield from with_a_login(world, lambda: vsmtprelay(world, "copy", str(DATABASE), world.redis.url))


@redis_faults("the server takes no changes: it is a replica", LATE, "could take no logins", "its promotion; until then logins wait in the queue",
              before=server, after=LATE)
def read_only(world):
    world.redis.ask("REPLICAOF", "203.0.113.99", "6379")
    time.sleep(LOOK)
    yield from with_a_login(world, lambda: world.redis.ask("REPLICAOF", "NO", "ONE"))


@redis_faults("the server is out of memory", LATE, "could take no logins", "more memory; until then logins wait in the queue",
              before=server, after=LATE)
def out_of_memory(world):
    world.redis.ask("CONFIG", "SET", "maxmemory", "1")
    time.sleep(LOOK)
    yield from with_a_login(world, lambda: world.redis.ask("CONFIG", "SET", "maxmemory", "0"))


@redis_faults("the server wants another password", LOGINS_FAIL, "NOAUTH", "`password_file` with the right one: it is read at each connection",
              before=server, after=LATE)
def other_password(world):
    known = ["-a", "another", "--no-auth-warning"]
    world.redis.ask("CONFIG", "SET", "requirepass", "another")
    world.redis.ask(*known, "CLIENT", "KILL", "TYPE", "normal")
    yield from with_a_login(world, lambda: world.redis.ask(*known, "CONFIG", "SET", "requirepass", ""))


@redis_faults("the way to the server is slow: 1 kbit/s", LOGINS_FAIL, "within 250 ms; deferring mail", "a better way", before=server, after=LATE)
def slow(world):
    tc = ["tc", "-n", world.redis.host.name, "qdisc"]
    run(*tc, "add", "dev", "eth0", "root", "tbf", "rate", "1kbit", "burst", "1540", "latency", "60s")
    draining = subprocess.Popen(["redis-cli", "-h", world.redis.host.v4, "ECHO", "x" * 4000], stdout=subprocess.DEVNULL)
    time.sleep(0.2)  # what the bucket lets through at once is used up
    yield from with_a_login(world, lambda: run(*tc, "del", "dev", "eth0", "root"))
    draining.kill()
    draining.wait()


def sentinel(world) -> None:
    server(world)
    world.replica = RedisServer(host(world, "replica", 41), f"replicaof {world.redis.host.v4} 6379")
    world.sentinel = Sentinel(host(world, "sentinel", 42), world.redis)
    deadline = time.monotonic() + 20
    while not (world.sentinel.knows_a_replica() and "master_link_status:up" in world.replica.ask("INFO", "replication")):
        if time.monotonic() > deadline:
            raise AssertionError("the Sentinel knows no replica: " + world.sentinel.ask("SENTINEL", "masters"))
        time.sleep(0.1)
    world.milter.start(configuration(world.sentinel.url))


@redis_faults("the master is dead, and the Sentinels promote a replica", NORMAL.but(stranger="550 5.7.1 or 451 4.3.0", pop="250 or 451 4.3.0"),
              "deferring mail", "the promotion; the next recipient is permitted", before=sentinel, after=MAYBE_LATE, rounds=2)
def failover(world):
    world.redis.stop()
    yield
    deadline = time.monotonic() + 20
    while world.sentinel.master() != world.replica.host.v4:
        if time.monotonic() > deadline:
            raise AssertionError("the Sentinel promotes nobody")
        time.sleep(0.02)
    named = time.monotonic()
    wait_until_permitted(world)
    print(f"permitted {(time.monotonic() - named) * 1000:.0f} ms after the Sentinel named the new master", file=sys.stderr)
