"""vsmtprelay on a server beside vsmtprelay on a file: the same commands, the same output; and copy between the two."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP))
from tests.support.redis_server import RedisServer  # noqa: E402

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
USAGE, DATAERR, NOINPUT, UNAVAILABLE, TEMPFAIL = 64, 65, 66, 69, 75
NOW = int(time.time())

# Each is run on both; what they print and how they end has to be the same.
SAME = [
    (["add", "10.11.12.13", str(NOW - 600)], ""),
    (["add", "IPv6:2001:0DB8:0:0:0:0:0:1", str(NOW - 60)], ""),
    (["add", "-"], "10.0.0.1\n# office\n 2001:db8::2\n"),
    (["add", "10.99.0.1", str(NOW + 86400)], ""),
    (["add", "10.0.0.1", str(NOW - 30)], ""),
    (["add", "2001:db8::2", str(NOW - 30)], ""),
    (["import", "-"], f"10.0.0.5 {NOW - 50} alice {NOW - 70} b\\x20b\n2001:db8::5 {NOW - 40} alice\n10.0.0.6 {NOW - 7000} carol\n"),
    (["import", "-"], f"10.0.0.5 {NOW - 90} alice\n"),
    (["import", "-"], "10.0.0.5 rubbish\n"),
    (["add", "10.0.0.256"], ""),
    (["list"], ""),
    (["list", "60"], ""),
    (["list", "--logins"], ""),
    (["list", "--logins", "--json", "1"], ""),
    (["list", "--frob"], ""),
    (["dump"], ""),
    (["dump", "--json"], ""),
    (["delete", "10.11.12.13", "192.0.2.99"], ""),
    (["delete", "--login", "alice", "nobody"], ""),
    (["dump"], ""),
    (["expire", "60"], ""),
    (["dump"], ""),
    (["verify"], ""),
    (["expire", "0"], ""),
    (["dump", "--json"], ""),
]


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.file = self.dir / "relayers.db"
        self.keep = {name: os.environ[name] for name in os.environ if name.startswith(("ASAN", "UBSAN", "TSAN", "LD_"))}

    def server(self, *configuration):
        directory = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        server = RedisServer(directory, *configuration)
        self.addCleanup(server.stop)
        return server

    def run_it(self, *words, stdin="", **environment):
        return subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=120, check=False, cwd=self.dir,
                              env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin", **self.keep, **environment})

    def done(self, *words, exit=0, **options):
        done = self.run_it(*words, **options)
        self.assertEqual(done.returncode, exit, done)
        return done

    def dump(self, name):
        """Entries in the order of their text: the order of a database is its own."""
        return entries(self.done("-f", name, "dump").stdout)


def entries(text):
    """A comment and its entry belong together; JSON stands for itself."""
    return sorted(re.findall(r"^#.*\n.*\n|^[^#].*\n", text, re.MULTILINE))


class SameOutput(Case):
    def test_each_command_says_and_does_the_same_on_a_file_and_on_a_server(self):
        server = self.server()
        for words, stdin in SAME:
            with self.subTest(words):
                on_file = self.run_it("-f", self.file, *words, stdin=stdin)
                on_server = self.run_it("-f", server.url, *words, stdin=stdin)
                self.assertEqual(on_server.returncode, on_file.returncode, on_server)
                self.assertEqual(entries(on_server.stdout.replace(server.url, "DB")), entries(on_file.stdout.replace(str(self.file), "DB")))
                self.assertEqual(on_server.stderr.replace(server.url, "DB"), on_file.stderr.replace(str(self.file), "DB"))
        self.assertEqual(self.dump(server.url), self.dump(self.file))
        self.assertTrue(self.dump(server.url))

    def test_what_cannot_be_read_is_told_alike(self):
        server = self.server()
        server.ask("SET", "milter-relay:login:10.0.0.1", "rubbish")
        done = self.done("-f", server.url, "dump", exit=DATAERR)
        self.assertEqual(done.stdout, "# cannot be read: 10.0.0.1 rubbish\n")
        self.assertIn("1 entry cannot be read", done.stderr)
        self.done("-f", server.url, "expire", exit=DATAERR)
        done = self.done("-f", server.url, "verify", exit=DATAERR)
        self.assertIn("the entry of '10.0.0.1' is no login record: 'rubbish'", done.stderr)
        self.assertIn("milter-relay:since says no time", done.stderr)
        self.done("-f", server.url, "delete", "10.0.0.1")
        self.assertIn("since now", self.done("-f", server.url, "repair").stdout)
        self.assertEqual(self.done("-f", server.url, "verify").stdout, f"{server.url}: sound, 0 entries\n")
        self.assertEqual(self.done("-f", server.url, "repair").stdout, f"{server.url}: nothing to repair\n")

    def test_a_login_and_a_log_are_recorded_on_the_server(self):
        server = self.server()
        done = self.done("-f", server.url, "login", "--", "/bin/echo", "mail", IP="198.51.100.7", USER="alice")
        self.assertEqual(done.stdout, "mail\n")
        log = self.dir / "mail.log"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 5))
        log.write_text(f"{stamp} mx dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=198.51.100.8, lip=192.0.2.1, mpid=5\n")
        self.done("-f", server.url, "follow", "--once", "--log", "stderr", "--formats", TOP / "vsmtprelay/formats", "--state", self.dir / "state", log)
        logins = self.done("-f", server.url, "dump", "--json").stdout
        self.assertRegex(logins, r'"client":"198.51.100.7",.*"login":"alice"')
        self.assertRegex(logins, r'"client":"198.51.100.8",.*"login":"bob"')

    def test_a_server_may_stand_in_the_environment_and_in_the_configuration(self):
        server, other = self.server(), self.server()
        config = self.dir / "milter-relay.toml"
        config.write_text(f'[pop]\ndatabase = "{other.url}"\nwindow = "60m"\n')
        self.done("-c", config, "add", "10.0.0.1", RELAYERS_DB=server.url)
        self.assertEqual(len(self.dump(server.url)), 1)
        self.assertIn(f"{other.url}: not sound", self.done("-c", config, "verify", exit=DATAERR).stderr)
        self.done("-c", config, "add", "10.0.0.2")
        self.assertEqual(len(self.dump(other.url)), 1)
        self.assertLessEqual(int(other.ask("TTL", "milter-relay:login:10.0.0.2")), 3601)
        self.done("-c", config, "login", "--", "/bin/true", IP="198.51.100.7", USER="alice", RELAYERS_DB=server.url)
        self.assertEqual(len(self.dump(other.url)), 2)
        (self.dir / "etc").mkdir()
        (self.dir / "etc/relayers.db").touch()
        self.done("-c", config, "-f", self.file, "add", "10.0.0.3")
        self.assertTrue(self.file.exists())


class Trouble(Case):
    def test_a_server_that_is_away_or_refuses_is_told_with_its_own_words(self):
        server = self.server("requirepass secret")
        done = self.done("-f", server.url, "add", "10.0.0.1", exit=UNAVAILABLE)
        self.assertIn("NOAUTH", done.stderr)
        password = self.dir / "password"
        password.write_text("secret\n")
        password.chmod(0o600)
        config = self.dir / "milter-relay.toml"
        config.write_text(f'[redis]\npassword_file = "{password}"\n')
        self.done("-c", config, "-f", server.url, "add", "10.0.0.1")
        server.stop()
        for words in (["add", "10.0.0.1"], ["dump"], ["verify"], ["expire"], ["copy", self.file, server.url]):
            with self.subTest(words):
                if words[0] == "copy":
                    self.done("-f", self.file, "add", "10.0.0.1")
                    done = self.done("-c", config, *words, exit=TEMPFAIL)
                else:
                    done = self.done("-c", config, "-f", server.url, *words, exit=TEMPFAIL)
                self.assertIn(server.url, done.stderr)

    def test_a_url_that_is_none_gets_the_usage(self):
        for url in ("redis://", "redis://host:port", "redis://user:secret@host", "rediss://h/x"):
            with self.subTest(url):
                self.assertIn("usage:", self.done("-f", url, "dump", exit=USAGE).stderr)
                self.assertIn("usage:", self.done("copy", url, self.file, exit=USAGE).stderr)


class Copy(Case):
    def test_a_copy_to_a_server_and_back_has_every_entry_and_makes_the_server_complete(self):
        server, back = self.server(), self.dir / "back.db"
        self.done("-f", self.file, "import", "-", stdin=f"10.0.0.5 {NOW - 50} alice {NOW - 70} bob\n2001:db8::5 {NOW - 40} -\n10.9.9.9 {NOW + 9000}\n")
        done = self.done("copy", self.file, server.url)
        self.assertEqual(done.stdout, f"{self.file}: 3 entries; {server.url}: 3 changed, 0 taken back\n")
        self.assertEqual(server.ask("GET", "milter-relay:since"), "0")
        self.assertEqual(self.dump(server.url), self.dump(self.file))
        self.assertIn("0 changed", self.done("copy", self.file, server.url).stdout)
        done = self.done("copy", server.url, back)
        self.assertEqual((self.dump(back), done.stderr), (self.dump(self.file), ""))

    def test_a_server_is_as_complete_as_the_one_that_it_was_copied_from(self):
        server, other = self.server(), self.server()
        self.done("-f", server.url, "add", "10.0.0.1")
        since = server.ask("GET", "milter-relay:since")
        time.sleep(1.1)
        self.done("copy", server.url, other.url)
        self.assertEqual(other.ask("GET", "milter-relay:since"), since)
        self.assertIn("may have lost older logins", self.done("copy", server.url, self.file).stderr)

    def test_what_cannot_be_read_is_left_out_and_the_server_is_not_said_to_be_complete(self):
        server, other = self.server(), self.server()
        self.done("-f", server.url, "add", "10.0.0.1")
        server.ask("SET", "milter-relay:since", "0")
        server.ask("SET", "milter-relay:login:10.0.0.2", "rubbish")
        done = self.done("copy", server.url, other.url, exit=DATAERR)
        self.assertIn("'10.0.0.2' 'rubbish'", done.stderr)
        self.assertIn("not said to hold all logins", done.stderr)
        self.assertGreater(int(other.ask("GET", "milter-relay:since")), NOW - 5)
        self.assertEqual(len(self.dump(other.url)), 1)

    def test_there_have_to_be_a_source_and_another_target(self):
        server = self.server()
        self.assertIn("does not exist", self.done("copy", self.file, server.url, exit=NOINPUT).stderr)
        self.done("-f", self.file, "copy", self.file, server.url, exit=USAGE)
        for words in ([self.file], [self.file, self.file], ["", server.url], [self.file, server.url, "x"]):
            self.done("copy", *words, exit=USAGE)

    def test_a_copy_that_is_ended_leaves_both_sound_and_can_be_done_again(self):
        server = self.server()
        lines = "".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255} {NOW - i % 1000} user{i % 7}\n" for i in range(60000))
        self.done("-f", self.file, "import", "-", stdin=lines)
        copy = subprocess.Popen([PROGRAM, "copy", str(self.file), server.url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while server.ask("DBSIZE") in ("0", "1", ""):  # the copy's own mark
            self.assertIsNone(copy.poll())
        copy.send_signal(signal.SIGINT)
        said = copy.communicate(timeout=60)[1]
        self.assertEqual(copy.returncode, 130, said)
        self.assertIn("what was done by then stays", said)
        self.assertIn("sound, 60000 entries", self.done("-f", self.file, "verify").stdout)
        self.assertIn("sound", self.done("-f", server.url, "verify").stdout)
        self.assertLess(int(server.ask("DBSIZE")), 60000)
        self.done("copy", self.file, server.url)
        self.assertIn("sound, 60000 entries", self.done("-f", server.url, "verify").stdout)
        self.assertEqual(self.dump(server.url), self.dump(self.file))


class Roles(Case):
    """The example of docs/shared-logins.md, as it stands there."""

    def setUp(self):
        super().setUp()
        page = (TOP / "docs/shared-logins.md").read_text()
        users = re.search(r"^```\n(user default off\n.*?)^```", page, re.MULTILINE | re.DOTALL).group(1)
        self.passwords = dict(re.findall(r"^user (\w+) on >(\S+)", users, re.MULTILINE))
        acl = self.dir / "users.acl"
        acl.write_text(users)
        self.shared = self.server(f"aclfile {acl}")

    def as_role(self, role):
        """-c and -f for one of the users."""
        password = self.dir / f"{role}-password"
        password.write_text(self.passwords[role] + "\n")
        config = self.dir / f"{role}.toml"
        config.write_text(f'[redis]\nuser = "{role}"\npassword_file = "{password}"\n')
        return ["-c", config, "-f", self.shared.url]

    def ask_as(self, role, *words):
        return self.shared.ask(*words, user=(role, self.passwords[role]))

    def test_those_who_record_can_record_and_no_more(self):
        self.done(*self.as_role("pop"), "login", "--", "/bin/true", IP="198.51.100.7", USER="alice")
        self.done(*self.as_role("pop"), "add", "2001:db8::1")
        self.done(*self.as_role("pop"), "add", "2001:db8::2")
        self.done(*self.as_role("pop"), "delete", "2001:db8::2")
        self.assertIn("198.51.100.7", self.done(*self.as_role("admin"), "dump").stdout)
        self.assertIn("NOPERM", self.done(*self.as_role("pop"), "dump", exit=UNAVAILABLE).stderr)
        for words in (["KEYS", "*"], ["FLUSHALL"], ["SET", "other", "x"], ["CONFIG", "GET", "*"]):
            self.assertIn("NOPERM", self.ask_as("pop", *words))

    def test_an_admin_can_run_every_command(self):
        other = self.dir / "other.db"
        for words in (["add", "10.0.0.1"], ["add", "2001:db8::1"], ["list"], ["list", "--logins"], ["dump"], ["delete", "--login", "alice"],
                      ["expire", "5"], ["verify"], ["repair"], ["delete", "10.0.0.1"]):
            self.done(*self.as_role("admin"), *words)
        self.done("-c", self.dir / "admin.toml", "copy", self.shared.url, other)
        self.done("-c", self.dir / "admin.toml", "copy", other, self.shared.url)
        self.ask_as("admin", "DEL", "milter-relay:login6:2001:db8::/32")
        self.done(*self.as_role("admin"), "repair")

    def test_those_who_ask_can_change_no_login(self):
        self.done(*self.as_role("pop"), "add", "2001:db8::1")
        self.assertRegex(self.ask_as("smtp", "GET", "milter-relay:login:2001:db8::1"), r"^\d+$")
        script = "return redis.call('ZRANGEBYLEX', ARGV[1], '-', '+')"
        self.assertIn("2001:db8::1", self.ask_as("smtp", "EVAL", script, "0", "milter-relay:login6:2001:db8::/32"))
        self.assertEqual(self.ask_as("smtp", "SET", "milter-relay:limit:x", "1"), "OK")
        for words in (["SET", "milter-relay:login:10.0.0.1", "1"], ["DEL", "milter-relay:login:2001:db8::1"], ["SET", "milter-relay:since", "0"],
                      ["EVAL", "return redis.call('SET', ARGV[1], '1')", "0", "milter-relay:login:10.0.0.1"]):
            self.assertRegex(self.ask_as("smtp", *words), "NOPERM|can't access")
        self.assertIn("NOPERM", self.done(*self.as_role("smtp"), "add", "10.0.0.1", exit=UNAVAILABLE).stderr)


if __name__ == "__main__":
    unittest.main()
