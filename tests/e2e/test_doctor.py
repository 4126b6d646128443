"""`milter-relay doctor` on a mail system that works, and on the same one broken in each way that it knows."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, SASL_CONFIGURATION
from mailsystem.case import MailCase, main
from mailsystem.milter import CONFIGURATION, SOCKET
from mailsystem.relayers import DATABASE
from mailsystem.sendmail import CF
from sendmail_cf import build_cf

SASL = Path("/usr/lib/sasl2/Sendmail.conf")
SASLDB = Path("/etc/sasldb2")
DEFAULT_MC = Path(__file__).resolve().parents[2] / "m4/cf/default.mc"
FORMATS = DEFAULT_MC.parents[2] / "vsmtprelay/formats"
FEATURE = "FEATURE(`milter_relay', `', `auth+pop')dnl\n"
PLAIN_WIRING = "INPUT_MAIL_FILTER(`milter-relay', `S=local:/run/milter-relay/milter-relay.sock, F=T')dnl\n"


class DoctorCase(MailCase):
    def setUp(self):
        super().setUp()
        self.system.relayers.add("198.51.100.7")
        SASL.write_text(SASL_CONFIGURATION)
        SASLDB.chmod(0o600)

    def command(self, *words):
        return [str(self.system.programs / "milter-relay"), "doctor", *words]

    def doctor(self, *words, **options):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60, check=False,
                              **{"stdin": None if "input" in options else subprocess.DEVNULL, **options})

    def findings(self, *words, **options):
        done = self.doctor("--json", *words, **options)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        found = json.loads(done.stdout)
        worst = 2 if found["errors"] else 1 if found["warnings"] else 0
        self.assertEqual(done.returncode, worst)
        return [row for row in found["findings"] if row["level"] != "ok"]

    def assert_found(self, *wanted, words=(), **options):
        """Exactly these: a level, a pattern of what was seen, and one of why or what to type."""
        found = self.findings(*words, **options)
        shown = json.dumps(found, indent=1)
        self.assertEqual(len(found), len(wanted), shown)
        for row, (level, seen, more) in zip(found, wanted):
            self.assertEqual(row["level"], level, shown)
            self.assertRegex(row["seen"], seen)
            self.assertRegex(row["why"] + "\n" + row["type"], more)
            self.assertTrue(row["why"] and row["type"], shown)

    def edited_cf(self, *edits):
        """--sendmail-cf with the running file, changed as by hand."""
        text = CF.read_text()
        for old, new in edits:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = Path("/run/tmp/edited.cf")
        path.write_text(text)
        return ("--sendmail-cf", str(path))

    def built_cf(self, *edits, expected=()):
        """--sendmail-cf with the file that m4 makes of a changed default.mc."""
        text = DEFAULT_MC.read_text()
        for old, new in edits:
            self.assertIn(old, text)
            text = text.replace(old, new)
        directory = Path("/run/tmp/doctor-cf")
        directory.mkdir(exist_ok=True)
        source = directory / "broken.mc"
        source.write_text(text)
        return ("--sendmail-cf", str(build_cf(source, directory, expected)))


class Healthy(DoctorCase):
    def test_a_system_that_works_has_no_finding_and_is_left_as_it_is(self):
        def snapshot():
            return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size)
                    for root in ("/etc", "/run/milter-relay", "/usr/lib/sasl2", "/var/lib", "/var/spool")
                    for path in Path(root).rglob("*")}
        before = snapshot()
        done = self.doctor()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertTrue(done.stdout.endswith("\n0 errors, 0 warnings\n"))
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(snapshot(), before)
        for seen in ("filter milter-relay is asked", "every listener asks it (3)", "protocol version 6",
                     "1 entries, of which 1 permit", "last login", "reads /usr/lib/sasl2/Sendmail.conf",
                     "user milter-relay can read /etc/mail/relayers.db"):
            self.assertIn(seen, done.stdout)

    def test_a_user_without_rights_is_told_what_could_not_be_seen(self):
        DATABASE.chmod(0o640)
        done = self.doctor("--json", user="alice", group="alice", extra_groups=[])
        rows = [row for row in json.loads(done.stdout)["findings"] if row["level"] != "ok"]
        self.assertTrue(all("sudo milter-relay doctor" in row["type"] for row in rows), rows)
        self.assertTrue(any("relayers.db" in row["seen"] for row in rows), rows)
        self.assertTrue(any("connect" in row["seen"] for row in rows), rows)
        self.assertEqual(done.returncode, 1)


class SendmailCf(DoctorCase):
    def test_a_filter_that_is_not_asked_or_lets_mail_pass_is_an_error(self):
        self.assert_found(("error", "described in line [0-9]+ and not in InputMailFilters", "never asks it"),
                          words=self.edited_cf(("O InputMailFilters=milter-relay", "#O InputMailFilters=milter-relay")))
        self.assert_found(("error", r"F=$", "taken unjudged, and everyone may relay"),
                          words=self.edited_cf((", F=T, T=C:10s", ", T=C:10s")))
        self.assert_found(("error", "F=R", "users lose mail"),
                          words=self.edited_cf((", F=T, T=C:10s", ", F=R, T=C:10s")))
        self.assert_found(("warning", "time R:1s", "busy disk"), ("warning", "time E:2h", "hangs"),
                          words=self.edited_cf(("R:30s;E:1m", "R:1s;E:2h")))
        self.assert_found(("error", "at local:/run/other.sock, and it listens on local:/run/", "does not reach it"),
                          words=self.edited_cf(("S=local:/run/milter-relay/milter-relay.sock",
                                                "S=local:/run/other.sock")))
        self.assert_found(("error", "listener MSA .* does not ask milter-relay", "may relay"),
                          words=self.edited_cf(("Name=MSA, Family=inet6,",
                                                "Name=MSA, InputMailFilters=other, Family=inet6,")))

    def test_no_milter_at_all_is_an_error_and_plain_wiring_a_warning(self):
        self.assert_found(("error", "no filter milter-relay", "never asks"),
                          ("warning", "plain wiring", "opens no door"), words=self.built_cf((FEATURE, "")))
        self.assert_found(("warning", "plain wiring", "opens no door"), words=self.built_cf((FEATURE, PLAIN_WIRING)))

    def test_rules_that_nothing_calls_are_an_error(self):
        self.assert_found(("error", "MilterRelay_tls .*nothing calls", "sendmail.mc"),
                          words=self.edited_cf(("$>MilterRelay_tls", "$>RelayTLS")))
        self.assert_found(("error", "no map milter_relay_note", "told nothing"),
                          words=self.edited_cf(("Kmilter_relay_note macro", "Kmilter_relay_note null")))

    def test_what_opens_relaying_is_named(self):
        wiring = ("warning", "plain wiring", "opens no door")
        self.assert_found(wiring, ("error", "promiscuous_relay", "every stranger"),
                          words=self.built_cf((FEATURE, PLAIN_WIRING + "FEATURE(`promiscuous_relay')dnl\n"),
                                              expected=("promiscuous_relay", "Do NOT use it")))
        self.assert_found(wiring, ("error", "relay_local_from", "claims a sender"),
                          ("error", "relay_mail_from", "claims a sender"),
                          words=self.built_cf((FEATURE, PLAIN_WIRING + "FEATURE(`relay_mail_from')dnl\n"
                                               "FEATURE(`relay_local_from')dnl\n"),
                                              expected=("relay_local_from", "SMTP AUTH", "relay_mail_from")))

    def test_a_rule_of_the_site_that_lets_strangers_in_is_named_with_its_line(self):
        rules = "\nLOCAL_RULESETS\nSLocal_check_rcpt\n"
        open_rule = "R$*\t\t$#OK\n"
        old_rule = "R$*\t\t$: $&{client_addr}\nR198.51.100.$-\t$#OK\nR127.$*\t$#error $: no\n"
        last = ("LOCAL_SRV_FEATURES\n", "LOCAL_SRV_FEATURES\n")
        for text, level, more in ((open_rule, "error", "every stranger"), (old_rule, "warning", "old POP-before-SMTP")):
            words = self.built_cf(last, ("MAILER(`smtp')dnl\n", "MAILER(`smtp')dnl\n" + rules + text))
            self.assert_found((level, r"Local_check_rcpt lets recipients in: line [0-9]+: R", more), words=words)

    def test_mechanisms_and_passwords_in_the_clear(self):
        self.assert_found(("warning", "offers PLAIN LOGIN CRAM-MD5 DIGEST-MD5 and trusts none", "TRUST_AUTH_MECH"),
                          words=self.edited_cf(("C{TrustAuthMech}", "C{OtherClass}")))
        self.assert_found(("warning", "offers and does not trust: CRAM-MD5 DIGEST-MD5", "may not relay"),
                          words=self.built_cf(("TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5 DIGEST-MD5')",
                                               "TRUST_AUTH_MECH(`PLAIN LOGIN')")))
        self.assert_found(("warning", "offered without TLS", "in the clear"),
                          words=self.built_cf(("`A p y'", "`A y'")))
        self.assert_found(("warning", "no TLS: ServerCertFile: /etc/mail/certs/none.pem: No such", "never offered"),
                          words=self.built_cf(("define(`confSERVER_CERT', `/etc/mail/certs/mycert.pem')",
                                               "define(`confSERVER_CERT', `/etc/mail/certs/none.pem')")))

    def test_block_lists_before_authentication_are_a_warning(self):
        self.assert_found(("warning", "block lists are asked before", "delay_checks"),
                          words=self.built_cf(("FEATURE(`delay_checks')dnl", "FEATURE(`dnsbl', `list.example')dnl")))

    def test_a_file_that_is_missing_or_is_no_sendmail_cf_is_an_error(self):
        self.assert_found(("error", "none.cf is not there", "sendmailconfig"),
                          words=("--sendmail-cf", "/run/tmp/none.cf"))
        self.assertIn("is a directory", self.findings("--sendmail-cf", "/run/tmp")[0]["seen"])
        self.assertIn("no options or no rules", self.findings("--sendmail-cf", "/etc/passwd")[0]["seen"])


class SocketAndConfiguration(DoctorCase):
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
                          ("error", r"lists/senders.db \(sender.map\) is not there", "makemap hash /run/tmp/lists/senders <"), words=words)
        for name, mode in (("disabled", 0o600), ("retired", 0o664), ("senders.db", 0o646)):
            (directory / name).touch()
            (directory / name).chmod(mode)
        self.assert_found(("error", "user milter-relay cannot read /run/tmp/lists/disabled .*: Permission", "chgrp milter-relay"),
                          ("error", "lists/retired has mode 0664", "chmod go-w"),
                          ("error", "lists/senders.db has mode 0646", "who may send"), words=words)
        for name in ("disabled", "retired", "senders.db"):
            (directory / name).chmod(0o644)
        self.assertEqual(self.findings(*words), [])
        directory.chmod(0o777)
        self.assertEqual({row["seen"] for row in self.findings(*words)}, {"/run/tmp/lists has mode 0777"})

    def test_a_user_who_is_not_there_is_an_error(self):
        other = Path("/run/tmp/other.toml")
        other.write_text('user = "nobody-knows"\n')
        self.assert_found(("error", 'there is no user "nobody-knows"', "adduser"), words=("-c", str(other)))


class RelayersAndFeed(DoctorCase):
    def test_a_database_that_the_milter_cannot_read_is_an_error(self):
        DATABASE.chmod(0o600)
        self.assert_found(("error", "user milter-relay cannot read /etc/mail/relayers.db: Permission", "451 4.3.0"))

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


class Sasl(DoctorCase):
    def login(self, login, password, **options):
        return self.findings("--auth", login, input=password + "\n", **options)

    def test_a_right_password_is_let_in_and_a_wrong_one_not(self):
        self.assertEqual(self.login("alice", PASSWORD), [])
        wrong, = self.login("alice", "wrong-" + PASSWORD)
        self.assertRegex(wrong["seen"], r"login alice \(realm .*\) is not let in")
        self.assertIn("password is wrong", wrong["why"])
        unknown, = self.login("nobody-knows", PASSWORD)
        self.assertIn("no such login", unknown["why"])
        for row in (wrong, unknown):
            self.assertNotIn(PASSWORD, json.dumps(row))
        self.assertNotIn(PASSWORD, self.system.log.tail())

    def test_without_a_password_nothing_is_checked(self):
        self.assertEqual(self.doctor("--auth", "alice").returncode, 64)

    def test_the_terminal_does_not_show_the_password(self):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(self.command()[0], self.command("--auth", "alice"))
        shown = b""
        while b"Password of alice: " not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, PASSWORD.encode() + b"\n")
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # the terminal's other side is closed
            pass
        self.assertEqual(os.waitpid(child, 0)[1], 0, shown.decode())
        self.assertIn(b"login alice is let in", shown)
        self.assertNotIn(PASSWORD.encode(), shown)
        self.assertIn(b"\x1b[32mok", shown)

    def test_saslauthd_is_asked_as_sendmail_asks_it(self):
        SASL.write_text("pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
        self.assert_found(("error", "saslauthd, and at /var/run/saslauthd/mux: No such file", "systemctl enable"))
        Path("/run/saslauthd").mkdir()
        self.addCleanup(shutil.rmtree, "/run/saslauthd")
        daemon = subprocess.Popen(["saslauthd", "-d", "-a", "sasldb", "-m", "/run/saslauthd"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(daemon.wait)
        self.addCleanup(os.killpg, daemon.pid, 15)
        while not Path("/run/saslauthd/mux").exists():
            time.sleep(0.02)
        time.sleep(0.2)
        self.assertEqual(self.findings(), [])
        self.assertEqual(len(self.login("alice", "wrong")), 1)
        SASL.write_text("pwcheck_method: saslauthd\n")
        self.assert_found(("warning", "CRAM-MD5 DIGEST-MD5 is offered, and pwcheck_method is saslauthd",
                           "mech_list: PLAIN LOGIN"))

    def test_a_configuration_that_lets_nobody_or_everybody_in_is_named(self):
        SASL.write_text("pwcheck_method: saslautd\n")
        self.assertIn("saslautd is unknown", self.findings()[0]["seen"])
        SASL.write_text("pwcheck_method: alwaystrue\n")
        self.assertIn("everyone may relay", self.findings()[0]["why"])
        SASL.write_text(SASL_CONFIGURATION.replace("PLAIN LOGIN CRAM-MD5 DIGEST-MD5", "GSSAPI"))
        self.assert_found(("error", "libsasl2 has no mechanism", "mech_list"))
        SASL.write_text(SASL_CONFIGURATION.replace("PLAIN LOGIN CRAM-MD5 DIGEST-MD5", "DIGEST-MD5"))
        self.assert_found(("error", "none of those that sendmail offers: PLAIN LOGIN", "clients see no AUTH"),
                          words=self.built_cf(("define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5 DIGEST-MD5')",
                                               "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')")))
        SASL.unlink()
        self.assertRegex(self.findings()[0]["seen"], "finds no Sendmail.conf; it looks for .*/usr/lib/sasl2/Send")

    def test_files_that_sendmail_would_pass_over_are_named(self):
        SASL.chmod(0o666)
        self.addCleanup(SASL.chmod, 0o644)
        SASLDB.chmod(0o644)
        self.assert_found(("error", "Sendmail.conf has mode 0666", "chmod go-w"),
                          ("error", "sasldb2 has mode 0644", "chmod o-rw"))
        SASL.chmod(0o644)
        away = SASLDB.with_suffix(".away")
        SASLDB.rename(away)
        self.addCleanup(away.rename, SASLDB)
        self.assert_found(("error", "sasldb2: No such file", "saslpasswd2"))

    def test_mechanisms_of_our_policy_that_nobody_can_use_are_named(self):
        other = Path("/run/tmp/mechanisms.toml")
        other.write_text('[auth]\nmechanisms = ["PLAIN", "SCRAM-SHA-256"]\n')
        found = self.findings("-c", str(other))
        self.assertTrue(any(re.search("does not count: LOGIN CRAM-MD5", row["seen"]) for row in found), found)
        self.assertTrue(any("names what no client can use: SCRAM-SHA-256" in row["seen"] for row in found), found)


if __name__ == "__main__":
    main()
