"""The world of the parity test: configurations, tables, clients, recipients.

Everything is a table to add a line to.  `configurations(world)` gives the .mc
texts with a mark where the feature's line goes; `random_case(rng)` one client,
sender, session and recipient.  No name here exists; nothing is looked up
outside the files that `World` writes.
"""

import re
import subprocess
from pathlib import Path

FEATURE_MARK = "@FEATURE@"
HOST = "mx.test.example"

ACCESS = r"""
Connect:198.51.100	RELAY
Connect:203.0.113.7	REJECT
Connect:203.0.113.8	OK
Connect:203.0.113.9	<TMPF>
Connect:IPv6:2001:db8:1	RELAY
Connect:trusted.example	RELAY
Connect:tempname.example	<TMPF>
Connect:badname.example	REJECT
accrelay.example	RELAY
To:torelay.example	RELAY
To:full@fulladdr.example	RELAY
To:blocked@local.example	REJECT
To:nobody@	550 5.1.1 no such user
To:blocked.example	ERROR:5.7.1:550 not to there
To:later.example	ERROR:4.7.1:450 later
To:quar@local.example	QUARANTINE:hold
To:quar.example	QUARANTINE:hold
To:discard@local.example	DISCARD
To:tempfail.example	<TMPF>
From:spammer.example	REJECT
From:greylisted.example	ERROR:4.7.1:450 come back
From:relayfrom.example	RELAY
Spam:lover@local.example	FRIEND
Spam:remote.example	FRIEND
Spam:hater@local.example	HATER
Spam:other.example	HATER
CERTIssuer:/C=XX/CN=good	RELAY
CERTIssuer:/C=XX/CN=half	SUBJECT
CERTSubject:/C=XX/CN=alice	RELAY
"""
VIRTUAL = "info@virt.example\tlocaluser\nsales@virt.example\tx@remote.example\n@all.virt.example\tlocaluser\n"
MAILERS = "mt.example\tsmtp:[192.0.2.77]\n.sub.mt.example\tsmtp:[192.0.2.78]\nlocal.mt.example\tlocal:\n"
MX = f"mxours.example\t{HOST}.\nmxtemp.example\t<TEMP>\nmxlimited.example\t{HOST}.\nmxother.example\tother.example.\n"
NAMES = ("remote", "other", "spammer", "greylisted", "relayfrom", "local", "virt", "relay", "trusted", "tempname",
         "badname")
HOSTS = "127.0.0.1 localhost\n192.0.2.1 mx.test.example mx\n" + "".join(
    f"192.0.2.{50 + i} {name}.example\n" for i, name in enumerate(NAMES))

PRELUDE = """OSTYPE(`linux')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath')
define(`confSERVICE_SWITCH_FILE', `@W@/service.switch')
define(`confHOSTS_FILE', `@W@/hosts')
LOCAL_DOMAIN(`local.example all.virt.example [192.0.2.1]')
RELAY_DOMAIN(`relay.example 10.1.2 IPv6:2001:db8:aaaa')
TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5 DIGEST-MD5')
"""
DEBIAN = PRELUDE.replace("OSTYPE(`linux')", """define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl""")
EPILOGUE = """MAILER(`local')
MAILER(`smtp')
"""
# With delay_checks: what the delayed checks by themselves would have said.
DELAYED = """LOCAL_RULESETS
SParityDelayed
R$*	$: $>checkmail $1
R$#$*	$@ $#$1
R$*	$@ $>checkrelay $&{client_name} $| $&{client_addr}
"""
ACCESS_DB = "FEATURE(`access_db', `hash -T<TMPF> @W@/access')\nFEATURE(`blocklist_recipients')\n"
SITE_RULES = """LOCAL_RULESETS
SLocal_check_rcpt
R$*	$: $>CanonAddr $1
Rstopped $*	$#error $@ 5.7.1 $: "550 stopped by the site"
Rwelcome $*	$#OK
Rlost $*	$#discard $: discard
Rheld $*	$#error $@ quarantine $: held

SLocal_Relay_Auth
R$*	$: $&{auth_authen}
Rbarred	$@ NO
Rbroken	$#error $@ 5.7.8 $: "550 account closed"
Rslow	$#error $@ 4.7.0 $: "450 account busy"
Rwaiting	$#TEMP $@ 4.3.0 $: "451 account database away"
Rfree	$#OK
Rheld	$#error $@ quarantine $: held
"""

# name: (lines of the .mc file, warnings that sendmail's own m4 gives)
CONFIGURATIONS = {
    "plain": (PRELUDE + "@FEATURE@\n" + EPILOGUE, ()),
    "access": (PRELUDE + ACCESS_DB + "@FEATURE@\n" + EPILOGUE, ()),
    "entire_domain": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`relay_entire_domain')\n" + EPILOGUE, ()),
    "hosts_only": (PRELUDE + "@FEATURE@\nFEATURE(`relay_hosts_only')\n" + ACCESS_DB + EPILOGUE, ()),
    "based_on_mx": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`relay_based_on_MX')\n" + EPILOGUE, ()),
    "based_on_mx_plain": (PRELUDE + "FEATURE(`relay_based_on_MX')\n@FEATURE@\n" + EPILOGUE, ()),
    "bestmx": (PRELUDE + ACCESS_DB + "FEATURE(`bestmx_is_local')\n@FEATURE@\n" + EPILOGUE, ()),
    "bestmx_limited": (PRELUDE + "@FEATURE@\nFEATURE(`bestmx_is_local', `mxlimited.example')\n"
                       + ACCESS_DB + EPILOGUE, ()),
    "tables": (PRELUDE + ACCESS_DB + "FEATURE(`virtusertable', `hash @W@/virtual')\n@FEATURE@\n"
               "FEATURE(`mailertable', `hash @W@/mailers')\nVIRTUSER_DOMAIN(`virt.example')\n" + EPILOGUE, ()),
    "nouucp": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`nouucp', `reject')\n" + EPILOGUE, ()),
    "nopercent": (PRELUDE + "FEATURE(`nopercenthack', `reject')\nFEATURE(`nouucp', `nospecial')\n@FEATURE@\n"
                  + EPILOGUE, ()),
    "full_address": (PRELUDE + "FEATURE(`access_db', `hash -T<TMPF> @W@/access', `skip', `relaytofulladdress')\n"
                     "@FEATURE@\n" + EPILOGUE, ()),
    "delay": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`delay_checks')\n" + EPILOGUE + DELAYED, ()),
    "delay_friend": (PRELUDE + "FEATURE(`delay_checks', `friend')\n@FEATURE@\n" + ACCESS_DB + EPILOGUE
                     + DELAYED, ()),
    "delay_hater": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`delay_checks', `hater')\n" + EPILOGUE
                    + DELAYED, ()),
    "site": (PRELUDE + ACCESS_DB + "@FEATURE@\n" + EPILOGUE + SITE_RULES, ()),
    "site_delay": (PRELUDE + ACCESS_DB + "FEATURE(`delay_checks')\n@FEATURE@\n" + EPILOGUE + SITE_RULES
                   + "\n" + DELAYED.replace("LOCAL_RULESETS\n", ""), ()),
    "debian": (DEBIAN + ACCESS_DB + "@FEATURE@\n" + EPILOGUE, ()),
    "senders": (PRELUDE + ACCESS_DB + "@FEATURE@\nFEATURE(`relay_mail_from', `domain')\n"
                "FEATURE(`loose_relay_check')\n" + EPILOGUE, ("may cause your system", "relay.  Use SMTP AUTH")),
}


class World:
    """The files that the configurations name, in `directory`."""

    def __init__(self, directory):
        self.directory = Path(directory)
        (self.directory / "service.switch").write_text("hosts files\naliases files\npasswd files\n")
        (self.directory / "hosts").write_text(HOSTS)
        for name, text in (("access", ACCESS), ("virtual", VIRTUAL), ("mailers", MAILERS), ("mx", MX)):
            subprocess.run(["makemap", "hash", self.directory / name], input=text.lstrip(),
                           text=True, check=True, stderr=subprocess.DEVNULL)

    def mc(self, configuration, feature_line):
        text, _ = CONFIGURATIONS[configuration]
        return text.replace("@W@", str(self.directory)).replace(FEATURE_MARK, feature_line)

    def without_dns(self, cf):
        """Lets MX records come from a file: the same change in both .cf files."""
        text = cf.read_text(encoding="latin-1")
        text = re.sub(r"^K(mxserved|bestmx)\s+bestmx\s.*$", rf"K\1 hash -T<TEMP> {self.directory}/mx", text,
                      flags=re.MULTILINE)
        cf.write_text(text, encoding="latin-1")


CLIENT_ADDRESSES = (
    ["192.0.2.9"] * 4 + ["IPv6:2001:db8::9"] * 3 + ["203.0.113.50"] * 2 + [
    "127.0.0.1", "IPv6:::1", "IPv6:0:0:0:0:0:0:0:1", "127.0.0.2", "", "0", "10.1.2.3", "10.1.3.3", "192.0.2.1",
    "IPv6:2001:db8:aaaa::5", "IPv6:2001:db8:1::7", "198.51.100.7", "203.0.113.7", "203.0.113.8", "203.0.113.9"])
CLIENT_NAMES = ("dyn.stranger.example", "dyn.stranger.example", "dyn.stranger.example", "host.relay.example",
                "relay.example", HOST, "pc.test.example", "local.example", "accrelay.example", "a.trusted.example",
                "tempname.example", "badname.example", "localhost")
RESOLVE = ("OK",) * 6 + ("FAIL", "FORGED", "TEMP")
SENDERS = ("<>", "<a@remote.example>", "<a@remote.example>", "<a@local.example>", "<a@spammer.example>",
           "<a@greylisted.example>", "<a@relayfrom.example>", "<a>", "<a@nosuch.example>")
LOGINS = ("alice", "alice", "alice", "barred", "broken", "slow", "waiting", "free", "held")
MECHANISMS = ("",) * 7 + ("PLAIN", "CRAM-MD5", "GSSAPI")
CERTIFICATES = (({},) * 8 + tuple(
    {"verify": verify, "cert_issuer": issuer, "cert_subject": subject, "tls_version": "TLSv1.3"}
    for verify, issuer, subject in (
        ("OK", "/C=XX/CN=good", "/C=XX/CN=bob"), ("OK", "/C=XX/CN=half", "/C=XX/CN=alice"),
        ("OK", "/C=XX/CN=half", "/C=XX/CN=bob"), ("FAIL", "/C=XX/CN=good", "/C=XX/CN=bob"), ("NO", "", ""))))
USERS = ("localuser", "root", "postmaster", "info", "sales", "full", "blocked", "nobody", "quar", "discard",
         "lover", "hater", "stopped", "welcome", "lost", "held", "u+detail")
OUR_DOMAINS = ("local.example", HOST, "all.virt.example", "virt.example", "relay.example", "sub.relay.example",
               "torelay.example", "accrelay.example", "mxours.example", "mxlimited.example", "local.mt.example",
               "test.example", "sub.test.example", "[192.0.2.1]", "LOCAL.Example")
OTHER_DOMAINS = ("remote.example", "other.example", "sub.local.example", "blocked.example", "later.example",
                 "quar.example", "tempfail.example", "mt.example", "a.sub.mt.example", "mxtemp.example",
                 "mxother.example", "fulladdr.example", "[192.0.2.200]", "[IPv6:2001:db8::25]", "nodots",
                 "com", "xn--bcher-kva.example")
# u: user, o: one of our domains, r: another domain, d: either
FORMS = ("<{u}@{d}>",) * 8 + ("<{u}@{r}>",) * 3 + (
    "{u}@{d}", "<{u}>", "<{u}@{d}.>", "<{u}@{d}..>", "<{u}%{r}@{o}>", "<{u}%{d}@{d}>", "<{u}%{r}>",
    "<{u}%{r}%{o}@{o}>", "<{r}!{u}@{o}>", "<{r}!{u}>", "<{o}!{r}!{u}>", "<{o}!{u}@{r}>", "<@{o}:{u}@{r}>",
    "<@{o},@{r}:{u}@{d}>", "<@{r}:{u}@{o}>", '<"{u}"@{d}>', '<"{u}@{r}"@{o}>', '<"{u}@{r}">', '<"{u}%{r}"@{o}>',
    '<"{r}!{u}"@{o}>', "<{u}@{r}@{o}>", "<{u}@{o}@{r}>", "<{u}@{o}%{r}>", "<{u}%{r}@[127.0.0.1]>", "<{u}@>",
    "<@{o}>", "<>", "<{u}+x@{d}>", "<{u}@{o}.{r}>", "<{u}@{r}.{o}>", "<{u}:{r}@{o}>", "<{u}\\@{r}@{o}>",
    "<<{u}@{r}>>", "<{u} @ {r}>", "<{u}(c)@{r}>", "<{u}@[{o}]>", "<{r}!{o}!{u}@{o}>", "<{u}%{o}@{r}>")
# what nmap's smtp-open-relay script tries
NMAP = tuple(f.replace("R", "nmap.scanme.org").replace("H", HOST).replace("I", "[192.0.2.1]") for f in (
    "<relaytest@R>", "<relaytest%R@I>", "<relaytest%R@H>", '<"relaytest@R">', '<"relaytest%R">',
    "<relaytest@R@I>", '<"relaytest@R"@I>', "<relaytest@R@H>", '<"relaytest@R"@H>', "<@I:relaytest@R>",
    "<@H:relaytest@R>", "<R!relaytest>", "<R!relaytest@I>", "<R!relaytest@H>", "<relaytest%R>", "<relaytest@I%R>"))


def random_recipient(rng):
    if rng.random() < 0.08:
        return rng.choice(NMAP)
    other, ours = rng.choice(OTHER_DOMAINS), rng.choice(OUR_DOMAINS)
    return rng.choice(FORMS).format(u=rng.choice(USERS), o=ours, r=other, d=rng.choice((ours, other)))


def random_case(rng):
    """(recipient, sender, macros) of one RCPT command."""
    resolve, address = rng.choice(RESOLVE), rng.choice(CLIENT_ADDRESSES)
    name = f"[{address}]" if resolve in ("FAIL", "TEMP") else rng.choice(CLIENT_NAMES)
    mechanism, sender = rng.choice(MECHANISMS), rng.choice(SENDERS)
    macros = {"client_addr": address, "client_name": name, "client_resolve": resolve,
              "f": sender.strip("<>"), "mail_from": sender, "daemon_flags": rng.choice(("", "", "E", "u u"))}
    if mechanism:
        macros |= {"auth_type": mechanism, "auth_authen": rng.choice(LOGINS)}
    return random_recipient(rng), sender, macros | rng.choice(CERTIFICATES)
