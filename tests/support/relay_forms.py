"""Every way of writing senders and recipients by which open relays have been found: known ones, and any number of new ones.

The recipients that `milter-relay selftest` tries are read from its source, so that no form is tried there alone.
"""

import ast
import random
import re
from pathlib import Path

from mailsystem.network import MX4, MX6, MX_NAME

SELFTEST = Path(__file__).resolve().parents[2] / "milter/selftest/relay_forms.cpp"
LITERAL4 = f"[{MX4}]"
SINK4 = "203.0.113.25"
FAR = "remote.example"
# (sender, recipient): what nmap's smtp-open-relay script tries, in its order, for this server and a far domain
NMAP = [
    ("", f"relaytest@{FAR}"),
    (f"antispam@{FAR}", f"relaytest@{FAR}"),
    (f"antispam@{MX_NAME}", f"relaytest@{FAR}"),
    (f"antispam@[{MX4}]", f"relaytest@{FAR}"),
    (f"antispam@[{MX4}]", f"relaytest%{FAR}@[{MX4}]"),
    (f"antispam@[{MX4}]", f"relaytest%{FAR}@{MX_NAME}"),
    (f"antispam@[{MX4}]", f'"relaytest@{FAR}"'),
    (f"antispam@[{MX4}]", f'"relaytest%{FAR}"'),
    (f"antispam@[{MX4}]", f"relaytest@{FAR}@[{MX4}]"),
    (f"antispam@[{MX4}]", f'"relaytest@{FAR}"@[{MX4}]'),
    (f"antispam@[{MX4}]", f"relaytest@{FAR}@{MX_NAME}"),
    (f"antispam@[{MX4}]", f"@[{MX4}]:relaytest@{FAR}"),
    (f"antispam@[{MX4}]", f"@{MX_NAME}:relaytest@{FAR}"),
    (f"antispam@[{MX4}]", f"{FAR}!relaytest"),
    (f"antispam@[{MX4}]", f"{FAR}!relaytest@[{MX4}]"),
    (f"antispam@[{MX4}]", f"{FAR}!relaytest@{MX_NAME}"),
]
# what OpenVAS' thorough test tries, in its order; all but the last are those of the relay test at mail-abuse.org, whose
# first one, the quoted recipient, is put before them
OPENVAS = [
    (f"spamtest@{MX_NAME}", f'"nobody@{FAR}"'),
    (f"nobody@{FAR}", f"nobody@{FAR}"),
    (f"spamtest@sub.{FAR}", f"nobody@{FAR}"),
    ("spamtest@localhost", f"nobody@{FAR}"),
    ("spamtest", f"nobody@{FAR}"),
    ("", f"nobody@{FAR}"),
    (f"spamtest@{MX_NAME}", f"nobody@{FAR}"),
    (f"spamtest@{LITERAL4}", f"nobody@{FAR}"),
    (f"spamtest@{MX_NAME}", f"nobody%{FAR}@{MX_NAME}"),
    (f"spamtest@{MX_NAME}", f"nobody%{FAR}@{LITERAL4}"),
    (f"spamtest@{MX_NAME}", f"nobody@{FAR}@{MX_NAME}"),
    (f"spamtest@{MX_NAME}", f'"nobody@{FAR}"@{LITERAL4}'),
    (f"spamtest@{MX_NAME}", f"nobody@{FAR}@{LITERAL4}"),
    (f"spamtest@{LITERAL4}", f"@{MX_NAME}:nobody@{FAR}"),
    (f"spamtest@{MX_NAME}", f"@{LITERAL4}:nobody@{FAR}"),
    (f"spamtest@{MX_NAME}", f"{FAR}!nobody@{LITERAL4}"),
    (f"postmaster@{MX_NAME}", f"nobody@{FAR}"),
]
# What relay testers of the years around 2000 tried, by two programs that still do and by a page on abuse.net's seventeen tests;
# it says that ORBS tried the same and waited for the mail. No list of ORBS' or DSBL's own was found.
_WRAPPED = [f'"relaytest@{FAR}"', f'"relaytest%{FAR}"', f"{FAR}!relaytest", f"relaytest%{FAR}@", f"relaytest@{FAR}@",
            f"relaytest%[{FAR}]@", f"relaytest@[{FAR}]@"]
_WRAPPED += [form.format(us=us) for us in (MX_NAME, LITERAL4) for form in (
    f"relaytest%{FAR}@{{us}}", f"relaytest@{FAR}@{{us}}", f'"relaytest@{FAR}"@{{us}}', f'"relaytest%{FAR}"@{{us}}',
    f"@{{us}}:relaytest@{FAR}", f"{FAR}!relaytest@{{us}}", f"{{us}}!{FAR}!relaytest")]
RELAY_TESTS = [
    *((sender, f"relaytest@{FAR}") for sender in ("", "spamtest", *(f"spamtest@{domain}" for domain in (FAR, MX_NAME, LITERAL4)))),
    *((f"spamtest@{us}", recipient) for us in (MX_NAME, LITERAL4) for recipient in _WRAPPED),
]
OTHERS = [
    # percent hack, once and twice, with a domain and an address literal of ours
    f"user%{FAR}", f"user%{FAR}@example.org", f"user%{FAR}%example.org@example.org", f"user%far.example%{FAR}@[{MX4}]",
    f"user%[{SINK4}]@example.org", f'"user%{FAR}"@example.org', f"user%{FAR}@[IPv6:{MX6}]", f"user%{FAR}@localhost",
    # bang paths, also mixed with the others
    f"{FAR}!user@example.org", f"example.org!{FAR}!user", f"{MX_NAME}!{FAR}!user@example.org",
    f"{FAR}!user%far.example@example.org",
    f"[{SINK4}]!user@example.org", f'"{FAR}!user"@example.org',
    # source routes
    f"@example.org:user@{FAR}", f"@example.org,@{MX_NAME}:user@{FAR}", f"@localhost:user@{FAR}",
    f"@[{MX4}]:user%{FAR}@example.org",
    f"@{FAR}:user@far.example", f"@[{SINK4}]:alice@far.example",
    # two or more at signs, quoted or not
    f"user@{FAR}@example.org", f"user@@{FAR}", f'"user@{FAR}"@example.org', f'"user@{FAR}"@localhost',
    f'"alice@example.org"@{FAR}',
    f'user@{FAR}@', f'user\\@{FAR}@example.org', f'"user"@{FAR}', f'""@{FAR}', f'"alice"@example.org@{FAR}',
    # address literals, and names that end in a dot or are in capitals
    f"user@[{SINK4}]", f"user@[IPv6:::ffff:{SINK4}]", f"user@{SINK4}", f"user@{FAR}.",
    f"USER@{FAR.upper()}", f"user@{FAR}.example.org@{FAR}",
    # comments, groups, lists, blanks and spellings of colons
    f"user@{FAR}(alice@example.org)", f"alice@example.org,user@{FAR}", f"alice@example.org user@{FAR}", f"list:user@{FAR};",
    f"user@(example.org){FAR}", f"user@{FAR}%example.org", f"user%{FAR}:example.org", f"{FAR}:user", f"{FAR}::user@example.org",
    # domains that only look like ours
    "user@sub.example.org", "user@example.org.remote.example", "user@notexample.org", "user@sub.mx.example.org",
    "user@customer.example.remote.example", "user@notcustomer.example",
    # UUCP and BITNET pseudo-domains, programs and files
    f"user%{FAR}@example.org.UUCP", f"user@{FAR}.UUCP", f"user%{FAR}.BITNET@example.org",
    "|/bin/sh", "/etc/passwd", ":include:/etc/passwd",
    # international and broken bytes
    f"us\u00e9r@{FAR}", f"user@r\u00e9mote.example", f"user@{FAR}\x00@example.org", f"user@{FAR}\t@example.org",
    f"user@\x01{FAR}",
]
# Every kind that relay tests put into MAIL FROM, and what claims to be one of ours.
SENDERS = [
    "", f"spamtest@{FAR}", f"antispam@{MX_NAME}", f"antispam@{LITERAL4}", "spamtest@example.org", "alice@example.org",
    "postmaster@example.org", "spamtest", "spamtest@localhost", "spamtest@[127.0.0.1]", f"spamtest@{MX_NAME.split('.')[0]}",
    f"spamtest@sub.{FAR}", f"postmaster@{MX_NAME}",
    f"spamtest%{FAR}@example.org", f"{FAR}!spamtest", f"@example.org:spamtest@{FAR}", f'"spamtest@{FAR}"@example.org',
    "user@customer.example",
]
PSEUDO = ("postmaster", "localhost", "UUCP", "REDIRECT", "LOCAL", "IPv6")


def _filled_in(form: str) -> str:
    """The letters of the selftest's table: u a user, R the other domain, O ours, I our address literal."""
    letters = {"u": "relaytest", "U": "RELAYTEST", "R": FAR, "O": "example.org", "I": LITERAL4}
    words = re.split(f"({'|'.join(PSEUDO)})", form)
    return "".join(word if word in PSEUDO else "".join(letters.get(sign, sign) for sign in word) for word in words)


def selftest_forms() -> list[str]:
    """Each as it stands after RCPT TO:, its bytes as surrogates where they are no UTF-8."""
    table = re.search(r"kForms = \{\n(.*?)\n\};", SELFTEST.read_text(), re.DOTALL)[1]
    literals = re.findall(r'^    ("(?:[^"\\]|\\.)*"),$', table, re.MULTILINE)
    if len(literals) < 100:
        raise AssertionError(f"{SELFTEST}: {len(literals)} forms found")
    return [_filled_in(ast.literal_eval("b" + literal).decode("utf-8", "surrogateescape")) for literal in literals]


OURS = ("example.org", MX_NAME, LITERAL4, "localhost", "[127.0.0.1]", f"[IPv6:{MX6}]", "EXAMPLE.ORG", "example.org.")
THEIRS = (FAR, "far.example", f"[{SINK4}]", f"{FAR}.", FAR.upper())
STEPS = ("{l}%{d}@{o}", '"{l}@{d}"@{o}', "{l}@{d}@{o}", "{d}!{l}@{o}", "@{o}:{l}@{d}", "@{o},@{d}:{l}@{d}", '"{l}%{d}"@{o}',
         "{o}!{d}!{l}@{o}", "{l}%{o}@{d}", "{l}\\@{d}@{o}", "{l}({o})@{d}", "{l}@{d}%{o}", '"{d}!{l}"@{o}', "{l}@{o}.{d}",
         "{l}%{d}%{o}@{o}", '"{l}"@{d}', "{l}:{d}@{o}", "{d}::{l}@{o}", "{l}@{d},{l}@{o}", "{l} @{d}", "{l}+{o}@{d}")


def generated_form(rng: random.Random) -> str:
    """An address elsewhere, wrapped one to three times into one of ours."""
    local = rng.choice(("relaytest", "alice", "postmaster", "a.b", '"a b"'))
    for _ in range(rng.randint(1, 3)):
        address = rng.choice(STEPS).format(l=local, d=rng.choice(THEIRS), o=rng.choice(OURS))
        local = address if rng.random() < 0.5 else address.replace("@", "%")
    return f"<{address}>"


def recipient_forms(rng: random.Random, generated: int) -> list[str]:
    """All that are known and so many generated ones, each once, as they stand after RCPT TO:."""
    others = [*(recipient for _, recipient in [*NMAP, *OPENVAS, *RELAY_TESTS]), *OTHERS]
    known = [*selftest_forms(), *(f"<{recipient}>" for recipient in others)]
    return list(dict.fromkeys([*known, *(generated_form(rng) for _ in range(generated))]))
