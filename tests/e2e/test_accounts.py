"""What an account may do, with real SMTP AUTH: disabled accounts, sender ownership, domains, texts of the admin's own."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main

DISABLED = Path("/etc/mail/relay-disabled")
SENDERS = Path("/etc/mail/senders")
RETIRED = Path("/etc/mail/pop-retired")
CONFIGURATION = """\
[account]
disabled = "/etc/mail/relay-disabled"
[sender]
mode = "known"
map = "/etc/mail/senders.db"
[domain."customers.example"]
max_recipients = 2
[reply]
url = "https://help.example/"
no_login = "100% no, {client}: see {url}"
"""


class Accounts(MailCase):
    def setUp(self) -> None:
        super().setUp()
        DISABLED.write_text("")
        self.make_map("alice@example.org alice\nbob@example.org bob, carol\n")
        self.system.milter.start(CONFIGURATION)

    def make_map(self, text: str) -> None:
        subprocess.run(["makemap", "hash", str(SENDERS)], input=text, text=True, check=True)
        shutil.chown(f"{SENDERS}.db", group="milter-relay")
        os.chmod(f"{SENDERS}.db", 0o640)

    def logged_in(self, login: str):
        session = self.library_session(self.system.stranger)
        session.login(login, PASSWORD)
        return session

    def rcpt(self, session, sender: str) -> tuple[int, bytes]:
        session.rset()
        session.mail(sender)
        return session.rcpt("friend@remote.example")

    def test_a_sender_is_for_its_owners_alone(self):
        session = self.logged_in("alice")
        self.assertEqual(self.rcpt(session, "alice@example.org")[0], 250)
        code, text = self.rcpt(session, "bob@example.org")
        self.assertEqual((code, text[:5]), (553, b"5.7.1"))
        self.assertIn(b"alice", text)
        self.assertEqual(self.rcpt(session, "unowned@example.org")[0], 250)
        self.make_map("bob@example.org alice\n")
        self.assertEqual(self.rcpt(session, "bob@example.org")[0], 250)
        self.assertEqual([v["reason"] for v in self.verdicts(4)],
                         ["authenticated", "sender_not_owned", "authenticated", "authenticated"])

    def test_a_map_that_is_away_defers(self):
        session = self.logged_in("alice")
        Path(f"{SENDERS}.db").unlink()
        self.assertEqual(self.rcpt(session, "alice@example.org")[0], 451)

    def test_an_account_is_disabled_from_the_next_recipient_on_in_a_running_session(self):
        session = self.logged_in("alice")
        self.assertEqual(self.rcpt(session, "alice@example.org")[0], 250)
        DISABLED.write_text("alice\n")
        self.assertEqual(self.rcpt(session, "alice@example.org")[0], 550)
        DISABLED.write_text("@customers.example\n")
        self.assertEqual(self.rcpt(session, "alice@example.org")[0], 250)
        self.assertEqual(self.rcpt(self.logged_in("dave@customers.example"), "x@customers.example")[0], 550)
        self.assertEqual(self.rcpt(self.logged_in("erin%customers.example"), "x@customers.example")[0], 550)

    def test_a_domain_limits_the_recipients_of_a_message(self):
        session = self.logged_in("dave@customers.example")
        session.mail("dave@customers.example")
        codes = [session.rcpt(f"{name}@remote.example")[0] for name in ("one", "two", "three")]
        self.assertEqual(codes, [250, 250, 452])
        self.assertEqual(self.rcpt(session, "dave@customers.example")[0], 250)

    def test_the_admins_own_text_reaches_the_client(self):
        reply = self.try_relay(self.system.stranger)
        self.assert_reply(reply, 550, "5.7.1")
        self.assertRegex(reply.text, r"100% no, [0-9.]+: see https://help\.example/")

    def test_monitor_only_says_what_would_be(self):
        DISABLED.write_text("alice\n")
        self.system.milter.start(CONFIGURATION.replace("[sender]", 'mode = "monitor"\n[sender]'))
        self.assertEqual(self.rcpt(self.logged_in("alice"), "alice@example.org")[0], 250)
        self.system.log.wait(" would=login_disabled", self.mark)


class PopLogins(MailCase):
    """[sender] and [pop] for users who have just read mail; home's address has a login in relayers.db."""

    def logged_in_from_home(self, *logins: str) -> None:
        now = int(time.time())
        self.system.relayers.rebuild(f"{self.system.home.v4}\t" + " ".join(f"{now - age} {login}" for age, login in enumerate(logins)) + "\n")

    def rcpt(self, sender: str = "alice@example.org") -> str:
        conversation = self.talk(self.system.home)
        self.assert_reply(conversation.say(f"MAIL FROM:<{sender}>"), 250)
        reply = conversation.say("RCPT TO:<friend@remote.example>")
        conversation.say("QUIT")
        return reply.text

    def last_verdict(self) -> str:
        return self.system.log.wait(r"milter-relay\S*: \S+: verdict=", self.mark, 1)[-1]

    def test_a_sender_is_for_its_owners_alone(self):
        subprocess.run(["makemap", "hash", str(SENDERS)], input="bob@example.org bob\n", text=True, check=True)
        os.chmod(f"{SENDERS}.db", 0o644)
        self.system.milter.start(f'[sender]\nmode = "known"\nmap = "{SENDERS}.db"\n')
        self.logged_in_from_home("alice")
        self.assertRegex(self.rcpt(), "^250 ")
        self.assertRegex(self.rcpt("bob@example.org"), r"^553 5\.7\.1 (?!.*alice)")  # Whoever else is at the address is not to learn names.
        self.logged_in_from_home("alice", "bob")
        self.assertRegex(self.rcpt("bob@example.org"), "^250 ")
        self.logged_in_from_home("")  # Nobody knows whose login it was.
        self.assertRegex(self.rcpt("bob@example.org"), "^250 ")

    def test_an_address_that_more_users_share_than_permitted_permits_none(self):
        self.system.milter.start("[pop]\nmax_logins = 2\n")
        self.logged_in_from_home("alice", "bob", "alice")
        self.assertRegex(self.rcpt(), "^250 ")
        self.logged_in_from_home("alice", "bob", "carol")
        self.assertRegex(self.rcpt(), r"^550 5\.7\.1 ")
        self.system.log.wait("reason=too_many_logins", self.mark)

    def test_pop_ends_after_its_last_day_and_says_so_before(self):
        self.logged_in_from_home("alice")
        day = lambda ahead: time.strftime("%Y-%m-%d", time.gmtime(time.time() + ahead * 86400))
        self.system.milter.start(f"[pop]\nuntil = {day(40)}\n")
        self.assertRegex(self.rcpt(), "^250 ")
        self.assertNotIn("pop_until=", self.last_verdict())
        self.system.milter.start(f"[pop]\nuntil = {day(2)}\n")
        self.assertRegex(self.rcpt(), "^250 ")
        self.system.log.wait(f" pop_until={day(2)}", self.mark)
        self.system.milter.start(f"[pop]\nuntil = {day(-2)}\n")
        self.assertRegex(self.rcpt(), r"^550 5\.7\.1 ")
        self.system.log.wait("reason=pop_ended", self.mark)
        self.system.milter.start(f'[pop]\nuntil = {day(-2)}\nmode = "monitor"\n')
        self.assertRegex(self.rcpt(), "^250 ")
        self.system.log.wait("would=pop_ended", self.mark)

    def test_a_login_that_has_moved_to_auth_opens_no_door(self):
        RETIRED.write_text("alice\n")
        self.system.milter.start(f'[pop]\nnot_for = "{RETIRED}"\n')
        self.logged_in_from_home("alice")
        self.assertRegex(self.rcpt(), r"^550 5\.7\.1 ")
        self.logged_in_from_home("bob")
        self.assertRegex(self.rcpt(), "^250 ")
        RETIRED.write_text("bob\n")
        self.assertRegex(self.rcpt(), r"^550 5\.7\.1 ")


if __name__ == "__main__":
    main()
