"""What ./run shows: the main job of milter-relay on a real sendmail, step by step, and a table of the outcome.

Exits 0 when every line of the table is as it should be.
"""

import argparse
import base64
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, mailbox
from mailsystem.conversation import Conversation, Reply
from mailsystem.namespaces import CannotRun, enter
from mailsystem.network import Host
from mailsystem.relayers import DAY, DATABASE
from mailsystem.stay import Visit
from mailsystem.system import DEFAULT_PROGRAMS, MailSystem, start

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BOLD, RED, GREEN, DIM = ("1", "31", "32", "2")
FAR_FRIEND = "friend@remote.example"


def painted(text: str, style: str) -> str:
    return f"\033[{style}m{text}\033[0m" if COLOUR else text


def explain(text: str) -> None:
    print("\n" + painted(text, BOLD), flush=True)


def show(line: str) -> None:
    print("    " + painted(line, DIM) if line.startswith("C:") else "    " + line, flush=True)


@dataclass
class Row:
    """One line of the closing table."""
    what: str
    expected: str
    seen: str

    @property
    def is_right(self) -> bool:
        return self.seen == self.expected


class MainJob:
    """The steps, in the order in which they are told."""

    def __init__(self, system: MailSystem):
        self.system = system
        self.rows: list[Row] = []

    def run(self) -> bool:
        for step in (self.stranger_is_refused, self.local_mail_arrives, self.login_relays, self.pop_login_opens_the_door,
                     self.entry_expires, self.without_milter_nobody_relays):
            try:
                step()
            except Exception as error:  # the table must be complete whatever happens, and says which step broke
                self.note(step.__name__.replace("_", " "), "no error", f"{type(error).__name__}: {error}")
        return all(row.is_right for row in self.rows)

    def note(self, what: str, expected: str, seen: str) -> None:
        self.rows.append(Row(what, expected, seen))

    def stranger_is_refused(self) -> None:
        explain("A stranger (203.0.113.9) wants mail sent on to remote.example: refused.")
        self.note("a stranger relays", "550 5.7.1", self.ask(self.system.stranger))
        self.note("... and at the sink arrived", "nothing", self.relayed(0))

    def local_mail_arrives(self) -> None:
        explain("The same stranger writes to alice@example.org, who lives here: that is not relaying, so it is accepted.")
        with self.session(self.system.stranger) as session:
            self.say_sender(session, "friend@remote.example")
            reply = session.say("RCPT TO:<alice@example.org>")
            self.note("a stranger writes to a local user", "250 2.1.5", brief(reply))
            self.finish(session, "A letter to Alice")
        self.note("... and in her mailbox is", "the message", wait_for_mail("alice", "A letter to Alice"))

    def login_relays(self) -> None:
        explain("From the stranger's address someone logs in as alice (SMTP AUTH, under TLS): her mail is relayed.")
        with self.session(self.system.stranger, 587) as session:
            log_in(session)
            self.say_sender(session, "alice@example.org")
            reply = session.say(f"RCPT TO:<{FAR_FRIEND}>")
            self.note("alice relays after SMTP AUTH", "250 2.1.5", brief(reply))
            self.finish(session, "Relayed after AUTH")
        self.note("... and at the sink arrived", FAR_FRIEND, self.relayed(1))

    def pop_login_opens_the_door(self) -> None:
        explain("Bob at home (198.51.100.7) has an old mail program without SMTP AUTH: refused so far.")
        self.note("bob relays before he reads his mail", "550 5.7.1", self.ask(self.system.home))
        explain("Bob reads his mail over POP; Dovecot tells vsmtprelay his address.")
        with Conversation(self.system.home, 110, show=show) as session:
            session.say("USER bob")
            session.say(f"PASS {PASSWORD}")
            session.say("QUIT")
        explain("Now the door is open for his address ...")
        with self.session(self.system.home) as session:
            self.say_sender(session, "bob@example.org")
            reply = session.say(f"RCPT TO:<{FAR_FRIEND}>")
            self.note("bob relays after he read his mail", "250 2.1.5", brief(reply))
            self.finish(session, "Relayed after POP")
        self.note("... and at the sink arrived", FAR_FRIEND, self.relayed(1))
        explain("... and for no other: his neighbour at 198.51.100.8 is refused.")
        self.note("his neighbour relays", "550 5.7.1", self.ask(self.system.office))

    def entry_expires(self) -> None:
        explain("A day and an hour later (the entry is given that age) the door is shut again.")
        stamp = str(int(time.time()) - DAY - 3600)
        show(f"# vsmtprelay -f {DATABASE} add 198.51.100.7 {stamp}")
        self.system.relayers.command("add", "198.51.100.7", stamp)
        show(f"# vsmtprelay -f {DATABASE} list")
        for line in self.system.relayers.command("list").stdout.splitlines():
            show(line)
        self.note("bob relays a day and an hour later", "550 5.7.1", self.ask(self.system.home))

    def without_milter_nobody_relays(self) -> None:
        explain("The milter is stopped. Bob has just read his mail again, but nobody relays: sendmail says 'try later'.")
        self.system.relayers.add("198.51.100.7")
        self.system.milter.stop()
        self.note("bob relays after he read his mail without the milter", "451 4.3.2", self.ask(self.system.home))
        explain("The stranger, too, is told to try later.")
        self.note("a stranger relays without the milter", "451 4.3.2", self.ask(self.system.stranger))
        explain("So is alice: she cannot even log in.")
        with self.session(self.system.stranger, 587) as session:
            self.note("alice logs in without the milter", "454 4.7.0", brief(log_in(session)))
            session.say("QUIT")
        self.note("... and at the sink arrived", "nothing", self.relayed(0))

    def session(self, host: Host, port: int = 25) -> Conversation:
        """EHLO said, of whose long answer only the beginning is shown."""
        show(f"   (connection from {host.v4} to port {port})")
        conversation = Conversation(host, port)
        hello = conversation.say(f"EHLO {host.name}.example").text.splitlines()
        for line in (f"C: EHLO {host.name}.example", f"S: {hello[0]}", f"S: ... ({len(hello) - 1} more lines)"):
            show(line)
        conversation.show = show
        return conversation

    def ask(self, host: Host) -> str:
        """Tries one recipient far away; the reply, or the one before it that ended the try."""
        self.system.sink.clear()
        with self.session(host) as session:
            reply = session.say("MAIL FROM:<bob@example.org>")
            if reply.code == 250:
                reply = session.say(f"RCPT TO:<{FAR_FRIEND}>")
            session.say("QUIT")
        return brief(reply)

    def say_sender(self, session: Conversation, reverse_path: str) -> None:
        self.system.sink.clear()
        session.say(f"MAIL FROM:<{reverse_path}>")

    def finish(self, session: Conversation, subject: str) -> None:
        if session.say("DATA").code == 354:
            session.send(f"Subject: {subject}", "", "Hello.")
            session.say(".")
        session.say("QUIT")

    def relayed(self, expected: int) -> str:
        """What the sink has; waits for what must come, and looks into the queue for what must not."""
        try:
            self.system.sink.wait(expected, timeout=5)
        except AssertionError:
            return "nothing"
        if not expected and self.system.sendmail.queued():
            return "a message waits in the queue"
        for message in self.system.sink.messages:
            show(f"(the sink received a message from <{message.reverse_path}> to <{message.forward_paths[0]}>)")
        return ", ".join(self.system.sink.recipients()) or "nothing"


def log_in(session: Conversation) -> Reply:
    """As alice, under TLS; the reply that says how it ended."""
    reply = session.start_tls()
    if reply.code == 220:
        reply = session.say("AUTH PLAIN " + base64.b64encode(f"\0alice\0{PASSWORD}".encode()).decode())
    return reply


def brief(reply: Reply) -> str:
    """The code and the enhanced status of a reply."""
    return reply.text.splitlines()[-1][:9].strip() if reply.text else "no reply"


def wait_for_mail(user: str, subject: str) -> str:
    deadline = time.monotonic() + 10
    while subject not in mailbox(user):
        if time.monotonic() > deadline:
            return "no message"
        time.sleep(0.05)
    return "the message"


def print_table(rows: list[Row]) -> None:
    widths = [max(len(text) for text in column) for column in
              zip(("What was tried", "Expected"), *((row.what, row.expected) for row in rows))]
    print("\n" + painted(f"      {'What was tried':{widths[0]}}  {'Expected':{widths[1]}}  Seen", BOLD))
    for row in rows:
        mark = painted("ok   ", GREEN) if row.is_right else painted("WRONG", RED)
        print(f"{mark} {row.what:{widths[0]}}  {row.expected:{widths[1]}}  {row.seen}")
    wrong = sum(not row.is_right for row in rows)
    print(f"\n{len(rows) - wrong} of {len(rows)} as they should be.", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=DEFAULT_PROGRAMS, metavar="DIRECTORY", help="where our programs are")
    parser.add_argument("--stay", action="store_true", help="leave the system up until Ctrl-C")
    arguments = parser.parse_args()
    visit = Visit() if arguments.stay else None
    print("Starting sendmail, Dovecot, milter-relay and an SMTP sink in namespaces of their own", flush=True)
    try:
        pid = enter()
        system = start(arguments.bin)
    except CannotRun as reason:
        print(f"cannot run: {reason}", file=sys.stderr)
        return 1
    job = MainJob(system)
    succeeded = job.run()
    if not succeeded:
        explain("The end of the mail log:")
        print(system.log.tail())
    print_table(job.rows)
    if visit:
        system.reset()
        try:
            visit.stay(system, pid)
        except (KeyboardInterrupt, SystemExit):
            print("\nEverything is taken down; nothing is left behind.")
    return 0 if succeeded else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
