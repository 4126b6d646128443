"""What the policy says of a recipient, written again without a line of the program's: who may send where, and what came.

Of one client address only one worker writes logins, so that its entries are known at each moment.
"""

import threading
import time
from dataclasses import dataclass, field

WINDOW = 3600
UNSURE = 5  # seconds around the end of a login's time in which both answers are right

NEAR = ["hole@example.org", "hole+list@example.org", "postmaster@example.org"]
HOLE = NEAR[:2]  # delivered at once; a mailbox is locked by one delivery at a time, and by who reads it
NOBODY = "nobody-of-that-name@example.org"
CUSTOMER = "someone@customer.example"  # of relay-domains
FAR_DOMAINS = ["remote.example", "far.example", "customers.example"]


@dataclass
class Client:
    """An address that one worker speaks from."""
    address: str
    trusted: bool = False
    logged_in: float | None = None  # the time that is recorded

    def may_relay(self) -> bool | None:
        """By its address; None where the clock might say either."""
        if self.trusted:
            return True
        if self.logged_in is None:
            return False
        left = self.logged_in + WINDOW - time.time()
        return None if abs(left) < UNSURE else left > 0


def is_far(recipient: str) -> bool:
    return recipient.rpartition("@")[2] in FAR_DOMAINS


def right_answers(recipient: str, client: Client, authenticated: bool) -> set[int]:
    """The reply codes that are right for this recipient without any fault."""
    if recipient == NOBODY:
        return {550}
    if not is_far(recipient) or authenticated:
        return {250}
    permitted = client.may_relay()
    return {250, 550} if permitted is None else {250} if permitted else {550}


@dataclass
class Tally:
    """What all workers saw. Thread-safe through add()."""
    sessions: int = 0
    recipients: int = 0
    permitted: int = 0
    refused: int = 0
    deferred: int = 0
    messages: int = 0
    logins: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **counts: int) -> None:
        with self.lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def add_wrong(self, what: str) -> None:
        with self.lock:
            self.wrong.append(what)

    def add_answer(self, code: int) -> None:
        self.add(recipients=1, **{{2: "permitted", 5: "refused"}.get(code // 100, "deferred"): 1})


class Relayed:
    """The far recipients that a reply promised to relay, and those that came to the sink."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._promised: set[str] = set()
        self._number = 0

    def new_recipient(self, domain: str) -> str:
        with self._lock:
            self._number += 1
            return f"u{self._number}@{domain}"

    def promise(self, recipients: list[str]) -> None:
        with self._lock:
            self._promised.update(recipients)

    def settle(self, arrived: list[str]) -> list[str]:
        """Those that came and were promised are done with; returns those that nobody had promised."""
        with self._lock:
            unknown = [recipient for recipient in arrived if recipient not in self._promised]
            self._promised.difference_update(arrived)
            return unknown

    def waiting(self) -> int:
        with self._lock:
            return len(self._promised)
