"""The people of the mail system: local users with mailboxes, SASL accounts, and the daemons' own system users."""

import subprocess
from pathlib import Path

from .network import MX_NAME

DOMAIN = "example.org"
LOCAL_USERS = {"alice": 2001, "bob": 2002, "carol": 2003}
MILTER_USER = "milter-relay"
PASSWORD = "Open-Sesame-7"
# SASL logins as people type them: plain, as user@domain and as user%domain
SASL_LOGINS = {"alice": ("alice", MX_NAME), "bob": ("bob", MX_NAME),
               "dave@customers.example": ("dave", "customers.example"),
               "erin%customers.example": ("erin%customers.example", MX_NAME)}
SASL_CONFIGURATION = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: /etc/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5 DIGEST-MD5
"""


def _add_user(name: str, number: int, home: str, shell: str) -> None:
    """Appends to the private copies of the account files; a user that the host has already stays as it is."""
    if any(line.startswith(name + ":") for line in Path("/etc/passwd").read_text().splitlines()):
        return
    for file, line in (("passwd", f"{name}:x:{number}:{number}::{home}:{shell}"), ("group", f"{name}:x:{number}:"),
                       ("shadow", f"{name}:*:19000:0:99999:7:::")):
        with open(f"/etc/{file}", "a", encoding="ascii") as stream:
            stream.write(line + "\n")


def create_system_users() -> None:
    _add_user(MILTER_USER, 2999, "/nonexistent", "/usr/sbin/nologin")
    for name, number in LOCAL_USERS.items():
        home = Path("/run/home") / name
        _add_user(name, number, str(home), "/bin/sh")
        home.mkdir(parents=True)
        subprocess.run(["chown", f"{name}:{name}", str(home)], check=True)


def create_sasl_accounts() -> None:
    Path("/usr/lib/sasl2/Sendmail.conf").write_text(SASL_CONFIGURATION)
    Path("/etc/sasldb2").unlink(missing_ok=True)
    for name, realm in SASL_LOGINS.values():
        subprocess.run(["saslpasswd2", "-c", "-p", "-u", realm, name], input=PASSWORD, text=True, check=True)


def mailbox(user: str) -> str:
    """What is in the user's mailbox; empty when nothing has arrived yet."""
    path = Path("/var/mail") / user
    return path.read_text(errors="replace") if path.exists() else ""
