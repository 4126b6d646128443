"""The milter as a daemon: its account and socket, a second one beside it, reload and stop."""

import grp
import pwd
import stat
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import MILTER_USER
from mailsystem.case import MailCase, main
from mailsystem.conversation import Conversation
from mailsystem.milter import SOCKET
from mailsystem.verdicts import OURS

FAR = "friend@remote.example"


class Account(MailCase):
    @staticmethod
    def status(process) -> dict[str, str]:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def test_it_runs_as_its_own_account_and_can_not_become_root_again(self):
        account = pwd.getpwnam(MILTER_USER)
        fields = self.status(self.system.milter.pid)
        self.assertEqual(set(fields["Uid"].split()), {str(account.pw_uid)})
        self.assertEqual(set(fields["Gid"].split()), {str(account.pw_gid)})
        self.assertNotIn("0", fields["Groups"].split())
        self.assertEqual(int(fields["CapEff"], 16), 0)

    def test_it_has_no_system_calls_but_those_of_its_unit(self):
        daemon, this = self.status(self.system.milter.pid), self.status("self")
        self.assertEqual(daemon["Seccomp"], "2")  # SECCOMP_MODE_FILTER
        self.assertEqual(int(daemon["Seccomp_filters"]), int(this["Seccomp_filters"]) + 1)  # a container may have its own

    def test_only_its_account_and_root_reach_the_socket(self):
        status = SOCKET.stat()
        self.assertEqual(pwd.getpwuid(status.st_uid).pw_name, MILTER_USER)
        self.assertEqual(grp.getgrgid(status.st_gid).gr_name, MILTER_USER)
        self.assertEqual(stat.S_IMODE(status.st_mode) & 0o007, 0)
        self.assertEqual(stat.S_IMODE(SOCKET.parent.stat().st_mode) & 0o022, 0)

    def test_a_second_one_refuses_to_start_and_leaves_the_first_alone(self):
        second = self.system.milter.start_another()
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(str(SOCKET.parent), second.stderr + "\n".join(self.system.log.matching(OURS, self.mark)))
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")

    def test_a_socket_that_a_killed_one_left_behind_is_no_obstacle(self):
        self.system.milter.kill()
        self.assertTrue(SOCKET.exists())
        self.system.milter.start()
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")


class Stopped(MailCase):
    def test_a_message_that_was_begun_is_let_end(self):
        self.system.relayers.add("198.51.100.7")
        session = self.talk(self.system.home)
        session.say("MAIL FROM:<alice@example.org>")
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.system.milter.begin_to_stop()
        time.sleep(0.3)
        self.assert_reply(session.say("RCPT TO:<second@remote.example>"), 250)
        self.assert_reply(self.finish_message(session), 250)
        self.assertCountEqual(self.system.sink.wait()[0].forward_paths, [FAR, "second@remote.example"])
        self.system.milter.stop()

    def test_it_stops_within_three_seconds_and_removes_its_socket(self):
        idle = self.talk(self.system.stranger)
        began = time.monotonic()
        self.system.milter.stop()
        self.assertLess(time.monotonic() - began, 3)
        self.assertFalse(SOCKET.exists())
        self.assertEqual(idle.say("NOOP").code, 250)


class Reloaded(MailCase):
    """SIGHUP, with a login that is 100 s old: enough for the default window, too old for one of a minute."""

    def setUp(self) -> None:
        super().setUp()
        self.system.relayers.add("198.51.100.7", age=100)

    def begin(self) -> Conversation:
        """A session of home's in which MAIL is said."""
        session = self.talk(self.system.home)
        self.assert_reply(session.say("MAIL FROM:<alice@example.org>"), 250)
        return session

    def reload(self, configuration: str, answer: str) -> None:
        mark = self.system.log.mark()
        self.system.milter.reload(configuration)
        self.system.log.wait(OURS + answer, mark)

    def test_a_session_keeps_the_configuration_that_it_began_with(self):
        session = self.begin()
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.reload('[pop]\nwindow = "60s"\n', ".*milter-relay.toml")
        self.assert_reply(session.say("RCPT TO:<second@remote.example>"), 250)
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")

    def test_a_configuration_with_a_mistake_changes_nothing(self):
        self.reload('[pop]\nwindow = "60s"\nwindwo = 1\n', ".*milter-relay.toml.*windwo")
        self.assert_reply(self.try_relay(self.system.home), 250)


if __name__ == "__main__":
    main()
