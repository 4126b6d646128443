"""Every fault of the guide, with a real sendmail in front: what each client gets before it, while it lasts, and after it.

Whatever the table says: no stranger relays, nobody who may relay is turned away for good, and when the fault ends
everything is as before, without a hand: by the same daemon, where the fault did not end that.
"""

import re
import smtplib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from fault import NORMAL, Answers, Fault
from faults import ALL
from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.network import Host

FAR = "friend@remote.example"
WAIT = "4s"


class Faults(MailCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.system.sendmail.start(cls.system.sendmail.mc, milter_wait=WAIT)

    def setUp(self) -> None:
        super().setUp()
        self.system.relayers.rebuild(f"{self.system.home.v4}\t{int(time.time()) - 100} alice\n")

    def plainly(self, host: Host, recipient: str, address: str) -> str:
        session = self.talk(host, address=address)
        replies = [session.say(line) for line in ("MAIL FROM:<alice@example.org>", f"RCPT TO:<{recipient}>")]
        session.say("QUIT")
        session.__exit__()
        return next((reply.text for reply in replies if reply.code != 250), "250")

    def authenticated(self) -> str:
        try:
            session = self.library_session(self.system.stranger)
            session.login("alice", PASSWORD)
            replies = [session.mail("alice@example.org"), session.rcpt(FAR)]
            session.quit()
        except smtplib.SMTPResponseException as early:
            replies = [(early.smtp_code, early.smtp_error)]
        return next((f"{code} {text.decode()}" for code, text in replies if code != 250), "250")

    def ask(self) -> Answers:
        """What each gets; they ask at once, as some faults take a while to show."""
        system = self.system
        with ThreadPoolExecutor() as pool:
            answers = {
                "stranger": pool.submit(self.plainly, system.stranger, FAR, "192.0.2.1"),
                "pop": pool.submit(self.plainly, system.home, FAR, "192.0.2.1"),
                "auth": pool.submit(self.authenticated),
                "trusted": pool.submit(self.plainly, system.mx, FAR, "127.0.0.1"),
                "local": pool.submit(self.plainly, system.stranger, "bob@example.org", "192.0.2.1")}
            return Answers(**{who: answer.result() for who, answer in answers.items()})

    def assert_answers(self, expected: Answers, when: str) -> None:
        got = self.ask()
        self.assertNotEqual(got.stranger[0], "2", f"a stranger relays {when}")
        for who in ("pop", "auth", "trusted", "local"):
            self.assertNotEqual(getattr(got, who)[0], "5", f"{who} is turned away {when}: {got}")
        for who, answer in vars(expected).items():
            self.assertTrue(any(getattr(got, who).startswith(each) for each in answer.split(" or ")),
                            f"{who} {when}: not {answer}: {got}")

    def suffer(self, fault: Fault) -> None:
        if fault.before:
            fault.before(self.system)
        self.assert_answers(NORMAL, "before it")
        mark = self.system.log.mark()
        with fault.during(self.system) as goes_on:
            daemon = None if fault.ends_daemon else self.system.milter.pid
            for _ in range(fault.rounds):
                self.assert_answers(fault.answers, "while it lasts")
            while goes_on and goes_on():
                self.assert_answers(fault.answers, "while it goes on")
            if fault.log:
                self.system.log.wait(re.escape(fault.log), mark)
        self.assert_answers(fault.after, "after it")
        if not fault.ends_daemon:
            self.assertEqual(self.system.milter.pid, daemon, "it was started again")
        if fault.at_last:
            fault.at_last(self.system)


def add_tests() -> None:
    for fault in ALL:
        name = "test_" + re.sub(r"\W+", "_", fault.name)
        setattr(Faults, name, lambda self, fault=fault: self.suffer(fault))


add_tests()
if __name__ == "__main__":
    main()
