#!/usr/bin/env python3
"""The four configurations in m4/cf: they build, they start, they offer what they should.

The daemons run in a network namespace of their own; no milter is there.
"""

import contextlib
import difflib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from sendmail_cf import HOSTNAME, REPOSITORY, Rules, build_cf    # noqa: E402

DEFAULT, AUTH_ONLY = "default", "default-auth-only"
PROCMAIL, PROCMAIL_AUTH_ONLY = "default-procmail-lda", "default-procmail-lda-auth-only"
NAMES = (DEFAULT, AUTH_ONLY, PROCMAIL, PROCMAIL_AUTH_ONLY)
PORTS = (25, 587, 5190)
LOOPBACK, OUTSIDE = ("127.0.0.1", "::1"), ("192.0.2.1", "2001:db8::1")
IN_NAMESPACE = "--in-namespace"


def source(name):
    return (REPOSITORY / "m4/cf" / f"{name}.mc").read_text()


def statements(name):
    """The lines that m4 acts on, without the file's own name."""
    return [line for line in source(name).replace(f"{name}.mc", "NAME.mc").splitlines()
            if line and not line.startswith("dnl")]


def changed(name, other):
    return {line for line in difflib.ndiff(statements(name), statements(other)) if line[0] in "+-"}


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="configurations.")
        self.addCleanup(self.directory.cleanup)
        self.workdir = Path(self.directory.name)

    def build(self, name):
        return build_cf(REPOSITORY / "m4/cf" / f"{name}.mc", self.workdir)


class Sources(ConfigurationTest):
    AUTH_LINES = {"- FEATURE(`milter_relay', `', `auth+pop')dnl", "+ FEATURE(`milter_relay', `', `auth-only')dnl",
                  "- DAEMON_OPTIONS(`Name=MSA, Family=inet6, Port=587, M=E')dnl",
                  "+ DAEMON_OPTIONS(`Name=MSA, Family=inet6, Port=587, M=Ea')dnl",
                  "- DAEMON_OPTIONS(`Name=MSA-5190, Family=inet6, Port=5190, M=E')dnl",
                  "+ DAEMON_OPTIONS(`Name=MSA-5190, Family=inet6, Port=5190, M=Ea')dnl"}
    PROCMAIL_LINES = {"+ FEATURE(`local_procmail', `/usr/bin/procmail')dnl"}

    def test_the_four_differ_in_the_intended_lines_only(self):
        self.assertEqual(changed(DEFAULT, AUTH_ONLY), self.AUTH_LINES)
        self.assertEqual(changed(DEFAULT, PROCMAIL), self.PROCMAIL_LINES)
        self.assertEqual(changed(PROCMAIL, PROCMAIL_AUTH_ONLY), self.AUTH_LINES)
        self.assertEqual(changed(AUTH_ONLY, PROCMAIL_AUTH_ONLY), self.PROCMAIL_LINES)

    def test_no_other_configuration_is_there(self):
        self.assertEqual({file.stem for file in (REPOSITORY / "m4/cf").iterdir()}, set(NAMES))

    def test_every_statement_has_a_comment_in_its_paragraph(self):
        for name in NAMES:
            for paragraph in re.split(r"(?m)^dnl\n", source(name)):
                if not paragraph.startswith(("dnl ", "divert(")):
                    self.fail(f"{name}: no comment before: {paragraph[:70]}")


class Built(ConfigurationTest):
    def test_each_builds_without_a_warning_and_loads(self):
        for name in NAMES:
            with Rules(self.build(name)) as rules:
                self.assertIn("ADDRESS TEST MODE", rules.greeting.splitlines()[0], name)

    def test_the_policy_is_the_one_in_the_name(self):
        for name in NAMES:
            with Rules(self.build(name)) as rules:
                policy = rules.check_rcpt("<>").macros["relay_policy"]
            self.assertEqual(policy, "auth-only" if name.endswith("auth-only") else "auth+pop")

    def test_procmail_delivers_where_the_name_says_so(self):
        for name in NAMES:
            mailer = re.search(r"(?m)^Mlocal,\s+P=([^,]+)", self.build(name).read_text()).group(1)
            self.assertEqual("procmail" in mailer, "procmail" in name, mailer)

    def test_no_map_needs_its_file(self):
        for name in NAMES:
            cf = self.build(name).read_text()
            for line in re.findall(r"(?m)^(?:K\w+ hash|F[wR{]).*$", cf):
                self.assertIn(" -o ", line.replace("-o", " -o ", 1), line)


class Listening(ConfigurationTest):
    def test_the_daemons_in_a_namespace(self):
        for name in (DEFAULT, AUTH_ONLY):
            self.build(name)
        run = subprocess.run(["unshare", "--net", "--uts", sys.executable, __file__, IN_NAMESPACE, self.workdir],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("all was as it should be", run.stdout)


# ---- what runs inside the namespace -----------------------------------------


def shell(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def daemon(cf, workdir, *options, filters=("-OInputMailFilters=",)):
    """A running sendmail, by default without its milter; ends with the block."""
    queue = workdir / "queue"
    queue.mkdir(mode=0o700, exist_ok=True)
    process = subprocess.Popen(
        ["sendmail", "-C", cf, "-bD", *filters, f"-OPidFile={workdir}/pid", f"-OQueueDirectory={queue}",
         "-OStatusFile=", "-OHostStatusDirectory=", "-OControlSocketName=", "-ORefuseLA=1000", "-OQueueLA=1000",
         "-OConnectionRateThrottle=0", *options])
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Client:
    def __init__(self, address, port):
        for _ in range(100):
            try:
                self.socket = socket.create_connection((address, port), 10)
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        self.file = self.socket.makefile("rwb")
        self.reply()

    def reply(self):
        lines = [self.file.readline().decode()]
        while lines[-1][3:4] == "-":
            lines.append(self.file.readline().decode())
        return "".join(lines)

    def say(self, line):
        self.file.write(line.encode() + b"\r\n")
        self.file.flush()
        return self.reply()

    def start_tls(self):
        import ssl
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rwb")

    def close(self):
        self.say("QUIT")
        self.socket.close()


def greeted(address, port, line=None):
    """The reply to EHLO, or to `line` after it."""
    client = Client(address, port)
    reply = client.say("EHLO client.example")
    reply = client.say(line) if line else reply
    client.close()
    return reply


def mechanisms(reply):
    found = re.search(r"(?m)^250[- ]AUTH (.*?)\r?$", reply)
    return set(found.group(1).split()) if found else set()


def check_plaintext(workdir):
    """PLAIN and LOGIN from this host or under TLS; the others always."""
    with daemon(workdir / "default.cf", workdir):
        for port in PORTS:
            for address in LOOPBACK:
                assert {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"} == mechanisms(greeted(address, port)), (address, port)
            for address in OUTSIDE:
                reply = greeted(address, port)
                assert {"CRAM-MD5", "DIGEST-MD5"} == mechanisms(reply), (address, port, reply)
                assert "STARTTLS" not in reply, reply    # there are no certificates
                assert "ETRN" not in reply or port == 25, reply
                refused = greeted(address, port, "AUTH PLAIN AGFsaWNlAHNlY3JldA==")
                assert refused.startswith("5"), refused


def check_tls(workdir):
    shell("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOSTNAME}",
          "-keyout", workdir / "key.pem", "-out", workdir / "cert.pem")
    os.chmod(workdir / "key.pem", 0o600)
    with daemon(workdir / "default.cf", workdir, f"-OServerCertFile={workdir}/cert.pem",
                f"-OServerKeyFile={workdir}/key.pem", f"-OCACertFile={workdir}/cert.pem"):
        client = Client(OUTSIDE[0], 587)
        reply = client.say("EHLO client.example")
        assert "STARTTLS" in reply and "PLAIN" not in mechanisms(reply), reply
        assert client.say("STARTTLS").startswith("220")
        client.start_tls()
        reply = client.say("EHLO client.example")
        assert {"PLAIN", "LOGIN"} <= mechanisms(reply), reply
        client.close()


def check_password_required(workdir):
    """auth-only asks for a password on the submission ports, default does not."""
    for name, code in (("default", "250"), ("default-auth-only", "530")):
        with daemon(workdir / f"{name}.cf", workdir):
            for port in (587, 5190):
                for address in LOOPBACK + OUTSIDE:
                    reply = greeted(address, port, "MAIL FROM:<>")
                    assert reply.startswith(code), (name, address, port, reply)
            assert greeted(OUTSIDE[0], 25, "MAIL FROM:<>").startswith("250")


def check_milter_away(workdir):
    """With the milter away nobody, trusted or not, gets anything but a 4xx."""
    with daemon(workdir / "default.cf", workdir, "-OMilter.LogLevel=0", filters=()):
        for address in LOOPBACK + OUTSIDE:
            for port in PORTS:
                reply = greeted(address, port, "MAIL FROM:<>")
                assert reply.startswith("451 4.3.2"), (address, port, reply)


def in_namespace(workdir):
    socket.sethostname(HOSTNAME)
    shell("ip", "link", "set", "lo", "up")
    shell("ip", "addr", "add", "192.0.2.1/24", "dev", "lo")
    shell("ip", "addr", "add", "2001:db8::1/64", "dev", "lo", "nodad")
    check_plaintext(workdir)
    check_tls(workdir)
    check_password_required(workdir)
    check_milter_away(workdir)
    print("all was as it should be")


if __name__ == "__main__":
    if sys.argv[1:2] == [IN_NAMESPACE]:
        in_namespace(Path(sys.argv[2]))
    else:
        unittest.main()
