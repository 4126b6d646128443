"""Every known way of writing a recipient that once fooled a mail server, from a stranger: none relays.

A form counts as refused only when the reply says so and, after all of them, the sink and the queue are empty.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.network import MX6
from relay_forms import FAR, NMAP, OPENVAS, OTHERS, RELAY_TESTS


class RecipientForms(MailCase):
    def assert_refused(self, tries: list[tuple[str, str]], **where) -> None:
        """Each in a transaction of its own; one that is accepted is driven on, so that the sink tells what came of it."""
        session = self.talk(self.system.stranger, **where)
        accepted = []
        for sender, recipient in tries:
            self.assertEqual(session.say("RSET").code, 250)
            self.assert_reply(session.say(f"MAIL FROM:<{sender}>"), 250)
            reply = session.say(f"RCPT TO:<{recipient}>")
            if reply.code not in range(500, 600):
                accepted.append((recipient, str(reply)))
                if reply.code // 100 == 2:
                    self.finish_message(session)
            if session.transcript[-1].startswith("S: 421"):
                self.fail(f"the session ended at {recipient!r}")
        self.assertEqual(accepted, [], "not refused for good")
        self.assert_nothing_left()

    def test_none_of_nmaps_sixteen_forms_relays(self):
        self.assertEqual(len(NMAP), 16)
        for port in (25, 587, 5190):
            self.assert_refused(NMAP, port=port)

    def test_none_of_nmaps_sixteen_forms_relays_over_ipv6(self):
        self.assert_refused(NMAP, address=MX6)

    def test_no_try_of_openvas_relays(self):
        for port in (25, 587, 5190):
            self.assert_refused(OPENVAS, port=port)

    def test_no_try_of_older_relay_tests_relays(self):
        for port in (25, 587, 5190):
            self.assert_refused(RELAY_TESTS, port=port)

    def test_no_other_form_relays(self):
        self.assert_refused([("someone@far.example", recipient) for recipient in OTHERS])

    def test_no_other_form_relays_with_a_local_sender(self):
        self.assert_refused([("alice@example.org", recipient) for recipient in OTHERS])

    def test_none_of_nmaps_sixteen_forms_relays_while_the_milter_only_watches(self):
        self.system.milter.start('mode = "monitor"\n')
        self.assert_refused(NMAP)

    def test_no_form_relays_without_angle_brackets(self):
        session = self.talk(self.system.stranger)
        for recipient in [recipient for _, recipient in [*NMAP, *RELAY_TESTS]]:
            session.say("RSET")
            self.assert_reply(session.say("MAIL FROM:<someone@far.example>"), 250)
            self.assertEqual(session.say(f"RCPT TO: {recipient}").code // 100, 5, recipient)
        self.assert_nothing_left()

    def test_the_sink_does_receive_what_is_permitted(self):
        session = self.library_session(self.system.stranger)
        session.login("alice", PASSWORD)
        session.sendmail("alice@example.org", [f"relaytest@{FAR}"], "Subject: control\r\n\r\nhello\r\n")
        self.assertEqual(self.system.sink.wait()[0].forward_paths, [f"relaytest@{FAR}"])


if __name__ == "__main__":
    main()
