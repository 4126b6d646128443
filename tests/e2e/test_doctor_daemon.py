"""`milter-relay doctor`: the milter, its socket and configuration, relayers.db and who writes it, each broken."""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from doctor_case import DEFAULT_MC, DoctorCase
from mailsystem.case import main
from mailsystem.milter import CONFIGURATION, SOCKET
from mailsystem.relayers import DATABASE
from mailsystem.sandbox import confine

FORMATS = DEFAULT_MC.parents[2] / "vsmtprelay/formats"
OTHER_FILE = ("warning", "running daemon goes by /etc/mail/milter-relay.toml", "not in force")


def answer_as_a_milter(listener, version):
    """One negotiation (libmilter/mfdef.h): 'O', version, actions, steps."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(struct.pack("!IcIII", 13, b"O", version, 0, 0))
        connection.recv(1024)


def answer_status(listener, body):
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


class SocketAndConfiguration(DoctorCase):
    def wait_for(self, condition):
        deadline = time.monotonic() + 10
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)

    def listen(self, path, answer, *arguments):
        """A server of one connection at `path`."""
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=answer, args=(listener, *arguments), daemon=True).start()

    def test_a_milter_that_is_away_or_hangs_or_is_another_is_an_error(self):
        self.system.milter.kill()
        self.assert_found(("error", "Connection refused; no milter-relay runs", "4.3.2"))
        SOCKET.unlink()
        self.assert_found(("error", "milter-relay.sock: No such file", "systemctl enable"))
        SOCKET.write_text("")
        self.assert_found(("error", "is no socket", "does not start"))
        SOCKET.unlink()
        self.system.milter.start()
        self.system.milter.hang()
        self.addCleanup(self.system.milter.resume)
        begin = time.monotonic()
        self.assert_found(("error", "does not negotiate", "systemctl restart"))
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_daemon_of_another_version_and_one_that_cannot_be_asked_are_warnings(self):
        other, control = Path("/run/tmp/control.toml"), Path("/run/tmp/control.sock")
        other.write_text(f'control = "{control}"\n')
        words = ("-c", str(other))
        self.assert_found(("warning", "control.sock: no milter-relay answers there", "status, reload"), words=words)
        for body, seen in ((b'{"version": "9.9.9"}', "daemon is version 9.9.9, and this program is [0-9]"),
                           (b'{}', "answer is not understood"), (b"<html>", "answer is not understood")):
            self.listen(control, answer_status, body)
            self.assert_found(("warning", seen, "systemctl restart milter-relay"), words=words)

    def test_a_milter_that_is_not_ours_is_a_warning(self):
        self.system.milter.stop()
        self.addCleanup(SOCKET.unlink)  # Root's: the milter could not tell whether it is in use.
        self.listen(SOCKET, answer_as_a_milter, 2)
        os.chown(SOCKET, 0, 0)
        SOCKET.chmod(0o660)
        self.assert_found(("warning", "speaks version 2 of the milter protocol", "another milter"))

    def test_a_socket_of_another_user_is_an_error(self):
        owner = SOCKET.stat()
        shutil.chown(SOCKET, "alice")
        self.addCleanup(os.chown, SOCKET, owner.st_uid, owner.st_gid)
        self.assert_found(("error", "milter-relay.sock belongs to alice:", "who may relay"))

    def test_a_program_that_was_replaced_while_it_runs_is_a_warning(self):
        self.system.milter.stop()
        program = Path("/run/tmp/milter-relay")
        shutil.copy(self.system.programs / "milter-relay", program)
        daemon = subprocess.Popen([str(program), "run", "-c", str(CONFIGURATION)], preexec_fn=confine())
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.wait_for(lambda: self.doctor().returncode == 0)
        program.unlink()
        self.assert_found(("warning", f"process {daemon.pid} runs a program that has been replaced", "systemctl restart"))

    def test_a_socket_or_its_directory_that_others_can_write_is_an_error(self):
        mode = SOCKET.parent.stat().st_mode
        SOCKET.chmod(0o666)
        SOCKET.parent.chmod(0o777)
        self.addCleanup(SOCKET.parent.chmod, mode)
        self.assert_found(("error", "/run/milter-relay has mode 0777", "chmod go-w /run/milter-relay"),
                          ("error", "mode 0666", "chmod o-w"))

    def test_every_error_of_the_configuration_is_one(self):
        self.addCleanup(CONFIGURATION.write_text, "")
        CONFIGURATION.write_text('polcy = "x"\n[pop]\nwindow = "1"\n')
        self.assert_found(("error", r"milter-relay\.toml:1: polcy", "check-config"),
                          ("error", r"milter-relay\.toml:3: pop\.window", "check-config"))
        CONFIGURATION.write_text('mode = "monitor"\n')
        self.assert_found(("warning", "monitor", "only logged"),
                          ("warning", "says something else than when the daemon read it", "milter-relay reload"))
        self.system.milter.reload('mode = "monitor"\n')
        self.wait_for(lambda: len(self.findings()) == 1)
        self.assert_found(("warning", "monitor", "only logged"))

    def test_a_configuration_that_the_milter_cannot_read_is_an_error(self):
        CONFIGURATION.chmod(0o600)
        self.addCleanup(CONFIGURATION.chmod, 0o644)
        self.assert_found(("error", "user milter-relay cannot read /etc/mail/milter-relay.toml", "chmod 640"))

    def test_lists_and_maps_of_accounts_are_readable_for_the_milter_and_writable_for_no_stranger(self):
        directory = Path("/run/tmp/lists")
        directory.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, directory)
        other = Path("/run/tmp/accounts.toml")
        other.write_text(f'[account]\ndisabled = "{directory}/disabled"\n[pop]\nnot_for = "{directory}/retired"\n'
                         f'[sender]\nmode = "known"\nmap = "{directory}/senders.db"\n')
        words = ("-c", str(other))
        self.assert_found(("warning", r"lists/disabled \(account.disabled\) is not there", "counts as empty"),
                          ("warning", r"lists/retired \(pop.not_for\) is not there", "touch"),
                          ("error", r"lists/senders.db \(sender.map\) is not there", "makemap hash /run/tmp/lists/senders <"),
                          OTHER_FILE, words=words)
        for name, mode in (("disabled", 0o600), ("retired", 0o664), ("senders.db", 0o646)):
            (directory / name).touch()
            (directory / name).chmod(mode)
        self.assert_found(("error", "user milter-relay cannot read /run/tmp/lists/disabled .*: Permission", "chgrp milter-relay"),
                          ("error", "lists/retired has mode 0664", "chmod go-w"),
                          ("error", "lists/senders.db has mode 0646", "who may send"),
                          OTHER_FILE, words=words)
        for name in ("disabled", "retired", "senders.db"):
            (directory / name).chmod(0o644)
        self.assert_found(OTHER_FILE, words=words)
        directory.chmod(0o777)
        self.assertEqual({row["seen"] for row in self.findings(*words) if "goes by" not in row["seen"]},
                         {"/run/tmp/lists has mode 0777"})

    def test_a_user_who_is_not_there_is_an_error(self):
        other = Path("/run/tmp/other.toml")
        other.write_text('user = "nobody-knows"\n')
        self.assert_found(OTHER_FILE, ("error", 'there is no user "nobody-knows"', "adduser"), words=("-c", str(other)))


class RelayersAndFeed(DoctorCase):
    def test_a_database_that_the_milter_cannot_read_is_an_error(self):
        DATABASE.chmod(0o600)
        self.assert_found(("error", "user milter-relay cannot read /etc/mail/relayers.db: Permission", "451 4.3.0"))

    def test_a_database_that_strangers_can_write_is_an_error_and_one_of_a_group_is_not(self):
        DATABASE.chmod(0o664)
        self.assertNotIn("has mode", self.doctor().stdout)
        DATABASE.chmod(0o666)
        self.assert_found(("error", "relayers.db has mode 0666", "chmod o-w /etc/mail/relayers.db"))
        DATABASE.chmod(0o644)
        mode = DATABASE.parent.stat().st_mode & 0o7777
        DATABASE.parent.chmod(0o777)
        self.addCleanup(DATABASE.parent.chmod, mode)
        self.assert_found(("error", "/etc/mail has mode 0777", "change the policy"),
                          ("error", "/etc/mail has mode 0777", "permit whom they like"))

    def test_a_configuration_that_strangers_can_write_is_an_error(self):
        CONFIGURATION.chmod(0o666)
        self.addCleanup(CONFIGURATION.chmod, 0o644)
        self.assert_found(("error", "milter-relay.toml has mode 0666", "chmod go-w /etc/mail/milter-relay.toml"))

    def test_a_password_that_strangers_can_read_is_an_error(self):
        password, other = Path("/run/tmp/redis-password"), Path("/run/tmp/redis.toml")
        password.write_text("secret\n")
        password.chmod(0o644)
        other.write_text(f'[redis]\npassword_file = "{password}"\n')
        words = ("-c", str(other))
        self.assert_found(("error", r"redis-password \(\[redis\] password_file\) has mode 0644", "chmod o-rwx"), OTHER_FILE, words=words)
        password.chmod(0o640)
        self.assertNotIn("password_file", self.doctor(*words).stdout)

    def test_a_damaged_database_is_an_error_and_a_missing_one_a_warning(self):
        DATABASE.write_bytes(b"damaged" * 4096)
        self.assert_found(("error", "relayers.db", "451 4.3.0"))
        DATABASE.unlink()
        self.assert_found(("warning", "is not there", "first login"))

    def test_entries_that_make_no_sense_are_warnings(self):
        now = int(time.time())
        self.system.relayers.rebuild(f"198.51.100.7\t{now}\n192.0.2.5\t4102444800\n192.0.2.6\tOK\nfoo\t{now}\n"
                                     "192.0.2.7\t12345\n")
        self.assert_found(("warning", "2 entries that are no logins: (foo 192.0.2.6|192.0.2.6 foo)", "layout"),
                          ("warning", "1 entries are in the future: 192.0.2.5", "vsmtprelay delete"),
                          ("warning", "1 entries are from before 2000", "clock"))

    def test_entries_in_a_network_that_never_counts_are_a_warning(self):
        now = int(time.time())
        self.system.relayers.rebuild(f"198.51.100.7\t{now}\n127.0.0.1\t{now}\n192.0.2.9\t1000000000\n")
        self.assert_found(("warning", r"1 entries are in a network of \[pop\] never: 127\.0\.0\.1", "permit nobody"))

    def test_a_database_that_another_process_keeps_locked_is_an_error(self):
        with DATABASE.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            found = self.findings()
        self.assertIn(("error", "whoever needs it is deferred with 451 4.3.0"), [(row["level"], row["why"]) for row in found])
        self.assertTrue(any("locked" in row["seen"] for row in found), found)

    def test_many_old_entries_and_no_fresh_login_are_warnings(self):
        old = int(time.time()) - 30 * 86400
        self.system.relayers.rebuild("".join(f"192.0.{i // 250}.{i % 250}\t{old}\n" for i in range(1500)))
        self.assert_found(("warning", "1500 of its entries are old", "vsmtprelay expire"),
                          ("warning", "the last login was 30 days ago", "fetch mail"))
        self.system.relayers.rebuild("")
        self.assert_found(("warning", "no login was ever recorded", "write the logins down"))

    def test_a_follower_that_is_installed_and_does_not_run_is_an_error(self):
        unit = Path("/etc/systemd/system/vsmtprelay-follow.service")
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text("[Service]\n")
        self.addCleanup(unit.unlink)
        Path("/run/systemd/system").mkdir(parents=True)
        self.addCleanup(shutil.rmtree, "/run/systemd")
        self.assert_found(("error", "installed and does not run", "systemctl enable --now vsmtprelay-follow"))
        log = Path("/run/tmp/doctor-follow.log")
        log.write_text("")
        follower = subprocess.Popen([str(self.system.programs / "vsmtprelay"), "follow", "--formats", str(FORMATS),
                                     "--state", "/run/tmp/doctor-follow.state", str(log)])
        self.addCleanup(follower.wait)
        self.addCleanup(follower.terminate)
        self.assertIn(f"vsmtprelay follow runs, process {follower.pid}\n", self.doctor().stdout)


if __name__ == "__main__":
    main()
