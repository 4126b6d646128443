"""Keeps the system up for a person to try, with its ports on the host's loopback, until Ctrl-C.

The server sees such a client as 203.0.113.99, a stranger, so that logging in matters as it does from afar.
"""

import threading
import time

from .accounts import LOCAL_USERS, PASSWORD, SASL_LOGINS
from .forwarder import forward, open_ports
from .sink import Message
from .system import MailSystem

# port on loopback -> port of the server; a port that is taken is replaced by a free one
PORTS = {2525: 25, 2587: 587, 25190: 5190, 2110: 110, 2995: 995, 2143: 143, 2993: 993}
VISITOR = "203.0.113.99"
EXPLANATION = """\
The mail system stays up until Ctrl-C. From this machine, where the server sees you as {visitor}, a stranger:

  SMTP   127.0.0.1 port {smtp} (for 25), {submission} (for 587), {other} (for 5190)
  POP3   127.0.0.1 port {pop3}, with TLS {pop3s}      IMAP   port {imap}, with TLS {imaps}
  Accounts for POP3 and IMAP: {mail_users}    for SMTP: {smtp_users}
  All passwords: {password}    Local domain: example.org    Far away: remote.example

Refused, as you are a stranger:
  swaks --server 127.0.0.1 --port {smtp} --from alice@example.org --to friend@remote.example
Relayed, as you log in (PLAIN only under TLS):
  swaks --server 127.0.0.1 --port {submission} --tls --auth PLAIN --auth-user alice --auth-password {password} \\
        --from alice@example.org --to friend@remote.example
A look at your mail, after which the first command is relayed as well:
  curl --user alice:{password} pop3://127.0.0.1:{pop3}
The mail log, the logins that are remembered, and a shell inside (client hosts: ip netns list):
  nsenter --all --target {pid} tail -f /var/log/mail.log
  nsenter --all --target {pid} {programs}/vsmtprelay dump
  nsenter --all --target {pid} bash
"""


class Visit:
    """Make it before the namespaces are entered, as the ports are the host's."""

    def __init__(self) -> None:
        self._listeners = open_ports(PORTS)

    def stay(self, system: MailSystem, pid: int) -> None:
        """Ends with KeyboardInterrupt; `pid` is the host's number of this process."""
        forward(self._listeners, system.network.add("visitor", [VISITOR], "visitor.example"))
        at = {target: listener.getsockname()[1] for target, listener in self._listeners.items()}
        print(EXPLANATION.format(
            visitor=VISITOR, smtp=at[25], submission=at[587], other=at[5190], pop3=at[110], pop3s=at[995], imap=at[143],
            imaps=at[993], mail_users=", ".join(LOCAL_USERS), smtp_users=", ".join(SASL_LOGINS), password=PASSWORD,
            pid=pid, programs=system.programs), flush=True)
        threading.Thread(target=_report, args=(system,), daemon=True).start()
        while True:
            time.sleep(3600)


def _report(system: MailSystem) -> None:
    """Says what arrives in the world outside."""
    seen: list[Message] = []
    while True:
        for message in system.sink.wait(len(seen) + 1, timeout=1e6)[len(seen):]:
            seen.append(message)
            print(f"relayed: <{message.reverse_path}> to {', '.join(f'<{path}>' for path in message.forward_paths)}",
                  flush=True)
