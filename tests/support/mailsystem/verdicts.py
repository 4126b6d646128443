"""The milter's log lines, read as an administrator's scripts would: key=value in the order that is promised."""

import re
from dataclasses import dataclass

from .syslog import Syslog

KEYS = ["verdict", "via", "reason", "client", "user", "age", "mech", "from", "to", "listener", "policy", "mode"]
OURS = r"^\w+ +\d+ [\d:]+ milter-relay(?:\[\d+\])?: "  # the beginning of a line that no peer can write
LINE = re.compile(OURS + r"(\S+): (verdict=.*)$")


@dataclass
class Verdict:
    queue_id: str
    values: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.values[key]


def read_verdict(line: str) -> Verdict:
    """Fails when the line is not one that is promised."""
    found = LINE.search(line)
    if not found:
        raise AssertionError(f"not a verdict line: {line!r}")
    pairs = [field.partition("=")[::2] for field in found[2].split(" ")]
    if [key for key, _ in pairs] != KEYS:
        raise AssertionError(f"other keys than {KEYS}: {line!r}")
    return Verdict(found[1], dict(pairs))


def verdicts(log: Syslog, since: int, count: int) -> list[Verdict]:
    """The verdicts logged since a mark: exactly `count` of them."""
    found = [read_verdict(line) for line in log.wait(OURS + r"\S+: verdict=", since, count)]
    if len(found) != count:
        raise AssertionError(f"{len(found)} verdict lines instead of {count}")
    return found
