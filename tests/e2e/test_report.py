"""`milter-relay report` on the mail log of a real system."""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main


class Report(MailCase):
    def test_the_log_says_who_relayed_how_and_who_would_be_cut_off(self):
        self.system.relayers.rebuild("")
        self.system.relayers.add("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.assert_reply(self.try_relay(self.system.stranger), 550)
        self.assert_reply(self.try_relay(self.system.stranger, "alice@example.org"), 250)
        session = self.library_session(self.system.office)
        session.login("alice", PASSWORD)
        session.sendmail("alice@example.org", ["friend@remote.example", "other@remote.example"],
                         "Subject: x\r\n\r\nx\r\n")
        self.verdicts(5)
        log = "\n".join(self.system.log.lines[self.mark:]) + "\n"
        program = str(self.system.programs / "milter-relay")
        done = subprocess.run([program, "report", "--json", "-"], input=log, text=True, check=True, capture_output=True)
        found = json.loads(done.stdout)
        self.assertEqual((found["verdicts"], found["undated"]), (5, 0))
        cut_off, = found["cut_off"]["rows"]
        self.assertEqual((cut_off["login"], cut_off["messages"]), ("198.51.100.7", 1))
        by_auth, = found["auth"]["rows"]
        self.assertEqual((by_auth["login"].split("@")[0], by_auth["messages"], by_auth["recipients"]), ("alice", 1, 2))
        self.assertEqual(by_auth["addresses"][0]["address"], "198.51.100.8")
        refused, = found["refused"]["rows"]
        self.assertEqual((refused["client"], refused["reason"]), ("203.0.113.9", "no_login"))
        self.assertEqual(found["recipients"]["ours"], 1)


if __name__ == "__main__":
    main()
