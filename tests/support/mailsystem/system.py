"""The whole system, started in order: files, network, users, certificates, log, sink, sendmail, Dovecot, milter.

Addresses (documentation ranges, all inside the namespaces):
    mx        192.0.2.1     2001:db8:0:1::1    sendmail on 25, 587, 5190; Dovecot on 110, 143, 993, 995; the milter
    home      198.51.100.7  2001:db8:0:7::7    where a user logs in from
    office    198.51.100.8  2001:db8:0:8::8    where another user logs in from
    stranger  203.0.113.9   2001:db8:0:9::9    nobody's
    sink      203.0.113.25                     receives what is relayed to remote.example, far.example, customers.example and customer.example
"""

import os
import sys
from pathlib import Path

from .accounts import create_sasl_accounts, create_system_users
from .certificates import create_certificates
from .dovecot import Dovecot
from .milter import Milter
from .namespaces import CannotRun
from .network import Network
from .private_files import make_private
from .relayers import Relayers
from .sendmail import Sendmail, write_configuration_files
from .sink import Sink
from .syslog import LOG, Syslog

REPOSITORY = Path(__file__).resolve().parents[3]
CONFIGURATIONS = REPOSITORY / "m4/cf"
DEFAULT_PROGRAMS = REPOSITORY / "build/release/bin"


class MailSystem:
    """Make one, in namespaces that enter() made; it ends with them."""

    def __init__(self, programs: Path = DEFAULT_PROGRAMS, mc: str = "default.mc"):
        self.programs = programs = require_programs(programs)
        # what a sanitizer finds must end the program, so that a test fails
        os.environ.setdefault("TSAN_OPTIONS", "halt_on_error=1")
        make_private()
        write_configuration_files(CONFIGURATIONS / mc)
        create_system_users()
        create_sasl_accounts()
        create_certificates()
        self.network = Network()
        self.mx = self.network.mx
        self.home = self.network.add("home", ["198.51.100.7", "2001:db8:0:7::7"], "home.isp.example")
        self.office = self.network.add("office", ["198.51.100.8", "2001:db8:0:8::8"], "office.isp.example")
        self.stranger = self.network.add("stranger", ["203.0.113.9", "2001:db8:0:9::9"], "stranger.example")
        self.log = Syslog()
        self.sink = Sink(self.network.add("sink", ["203.0.113.25"], "remote.example far.example customers.example customer.example"))
        self.relayers = Relayers(programs)
        self.relayers.clear()
        self.dovecot = Dovecot(programs)
        self.dovecot.start()
        self.sendmail = Sendmail()
        self.use(mc)
        self.milter = Milter(programs)
        self.milter.start()

    def use(self, mc: str) -> None:
        """Sendmail with this one of our configurations (a file name of m4/cf)."""
        self.sendmail.start(CONFIGURATIONS / mc)

    def reset(self) -> None:
        """As if freshly started: no login remembered, nothing queued, relayed or delivered, the default milter running."""
        self.milter.start()
        self.relayers.clear()
        self.sendmail.clear_queue()
        self.sink.clear()
        for box in Path("/var/mail").iterdir():
            box.unlink()


def start(programs: Path) -> MailSystem:
    """A MailSystem; where it does not come up, the mail log says more than the error alone."""
    try:
        return MailSystem(programs)
    except CannotRun:
        raise
    except Exception:
        if LOG.exists():
            print("--- mail log\n" + LOG.read_text(), file=sys.stderr)
        raise


def require_programs(directory: Path) -> Path:
    """The directory as an absolute path, or CannotRun when it lacks one of our programs."""
    for name in ("milter-relay", "vsmtprelay"):
        if not (directory / name).is_file():
            raise CannotRun(f"{directory / name} is missing: build first (./check or ./run do), or give --bin DIRECTORY")
    return directory.resolve()
