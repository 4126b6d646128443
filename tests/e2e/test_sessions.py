"""Sessions as mail programs and attackers drive them: bursts, several messages, and what the log says of each recipient."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, client_tls, main
from mailsystem.verdicts import OURS, read_verdict

FAR = "friend@remote.example"


class Bursts(MailCase):
    def burst(self, host) -> tuple[list[int], list[str]]:
        """MAIL and 40 recipients, near and far by turns, in one packet; the replies to the recipients, and the recipients."""
        recipients = [f"far{number}@remote.example" if number % 2 else "alice@example.org" for number in range(40)]
        session = self.talk(host)
        session.send("MAIL FROM:<someone@far.example>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA")
        self.assert_reply(session.read_reply(), 250)
        codes = [session.read_reply().code for _ in recipients]
        self.assert_reply(session.read_reply(), 354)
        self.assert_reply(session.say("Subject: burst\r\n\r\nhello\r\n."), 250)
        return codes, recipients

    def test_in_a_burst_of_a_stranger_each_recipient_gets_its_own_answer(self):
        codes, recipients = self.burst(self.system.stranger)
        self.assertEqual(codes, [550 if "remote" in recipient else 250 for recipient in recipients])
        self.system.log.wait(r"to=<alice@example.org>.*stat=Sent", self.mark)
        self.assert_nothing_left()
        verdicts = self.verdicts(len(recipients))
        self.assertEqual([v["to"] for v in verdicts], [f"<{recipient}>" for recipient in recipients])
        self.assertEqual([v["verdict"] for v in verdicts], ["refuse" if "remote" in r else "permit" for r in recipients])

    def test_in_a_burst_after_a_login_all_recipients_are_permitted(self):
        self.system.relayers.add("198.51.100.7")
        codes, recipients = self.burst(self.system.home)
        self.assertEqual(set(codes), {250})
        far = sorted(recipient for recipient in recipients if "remote" in recipient)
        self.assertEqual(sorted(self.system.sink.wait()[0].forward_paths), far)
        self.assertEqual([v["via"] for v in self.verdicts(len(recipients))], ["local", "pop"] * 20)

    def test_two_sessions_at_once_do_not_mix(self):
        self.system.relayers.add("198.51.100.7")
        home, stranger = self.talk(self.system.home), self.talk(self.system.stranger)
        for session in (home, stranger):
            session.say("MAIL FROM:<someone@far.example>")
        for number in range(10):
            self.assert_reply(home.say(f"RCPT TO:<h{number}@remote.example>"), 250)
            self.assert_reply(stranger.say(f"RCPT TO:<s{number}@remote.example>"), 550, "5.7.1")


class Sequences(MailCase):
    def test_several_messages_of_one_session_get_a_verdict_each(self):
        session = self.talk(self.system.home)

        def recipient(address: str) -> int:
            session.say("RSET")
            session.say("MAIL FROM:<alice@example.org>")
            return session.say(f"RCPT TO:<{address}>").code

        self.assertEqual(recipient(FAR), 550)
        self.assertEqual(recipient("alice@example.org"), 250)
        self.system.relayers.add("198.51.100.7")
        self.assertEqual(recipient(FAR), 250)
        self.assert_reply(self.finish_message(session), 250)
        self.assertEqual(self.system.sink.wait()[0].forward_paths, [FAR])
        self.system.relayers.delete("198.51.100.7")
        self.assertEqual(recipient(FAR), 550)
        self.assertEqual(recipient("alice@example.org"), 250)
        self.assertEqual([v["verdict"] for v in self.verdicts(5)], ["refuse", "permit", "permit", "refuse", "permit"])

    def test_a_permission_for_one_recipient_is_none_for_the_next(self):
        session = self.talk(self.system.stranger)
        session.say("MAIL FROM:<someone@far.example>")
        for address, code in (("alice@example.org", 250), (FAR, 550), ("bob@example.org", 250), ("customer@remote.example", 550)):
            self.assert_reply(session.say(f"RCPT TO:<{address}>"), code)

    def test_a_login_in_the_middle_of_a_session_counts_from_then_on(self):
        session = self.library_session(self.system.stranger, tls=False)
        session.mail("alice@example.org")
        self.assertEqual(session.rcpt(FAR)[0], 550)
        session.rset()
        session.starttls(context=client_tls())
        session.ehlo()
        session.mail("alice@example.org")
        self.assertEqual(session.rcpt(FAR)[0], 550)
        session.rset()
        session.login("alice", PASSWORD)
        session.sendmail("alice@example.org", [FAR], "Subject: later\r\n\r\nhello\r\n")
        self.assertEqual(self.system.sink.wait()[0].forward_paths, [FAR])
        self.assertEqual([(v["via"], v["user"]) for v in self.verdicts(3)], [("none", ""), ("none", ""), ("auth", "alice")])


class Log(MailCase):
    def test_a_verdict_has_the_queue_id_that_the_client_and_sendmails_log_are_told(self):
        session = self.talk(self.system.stranger)
        session.say("MAIL FROM:<someone@far.example>")
        session.say("RCPT TO:<alice@example.org>")
        accepted = self.finish_message(session)
        verdict, = self.verdicts(1)
        self.assertIn(f" {verdict.queue_id} Message accepted", accepted.text)
        self.system.log.wait(rf"sendmail\[\d+\]: {verdict.queue_id}: from=<someone@far.example>", self.mark)

    def test_a_verdict_says_who_asked_for_what_and_why(self):
        self.system.relayers.add("198.51.100.7", age=100)
        session = self.talk(self.system.home, 587)
        session.say("MAIL FROM:<bob@example.org>")
        session.say(f"RCPT TO:<{FAR}>")
        verdict, = self.verdicts(1)
        self.assertIn(int(verdict.values.pop("age")), range(100, 110))
        self.assertEqual(verdict.values, {
            "verdict": "permit", "via": "pop", "reason": "fresh_login", "client": "198.51.100.7", "user": "", "mech": "",
            "from": "<bob@example.org>", "to": f"<{FAR}>", "listener": "MSA", "policy": "auth+pop", "mode": "enforce"})

    def test_what_a_peer_wrote_cannot_forge_a_log_line(self):
        hostile = ['"a verdict=permit via=auth b"', '"x\\"y"', "back\\slash", "caf\u00e9", '"\x1b[31mred\x07"',
                   "a=b", '"tab\tbed"', "%s%n", "%0a%0d", "verdict=permit"]
        session = self.talk(self.system.stranger)
        for local_part in hostile:
            session.say("RSET")
            if session.say(f"MAIL FROM:<{local_part}@far.example>").code != 250:
                session.say("MAIL FROM:<someone@far.example>")  # sendmail would not have it as a sender
            session.say(f"RCPT TO:<{local_part}@remote.example>")
        session.say(f"RCPT TO:<{FAR}>")
        self.system.log.wait(OURS + rf".* to=<{FAR}> ", self.mark)
        lines = self.system.log.matching(OURS, self.mark)
        self.assertGreater(len(lines), len(hostile) - 2, "the milter was asked about too few of them")
        for line in lines:
            self.assertIsNone(re.search(r"[^\x20-\x7e]", line), line)
            verdict = read_verdict(line)
            self.assertEqual((verdict["verdict"], verdict["via"]), ("refuse", "none"))


if __name__ == "__main__":
    main()
