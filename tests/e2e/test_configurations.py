"""The four configurations as they are shipped: local delivery, logins by SMTP AUTH on every port, and by POP or not."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, mailbox
from mailsystem.case import MailCase, main
from mailsystem.sendmail import PORTS


class Configuration:
    """What every one of them does; `pop` says whether a POP login opens the door, `procmail` who delivers."""

    mc: str
    pop: bool
    procmail: bool

    def test_a_stranger_is_refused_on_every_port(self):
        for port in PORTS:
            session = self.talk(self.system.stranger, port)
            sender = session.say("MAIL FROM:<someone@far.example>")
            if self.pop or port == 25:
                self.assert_reply(session.say("RCPT TO:<friend@remote.example>"), 550, "5.7.1")
            else:  # where only a password counts, the ports for mail programs ask for it at once
                self.assert_reply(sender, 530, "5.7.0")
        self.assert_nothing_left()

    def test_smtp_auth_relays_on_every_port(self):
        for port in PORTS:
            session = self.library_session(self.system.stranger, port)
            session.login("alice", PASSWORD)
            session.sendmail("alice@example.org", ["friend@remote.example"], f"Subject: port {port}\r\n\r\nhello\r\n")
        texts = [message.text for message in self.system.sink.wait(len(PORTS))]
        for port in PORTS:
            self.assertTrue(any(f"Subject: port {port}" in text for text in texts), texts)

    def test_a_pop_login_counts_where_the_configuration_says_so(self):
        self.system.relayers.add("198.51.100.7")
        reply = self.try_relay(self.system.home)
        self.assert_reply(reply, *(250, "2.1.5") if self.pop else (550, "5.7.1"))
        verdict, = self.verdicts(1)
        self.assertEqual(verdict["policy"], "auth+pop" if self.pop else "auth-only")
        self.assertEqual(verdict["via"], "pop" if self.pop else "none")

    def test_without_the_milter_nobody_relays(self):
        self.system.milter.stop()
        for host in (self.system.stranger, self.system.home):
            session = self.talk(host)
            self.assertEqual(session.say("MAIL FROM:<alice@example.org>").code, 451)
        self.assert_nothing_left()

    def test_local_mail_is_delivered_by_the_program_that_is_named(self):
        rules = Path("/run/home/bob/.procmailrc")
        rules.write_text(":0:\n* ^Subject: sort me\n/var/mail/bob-sorted\n")
        self.addCleanup(rules.unlink)
        for subject in ("keep me", "sort me"):
            session = self.talk(self.system.stranger)
            session.say("MAIL FROM:<someone@far.example>")
            self.assert_reply(session.say("RCPT TO:<bob@example.org>"), 250, "2.1.5")
            self.assert_reply(self.finish_message(session, f"Subject: {subject}\r\n\r\nhello"), 250)
        delivered = self.system.log.wait(r"to=<bob@example.org>.*stat=Sent", self.mark, count=2)
        self.assertTrue(all("mailer=local" in line for line in delivered), delivered)
        self.assertIn("Subject: keep me", mailbox("bob"))
        self.assertIn("Subject: sort me", mailbox("bob-sorted"))
        program = "/usr/bin/procmail" if self.procmail else "/usr/sbin/sensible-mda"
        self.assertIn(f"P={program},", local_mailer(), self.mc)


def local_mailer() -> str:
    """The line of the .cf that defines the local mailer."""
    lines = Path("/etc/mail/sendmail.cf").read_text().splitlines()
    return next(line for line in lines if line.startswith("Mlocal,"))


class Default(Configuration, MailCase):
    mc, pop, procmail = "default.mc", True, False


class DefaultAuthOnly(Configuration, MailCase):
    mc, pop, procmail = "default-auth-only.mc", False, False


class DefaultProcmail(Configuration, MailCase):
    mc, pop, procmail = "default-procmail-lda.mc", True, True


class DefaultProcmailAuthOnly(Configuration, MailCase):
    mc, pop, procmail = "default-procmail-lda-auth-only.mc", False, True


if __name__ == "__main__":
    main()
