#!/usr/bin/env python3
"""What the wired rules answer and note, asked of a real sendmail -bt."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from parity_world import ACCESS_DB, CONFIGURATIONS, EPILOGUE, PRELUDE, SITE_RULES, World    # noqa: E402
from sendmail_cf import Question, Rules, build_cf    # noqa: E402

FEATURE = "FEATURE(`milter_relay')\n"
STRANGER = {"client_addr": "192.0.2.9", "client_name": "dyn.stranger.example", "client_resolve": "OK",
            "f": "a@remote.example", "mail_from": "<a@remote.example>"}
ALICE = STRANGER | {"auth_type": "PLAIN", "auth_authen": "alice"}
CERTIFICATE = STRANGER | {"verify": "OK", "cert_issuer": "/C=XX/CN=good", "tls_version": "TLSv1.3"}
OURS, OTHER = "<localuser@local.example>", "<x@remote.example>"


class RulesTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="rules.")
        self.addCleanup(self.directory.cleanup)
        self.workdir = Path(self.directory.name)
        self.world = World(self.workdir)

    def rules(self, lines=FEATURE, rules="", prelude=PRELUDE):
        text = (prelude + lines + EPILOGUE + rules).replace("@W@", str(self.workdir))
        mc = self.workdir / "x.mc"
        mc.write_text(text)
        cf = build_cf(mc, self.workdir)
        self.world.without_dns(cf)
        wired = Rules(cf)
        self.addCleanup(wired.close)
        return wired

    def expect(self, wired, recipient, macros, dest, client, result=None):
        answer = wired.check_rcpt(recipient, macros)
        self.assertEqual((answer.macros["relay_dest"], answer.macros["relay_client"]), (dest, client), answer.text)
        if result:
            self.assertRegex(answer.result, result)
        return answer


class Noted(RulesTest):
    def test_a_stranger_and_our_domain(self):
        self.expect(self.rules(), OURS, STRANGER, "ours", "unknown", "^RELAY$")

    def test_a_stranger_and_another_domain_go_on_to_the_milter(self):
        self.expect(self.rules(), OTHER, STRANGER, "other", "unknown", r"^[^$]")

    def test_forged_and_unresolved_names_go_on_to_the_milter_too(self):
        wired = self.rules()
        for resolve in ("FAIL", "FORGED"):
            self.expect(wired, OTHER, STRANGER | {"client_resolve": resolve}, "other", "unknown", r"^[^$]")
        self.expect(wired, OTHER, STRANGER | {"client_resolve": "TEMP"}, "other", "temp", r"^[^$]")

    def test_trusted_clients(self):
        wired = self.rules(ACCESS_DB + FEATURE)
        for macros in ({"client_addr": "127.0.0.1"}, {"client_addr": "IPv6:::1"}, {"client_addr": "0"},
                       {"client_addr": ""}, {"client_addr": "10.1.2.3"}, {"client_addr": "198.51.100.7"},
                       {"client_name": "a.trusted.example"}, {"client_name": "relay.example"}):
            self.expect(wired, OTHER, STRANGER | macros, "other", "trusted", r"^[^$]")

    def test_a_login_with_a_trusted_mechanism_and_no_other(self):
        wired = self.rules()
        self.expect(wired, OTHER, ALICE, "other", "auth", r"^\$# RELAY$")
        self.expect(wired, OURS, ALICE, "ours", "auth", r"^\$# RELAY$")
        self.expect(wired, OTHER, ALICE | {"auth_type": "GSSAPI"}, "other", "unknown", r"^[^$]")

    def test_a_client_certificate(self):
        wired = self.rules(ACCESS_DB + FEATURE)
        self.expect(wired, OTHER, CERTIFICATE, "other", "tls", r"^\$# RELAY$")
        self.expect(wired, OURS, CERTIFICATE | ALICE, "ours", "tls", r"^\$# RELAY$")
        self.expect(wired, OTHER, CERTIFICATE | {"verify": "FAIL"}, "other", "unknown", r"^[^$]")
        self.expect(self.rules(), OTHER, CERTIFICATE, "other", "unknown", r"^[^$]")    # no access map

    def test_the_policy_is_there(self):
        for policy in ("auth+pop", "auth-only", "pop-only"):
            wired = self.rules(f"FEATURE(`milter_relay', `', `{policy}')\n")
            self.assertEqual(wired.check_rcpt(OURS, STRANGER).macros["relay_policy"], policy)

    def test_a_look_up_that_fails_is_temp(self):
        wired = self.rules("FEATURE(`access_db', `hash -T<TMPF> @W@/access')\n" + FEATURE)
        recipient = "<x@tempfail.example>"
        self.expect(wired, recipient, STRANGER, "temp", "unknown", r"^[^$]")
        self.expect(wired, recipient, ALICE, "temp", "auth", r"^\$# RELAY$")
        self.expect(wired, recipient, STRANGER | {"client_addr": "127.0.0.1"}, "temp", "trusted", r"^[^$]")
        # where a stock sendmail says 550, the destination's doubt does not count
        self.expect(wired, recipient, STRANGER | {"client_resolve": "FAIL"}, "other", "unknown", r"^[^$]")


class ForEachRecipient(RulesTest):
    def test_nothing_is_left_over_from_the_recipient_before(self):
        wired = self.rules(ACCESS_DB + FEATURE)
        self.expect(wired, OURS, ALICE, "ours", "auth")
        self.expect(wired, OTHER, STRANGER, "other", "unknown")
        self.expect(wired, OTHER, CERTIFICATE, "other", "tls")
        self.expect(wired, OTHER, STRANGER, "other", "unknown")
        self.expect(wired, OTHER, STRANGER | {"client_addr": "127.0.0.1"}, "other", "trusted")
        self.expect(wired, "<x@tempfail.example>", STRANGER, "other", "unknown", r"^\$# error")    # the blocklist's
        self.expect(wired, OURS, STRANGER, "ours", "unknown")
        self.expect(wired, "<blocked@local.example>", STRANGER, "other", "unknown", r"^\$# error")

    def test_also_where_the_sites_own_rule_ends_the_matter(self):
        wired = self.rules(rules=SITE_RULES)
        self.expect(wired, OURS, ALICE, "ours", "auth")
        self.expect(wired, "<stopped@remote.example>", STRANGER, "other", "unknown", r'^\$# error .*"550 stopped')
        self.expect(wired, "<welcome@remote.example>", STRANGER, "other", "trusted", r"^\$# OK")
        self.expect(wired, OTHER, STRANGER, "other", "unknown")

    def test_what_a_client_brings_along_is_overwritten(self):
        wired = self.rules()
        forged = STRANGER | {"relay_dest": "ours", "relay_client": "auth"}
        self.expect(wired, OTHER, forged, "other", "unknown")
        self.expect(wired, OURS, forged | {"relay_client": "tls"}, "ours", "unknown")


class Sendmails(RulesTest):
    """Answers that stay sendmail's own."""

    def test_an_empty_address(self):
        self.assertRegex(self.rules().check_rcpt("<>", STRANGER).result, r'^\$# error \$@ nouser \$: "553 ')

    def test_blocked_recipients_keep_their_text_also_for_those_with_credentials(self):
        wired = self.rules(ACCESS_DB + FEATURE)
        for macros in (STRANGER, ALICE, CERTIFICATE):
            self.assertRegex(wired.check_rcpt("<blocked@local.example>", macros).result, "Mailbox disabled")
            self.assertRegex(wired.check_rcpt("<x@blocked.example>", macros).result, "not to there")
            self.assertRegex(wired.check_rcpt("<discard@local.example>", macros).result, r"^\$# discard")

    def test_a_quarantined_recipient_is_taken_and_held(self):
        wired = self.rules(ACCESS_DB + FEATURE)
        self.expect(wired, "<quar@local.example>", STRANGER, "ours", "unknown", r"^\$# error \$@ quarantine \$: hold")

    def test_local_relay_auth(self):
        wired = self.rules(rules=SITE_RULES)
        def login(name):
            return ALICE | {"auth_authen": name}
        self.expect(wired, OTHER, login("alice"), "other", "auth", r"^\$# RELAY")
        self.expect(wired, OTHER, login("barred"), "other", "unknown", r"^[^$]")
        self.expect(wired, OURS, login("barred"), "ours", "unknown", r"^RELAY")
        self.expect(wired, OTHER, login("broken"), "other", "unknown", "550 account closed")
        self.expect(wired, OTHER, login("slow"), "other", "unknown", "450 account busy")
        self.expect(wired, OTHER, login("waiting"), "temp", "unknown", r"^[^$]")
        self.expect(wired, OTHER, login("free"), "other", "trusted", r"^\$# OK")


class Modes(RulesTest):
    def test_deferred_delivery_does_not_let_strangers_through(self):
        wired = self.rules()
        deferred = STRANGER | {"deliveryMode": "d"}
        self.expect(wired, OTHER, deferred, "other", "unknown", r"^[^$]")
        self.expect(wired, OURS, deferred, "ours", "unknown", "^RELAY$")

    def test_delayed_checks_run_for_all_but_those_with_credentials(self):
        wired = self.rules(ACCESS_DB + FEATURE + "FEATURE(`delay_checks')\n")
        spammer = {"f": "a@spammer.example", "mail_from": "<a@spammer.example>"}
        self.expect(wired, OTHER, ALICE | spammer, "other", "auth", r"^\$# RELAY")
        self.expect(wired, OTHER, CERTIFICATE | spammer, "other", "tls", r"^\$# RELAY")
        for recipient in (OURS, OTHER):
            self.assertRegex(wired.check_rcpt(recipient, STRANGER | spammer).result, r"^\$# error .*550")
            self.assertRegex(wired.check_rcpt(recipient, STRANGER | {"client_addr": "203.0.113.7"}).result, r"^\$# error")
            self.assertNotRegex(wired.check_rcpt(recipient, STRANGER).result, r"^\$#")

    def test_every_configuration_of_the_parity_test_loads_without_complaint(self):
        for name, (text, warnings) in CONFIGURATIONS.items():
            mc = self.workdir / f"{name}.mc"
            mc.write_text(self.world.mc(name, FEATURE))
            cf = build_cf(mc, self.workdir, expected=warnings + (("*** WARNING",) if warnings else ()))
            with Rules(cf) as wired:
                self.assertEqual(re.sub(r"WARNING: World writable.*\n", "", wired.greeting).count("\n"), 2, wired.greeting)

    def test_many_recipients_of_one_session_each_get_their_own(self):
        wired = self.rules()
        answers = wired.ask([Question("check_rcpt", (OURS, OTHER)[i % 2], STRANGER) for i in range(300)])
        self.assertEqual([a.macros["relay_dest"] for a in answers], ["ours", "other"] * 150)


if __name__ == "__main__":
    unittest.main()
