"""relayers.db in every state that a real server has seen: those who need it are told to try later, the others go on."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.relayers import DATABASE

FAR = "friend@remote.example"


class DatabaseCase(MailCase):
    def setUp(self) -> None:
        super().setUp()
        self.system.relayers.add("198.51.100.7")

    def assert_deferred(self) -> None:
        """Home, whom the database would permit, and a stranger are deferred; who does not need it goes on."""
        for host in (self.system.home, self.system.stranger):
            self.assert_reply(self.try_relay(host), 451, "4.3.0")
        self.assertEqual({(v["verdict"], v["reason"]) for v in self.verdicts(2)}, {("defer", "lookup_failed")})
        self.assert_others_go_on()
        self.assert_cause_is_logged()

    def assert_others_go_on(self) -> None:
        session = self.library_session(self.system.stranger)
        session.login("alice", PASSWORD)
        session.sendmail("alice@example.org", [FAR], "Subject: goes on\r\n\r\nhello\r\n")
        self.assertEqual(self.system.sink.wait()[0].forward_paths, [FAR])
        session = self.talk(self.system.stranger)
        session.say("MAIL FROM:<someone@far.example>")
        self.assert_reply(session.say("RCPT TO:<alice@example.org>"), 250, "2.1.5")
        self.assert_reply(self.try_relay(self.system.mx, address="127.0.0.1"), 250, "2.1.5")

    def assert_cause_is_logged(self) -> None:
        self.system.log.wait(r"milter-relay.*relayers\.db.*deferring mail", self.mark)

    def assert_works_again(self) -> None:
        self.system.relayers.clear()
        self.system.relayers.add("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")


class Unreadable(DatabaseCase):
    def test_a_database_that_the_milter_may_not_read(self):
        DATABASE.chmod(0)
        self.assert_deferred()
        self.assert_works_again()

    def test_a_database_of_rubbish(self):
        DATABASE.write_bytes(bytes(range(256)) * 48)
        self.assert_deferred()
        self.assert_works_again()

    def test_a_database_that_is_cut_off(self):
        self.assertGreater(DATABASE.stat().st_size, 8192)
        os.truncate(DATABASE, 1000)
        self.assert_deferred()
        self.assert_works_again()

    def test_a_database_with_a_spoilt_page(self):
        content = bytearray(DATABASE.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        DATABASE.write_bytes(content)
        self.assert_deferred()
        self.assert_works_again()

    def test_a_directory_in_its_place(self):
        DATABASE.unlink()
        DATABASE.mkdir()
        self.assert_deferred()
        self.assert_works_again()

    def test_an_entry_that_is_not_a_time(self):
        self.system.relayers.rebuild("198.51.100.7\tyesterday\n")
        DATABASE.chmod(0o644)
        self.assert_reply(self.try_relay(self.system.home), 451, "4.3.0")
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")
        self.assert_others_go_on()

    def test_a_missing_database_counts_as_failed_only_where_its_directory_is_unreadable(self):
        directory = Path("/run/logins")
        directory.mkdir()
        self.addCleanup(shutil.rmtree, directory)
        self.system.milter.start(f'[pop]\ndatabase = "{directory}/relayers.db"\n')
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")
        self.assertEqual([v["verdict"] for v in self.verdicts(1)], ["refuse"])  # Logged before the next begin.
        self.mark = self.system.log.mark()
        directory.chmod(0o700)
        self.assert_deferred()


class Replaced(DatabaseCase):
    def test_a_database_that_makemap_replaced_is_seen_at_the_next_recipient(self):
        session = self.talk(self.system.office)
        session.say("MAIL FROM:<bob@example.org>")
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 550, "5.7.1")
        self.system.relayers.rebuild(f"198.51.100.8\t{int(time.time())}\n")
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        self.system.relayers.rebuild(f"198.51.100.9\t{int(time.time())}\n")
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 550, "5.7.1")

    def test_a_database_that_was_moved_into_place_is_seen_at_the_next_recipient(self):
        session = self.talk(self.system.home)
        session.say("MAIL FROM:<bob@example.org>")
        self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
        other = Path("/etc/mail/other")
        subprocess.run(["makemap", "hash", str(other)], input="192.0.2.200\t1\n", text=True, check=True)
        other.with_suffix(".db").chmod(0o644)
        other.with_suffix(".db").rename(DATABASE)
        self.assert_reply(session.say("RCPT TO:<second@remote.example>"), 550, "5.7.1")

    def test_a_database_that_was_removed_turns_nobody_away_until_a_reload_says_that_it_is_meant(self):
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.verdicts(1)
        self.mark = self.system.log.mark()
        DATABASE.unlink()
        self.assert_deferred()
        mark = self.system.log.mark()
        self.system.milter.reload("")
        self.system.log.wait(r"milter-relay.*milter-relay\.toml", mark)
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")

    def test_a_login_that_sendmail_or_makemap_can_read_back(self):
        back = subprocess.run(["makemap", "-u", "hash", "/etc/mail/relayers"], capture_output=True, text=True, check=True)
        address, stamp = back.stdout.split()[:2]
        self.assertEqual(address, "198.51.100.7")
        self.assertAlmostEqual(int(stamp), time.time(), delta=20)

    def test_a_locked_database_never_makes_a_refusal_for_good(self):
        with DATABASE.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            unlock = threading.Timer(1.5, lambda: fcntl.flock(file, fcntl.LOCK_UN))
            unlock.start()
            reply = self.try_relay(self.system.home)
            unlock.join()
        self.assertIn(reply.code, (250, 451), reply)
        self.assert_reply(self.try_relay(self.system.home), 250)

    def test_logins_in_quick_succession_are_all_remembered(self):
        addresses = [f"198.51.100.{last}" for last in range(100, 130)]
        threads = [threading.Thread(target=self.system.relayers.add, args=(address,)) for address in addresses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        dump = self.system.relayers.command("dump").stdout
        for address in addresses:
            self.assertIn(f"\n{address} ", dump)


if __name__ == "__main__":
    main()
