"""Who may relay: strangers not, those who logged in over POP or IMAP a while, mail for here always."""

import imaplib
import poplib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, mailbox
from mailsystem.case import MailCase, client_tls, main
from mailsystem.network import MX4, MX6, Host
from mailsystem.relayers import DAY


def read_mail(host: Host, protocol: str, address: str = MX4, password: str = PASSWORD) -> None:
    """Alice looks into her mailbox from this host, with the protocol library that comes with Python."""
    with host:
        match protocol:
            case "pop3":
                session = poplib.POP3(address, timeout=20)
            case "pop3s":
                session = poplib.POP3_SSL(address, context=client_tls(), timeout=20)
            case "imap":
                session = imaplib.IMAP4(address, timeout=20)
            case "imaps":
                session = imaplib.IMAP4_SSL(address, ssl_context=client_tls(), timeout=20)
    if isinstance(session, poplib.POP3):
        session.user("alice")
        session.pass_(password)
        session.quit()
    else:
        session.login("alice", password)
        session.logout()


class Strangers(MailCase):
    def test_a_stranger_is_refused_on_every_port_and_nothing_is_relayed(self):
        for port in (25, 587, 5190):
            session = self.talk(self.system.stranger, port)
            session.say("MAIL FROM:<someone@far.example>")
            self.assert_reply(session.say("RCPT TO:<friend@remote.example>"), 550, "5.7.1")
            self.assert_reply(session.say("DATA"), 503)
        self.assert_nothing_left()
        self.assertEqual({(v["verdict"], v["client"]) for v in self.verdicts(3)}, {("refuse", "203.0.113.9")})

    def test_a_stranger_with_a_local_sender_or_none_is_refused_as_well(self):
        for sender in ("alice@example.org", "", "postmaster@mx.example.org"):
            session = self.talk(self.system.stranger)
            self.assert_reply(session.say(f"MAIL FROM:<{sender}>"), 250)
            self.assert_reply(session.say("RCPT TO:<friend@remote.example>"), 550, "5.7.1")
        self.assert_nothing_left()

    def test_a_stranger_with_ipv6_is_refused(self):
        self.assert_reply(self.try_relay(self.system.stranger, address=MX6), 550, "5.7.1")
        self.assertEqual(self.verdicts(1)[0]["client"], "2001:db8:0:9::9")

    def test_mail_for_a_local_user_arrives_in_the_mailbox(self):
        for address in (MX4, MX6):
            session = self.talk(self.system.stranger, address=address)
            session.say("MAIL FROM:<someone@far.example>")
            self.assert_reply(session.say("RCPT TO:<alice@example.org>"), 250, "2.1.5")
            self.assert_reply(self.finish_message(session, f"Subject: to {address}\r\n\r\nhello"), 250)
            self.system.log.wait(r"to=<alice@example.org>.*stat=Sent", self.mark)
            self.assertIn(f"Subject: to {address}", mailbox("alice"))
            self.mark = self.system.log.mark()

    def test_aliases_virtual_users_and_relay_domains_are_destinations_of_ours(self):
        session = self.talk(self.system.stranger)
        session.say("MAIL FROM:<someone@far.example>")
        for recipient in ("staff@example.org", "info@example.org", "postmaster", "someone@customer.example"):
            self.assert_reply(session.say(f"RCPT TO:<{recipient}>"), 250, "2.1.5")
        session.say("RSET")
        self.assertEqual({v["via"] for v in self.verdicts(4)}, {"local"})

    def test_an_unknown_local_user_stays_unknown(self):
        session = self.talk(self.system.stranger)
        session.say("MAIL FROM:<someone@far.example>")
        self.assert_reply(session.say("RCPT TO:<nobody-here@example.org>"), 550, "5.1.1")


class Trusted(MailCase):
    def test_the_server_itself_relays(self):
        self.assert_reply(self.try_relay(self.system.mx, address="127.0.0.1"), 250, "2.1.5")
        self.assert_reply(self.try_relay(self.system.mx, address="::1"), 250, "2.1.5")
        self.assertEqual({v["via"] for v in self.verdicts(2)}, {"trusted"})

    def test_a_client_that_the_access_map_lets_relay_does(self):
        partner = self.system.network.hosts.get("partner") or self.system.network.add("partner", ["203.0.113.77"])
        self.assert_reply(self.try_relay(partner), 250, "2.1.5")
        self.assertEqual(self.verdicts(1)[0]["via"], "trusted")

    def test_a_sender_that_the_access_map_rejects_stays_rejected_after_a_login(self):
        self.system.relayers.add("198.51.100.7")
        session = self.talk(self.system.home)
        session.say("MAIL FROM:<blocked@sender.example>")
        self.assertEqual(session.say("RCPT TO:<friend@remote.example>").code // 100, 5)
        self.assert_nothing_left()


class Logins(MailCase):
    def relay_from(self, host: Host, address: str = MX4) -> None:
        """A whole message, up to its arrival at the sink."""
        self.system.sink.clear()
        session = self.talk(host, address=address)
        session.say("MAIL FROM:<alice@example.org>")
        self.assert_reply(session.say("RCPT TO:<friend@remote.example>"), 250, "2.1.5")
        self.assert_reply(self.finish_message(session), 250)
        self.assertEqual(self.system.sink.wait()[0].forward_paths, ["friend@remote.example"])

    def test_a_login_opens_the_door_for_its_address_and_for_no_other(self):
        for protocol in ("pop3", "pop3s", "imap", "imaps"):
            with self.subTest(protocol):
                self.system.relayers.clear()
                self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")
                read_mail(self.system.home, protocol)
                self.relay_from(self.system.home)
                self.assert_reply(self.try_relay(self.system.office), 550, "5.7.1")
                self.assert_reply(self.try_relay(self.system.home, address=MX6), 550, "5.7.1")

    def test_a_login_over_ipv6_opens_the_door_for_its_address_and_for_no_other(self):
        read_mail(self.system.home, "imaps", MX6)
        self.relay_from(self.system.home, MX6)
        self.assert_reply(self.try_relay(self.system.office, address=MX6), 550, "5.7.1")
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")

    def test_a_wrong_password_opens_nothing(self):
        with self.assertRaises(poplib.error_proto):
            read_mail(self.system.home, "pop3", password="wrong")
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")

    def test_an_entry_expires_after_a_day(self):
        self.system.relayers.add("198.51.100.7", age=DAY - 60)
        self.assert_reply(self.try_relay(self.system.home), 250, "2.1.5")
        self.system.relayers.add("198.51.100.7", age=DAY + 60)
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")
        fresh, expired = self.verdicts(2)
        self.assertEqual((fresh["via"], fresh["reason"]), ("pop", "fresh_login"))
        self.assertTrue(DAY - 60 <= int(fresh["age"]) < DAY, fresh)
        self.assertEqual((expired["verdict"], expired["reason"]), ("refuse", "login_expired"))

    def test_the_door_shuts_while_one_waits(self):
        self.system.milter.start('[pop]\nwindow = "2s"\n')
        read_mail(self.system.home, "pop3")
        session = self.talk(self.system.home)
        session.say("MAIL FROM:<alice@example.org>")
        self.assert_reply(session.say("RCPT TO:<first@remote.example>"), 250)
        time.sleep(3.1)
        self.assert_reply(session.say("RCPT TO:<second@remote.example>"), 550, "5.7.1")

    def test_an_entry_in_the_future_is_a_standing_permission(self):
        self.system.relayers.add("198.51.100.7", age=-30 * DAY)
        self.assert_reply(self.try_relay(self.system.home), 250, "2.1.5")
        self.assertEqual(self.verdicts(1)[0]["reason"], "standing_permission")

    def test_a_deleted_entry_shuts_the_door(self):
        self.system.relayers.add("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.system.relayers.delete("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")

    def test_policy_auth_only_of_the_milter_does_not_override_what_sendmail_says(self):
        self.system.milter.start('policy = "auth-only"\n')
        self.system.relayers.add("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.assertEqual(self.verdicts(1)[0]["policy"], "auth+pop")


if __name__ == "__main__":
    main()
