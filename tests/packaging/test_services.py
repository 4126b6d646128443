"""The package under a real systemd, in front of a real sendmail: its rights, its socket, and an upgrade under load."""
import sys
import tempfile
import unittest

from machine import Machine
from package import build


DATABASE = "/etc/mail/relayers.db"
LOOKUP = "printf '/map relayers 198.51.100.7\\n' | sendmail -bt -C /tmp/lookup.cf"
# So many clients at once as its argument says; each session is a line: the reply to RCPT, or what broke.
CLIENTS = """
import smtplib, sys, threading, time
end = threading.Event()
def say(text):
    sys.stdout.write(text + "\\n")
def client():
    while not end.is_set():
        try:
            with smtplib.SMTP("127.0.0.1", 25, local_hostname="client.example", timeout=60) as session:
                session.ehlo()
                code = session.mail("")[0]
                said = session.rcpt("friend@[192.0.2.9]") if code == 250 else (code, b"to MAIL")
                say(f"{said[0]} {said[1].decode()}")
        except (OSError, smtplib.SMTPException) as fault:
            say(f"broken: {fault}")
threads = [threading.Thread(target=client) for _ in range(int(sys.argv[1]))]
for thread in threads: thread.start()
sys.stdin.read()
end.set()
for thread in threads: thread.join()
"""


def setUpModule():
    global machine, scratch
    scratch = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(scratch.cleanup)
    package = build(scratch.name)
    machine = Machine()
    unittest.addModuleCleanup(machine.end)
    machine.package = package
    machine.install(package)


class Rights(unittest.TestCase):
    """relayers.db as the package makes it: who may do what."""

    def may(self, account, command, group=None):
        groups = ["--regid", group or account, "--clear-groups"] if group else ["--regid", account, "--init-groups"]
        return machine.run("setpriv", "--reuid", account, *groups, "--", "sh", "-c", command, check=False)

    def setUp(self):
        machine.run("vsmtprelay", "add", "198.51.100.7")

    def test_a_login_program_of_the_group_relayers_can_write_it_and_stays_within_it(self):
        done = self.may("nobody", f"vsmtprelay -f {DATABASE} add 203.0.113.4", group="relayers")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("203.0.113.4 ", machine.run("vsmtprelay", "dump").stdout)
        self.assertEqual(machine.run("stat", "-c", "%U:%G %a", DATABASE).stdout, "root:relayers 660\n")

    def test_the_milters_account_can_read_it(self):
        self.assertEqual(self.may("milter-relay", f"cat {DATABASE} > /dev/null").returncode, 0)

    def test_under_its_unit_the_milter_cannot_write_it(self):
        process = machine.run("systemctl", "show", "--property=MainPID", "--value", "milter-relay").stdout.strip()
        self.assertNotEqual(process, "0")
        done = machine.run("nsenter", "--target", process, "--mount", "touch", DATABASE, check=False)
        self.assertIn("Read-only file system", done.stderr)

    def test_a_stranger_can_neither_read_nor_write_it(self):
        for command in (f"cat {DATABASE} > /dev/null", f"vsmtprelay -f {DATABASE} dump", f"vsmtprelay -f {DATABASE} add 203.0.113.5", "vsmtprelay -f /etc/mail/x.db add 203.0.113.5"):
            self.assertNotEqual(self.may("nobody", command, group="nogroup").returncode, 0, command)
        self.assertNotIn("203.0.113.5", machine.run("vsmtprelay", "dump").stdout)

    def test_sendmails_own_map_takes_it(self):
        machine.shell("cp /etc/mail/sendmail.cf /tmp/lookup.cf && echo 'Krelayers hash /etc/mail/relayers' >> /tmp/lookup.cf")
        self.assertRegex(machine.shell(LOOKUP).stdout, r"map_lookup: relayers \(198\.51\.100\.7\) returns \d+")

    def test_sendmails_rules_refuse_the_same_file_where_its_group_could_replace_it(self):
        """So the positive test can fail, and the group may write the file but not its directory."""
        machine.shell("cp /etc/mail/sendmail.cf /tmp/lookup.cf && echo 'Krelayers hash /etc/mail/relayers' >> /tmp/lookup.cf")
        self.addCleanup(machine.run, "chmod", "g-w", "/etc/mail")
        machine.run("chmod", "g+w", "/etc/mail")
        self.assertIn("unsafe map file /etc/mail/relayers.db: Group writable directory", machine.shell(LOOKUP, check=False).stdout)


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Without a network there is no DNS: sendmail must not wait for it.
        machine.shell("cp /etc/mail/service.switch-nodns /etc/mail/service.switch")
        machine.run("milter-relay", "wire")
        # Nor does it look at how busy the machine is that runs all the tests.
        machine.shell("sed -i 's/^#*O \\(RefuseLA\\|QueueLA\\|DelayLA\\)=.*/O \\1=9999/' /etc/mail/sendmail.cf")
        machine.run("systemctl", "start", "sendmail", timeout=60)

    def test_all_runs_that_should(self):
        for unit in ("milter-relay.socket", "milter-relay.service", "vsmtprelay-expire.timer", "vsmtprelay-queue.timer", "sendmail.service"):
            self.assertEqual(machine.run("systemctl", "is-active", unit, check=False).stdout, "active\n", unit)
            self.assertEqual(machine.run("systemctl", "is-enabled", unit, check=False).stdout.strip() in ("enabled", "generated"), True, unit)

    def test_an_upgrade_under_load_refuses_nobody(self):
        before = self.main_process()
        clients = machine.start("python3", "-c", CLIENTS, "4", stdin=-1, stdout=-1, text=True)
        for _ in range(2):
            machine.run("sleep", "1")
            machine.run("dpkg", "--install", "/tmp/package.deb")
        said = clients.communicate("")[0].splitlines()
        self.assertNotEqual(self.main_process(), before)
        print(f"{len(said)} recipients during 2 upgrades", file=sys.stderr)
        self.assertGreater(len(said), 100)
        self.assertEqual([line for line in said if not line.startswith("250 ")][:10], [])

    def test_the_nightly_expire_removes_old_logins_under_its_restrictions(self):
        machine.run("vsmtprelay", "add", "203.0.113.6", "1000000000")
        machine.run("systemctl", "start", "vsmtprelay-expire.service")
        self.assertNotIn("203.0.113.6", machine.run("vsmtprelay", "dump").stdout)
        self.assertEqual(machine.run("stat", "-c", "%U:%G %a", DATABASE).stdout, "root:relayers 660\n")

    def main_process(self):
        return machine.run("systemctl", "show", "--property=MainPID", "--value", "milter-relay").stdout


if __name__ == "__main__":
    unittest.main()
