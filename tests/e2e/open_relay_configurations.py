"""The .mc files of the open relay matrix: our four and one like Debian's, each with the feature and without."""

from pathlib import Path

from mailsystem.network import MX4, MX6
from mailsystem.system import CONFIGURATIONS
from sendmail_cf import SENDMAIL_CF

DIRECTORY = Path("/run/open-relay")
DEBIAN = "debian"
NAMES = [*sorted(path.stem for path in CONFIGURATIONS.glob("*.mc")), DEBIAN]
FEATURE = "FEATURE(`milter_relay'"
GREETING = "define(`confSMTP_LOGIN_MSG', `$j $?{client_resolve}(${client_resolve})$.')dnl\n"


def _debian() -> str:
    """Debian's own, on all addresses, with SMTP AUTH and without the waits that are meant for spammers."""
    lines = (SENDMAIL_CF / "debian/sendmail.mc").read_text().splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith(("include(`/etc/mail", "DAEMON_OPTIONS", "FEATURE(`greet_pause'",
                                                                   "define(`confBAD_RCPT", "define(`confCONNECTION_RATE_THROTTLE'")))
    daemons = "".join(f"DAEMON_OPTIONS(`Family={family}, Name=MTA-{family}-{port}, Port={port}, Addr={address}')dnl\n"
                      for family, address in (("inet", MX4), ("inet6", MX6)) for port in (25, 587, 5190))
    mechanisms = "PLAIN LOGIN CRAM-MD5 DIGEST-MD5"
    ours = (f"{FEATURE})dnl\n{daemons}{GREETING}define(`confAUTH_MECHANISMS', `{mechanisms}')dnl\n"
            f"TRUST_AUTH_MECH(`{mechanisms}')dnl\ndefine(`confTO_IDENT', `0')dnl\n")
    return kept.replace("MAILER_DEFINITIONS\n", ours + "MAILER_DEFINITIONS\n", 1)


def _wired(name: str) -> str:
    if name == DEBIAN:
        return _debian()
    return (CONFIGURATIONS / f"{name}.mc").read_text()


def _write(name: str, text: str) -> Path:
    DIRECTORY.mkdir(exist_ok=True)
    path = DIRECTORY / f"{name}.mc"
    path.write_text(text)
    return path


def write_wired(name: str) -> Path:
    return _write(name, _wired(name))


def write_stock(name: str) -> Path:
    """The same without the feature's line."""
    lines = _wired(name).splitlines(keepends=True)
    stock = [line for line in lines if not line.startswith(FEATURE)]
    if len(stock) != len(lines) - 1:
        raise AssertionError(f"{name}: the line of the feature was not found once")
    return _write(f"{name}-stock", "".join(stock))
