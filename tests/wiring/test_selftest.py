#!/usr/bin/env python3
"""milter-relay selftest: says "closed" of a closed system, and finds each thing that opens one."""

import json
import subprocess
import unittest
from pathlib import Path

from installation import ACCESS, CF, DEBIAN_MC, MAIL, MC, REPOSITORY, STOCK_MC, Installation, main

CONFIG = Path("/etc/mail/milter-relay.toml")
AUTH = "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl\n"
# senders whose domain resolves without DNS; who is checked before the recipient would hide it
NO_DNS = "FEATURE(`accept_unresolvable_domains')dnl\ndefine(`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch')dnl\n"
PLAIN = "INPUT_MAIL_FILTER(`milter-relay', `S=local:/run/milter-relay/milter-relay.sock, F=T')dnl\n"


def with_lines(mc, lines, tail=""):
    """Lines where features stand, and lines for the end."""
    mark = "MAILER_DEFINITIONS\n" if "MAILER_DEFINITIONS\n" in mc else "MAILER(`local')"
    return mc.replace(mark, lines + mark, 1) + tail


class Selftest(Installation):
    def setUp(self):
        super().setUp()
        CONFIG.unlink(missing_ok=True)
        self.database({})

    def database(self, entries):
        (MAIL / "relayers.db").unlink(missing_ok=True)
        subprocess.run(["makemap", "hash", str(MAIL / "relayers")], input="".join(f"{k} {v}\n" for k, v in entries.items()),
                       text=True, check=True)

    def selftest(self, mc, expect, *arguments):
        self.use(mc)
        before = self.files()
        run = self.run_program("selftest", "--json", *arguments, expect=expect)
        self.assertEqual(self.files(), before, "selftest changed something")
        return json.loads(run.stdout)

    def opens(self, mc, why, *arguments):
        """Some row opens, and for this reason."""
        found = self.selftest(mc, 1, *arguments)
        reasons = {row["why"] for row in found["rows"] if row["outcome"] == "OPEN"}
        self.assertTrue(any(why in reason for reason in reasons), reasons)
        return found

    def controls(self, found):
        return {row["subject"].split(" by ")[0]: row["outcome"] for row in found["controls"]}


class Closed(Selftest):
    def test_a_wired_system_is_closed_and_lets_in_whom_it_should(self):
        for mc in (DEBIAN_MC, STOCK_MC):
            found = self.selftest(with_lines(mc, NO_DNS + AUTH + "FEATURE(`milter_relay')dnl\n"), 0)
            self.assertEqual((found["wiring"], found["open"], found["unproven"]), ("feature", 0, 0))
            self.assertGreater(found["closed"], 150)
            self.assertEqual(self.controls(found), {
                "a stranger's mail to our domain": "passed", "SMTP AUTH under TLS": "passed", "a fresh POP login": "passed",
                "this host itself": "passed", "while the milter is away": "passed"})

    def test_plain_wiring_is_closed(self):
        found = self.selftest(with_lines(DEBIAN_MC, NO_DNS + AUTH + PLAIN), 0)
        self.assertEqual(found["wiring"], "plain")
        self.assertEqual(self.controls(found)["a fresh POP login"], "skipped")

    def test_our_four_configurations_are_closed(self):
        for file in sorted((REPOSITORY / "m4/cf").glob("*.mc")):
            with self.subTest(file.name):
                found = self.selftest(with_lines(file.read_text(), NO_DNS), 0)
                self.assertEqual(self.controls(found)["a fresh POP login"],
                                 "skipped" if "auth-only" in file.name else "passed")

    def test_the_table_shows_each_form(self):
        self.use(with_lines(DEBIAN_MC, NO_DNS + "FEATURE(`milter_relay')dnl\n"))
        text = self.run_program("selftest", "--all").stdout
        for form in ("<relaytest%relay-test.example.net@ours.example>", "<relay-test.example.net!relaytest>",
                     "<@ours.example:relaytest@relay-test.example.net>", '<"relaytest@relay-test.example.net"@ours.example>'):
            self.assertIn(form, text)
        self.assertIn("0 open, 0 unproven", text)


class Found(Selftest):
    WIRED = with_lines(STOCK_MC, NO_DNS + "FEATURE(`milter_relay')dnl\n")

    def test_promiscuous_relay(self):
        self.opens(with_lines(STOCK_MC, NO_DNS + "FEATURE(`promiscuous_relay')dnl\n" + PLAIN), "own rules let a stranger relay")

    def test_a_rule_of_the_site_that_opens(self):
        self.opens(self.WIRED + "LOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t$#OK\n", "a stranger relays")

    def test_a_rule_of_the_site_that_opens_for_one_form(self):
        rule = "LOCAL_RULESETS\nSLocal_check_rcpt\nR$* % $*\t$#OK\n"
        found = self.opens(self.WIRED + rule, "a stranger relays")
        self.assertTrue(all("%" in row["subject"] for row in found["rows"] if row["outcome"] == "OPEN"))

    def test_an_access_map_that_trusts_a_wide_net(self):
        self.use(self.WIRED)
        self.access(ACCESS + "Connect:85\tRELAY\n")
        found = self.opens(self.WIRED, "a stranger relays")
        self.assertEqual({row["client"].split(".")[0] for row in found["rows"] if row["outcome"] == "OPEN"}, {"85"})

    def test_an_access_map_that_relays_to_a_whole_top_level_domain(self):
        self.use(self.WIRED)
        self.access(ACCESS + "To:ru\tRELAY\n")
        found = self.opens(self.WIRED, "a stranger relays")
        self.assertIn("<relaytest@example.ru>", [row["subject"] for row in found["rows"] if row["outcome"] == "OPEN"])

    def test_trusted_networks_that_are_too_wide(self):
        CONFIG.write_text('trusted_networks = ["127.0.0.0/8", "64.0.0.0/3"]\n')
        self.opens(self.WIRED, "a stranger relays")

    def test_a_filter_line_without_f(self):
        self.opens(with_lines(STOCK_MC, NO_DNS + "FEATURE(`promiscuous_relay')dnl\n" + PLAIN.replace(", F=T", "")),
                   "relays while the milter is away")
        self.use(self.WIRED)
        CF.write_text(CF.read_text().replace(", F=T, T=", ", T="))
        found = json.loads(self.run_program("selftest", "--json", expect=1).stdout)
        self.assertEqual(self.controls(found)["while the milter is away"], "FAILED")
        self.assertGreater(found["open"], 100)

    def test_a_listener_that_does_not_ask_the_milter(self):
        self.use(self.WIRED)
        CF.write_text(CF.read_text() + "O DaemonPortOptions=Name=X, Port=2525, InputMailFilters=other\n")
        found = json.loads(self.run_program("selftest", "--json", expect=1).stdout)
        self.assertTrue(any("a listener does not ask" in row["why"] for row in found["rows"]))

    def test_a_control_that_fails(self):
        CONFIG.write_text("[auth]\nmin_ssf = 256\nmechanisms = [\"EXTERNAL\"]\n")
        found = self.selftest(with_lines(STOCK_MC, NO_DNS + AUTH + "FEATURE(`milter_relay')dnl\n"), 0)
        self.assertEqual(self.controls(found)["SMTP AUTH under TLS"], "skipped")
        rule = "LOCAL_RULESETS\nSLocal_Relay_Auth\nR$*\t$@ NO\n"
        CONFIG.unlink()
        found = self.selftest(with_lines(STOCK_MC, NO_DNS + AUTH + "FEATURE(`milter_relay')dnl\n", rule), 1)
        self.assertEqual(self.controls(found)["SMTP AUTH under TLS"], "FAILED")


class CouldNotRun(Selftest):
    """Never "passed" where nothing was proved."""

    def fails(self, code, why, *arguments):
        run = self.run_program("selftest", *arguments, expect=code)
        self.assertRegex(run.stderr, "could not run, nothing is proved: .*" + why)
        self.assertEqual(run.stdout, "")

    def test_without_our_filter_in_it(self):
        self.fails(78, "run `milter-relay wire` first")

    def test_without_a_file_a_sendmail_or_a_configuration(self):
        self.fails(66, "nosuch.cf", "--cf", "/etc/mail/nosuch.cf")
        self.use(Found.WIRED)
        self.fails(77, "start", "--sendmail", "/etc/mail/sendmail.cf")
        CONFIG.write_text("nonsense = 1\n")
        self.fails(78, "nonsense")

    def test_with_a_sendmail_that_says_nothing(self):
        self.use(Found.WIRED)
        self.fails(71, "ended", "--sendmail", "/bin/true")

    def test_where_a_map_of_sendmails_is_broken_nothing_is_proved(self):
        (MAIL / "access.db").write_bytes(b"nonsense")
        self.assertGreater(self.selftest(Found.WIRED, 75)["unproven"], 20)

    def test_where_no_stranger_reaches_even_us(self):
        self.use(Found.WIRED + "LOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t$#error $@ 4.7.0 $: \"450 later\"\n")
        self.fails(69, "no stranger's mail")

    def test_where_relayers_db_cannot_be_read_strangers_are_deferred_and_nothing_is_proved(self):
        (MAIL / "relayers.db").write_bytes(b"nonsense" * 1000)
        found = self.selftest(Found.WIRED, 75)
        self.assertGreater(found["unproven"], 20)

    def test_as_a_user(self):
        run = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", str(REPOSITORY / "build/release/bin/milter-relay"),
                              "selftest"], capture_output=True, text=True, check=False)
        self.assertIn(run.returncode, (77, 126, 127), run.stderr)


if __name__ == "__main__":
    main()
