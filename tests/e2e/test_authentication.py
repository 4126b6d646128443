"""SMTP AUTH through Cyrus SASL, with other people's clients: Python's smtplib, swaks and curl."""

import smtplib
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, SASL_LOGINS
from mailsystem.case import MailCase, main
from mailsystem.certificates import AUTHORITY
from mailsystem.network import MX4, MX6, Host

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")
PLAINTEXT = {"PLAIN", "LOGIN"}
MESSAGE = "Subject: authenticated\r\n\r\nhello\r\n"


def offered(session: smtplib.SMTP) -> set[str]:
    return set(session.esmtp_features.get("auth", "").split())


class Mechanisms(MailCase):
    def assert_relayed(self, user: str, mechanism: str) -> None:
        self.assertEqual(self.system.sink.wait()[0].forward_paths, ["friend@remote.example"])
        self.system.sink.clear()
        verdict, = self.verdicts(1)
        self.assertEqual((verdict["verdict"], verdict["via"], verdict["mech"]), ("permit", "auth", mechanism))
        self.assertEqual(verdict["user"].split("@")[0], user.split("@")[0])
        self.mark = self.system.log.mark()

    def swaks(self, host: Host, *options: str) -> subprocess.CompletedProcess:
        return host.command("swaks", "--from", "alice@example.org", "--to", "friend@remote.example",
                            "--helo", "client.example", *options)

    def test_smtplib_relays_with_each_mechanism_that_it_knows(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            with self.subTest(mechanism):
                session = self.library_session(self.system.stranger)
                session.user, session.password = "alice", PASSWORD
                method = getattr(session, "auth_" + mechanism.lower().replace("-", "_"))
                session.auth(mechanism, method)
                session.sendmail("alice@example.org", ["friend@remote.example"], MESSAGE)
                self.assert_relayed("alice", mechanism)

    def test_swaks_relays_with_each_mechanism(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                done = self.swaks(self.system.stranger, "--server", MX4, "--port", "587", "--tls",
                                  "--tls-ca-path", str(AUTHORITY), "--auth", mechanism, "--auth-user", "alice", "--auth-password", PASSWORD)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assert_relayed("alice", mechanism)

    def test_curl_relays_with_each_mechanism(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                done = self.system.stranger.command(
                    "curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", str(AUTHORITY),
                    f"smtp://{MX4}:587/client.example", "--user", f"alice:{PASSWORD}", "--login-options", f"AUTH={mechanism}",
                    "--mail-from", "alice@example.org", "--mail-rcpt", "friend@remote.example", "--upload-file", "-", input=MESSAGE)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_relayed("alice", mechanism)

    def test_challenge_mechanisms_relay_without_tls_on_every_port(self):
        for port in ("25", "587", "5190"):
            for mechanism in ("CRAM-MD5", "DIGEST-MD5"):
                with self.subTest(port=port, mechanism=mechanism):
                    done = self.swaks(self.system.stranger, "--server", MX4, "--port", port, "--auth", mechanism,
                                      "--auth-user", "alice", "--auth-password", PASSWORD)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assert_relayed("alice", mechanism)

    def test_an_ipv6_client_relays_after_logging_in(self):
        done = self.swaks(self.system.stranger, "--server", MX6, "-6", "--port", "587", "--tls",
                          "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", PASSWORD)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_relayed("alice", "PLAIN")

    def test_logins_with_a_domain_relay_in_each_way_of_writing_them(self):
        for login in SASL_LOGINS:
            for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
                with self.subTest(login=login, mechanism=mechanism):
                    done = self.swaks(self.system.stranger, "--server", MX4, "--port", "587", "--tls", "--auth", mechanism,
                                      "--auth-user", login, "--auth-password", PASSWORD)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assert_relayed(login, mechanism)


class Refusals(MailCase):
    def test_plaintext_mechanisms_are_offered_from_afar_only_under_tls(self):
        for host, port in ((self.system.stranger, 25), (self.system.home, 587), (self.system.stranger, 5190)):
            plain = offered(self.library_session(host, port, tls=False))
            self.assertEqual(plain, set(MECHANISMS) - PLAINTEXT)
            self.assertEqual(offered(self.library_session(host, port)), set(MECHANISMS))

    def test_a_plaintext_mechanism_tried_without_tls_from_afar_is_refused(self):
        for mechanism in PLAINTEXT:
            session = self.library_session(self.system.stranger, tls=False)
            session.user, session.password = "alice", PASSWORD
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                session.auth(mechanism, getattr(session, "auth_" + mechanism.lower()))
            session.mail("alice@example.org")
            self.assertEqual(session.rcpt("friend@remote.example")[0], 550)
        self.assert_nothing_left()

    def test_plaintext_mechanisms_are_offered_on_the_server_itself(self):
        with self.system.mx:
            session = smtplib.SMTP("127.0.0.1", 587, local_hostname="client.example")
        self.addCleanup(session.close)
        session.ehlo()
        self.assertEqual(offered(session), set(MECHANISMS))
        self.assertEqual(session.login("alice", PASSWORD)[0], 235)

    def test_a_wrong_password_is_refused_and_then_nothing_is_relayed(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                done = self.system.stranger.command(
                    "swaks", "--server", MX4, "--port", "587", "--tls", "--auth", mechanism, "--auth-user", "alice",
                    "--auth-password", "wrong", "--from", "alice@example.org", "--to", "friend@remote.example")
                self.assertEqual(done.returncode, 28, done.stdout)  # swaks(1): an error in authentication
        session = self.library_session(self.system.stranger)
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            session.login("alice", "wrong")
        session.mail("alice@example.org")
        code, text = session.rcpt("friend@remote.example")
        self.assertEqual((code, text[:5]), (550, b"5.7.1"))
        self.assert_nothing_left()

    def test_a_login_counts_for_its_own_session_only(self):
        session = self.library_session(self.system.stranger)
        session.login("alice", PASSWORD)
        session.mail("alice@example.org")
        self.assertEqual(session.rcpt("friend@remote.example")[0], 250)
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")


if __name__ == "__main__":
    main()
