#!/usr/bin/env python3
"""What FEATURE(`milter_relay') says, and puts out, when m4 reads it."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from sendmail_cf import M4Error, build_cf, isolated    # noqa: E402

HEAD = "OSTYPE(`linux')\n"
FEATURE = "FEATURE(`milter_relay')\n"
TAIL = "MAILER(`local')\nMAILER(`smtp')\n"
WARNING = "*** WARNING: FEATURE(milter_relay)"
ERROR = "*** ERROR: FEATURE(milter_relay)"
# What FEATURE(`relay_mail_from') and relay_local_from say by themselves.
OWN = ("may cause your system", "relay.  Use SMTP AUTH")


class FeatureTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="feature.")
        self.addCleanup(self.directory.cleanup)
        self.workdir = Path(self.directory.name)

    def build(self, *lines, expected=(), head=HEAD, tail=TAIL):
        mc = self.workdir / "x.mc"
        mc.write_text(head + "".join(line.rstrip("\n") + "\n" for line in lines) + tail)
        return build_cf(mc, self.workdir, expected=expected).read_text()

    def fails(self, *lines, **options):
        """The M4Error that `lines` cause: an error of ours and a status that is not 0."""
        with self.assertRaises(M4Error) as caught:
            self.build(*lines, **options)
        self.assertNotEqual(caught.exception.status, 0)
        self.assertIn(ERROR, caught.exception.stderr)
        return caught.exception

    def refused_by_sendmail(self, text):
        cf = self.workdir / "truncated.cf"
        cf.write_text(text)
        for mode in ("-bt", "-bs", "-bD"):
            run = subprocess.run(
                isolated(["sendmail", "-C", cf, mode, f"-OPidFile={self.workdir}/pid", "-OQueueDirectory=/tmp"]),
                input="EHLO a.example\nMAIL FROM:<>\nRCPT TO:<a@b.example>\n/quit\n",
                capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(run.returncode, 0, f"{mode}: {run.stdout}")
            self.assertNotRegex(run.stdout, r"(?m)^2\d\d", mode)


class Output(FeatureTest):
    def test_without_arguments_the_defaults_are_put_out(self):
        cf = self.build(FEATURE)
        self.assertIn("\nXmilter-relay, S=local:/run/milter-relay/milter-relay.sock, F=T, T=C:10s;S:10s;R:30s;E:1m\n", cf)
        self.assertIn("\nO InputMailFilters=milter-relay\n", cf)
        self.assertIn("\nD{relay_policy}auth+pop\n", cf)

    def test_socket_and_policy_are_taken_as_given(self):
        for socket in ("inet:8899@127.0.0.1", "inet6:8899@::1", "unix:/run/x", "local:/var/run/a-b.sock"):
            for policy in ("auth+pop", "auth-only", "pop-only"):
                cf = self.build(f"FEATURE(`milter_relay', `{socket}', `{policy}')")
                self.assertIn(f"\nXmilter-relay, S={socket}, F=T, ", cf)
                self.assertIn(f"\nD{{relay_policy}}{policy}\n", cf)

    def test_a_policy_alone_keeps_the_default_socket(self):
        cf = self.build("FEATURE(`milter_relay', `', `pop-only')")
        self.assertIn("S=local:/run/milter-relay/milter-relay.sock", cf)
        self.assertIn("\nD{relay_policy}pop-only\n", cf)

    def test_the_rules_differ_from_stock_in_four_calls_only(self):
        def rules(text):
            return text[text.index("check_rcpt -- check SMTP"):text.index("authinfo: lookup authinfo")].splitlines()
        stock, wired = rules(self.build()), rules(self.build(FEATURE))
        self.assertEqual(len(stock), len(wired))
        changed = [(a, b) for a, b in zip(stock, wired) if a != b and not a.startswith("#")]
        self.assertEqual([re.findall(r'\$>"?(\w+)', a) + re.findall(r'\$>"?(\w+)', b) for a, b in changed], [
            ["Local_check_rcpt", "MilterRelay_site"], ["Basic_check_rcpt", "MilterRelay_check"],
            ["RelayTLS", "MilterRelay_tls"], ["Local_Relay_Auth", "MilterRelay_auth"]])

    def test_each_definition_that_a_call_needs_is_there_once(self):
        cf = self.build(FEATURE)
        for name in ("Local_check_rcpt", "Basic_check_rcpt", "RelayTLS", "Local_Relay_Auth", "Rcpt_ok", "Relay_ok",
                     "MilterRelay_site", "MilterRelay_check", "MilterRelay_tls", "MilterRelay_auth", "MilterRelay_forget"):
            self.assertEqual(len(re.findall(rf"(?m)^S{name}$", cf)), 1, name)

    def test_other_milters_before_and_after_stay(self):
        other = "INPUT_MAIL_FILTER(`{0}', `S=local:/run/{0}, F=, T=R:2m')"
        cf = self.build(other.format("first"), FEATURE, other.format("last"))
        self.assertIn("\nO InputMailFilters=first, milter-relay, last\n", cf)
        for name in ("first", "last"):
            self.assertIn(f"\nX{name}, S=local:/run/{name}, F=, T=R:2m\n", cf)

    def test_milter_macros_of_the_site_stay(self):
        line = "define(`confMILTER_MACROS_ENVRCPT', `{rcpt_host}, {my_own}')"
        for lines in ((line, FEATURE), (FEATURE, line)):
            self.assertIn("\nO Milter.macros.envrcpt={rcpt_host}, {my_own}\n", self.build(*lines))

    def test_site_rules_spelt_with_a_blank_keep_their_name(self):
        site = ("LOCAL_RULESETS", "S Local_check_rcpt", "Rx\t$#error $: 550 x", "S Local_Relay_Auth", "R$*\t$@ NO")
        cf = self.build(FEATURE, tail=TAIL + "\n".join(site) + "\n")
        self.assertIn("\nS Local_check_rcpt\n", cf)
        self.assertIn("\nS Local_Relay_Auth\n", cf)

    def test_debians_own_layout_builds(self):
        cf = self.build("define(`_USE_ETC_MAIL_')dnl", "include(`/usr/share/sendmail/cf/m4/cf.m4')dnl",
                        "OSTYPE(`debian')dnl", "DOMAIN(`debian-mta')dnl", FEATURE, head="")
        self.assertIn("MilterRelay_check", cf)


class Errors(FeatureTest):
    def test_an_unknown_policy_stops(self):
        for policy in ("auth", "AUTH-ONLY", "open", "auth+pop+all", "auth-only auth+pop"):
            self.refused_by_sendmail(self.fails(f"FEATURE(`milter_relay', `', `{policy}')").output)

    def test_a_socket_without_a_known_family_stops(self):
        for socket in ("/run/milter-relay.sock", "tcp:1@x", "8899@127.0.0.1"):
            self.assertIn(socket, str(self.fails(f"FEATURE(`milter_relay', `{socket}')")))

    def test_twice_stops(self):
        self.assertIn("twice", str(self.fails(FEATURE, FEATURE)))

    def test_promiscuous_relay_stops_wherever_it_stands(self):
        promiscuous = "FEATURE(`promiscuous_relay')\n"
        for lines, tail in (((promiscuous, FEATURE), TAIL), ((FEATURE, promiscuous), TAIL),
                            ((FEATURE, "FEATURE(`delay_checks')", promiscuous), TAIL)):
            error = self.fails(*lines, tail=tail)
            self.assertIn("promiscuous_relay", error.stderr)
            self.refused_by_sendmail(error.output)

    def test_an_overwritten_filter_list_stops(self):
        for value in ("", "other", "other, xmilter-relay", "milter-relay2"):
            error = self.fails(FEATURE, f"define(`confINPUT_MAIL_FILTERS', `{value}')")
            self.assertIn("confINPUT_MAIL_FILTERS", error.stderr)
            self.refused_by_sendmail(error.output)

    def test_a_rewritten_filter_list_with_ours_is_fine(self):
        cf = self.build(FEATURE, "define(`confINPUT_MAIL_FILTERS', `other , milter-relay')")
        self.assertIn("InputMailFilters=other , milter-relay", cf)

    def test_a_listener_without_ours_stops(self):
        # the rules leave the refusing to the milter: a listener that does not ask it would relay for everyone
        for key in ("I=a", "i=a;b", "InputMailFilters=a; b", "Input=", "inputfilter = milter-relay2"):
            for lines in ((f"DAEMON_OPTIONS(`Name=X, Port=26, {key}')", FEATURE),
                          (FEATURE, f"DAEMON_OPTIONS(`{key}, Name=X')", "DAEMON_OPTIONS(`Name=Y, Port=25')")):
                error = self.fails("FEATURE(`no_default_msa')", *lines)
                self.assertIn("a DAEMON_OPTIONS with InputMailFilters", error.stderr)
                self.refused_by_sendmail(error.output)


class Warnings(FeatureTest):
    def test_features_that_trust_the_sender_warn(self):
        for feature, own in (("relay_local_from", OWN + ("try FEATURE",)), ("relay_mail_from", OWN)):
            for lines in ((f"FEATURE(`{feature}')", FEATURE), (FEATURE, f"FEATURE(`{feature}')")):
                self.build("FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')", *lines,
                           expected=(f"{WARNING}: {feature}",) + own)

    def test_loose_relay_check_warns(self):
        self.build(FEATURE, "FEATURE(`loose_relay_check')", expected=(f"{WARNING}: loose_relay_check",))

    def test_rules_that_our_ruleset_does_not_repeat_warn(self):
        self.build(FEATURE, "define(`_REQUIRE_QUAL_RCPT_', `1')", expected=(f"{WARNING}: _REQUIRE_QUAL_RCPT_",))

    def test_a_listener_with_ours_or_without_a_list_does_not(self):
        self.build(FEATURE, "DAEMON_OPTIONS(`Name=I, Port=25, M=Ea')", "DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6')",
                   "DAEMON_OPTIONS(`Name=A, I=milter-relay')", "DAEMON_OPTIONS(`Name=B, InputMailFilters=a; milter-relay;b')")


class OtherSendmails(FeatureTest):
    def test_with_other_ruleset_names_nothing_is_replaced_and_sendmail_refuses(self):
        # to take our names away does to m4 what other names in proto.m4 would
        cf = self.build(FEATURE, *(f"undefine(`{name}')" for name in (
            "Basic_check_rcpt", "Local_check_rcpt", "RelayTLS", "Local_Relay_Auth")))
        self.assertRegex(cf, r'(?m)^R.*\$>"Basic_check_rcpt" \$1$')
        self.assertNotRegex(cf[cf.index("check_rcpt -- check SMTP"):cf.index("SRcpt_ok")], "MilterRelay")


if __name__ == "__main__":
    unittest.main()
