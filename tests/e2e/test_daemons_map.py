"""A running sendmail whose own rule looks into relayers.db, as before there was a milter, while logins come in.

SECONDS says for how long (5 by itself). vsmtprelay follow records 500 logins a second out of a log, makemap and
expire write as well. No look-up fails or misses an entry that is there, in a session that stays open and in new ones,
and a new login is seen soon after its line in the log. All of that goes into the same file: a session that opens its
map in the instant in which another one takes its place would fail, whoever renames.
"""

import datetime
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.case import MailCase, main  # noqa: E402
from mailsystem.relayers import DATABASE  # noqa: E402
from mailsystem.system import CONFIGURATIONS  # noqa: E402

SECONDS = float(os.environ.get("SECONDS", "5"))
RATE = 500
SEEN_WITHIN = 3                 # seconds: follow looks five times a second, sendmail compares whole seconds
FORMATS = Path(__file__).resolve().parents[2] / "vsmtprelay/formats"
LOG = Path("/run/logins.log")
ALWAYS = [f"192.0.2.{last}" for last in range(1, 51)]
FOREVER = "4102444800"
RULES = """
LOCAL_CONFIG
Krelayers hash -T<TMPF> /etc/mail/relayers
LOCAL_RULESETS
SLocal_check_rcpt
R< $+ @ map.example >\t$: <@> $(relayers $1 $: none $)
R<@> $* <TMPF>\t$#error $@ 4.3.0 $: "451 failed"
R<@> none\t$#error $@ 5.1.1 $: "550 none"
R<@> $*\t$#error $@ 5.1.1 $: "550 found " $1
"""


class Logins(threading.Thread):
    """Lines of Dovecot's at RATE; `latest` is the newest address and when its line was written."""

    def __init__(self):
        super().__init__()
        self.latest = None
        self.count = 0
        self.start()

    def run(self):
        begin = time.monotonic()
        with LOG.open("a", encoding="utf-8") as log:
            while (late := time.monotonic() - begin) < SECONDS:
                for number in range(self.count, int(late * RATE)):
                    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
                    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
                    log.write(f"{at} mx dovecot: imap-login: Login: user=<u{number}>, method=PLAIN, rip={address}, "
                              "lip=192.0.2.1, mpid=5\n")
                    self.count = number + 1
                log.flush()
                if self.count:
                    self.latest = (address, time.monotonic())
                time.sleep(0.02)


class DaemonsMap(MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        mc = Path("/run/daemons-map.mc")
        mc.write_text((CONFIGURATIONS / cls.mc).read_text() + RULES)
        cls.system.sendmail.start(mc)
        cls.addClassCleanup(cls.system.use, cls.mc)

    def setUp(self):
        super().setUp()
        DATABASE.unlink()
        made = self.system.relayers.command("import", "-", input="".join(f"{address}\t{FOREVER}\n" for address in ALWAYS))
        self.assertEqual(made.returncode, 0, made.stderr)
        self.file = DATABASE.stat().st_ino
        LOG.write_text("")
        follower = subprocess.Popen([str(self.system.programs / "vsmtprelay"), "-f", "/etc/mail/relayers.db", "follow", "--formats",
                                     str(FORMATS), "--state", f"/run/tmp/{time.monotonic_ns()}", "--log", "stderr", str(LOG)])
        self.addCleanup(follower.wait)
        self.addCleanup(follower.terminate)
        self.lookups = 0

    def session(self):
        session = self.talk(self.system.stranger)
        self.assert_reply(session.say("MAIL FROM:<someone@far.example>"), 250)
        return session

    def look_up(self, session, address):
        """The datum, None where there is none."""
        reply = session.say(f"RCPT TO:<{address}@map.example>")
        self.lookups += 1
        self.assertEqual(reply.code, 550, reply)
        words = reply.text.split("... ", 1)[1].split()
        return words[1] if words[0] == "found" else None

    def rewrite(self):
        """Old entries come and go, by makemap and by expire."""
        old = "".join(f"198.18.{i // 250}.{i % 250}\t1\n" for i in range(500))
        while self.logins.is_alive():
            subprocess.run(["makemap", "-o", "hash", "/etc/mail/relayers"], input=old, text=True, check=True)
            done = self.system.relayers.command("expire")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.rewritten += 1
            time.sleep(0.5)

    def test_the_daemons_rule_never_fails_and_sees_new_logins_soon(self):
        self.logins = Logins()
        self.rewritten = sessions = 0
        rewriting = threading.Thread(target=self.rewrite)
        rewriting.start()
        open_session = self.session()
        times, waiting = [], None
        while self.logins.is_alive() or waiting:
            with_new = self.session()
            sessions += 1
            for session in (open_session, with_new):
                for address in (ALWAYS[self.lookups % len(ALWAYS)], ALWAYS[sessions % len(ALWAYS)]):
                    self.assertEqual(self.look_up(session, address), FOREVER, f"{address} in look-up {self.lookups}")
                self.assertIsNone(self.look_up(session, "203.0.113.1"))
            with_new.say("QUIT")
            waiting = waiting or self.logins.latest
            if waiting and self.look_up(open_session, waiting[0]):
                times.append(time.monotonic() - waiting[1])
                waiting = None if self.logins.is_alive() else self.last_one(open_session, times)
            elif waiting:
                self.assertLess(time.monotonic() - waiting[1], SEEN_WITHIN, f"{waiting[0]} was logged, not seen")
        rewriting.join()
        print(f"{self.logins.count} logins; {self.lookups} look-ups, {sessions} in new sessions too; {len(times)} logins seen, "
              f"the latest after {max(times):.2f} s; {self.rewritten} rewrites", file=sys.stderr)
        self.assertGreater(self.rewritten, 0)
        self.assertEqual(DATABASE.stat().st_ino, self.file, "another file took its place")
        self.assert_all_recorded()

    def last_one(self, session, times):
        """Logins have ended: the very last of them is seen, too."""
        address, written = self.logins.latest
        while not self.look_up(session, address):
            self.assertLess(time.monotonic() - written, SEEN_WITHIN, f"{address} was the last login, and is not seen")
            time.sleep(0.05)
        times.append(time.monotonic() - written)

    def assert_all_recorded(self):
        back = subprocess.run(["makemap", "-u", "hash", "/etc/mail/relayers"], capture_output=True, text=True, check=True).stdout
        recorded = sum(line.startswith("10.") for line in back.splitlines())
        self.assertEqual(recorded, self.logins.count)


if __name__ == "__main__":
    main()
