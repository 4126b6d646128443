"""One thread of users and strangers, by addresses of its own: logs in, waits, sends to near and far, and checks every reply."""

import base64
import random
import time

from mailsystem.accounts import PASSWORD
from mailsystem.conversation import Conversation, Reply
from mailsystem.network import MX4, MX6, Host
from mailsystem.relayers import Relayers

from .model import (CUSTOMER, FAR_DOMAINS, HOLE, LIMITED, NEAR, NETWORK, NOBODY, WINDOW, Client, Limit, Relayed, Reloads, Tally,
                    is_far, right_answers)

MOST_RECIPIENTS = 80  # sendmail's MaxRecipientsPerMessage is not set in our configurations


class Worker:
    def __init__(self, number: int, seed: int, host: Host, clients: list[Client], relayers: Relayers, relayed: Relayed,
                 reloads: Reloads, tally: Tally):
        self._random = random.Random(seed * 1000 + number)
        self._host, self._clients = host, clients
        self._relayers, self._relayed, self._reloads, self._tally = relayers, relayed, reloads, tally
        self._limit = Limit()
        self._transcript: list[str] = []

    def run(self, until: float) -> None:
        try:
            while time.monotonic() < until:
                self._step()
        except Exception as error:  # a thread that ends unseen would look like success
            said = " | ".join(self._transcript[-4:])
            self._tally.add_wrong(f"worker ended: {error!r} after {said}")

    def _step(self) -> None:
        client = self._random.choice(self._clients)
        steps = [(3, self._log_in), (1, self._log_in_long_ago), (1, self._forget), (12, self._send)]
        step = self._random.choices([step for _, step in steps], [weight for weight, _ in steps])[0]
        step(client)

    def _log_in(self, client: Client) -> None:
        if not client.reads_mail():
            return
        if self._random.random() < 0.5:
            before = time.time()
            self._fetch_mail(client)
            client.logged_in = before
        else:
            self._record(client, int(time.time()))
        self._tally.add(logins=1)

    def _log_in_long_ago(self, client: Client) -> None:
        """One that ended, or ends within a minute or two."""
        if client.reads_mail():
            self._record(client, int(time.time()) - WINDOW - self._random.choice([100_000, 60, -60, -120]))

    def _record(self, client: Client, at: int) -> None:
        self._command("add", client.address, str(at))
        client.logged_in = at

    def _forget(self, client: Client) -> None:
        if not client.reads_mail():
            return
        self._command("delete", client.address)
        client.logged_in = None

    def _command(self, *arguments: str) -> None:
        done = self._relayers.command(*arguments)
        if done.returncode != 0:
            self._tally.add_wrong(f"vsmtprelay {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")

    def _connect(self, client: Client, port: int) -> Conversation:
        server = MX6 if ":" in client.address else MX4
        conversation = Conversation(self._host, port, server, source=client.address)
        self._transcript = conversation.transcript
        return conversation

    def _fetch_mail(self, client: Client) -> None:
        with self._connect(client, 110) as pop:
            for line in ("USER carol", f"PASS {PASSWORD}", "QUIT"):
                reply = pop.say(line)
                if not reply.text.startswith("+OK"):
                    self._tally.add_wrong(f"POP3 {line.split()[0]} from {client.address}: {reply}")

    def _send(self, client: Client) -> None:
        port = self._random.choice([25, 25, 587, 5190])
        began = time.monotonic()
        with self._connect(client, port) as smtp:
            self._tally.add(sessions=1)
            smtp.say("EHLO client.example")
            login = client.login or ("alice" if client.address != NETWORK and self._random.random() < 0.25 else "")
            if login and not self._authenticate(smtp, login):
                return
            networks = self._open_session(smtp, client, began)
            for _ in range(self._random.choice([1, 1, 1, 2, 5])):
                self._message(smtp, client, login, networks)
                if self._random.random() < 0.1 and not login:
                    self._log_in(client)  # a login in the middle of a session counts from then on
            if self._random.random() < 0.8:
                smtp.say("QUIT")

    def _open_session(self, smtp: Conversation, client: Client, began: float) -> bool | None:
        """Whether its configuration trusts NETWORK. The milter has a session for certain once it has answered a recipient."""
        if client.address == NETWORK:
            for line in ("MAIL FROM:<>", f"RCPT TO:<{CUSTOMER}>", "RSET"):
                self._expect(smtp.say(line), {250}, line)
        return self._reloads.networks(began)

    def _authenticate(self, smtp: Conversation, login: str) -> bool:
        self._expect(smtp.start_tls(), {220}, "STARTTLS")
        token = base64.b64encode(f"\0{login}\0{PASSWORD}".encode()).decode()
        reply = smtp.say(f"AUTH PLAIN {token}")
        self._expect(reply, {235}, "AUTH")
        return reply.code == 235

    def _message(self, smtp: Conversation, client: Client, login: str, networks: bool | None) -> None:
        self._expect(smtp.say(f"MAIL FROM:<{self._random.choice(['alice@example.org', 'x@far.example', ''])}>"), {250}, "MAIL")
        recipients = [self._recipient() for _ in range(self._random.choice([1, 1, 2, 5, 20, MOST_RECIPIENTS]))]
        right = [right_answers(recipient, client, bool(login), networks) for recipient in recipients]
        since = time.monotonic()
        if self._random.random() < 0.5:
            smtp.send(*(f"RCPT TO:<{recipient}>" for recipient in recipients))
            replies = [smtp.read_reply() for _ in recipients]
        else:
            replies = [smtp.say(f"RCPT TO:<{recipient}>") for recipient in recipients]
        until = time.monotonic()
        for recipient, reply, codes in zip(recipients, replies, right):
            self._tally.add_answer(reply.code)
            if login == LIMITED and recipient != NOBODY:  # it is counted near and far
                codes = self._limited(reply, since, until)
            elif client.address == NETWORK and is_far(recipient):
                self._tally.add(by_network=reply.code == 250, without_network=reply.code == 550)
            # a database that is just being written may defer, and nothing else may
            self._expect(reply, codes | ({451} if is_far(recipient) and not login and not client.trusted else set()),
                         f"RCPT {recipient} from {client} as {login!r}, {networks=}")
        permitted = [recipient for recipient, reply in zip(recipients, replies) if reply.code == 250]
        if permitted and self._random.random() < 0.4:
            self._finish(smtp, permitted)
        else:
            self._expect(smtp.say("RSET"), {250}, "RSET")

    def _limited(self, reply: Reply, since: float, until: float) -> set[int]:
        """The answers that the limit permits; a recipient that was permitted is charged."""
        codes = self._limit.right_answers(since, until)
        if reply.code == 250:
            self._limit.charge(since, until)
            self._tally.add(permitted_to_limited=1)
        return codes

    def _recipient(self) -> str:
        kind = self._random.random()
        if kind < 0.5:
            return self._relayed.new_recipient(self._random.choice(FAR_DOMAINS))
        return NOBODY if kind < 0.55 else CUSTOMER if kind < 0.6 else self._random.choice(NEAR if kind < 0.65 else HOLE)

    def _finish(self, smtp: Conversation, permitted: list[str]) -> None:
        self._relayed.promise([recipient for recipient in permitted if is_far(recipient)])
        self._expect(smtp.say("DATA"), {354}, "DATA")
        self._expect(smtp.say("Subject: soak\r\n\r\nhello\r\n."), {250}, "the message")
        self._tally.add(messages=1)

    def _expect(self, reply: Reply, codes: set[int], what: str) -> None:
        if reply.code not in codes:
            self._tally.add_wrong(f"{what}: {reply}, not {sorted(codes)}")
