"""What a fault is: how it begins and ends, and what everyone gets meanwhile. The tests and the guide read the same table."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields, replace

from mailsystem.network import Host


@dataclass(frozen=True)
class Answers:
    """The beginning of the reply to one recipient; two that may be met are parted by " or "."""
    stranger: str = "550 5.7.1"  # to a recipient far away
    pop: str = "250"             # the same, for whom a login in relayers.db permits it
    auth: str = "250"            # the same, after SMTP AUTH
    trusted: str = "250"         # the same, from loopback
    local: str = "250"           # a stranger's mail for a user here

    def but(self, **others: str) -> "Answers":
        return replace(self, **others)

    @classmethod
    def of_all(cls, answer: str) -> "Answers":
        return cls(**{each.name: answer for each in fields(cls)})


NORMAL = Answers()
AWAY = Answers.of_all("451 4.3.2").but(auth="454 4.7.0 or 451 4.3.2")  # 454: at STARTTLS
LOGINS_FAIL = NORMAL.but(stranger="451 4.3.0", pop="451 4.3.0")
SENDERS_FAIL = NORMAL.but(pop="451 4.3.0", auth="451 4.3.0")


@dataclass(frozen=True)
class Fault:
    """`during(world)` is entered to begin the fault and left to end it, and nothing else. What it gives, if anything, tells
    whether the fault has to go on."""
    name: str
    answers: Answers
    log: str    # stands in the log word for word; empty where nothing is to be said
    ends: str   # for the guide: what ends it
    during: Callable[..., AbstractContextManager]
    before: Callable | None  # what has to be there first, on a sound system
    after: Answers  # at first, when it has ended
    rounds: int  # how often each client asks while it lasts, at the least
    ends_daemon: bool  # else the daemon that met it is still there after it
    at_last: Callable | None  # what is to be seen, or put away, when all have been answered after it

    def row(self) -> str:
        """Its line in the guide's table."""
        cells = [self.name, *(getattr(self.answers, each.name) for each in fields(Answers)),
                 f"`{self.log}`" if self.log else "nothing", self.ends]
        return f"| {' | '.join(cells)} |"


@dataclass
class FaultTable:
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, name: str, answers: Answers, log: str, ends: str, before: Callable | None = None,
                 after: Answers = NORMAL, rounds: int = 1, ends_daemon: bool = False, at_last: Callable | None = None):
        """A decorator of a generator that begins the fault, yields, and ends it."""
        def add(during: Callable[..., Iterator[None]]) -> Callable[..., Iterator[None]]:
            self.faults.append(Fault(name, answers, log, ends, contextmanager(during), before, after, rounds, ends_daemon, at_last))
            return during
        return add


def host(world, name: str, last: int) -> Host:
    """The one of this name, of 203.0.113.`last`."""
    return world.network.hosts.get(name) or world.network.add(name, [f"203.0.113.{last}"])


def run(*command: str, **options) -> str:
    """What it says on standard output; it must succeed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr}")
    return done.stdout
