"""`milter-relay doctor` on a mail system that works, and with a sendmail.cf that is broken in each way that it knows."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from doctor_case import FEATURE, PLAIN_WIRING, DoctorCase
from mailsystem.case import main
from mailsystem.relayers import DATABASE


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
        self.assert_found(("warning", "time R:soon", "cannot read this time"), words=self.edited_cf(("R:30s;E:1m", "R:soon;E:1m")))
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
        for call, other in (("$>MilterRelay_tls", "$>RelayTLS"), ('$>"MilterRelay_auth"', "$>Local_Relay_Auth"),
                            ('$>"MilterRelay_site"', "$>Local_check_rcpt")):
            self.assert_found(("error", call.strip('$>"') + " .*nothing calls", "sendmail.mc"),
                              words=self.edited_cf((call, other)))
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

        for feature, why in (("loose_relay_check", "user%site@host"), ("relay_based_on_MX", "has a DNS zone")):
            self.assert_found(wiring, ("warning", feature, why),
                              words=self.built_cf((FEATURE, PLAIN_WIRING + f"FEATURE(`{feature}')dnl\n")))
        self.assert_found(("error", "check_rcpt or Relay_ok is not in sendmail.cf", "nothing keeps strangers"),
                          words=self.edited_cf(("\nSRelay_ok\n", "\nSOther_ok\n")))

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
        in_the_clear = ("warning", "offered without TLS", "in the clear")
        self.assert_found(in_the_clear, words=self.built_cf(("`A p y'", "`A y'")))
        self.assert_found(("warning", "sendmail has no TLS", "cross the net in the clear"), in_the_clear,
                          words=self.edited_cf(("O AuthOptions=A p y", "O AuthOptions=A y"), ("O ServerCertFile=", "#O ServerCertFile=")))
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


if __name__ == "__main__":
    main()
