"""The milter goes away at every moment of a session: the answer is "try later", and nothing is relayed."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, mailbox
from mailsystem.case import MailCase, main
from mailsystem.conversation import Conversation, Reply
from mailsystem.milter import SOCKET

FAR = "friend@remote.example"


class FaultCase(MailCase):
    """From here `home` has logged in, so that only the fault keeps it from relaying."""

    def setUp(self) -> None:
        super().setUp()
        self.system.relayers.add("198.51.100.7")

    def assert_try_later(self, reply: Reply) -> None:
        self.assertEqual(reply.code // 100, 4, reply)

    def begin(self) -> Conversation:
        """A session of home's in which MAIL is said."""
        session = self.talk(self.system.home)
        self.assert_reply(session.say("MAIL FROM:<alice@example.org>"), 250)
        return session

    def assert_works_again(self) -> None:
        """The milter alone is started again; sendmail runs on as it was."""
        self.system.milter.start()
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.assert_reply(self.finish_message(session), 250)
        self.assertEqual(self.system.sink.wait()[0].forward_paths, [FAR])
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")


class Away(FaultCase):
    def test_stopped_nobody_relays_and_mail_for_here_waits_until_it_is_back(self):
        self.system.milter.stop()
        for host in (self.system.home, self.system.stranger, self.system.mx):
            session = self.talk(host)
            self.assert_reply(session.say("MAIL FROM:<someone@far.example>"), 451, "4.3.2")
            self.assertGreaterEqual(session.say("RCPT TO:<alice@example.org>").code, 400)
        self.assert_nothing_left()
        self.assertEqual(mailbox("alice"), "")
        self.assert_works_again()

    def test_killed_it_leaves_its_socket_behind_and_nobody_relays(self):
        self.system.milter.kill()
        self.assertTrue(SOCKET.exists())
        for host in (self.system.home, self.system.stranger):
            self.assert_reply(self.talk(host).say("MAIL FROM:<someone@far.example>"), 451, "4.3.2")
        self.assert_nothing_left()
        self.assert_works_again()

    def test_killed_between_mail_and_rcpt(self):
        session = self.begin()
        self.system.milter.kill()
        self.assert_try_later(session.say(f"RCPT TO:<{FAR}>"))
        self.assertGreaterEqual(session.say("DATA").code, 400)
        self.assert_nothing_left()
        self.assert_works_again()

    def test_killed_between_two_recipients(self):
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.system.milter.kill()
        self.assert_try_later(session.say("RCPT TO:<second@remote.example>"))
        self.assert_try_later(session.say("RCPT TO:<third@remote.example>"))
        session.say("RSET")
        self.assert_nothing_left()
        self.assert_works_again()

    def test_stopped_between_two_recipients(self):
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.system.milter.stop()
        self.assert_try_later(session.say("RCPT TO:<second@remote.example>"))
        session.say("RSET")
        self.assert_nothing_left()

    def test_killed_between_two_messages_of_a_session(self):
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        session.say("RSET")
        self.system.milter.kill()
        replies = [session.say("MAIL FROM:<alice@example.org>"), session.say(f"RCPT TO:<{FAR}>")]
        self.assertTrue(any(reply.code // 100 == 4 for reply in replies), replies)
        self.assertNotIn(250, [replies[1].code])
        self.assert_nothing_left()

    def test_killed_in_a_burst_no_recipient_is_permitted_unseen(self):
        session = self.begin()
        self.system.milter.kill()
        session.send(*(f"RCPT TO:<far{number}@remote.example>" for number in range(20)))
        for _ in range(20):
            self.assert_try_later(session.read_reply())
        self.assert_nothing_left()

    def test_killed_it_changes_nothing_for_a_form_that_sendmail_refuses_itself(self):
        session = self.begin()
        self.system.milter.kill()
        self.assert_reply(session.say("RCPT TO:<@@@>"), 553, "5.1.3")
        self.assert_try_later(session.say(f"RCPT TO:<{FAR}>"))
        self.assert_nothing_left()

    def test_a_session_that_lost_its_milter_does_not_get_the_new_one_for_the_same_message(self):
        session = self.begin()
        self.system.milter.kill()
        self.assert_try_later(session.say(f"RCPT TO:<{FAR}>"))
        self.system.milter.start()
        self.assertNotEqual(session.say(f"RCPT TO:<{FAR}>").code, 250)
        self.assert_nothing_left()

    def test_smtp_auth_does_not_relay_past_a_killed_milter(self):
        session = self.library_session(self.system.stranger)
        session.login("alice", PASSWORD)
        session.mail("alice@example.org")
        self.system.milter.kill()
        self.assertEqual(session.rcpt(FAR)[0] // 100, 4)
        self.assert_nothing_left()


class KilledWithAPermission(FaultCase):
    """It has permitted a recipient, and does not see the end of the message."""

    def end(self, session: Conversation, in_the_text: bool) -> Reply:
        """The milter is killed within the text, or else before DATA; the reply to the final dot."""
        if not in_the_text:
            self.system.milter.kill()
        self.assert_reply(session.say("DATA"), 354)
        session.send("Subject: test", "", "one")
        if in_the_text:
            time.sleep(0.1)  # so that sendmail has read it
            self.system.milter.kill()
        return session.say("two\r\n.")

    def permitted(self, in_the_text: bool) -> None:
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        reply = self.end(session, in_the_text)
        self.assert_reply(reply, 451, "4.3.2")
        self.assert_nothing_left()
        self.assert_works_again()
        self.assertEqual(len(self.system.sink.messages), 1)
        self.system.sink.clear()

    def strange(self, in_the_text: bool) -> None:
        session = self.talk(self.system.stranger)
        self.assert_reply(session.say("MAIL FROM:<someone@far.example>"), 250)
        self.assert_reply(session.say("RCPT TO:<bob@example.org>"), 250)
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 550, "5.7.1")
        reply = self.end(session, in_the_text)
        self.assert_reply(reply, 451, "4.3.2")
        self.assert_nothing_left()
        self.assertEqual(mailbox("bob"), "")
        self.assert_works_again()
        self.system.sink.clear()

    def test_a_permitted_user_tries_again_and_his_message_comes_once(self):
        for in_the_text in (False, True):
            with self.subTest(in_the_text=in_the_text):
                self.permitted(in_the_text)

    def test_a_strangers_message_for_here_waits_and_his_other_one_does_not_go_out(self):
        for in_the_text in (False, True):
            with self.subTest(in_the_text=in_the_text):
                self.strange(in_the_text)


class Hung(FaultCase):
    def test_hung_it_is_given_up_after_a_while_and_nobody_relays(self):
        between = self.begin()
        after_one = self.begin()
        self.assert_reply(after_one.say(f"RCPT TO:<{FAR}>"), 250)
        self.system.milter.hang()
        self.addCleanup(self.system.milter.resume)
        replies: dict[str, Reply] = {}
        began = time.monotonic()

        def ask(name: str, session: Conversation) -> None:
            replies[name] = session.say("RCPT TO:<second@remote.example>")

        def connect(name: str) -> None:
            session = Conversation(self.system.home)
            self.conversations.append(session)
            session.say("EHLO client.example")
            session.say("MAIL FROM:<alice@example.org>")
            replies[name] = session.say(f"RCPT TO:<{FAR}>")
            session.__exit__()

        threads = [threading.Thread(target=ask, args=("between MAIL and RCPT", between)),
                   threading.Thread(target=ask, args=("between two recipients", after_one)),
                   threading.Thread(target=connect, args=("before the session",))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLess(time.monotonic() - began, 39, "sendmail's T= should end the wait")
        for name in ("between MAIL and RCPT", "between two recipients"):
            self.assert_try_later(replies[name])
        self.assertNotEqual(replies["before the session"].code // 100, 2)
        self.assertTrue(any(line.startswith("S: 4") for line in self.conversations[-1].transcript))
        for session in (between, after_one):
            session.say("RSET")
        self.assert_nothing_left()
        self.system.milter.resume()
        self.assert_works_again()


if __name__ == "__main__":
    main()
