"""Open or not: every form of sender and recipient, from every kind of client, on every configuration, in every state of
the milter. No stranger relays; with SMTP AUTH all that is an address relays, and each gets what stock sendmail gives.

A stranger's recipient that is accepted is sent a message: what matters is that nothing reaches the sink or stays queued.
OPEN_RELAY=all tries the whole matrix instead of a sample (for many minutes), OPEN_RELAY_SEED=N a sample again. Our
configurations listen by inet6, where an IPv4 client comes as an IPv4-mapped one; Debian's listens by inet as well.
"""

import base64
import collections
import hmac
import os
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.conversation import Conversation, Reply
from mailsystem.name_server import NameServer
from mailsystem.network import MX4, MX6, Host, peers
from mailsystem.verdicts import verdicts
from open_relay_configurations import DEBIAN, NAMES, write_stock, write_wired
from relay_forms import FAR, SENDERS, recipient_forms

ALL = os.environ.get("OPEN_RELAY") == "all"
SEED = int(os.environ.get("OPEN_RELAY_SEED", random.SystemRandom().randrange(10**9)))
GENERATED = 200
SAMPLE = 40    # recipients of a session
BURST = 50     # that are sent at once
WAIT = "1s"    # of sendmail for a milter that hangs
OURS = "alice@example.org"  # a sender that nobody refuses
PLAIN = [f"<relaytest@{domain}>" for domain in (FAR, "far.example", "customers.example")]
NO_ADDRESS = re.compile(r"5\d\d 5\.(1\.[123]|0\.0) |550 5\.7\.1 .* Cannot mail directly to |553 5\.1\.0 .* too long \(255 ")  # to everybody
Tried = dict[tuple[str, str, str], str]  # client, sender, recipient -> reply


class Client:
    """A kind of client: where it connects from, and what sendmail finds out about its name."""

    def __init__(self, host: Host, resolve: str, server: str = MX4):
        self.host, self.resolve, self.server = host, resolve, server


class OpenRelay(MailCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        names = NameServer()
        add = cls.system.network.add
        cls.clients = {
            "IPv4": Client(cls.system.stranger, "OK"), "IPv6": Client(cls.system.stranger, "OK", MX6),
            "FORGED": Client(add("forged", ["203.0.113.51"]), "FORGED"),
            "FAIL": Client(add("nameless", ["203.0.113.52"]), "FAIL"), "TEMP": Client(add("temp", ["203.0.113.53"]), "TEMP")}
        names.forge("203.0.113.51", "pc.customer.example", "203.0.113.200")  # A name in relay-domains.
        names.fail_for_now("203.0.113.53")
        print(f"seed {SEED}", file=sys.stderr)
        cls.rng = random.Random(SEED)
        cls.forms = recipient_forms(cls.rng, GENERATED)
        cls.count = collections.Counter()

    def plan(self) -> list[tuple[str, str, list[str]]]:
        """Which client tries which recipients with which sender."""
        if ALL:
            return [(client, sender, [*PLAIN, *self.forms]) for client in self.clients for sender in SENDERS]
        return [(client, sender, [*PLAIN, *self.rng.sample(self.forms, SAMPLE)])
                for client in self.clients for sender in (OURS, self.rng.choice(SENDERS))]

    def begin(self, client: str, authenticate: bool = False) -> Conversation:
        kind = self.clients[client]
        session = Conversation(kind.host, address=kind.server)
        self.assertEqual(session.greeting.code, 220, session.greeting)
        session.say("EHLO client.example")
        if authenticate:
            challenge = base64.b64decode(session.say("AUTH CRAM-MD5").text[4:])
            answer = "alice " + hmac.new(PASSWORD.encode(), challenge, "md5").hexdigest()
            self.assert_reply(session.say(base64.b64encode(answer.encode())), 235)
        return session

    def say_all(self, session: Conversation, recipients: list[str]) -> list[Reply]:
        replies = []
        for at in range(0, len(recipients), BURST):
            burst = recipients[at:at + BURST]
            session.send(*(f"RCPT TO:{recipient}" for recipient in burst))
            replies += [session.read_reply() for _ in burst]
        return replies

    def try_one(self, client: str, sender: str, recipients: list[str], authenticate: bool) -> Tried:
        session = self.begin(client, authenticate)
        with session:
            sender_reply = session.say(f"MAIL FROM:<{sender}>")
            replies = self.say_all(session, recipients) if sender_reply.code == 250 else [sender_reply] * len(recipients)
            self.assertNotIn(0, [reply.code for reply in replies], "the session ended")
            session.say("RSET")
            session.say("QUIT")
        return {(client, sender, recipient): reply.text for recipient, reply in zip(recipients, replies)}

    def try_plan(self, plan, authenticate: bool = False) -> Tried:
        tried: Tried = {}
        with ThreadPoolExecutor(2 * len(self.clients)) as pool:
            for each in pool.map(lambda one: self.try_one(*one, authenticate), plan):
                tried |= each
        return tried

    def deliver(self, tried: Tried) -> None:
        """A message for each case that was accepted, one by one; the sink and the queue tell what came of it."""
        accepted = [case for case, reply in tried.items() if is_accepted(reply)]
        for client, sender, recipient in accepted:
            self.send(client, sender, recipient)
            self.assert_nothing_left()
        self.count["accepted forms that stayed here"] += len(accepted)

    def send(self, client: str, sender: str, recipient: str, authenticate: bool = False) -> None:
        with self.begin(client, authenticate) as session:
            for line in (f"MAIL FROM:<{sender}>", f"RCPT TO:{recipient}"):
                self.assertEqual(session.say(line).code, 250, recipient)
            self.assert_reply(self.finish_message(session), 250)
            session.say("QUIT")

    def assert_relays(self, authenticated: Tried, strangers: Tried) -> None:
        """The control: what no stranger relays, each client relays with AUTH, and it comes out."""
        relayed = collections.Counter(case[0] for case, reply in authenticated.items()
                                      if is_accepted(reply) and not is_accepted(strangers[case]))
        self.count["authenticated and relayed"] += relayed.total()
        refused = [(case, reply) for case, reply in authenticated.items() if not is_accepted(reply)]
        self.assertEqual([one for one in refused if not NO_ADDRESS.match(one[1])], [], "refused with AUTH")
        for client in self.clients:
            self.assertGreater(relayed[client], SAMPLE // 2, client)
            self.assertEqual([case for case, _ in refused if case[0] == client and case[2] in PLAIN], [])
            self.send(client, OURS, f"<{client}@{FAR}>", authenticate=True)
        came = [path for message in self.system.sink.wait(len(self.clients)) for path in message.forward_paths]
        self.assertCountEqual(came, [f"{client}@{FAR}" for client in self.clients])
        self.system.sink.clear()

    def assert_none(self, tried: Tried, state: str) -> None:
        """Nothing is accepted at all: not even for here, as nobody is asked."""
        self.count[f"with the milter {state}"] += len(tried)
        self.assertEqual([case for case, reply in tried.items() if is_accepted(reply)], [], f"accepted with the milter {state}")

    def test_no_stranger_relays_and_who_is_authenticated_gets_what_stock_sendmail_gives(self):
        for name in NAMES:
            with self.subTest(name):
                self.system.reset()
                began = time.monotonic()
                self.try_configuration(name, self.plan())
                print(f"{name}: {time.monotonic() - began:.1f} s; so far", counted(self.count), file=sys.stderr, flush=True)

    def try_configuration(self, name: str, plan) -> None:
        sendmail = self.system.sendmail
        sendmail.start(write_stock(name))
        stock, stock_authenticated = self.try_plan(plan), self.try_plan(plan, authenticate=True)
        sendmail.start(write_wired(name))
        self.assert_clients_are_what_they_should_be(mapped=name != DEBIAN)
        strangers, authenticated = self.try_plan(plan), self.try_plan(plan, authenticate=True)
        self.count["strangers"] += len(strangers)
        self.count["authenticated"] += len(authenticated)
        self.assertEqual(unlike(authenticated, stock_authenticated, lambda reply: reply), [], "not as stock sendmail")
        self.assertEqual(unlike(strangers, stock, is_accepted), [], "not as stock sendmail")
        self.deliver(strangers)
        self.assert_relays(authenticated, strangers)
        sendmail.start(write_wired(name), WAIT)
        self.try_without_milter(plan)

    def assert_clients_are_what_they_should_be(self, mapped: bool) -> None:
        """Their names; and an IPv4 client comes as a mapped one where the port is of inet6, and is judged by its IPv4 address."""
        for name, client in self.clients.items():
            mark = self.system.log.mark()
            with self.begin(name) as session:
                self.assertIn(f"({client.resolve})", session.greeting.text, name)
                address = client.host.v6 if client.server == MX6 else client.host.v4
                self.assertEqual(peers(25), [f"::ffff:{address}" if mapped and "." in address else address])
                session.say(f"MAIL FROM:<{OURS}>")
                self.assert_reply(session.say(f"RCPT TO:{PLAIN[0]}"), 451 if client.resolve == "TEMP" else 550)
                session.say("QUIT")
            self.assertEqual([verdict["client"] for verdict in verdicts(self.system.log, mark, 1)], [address])

    def try_without_milter(self, plan) -> None:
        milter = self.system.milter
        milter.stop()
        self.assert_none(self.try_plan(plan), "down")
        milter.start()
        milter.hang()
        self.assert_none(self.try_plan(plan), "hung")
        for state, act in {"killed": milter.kill, "hung": milter.hang}.items():
            for moment in (0, SAMPLE // 2):
                milter.start()
                self.assert_none(self.try_interrupted(plan, moment, act), f"{state} after {'MAIL' if moment == 0 else 'RCPT'}")
        milter.start()
        self.assert_nothing_left()

    def try_interrupted(self, plan, moment: int, act: Callable[[], None]) -> Tried:
        """All at once: each says MAIL and `moment` recipients, then it happens, then the others."""
        tried: Tried = {}
        for part in parts(plan, len(self.clients) * 4):
            ready = threading.Barrier(len(part) + 1, timeout=60)
            happened = threading.Event()
            with ThreadPoolExecutor(len(part)) as pool:
                futures = [pool.submit(self.interrupted, one, moment, ready, happened) for one in part]
                ready.wait()
                act()
                happened.set()
                for future in futures:
                    tried |= future.result()
            self.system.milter.start()
        return tried

    def interrupted(self, one, moment: int, ready: threading.Barrier, happened: threading.Event) -> Tried:
        client, sender, recipients = one
        with self.begin(client) as session:
            sender_reply = session.say(f"MAIL FROM:<{sender}>")
            self.say_all(session, recipients[:moment])
            ready.wait()
            happened.wait()
            replies = self.say_all(session, recipients[moment:])
        return {(client, sender, recipient): reply.text for recipient, reply in zip(recipients[moment:], replies)}


def counted(count: collections.Counter) -> str:
    return ", ".join(f"{what} {number}" for what, number in sorted(count.items()))


def is_accepted(reply: str) -> bool:
    return reply.startswith("2")


def parts(plan: list, size: int) -> Iterator[list]:
    for at in range(0, len(plan), size):
        yield plan[at:at + size]


def unlike(ours: Tried, stock: Tried, of: Callable[[str], str]) -> list:
    """The first cases in which they differ."""
    return [(case, reply, stock[case]) for case, reply in ours.items() if of(reply) != of(stock[case])][:5]


if __name__ == "__main__":
    main()
