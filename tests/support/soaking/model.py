"""What the policy says of a recipient, written again without a line of the program's: who may send where, and what came.

Of one client address only one worker writes logins, so that its entries are known at each moment; and only one worker
sends as LIMITED, so that its count is known too.
"""

import math
import threading
import time
from dataclasses import dataclass, field

WINDOW = 3600
UNSURE = 5  # seconds around the end of a login's time in which both answers are right
LIMITED = "bob"  # the login with a limit: LIMIT_BURST recipients at once, and one more comes back each LIMIT_EACH seconds
LIMIT_EACH = 5
LIMIT_BURST = 20
NETWORK = "203.0.113.88"  # one of the two configurations trusts it

NEAR = ["hole@example.org", "hole+list@example.org", "postmaster@example.org"]
HOLE = NEAR[:2]  # delivered at once; a mailbox is locked by one delivery at a time, and by who reads it
NOBODY = "nobody-of-that-name@example.org"
CUSTOMER = "someone@customer.example"  # of relay-domains
FAR_DOMAINS = ["remote.example", "far.example", "customers.example"]


@dataclass
class Client:
    """An address that one worker speaks from."""
    address: str
    trusted: bool = False  # by sendmail's own access map
    login: str = ""  # that it always sends as, by SMTP AUTH
    logged_in: float | None = None  # the time that is recorded

    def reads_mail(self) -> bool:
        return not self.trusted and not self.login and self.address != NETWORK

    def may_relay(self, networks: bool | None) -> bool | None:
        """By its address, where the session's configuration trusts NETWORK or not; None where either may be."""
        if self.trusted:
            return True
        if self.address == NETWORK:
            return networks
        if self.logged_in is None:
            return False
        left = self.logged_in + WINDOW - time.time()
        return None if abs(left) < UNSURE else left > 0


class Reloads:
    """Which configuration a session has: the one that it began with. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks = False
        self._since = 0.0

    def begin(self) -> None:
        with self._lock:
            self._since = math.inf

    def end(self, networks: bool) -> None:
        """New sessions go by this one now."""
        with self._lock:
            self._networks, self._since = networks, time.monotonic()

    def networks(self, began: float) -> bool | None:
        """Whether a session that began after `began` and before now trusts NETWORK; None where a reload came between."""
        with self._lock:
            return self._networks if began >= self._since else None


class Limit:
    """The generic cell rate algorithm, of which it is known between which two moments each recipient came."""

    def __init__(self) -> None:
        self._earliest = self._latest = 0.0  # when all that was charged has come back

    def right_answers(self, since: float, until: float) -> set[int]:
        tolerance = LIMIT_EACH * (LIMIT_BURST - 1)
        codes = {250} if self._earliest <= until + tolerance else set()
        return codes | ({452} if self._latest > since + tolerance else set())

    def charge(self, since: float, until: float) -> None:
        self._earliest = max(self._earliest, since) + LIMIT_EACH
        self._latest = max(self._latest, until) + LIMIT_EACH


def is_far(recipient: str) -> bool:
    return recipient.rpartition("@")[2] in FAR_DOMAINS


def right_answers(recipient: str, client: Client, authenticated: bool, networks: bool | None) -> set[int]:
    """The reply codes that are right for this recipient without any fault or limit."""
    if recipient == NOBODY:
        return {550}
    if not is_far(recipient) or authenticated:
        return {250}
    permitted = client.may_relay(networks)
    return {250, 550} if permitted is None else {250} if permitted else {550}


@dataclass
class Tally:
    """What all workers saw. Thread-safe through add()."""
    sessions: int = 0
    recipients: int = 0
    permitted: int = 0
    refused: int = 0
    deferred: int = 0
    limited: int = 0
    permitted_to_limited: int = 0
    by_network: int = 0  # permitted to NETWORK
    without_network: int = 0  # refused to it
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
        kinds = {250: "permitted", 550: "refused", 452: "limited"}
        self.add(recipients=1, **{kinds.get(code, "deferred"): 1})

    def idle(self) -> list[str]:
        """What was never seen, so that the run says nothing of it."""
        seen = ("permitted", "refused", "messages", "limited", "permitted_to_limited", "by_network", "without_network")
        return [what for what in seen if getattr(self, what) == 0]


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
