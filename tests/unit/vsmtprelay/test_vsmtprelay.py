"""vsmtprelay as an admin meets it: a process with arguments, output and an exit code. MILTER_RELAY_BIN says where it is."""

import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
MAKEMAP = shutil.which("makemap", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
USAGE, DATAERR, NOINPUT, IOERR, TEMPFAIL, NOPERM = 64, 65, 66, 74, 75, 77


class Vsmtprelay(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.file = self.dir / "relayers.db"

    def run_it(self, *arguments, stdin="", stdout=subprocess.PIPE, **environment):
        keep = {name: os.environ[name] for name in os.environ if name.startswith(("ASAN", "UBSAN", "LD_"))}
        return subprocess.run([PROGRAM, *arguments], input=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                              env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin", **keep, **environment}, cwd=self.dir)

    def relay(self, *arguments, exit=0, **options):
        done = self.run_it("-f", str(self.file), *arguments, **options)
        self.assertEqual(done.returncode, exit, done)
        if exit == 0 and arguments[0] != "delete":
            self.assertEqual(done.stderr, "")
        return done.stdout or ""

    def makemap(self, kind, text, *options):
        subprocess.run([MAKEMAP, *options, kind, self.file.with_suffix("")], input=text, text=True, check=True,
                       stderr=subprocess.DEVNULL)

    def unmakemap(self, kind="hash", name="relayers"):
        done = subprocess.run([MAKEMAP, "-u", kind, self.dir / name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True)
        return dict(line.split("\t", 1) for line in done.stdout.splitlines())

    # --- add

    def test_add_inserts_with_the_current_time(self):
        before = int(time.time())
        self.relay("add", "10.11.12.13")
        entry = self.unmakemap()
        self.assertEqual(list(entry), ["10.11.12.13"])
        self.assertTrue(before <= int(entry["10.11.12.13"]) <= time.time())

    def test_add_inserts_with_a_given_time_and_replaces(self):
        self.relay("add", "10.11.12.13", "906502527")
        self.assertEqual(self.unmakemap(), {"10.11.12.13": "906502527"})
        self.relay("add", "10.11.12.13", "5")
        self.assertEqual(self.unmakemap(), {"10.11.12.13": "5"})

    def test_an_ipv6_address_is_stored_in_one_spelling(self):
        self.relay("add", "IPv6:2001:0DB8:0:0:0:0:0:1", "5")
        self.relay("add", "::ffff:10.0.0.1", "6")
        self.assertEqual(self.unmakemap(), {"2001:db8::1": "5", "10.0.0.1": "6"})

    def test_add_takes_addresses_from_standard_input(self):
        self.relay("add", "-", stdin="10.0.0.1\n# office\n\n 2001:db8::1 # home\n")
        self.assertEqual(set(self.unmakemap()), {"10.0.0.1", "2001:db8::1"})

    def test_a_bad_line_of_standard_input_changes_nothing(self):
        done = self.run_it("-f", str(self.file), "add", "-", stdin="10.0.0.1\n10.0.0.\x1b\n")
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn(r"line 2: '10.0.0.\x1b'", done.stderr)
        self.assertFalse(self.file.exists())

    def test_no_addresses_on_standard_input_make_no_file(self):
        self.relay("add", "-", stdin="# nobody\n")
        self.assertFalse(self.file.exists())

    # --- bad words

    def test_a_bad_address_or_number_is_quoted_and_changes_nothing(self):
        self.relay("add", "10.0.0.1", "5")
        before = self.file.read_bytes()
        for words in (["add", "10.0.0.256"], ["add", "10.0.0.2", "soon"], ["add", "10.0.0.2", "-5"], ["add", "10.0.0.2", ""],
                      ["delete", "10.0.0.1", "10.0.0"], ["delete", "10.0.0.1", "-x"], ["expire", "1x"], ["expire", "-1"], ["list", "all"]):
            with self.subTest(words):
                done = self.run_it("-f", str(self.file), *words)
                self.assertEqual(done.returncode, DATAERR, done)
                self.assertIn(f"'{words[-1]}'", done.stderr)
                self.assertIn("nothing was changed", done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(self.file.read_bytes(), before)

    def test_a_quoted_word_is_escaped(self):
        done = self.run_it("-f", str(self.file), "delete", "10.0.0.1\n\x1b[2J")
        self.assertIn(r"'10.0.0.1\x0a\x1b[2J'", done.stderr)

    def test_no_or_bad_arguments_get_the_usage(self):
        for words in ([], ["frob"], ["add"], ["add", "10.0.0.1", "5", "6"], ["add", "-", "5"], ["delete"], ["expire", "1", "2"],
                      ["list", "1", "2"], ["dump", "x"], ["-f"], ["-f", "", "dump"], ["--frob", "dump"], ["add", "10.0.0.1", "list", "dump"]):
            with self.subTest(words):
                done = self.run_it(*words, RELAYERS_DB=str(self.file))
                self.assertEqual(done.returncode, USAGE, done)
                self.assertIn("usage: vsmtprelay [-f FILE] COMMAND\n  add IP [TICKS]", done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertFalse(self.file.exists())

    def test_help_and_version_go_to_standard_output(self):
        for option in ("--help", "-h"):
            done = self.run_it(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith("usage: vsmtprelay "))
        done = self.run_it("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^vsmtprelay \d+\.\d+\.\d+\n$")

    # --- delete

    def test_delete_removes_what_is_named_under_every_spelling(self):
        self.makemap("hash", "10.0.0.1 5\n10.0.0.2 5\nIPv6:2001:db8:0:0:0:0:0:1 5\n", "-N", "-f")
        done = self.run_it("-f", str(self.file), "delete", "10.0.0.1", "2001:db8::1", "10.0.0.9")
        self.assertEqual((done.returncode, done.stderr), (0, "vsmtprelay: 10.0.0.9: had no entry\n"))
        self.assertNotIn("10.0.0.1", self.relay("dump"))
        self.assertNotIn("2001", self.relay("dump"))
        self.assertIn("10.0.0.2 5\n", self.relay("dump"))

    # --- import, verify, repair

    def test_a_dump_is_imported_unchanged_and_again_without_effect(self):
        self.makemap("hash", "10.0.0.1 5 alice 4 bob\n2001:db8::1 7\n", "-f")
        text = self.relay("dump")
        other = self.dir / "other.db"
        for _ in range(2):
            done = self.run_it("-f", str(other), "import", "-", stdin=text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(sorted(self.run_it("-f", str(other), "dump").stdout), sorted(text))
        before = other.stat()
        self.run_it("-f", str(other), "import", "-", stdin=text)
        after = other.stat()
        self.assertEqual((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns))

    def test_an_imported_time_never_overwrites_a_newer_one(self):
        self.relay("add", "10.0.0.1", "50")
        text = self.dir / "text"
        text.write_text("10.0.0.1 40\n10.0.0.2\t60\n")
        self.relay("import", str(text))
        self.assertEqual(self.unmakemap(), {"10.0.0.1": "50", "10.0.0.2": "60"})

    def test_a_bad_line_of_an_import_changes_nothing_and_is_named(self):
        done = self.run_it("-f", str(self.file), "import", "-", stdin="10.0.0.1 5\nhost 5\n10.0.0.2 soon\n10.0.0.3\n")
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn("line 2: 'host' is no IPv4 or IPv6 address; line 3: 'soon' is no login record", done.stderr)
        self.assertIn("line 4: ''", done.stderr)
        self.assertFalse(self.file.exists())

    def test_an_import_from_a_missing_file_says_so(self):
        done = self.run_it("-f", str(self.file), "import", str(self.dir / "none"))
        self.assertEqual(done.returncode, IOERR)
        self.assertIn("none: open: No such file or directory", done.stderr)

    def test_verify_tells_sound_from_damaged_and_repair_saves(self):
        self.makemap("hash", "".join(f"10.0.{n // 250}.{n % 250} 5\n" for n in range(2000)))
        self.assertEqual(self.relay("verify"), f"{self.file}: sound, 2000 entries\n")
        self.assertEqual(self.relay("repair"), f"{self.file}: sound, nothing to repair\n")
        damaged = bytearray(self.file.read_bytes())
        damaged[3 * 4096 + 20:3 * 4096 + 22] = b"\xff\xff"
        self.file.write_bytes(damaged)
        done = self.run_it("-f", str(self.file), "verify")
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn('"vsmtprelay repair" saves what can be read', done.stderr)
        said = self.relay("repair")
        self.assertRegex(said, r"relayers\.db: 1[0-9]{3} entries saved; 0 left out, and 1 damaged beyond reading")
        self.assertRegex(self.relay("verify"), r": sound, 1[0-9]{3} entries\n$")
        kept = [path for path in self.dir.iterdir() if ".damaged-" in path.name]
        self.assertEqual([path.read_bytes() for path in kept], [bytes(damaged)])

    def test_verify_and_repair_of_a_missing_file_say_so(self):
        for command in ("verify", "repair"):
            done = self.run_it("-f", str(self.file), command)
            self.assertEqual(done.returncode, NOINPUT)
            self.assertIn("does not exist", done.stderr)

    # --- expire, list, dump

    def fill(self, ages, kind="hash"):
        """10.0.0.N with the age ages[N], in seconds."""
        now = int(time.time())
        self.makemap(kind, "".join(f"10.0.0.{n} {now - age}\n" for n, age in enumerate(ages)))

    def listed(self, *words):
        return {line.split()[0] for line in self.relay(*words).splitlines() if not line.startswith("#")}

    def test_list_and_expire_agree_on_what_is_old(self):
        day = 86400
        for kind in ("hash", "btree"):
            # 30 s to spare: the command's clock runs on. The exact edge is tested in the unit tests.
            self.fill([0, day - 30, day + 30, -9 * day, 7200 - 30, 7200 + 30], kind)
            self.assertEqual(self.listed("list"), {"10.0.0.2"})
            self.assertEqual(self.listed("list", "120"), {"10.0.0.1", "10.0.0.2", "10.0.0.5"})
            self.assertEqual(self.listed("dump"), {f"10.0.0.{n}" for n in range(6)})
            self.relay("expire")
            self.assertEqual(self.listed("dump"), {f"10.0.0.{n}" for n in (0, 1, 3, 4, 5)})
            self.relay("expire", "120")
            self.assertEqual(self.listed("dump"), {f"10.0.0.{n}" for n in (0, 3, 4)})

    def test_future_entries_stay_and_are_not_old(self):
        self.relay("add", "10.0.0.1", str(int(time.time()) + 1000))
        self.assertEqual(self.relay("list", "0"), "")
        self.relay("expire", "0")
        self.assertEqual(self.listed("dump"), {"10.0.0.1"})

    def test_list_and_dump_print_as_the_manual_says(self):
        self.relay("add", "10.11.12.13", "906502527")
        expected = "# timestamp (UTC): Tue Sep 22 22:15:27 1998\n10.11.12.13 906502527\n"
        self.assertEqual(self.relay("list"), expected)
        self.assertEqual(self.relay("dump"), expected)
        self.makemap("hash", "10.11.12.13\t906502527 alice 5 bob\n")
        self.assertEqual(self.relay("dump"), expected.replace("527\n", "527 alice 5 bob\n"))

    # --- who it was

    HOSTILE = r'a\x0a10.0.0.9\x20b\xff"'

    def fill_with_logins(self):
        now = int(time.time())
        self.makemap("hash", f"10.0.0.1 {now} alice {now - 5} bob\n10.0.0.2 {now} alice\n10.0.0.3 5\n2001:db8::1 7 {self.HOSTILE}\nhome 5 alice\n")
        return now

    def test_list_logins_lists_every_login_or_the_old_ones(self):
        now = self.fill_with_logins()
        text = self.relay("list", "--logins", exit=DATAERR)
        self.assertEqual({line for line in text.splitlines() if line[0] != "#"},
                         {f"10.0.0.1 {now} alice", f"10.0.0.1 {now - 5} bob", f"10.0.0.2 {now} alice", "10.0.0.3 5", "2001:db8::1 7 " + self.HOSTILE})
        self.assertIn("# timestamp (UTC): Thu Jan  1 00:00:07 1970\n2001:db8::1 7 ", text)
        old = self.relay("list", "--logins", "60", exit=DATAERR)
        self.assertEqual({line.split()[0] for line in old.splitlines() if line[0] != "#"}, {"10.0.0.3", "2001:db8::1"})

    def test_json_is_an_object_a_line_whatever_the_names_hold(self):
        now = self.fill_with_logins()
        entries = [json.loads(line) for line in self.relay("dump", "--json", exit=DATAERR).splitlines()]
        by_client = {entry["client"]: entry for entry in entries if "client" in entry}
        self.assertEqual(len(entries), 5)
        self.assertEqual([(login["login"], login["timestamp"]) for login in by_client["10.0.0.1"]["logins"]], [("alice", now), ("bob", now - 5)])
        self.assertEqual(by_client["10.0.0.3"], {"client": "10.0.0.3", "timestamp": 5, "time": "1970-01-01T00:00:05Z", "logins": []})
        self.assertEqual(by_client["2001:db8::1"]["logins"][0]["login"], self.HOSTILE)
        self.assertEqual([entry for entry in entries if "client" not in entry], [{"unreadable": True, "key": "home", "data": "5 alice"}])
        logins = [json.loads(line) for line in self.relay("list", "--logins", "--json", exit=DATAERR).splitlines()]
        self.assertEqual({(each["client"], each["login"]) for each in logins},
                         {("10.0.0.1", "alice"), ("10.0.0.1", "bob"), ("10.0.0.2", "alice"), ("10.0.0.3", None), ("2001:db8::1", self.HOSTILE)})
        old = [json.loads(line)["client"] for line in self.relay("list", "--json", exit=DATAERR).splitlines()]
        self.assertEqual(set(old), {"10.0.0.3", "2001:db8::1"})

    def test_delete_login_shuts_his_doors_and_no_other(self):
        now = self.fill_with_logins()
        done = self.run_it("-f", str(self.file), "delete", "--login", "alice", "nobody")
        self.assertEqual((done.returncode, done.stderr), (0, "vsmtprelay: nobody: had no entry\n"))
        self.assertEqual(set(done.stdout.splitlines()),
                         {"10.0.0.1 alice: login removed, others of this address stay", "10.0.0.2 alice: entry removed"})
        self.assertEqual(self.unmakemap(), {"10.0.0.1": f"{now - 5} bob", "10.0.0.3": "5", "2001:db8::1": "7 " + self.HOSTILE, "home": "5 alice"})
        self.relay("delete", "--login", self.HOSTILE, "bob")
        self.assertEqual(set(self.unmakemap()), {"10.0.0.3", "home"})

    def test_delete_login_takes_no_name_for_the_unknown(self):
        self.fill_with_logins()
        before = self.unmakemap()
        for name in ("-", ""):
            self.assertIn("names nobody", self.run_it("-f", str(self.file), "delete", "--login", "alice", name).stderr)
        self.relay("delete", "--login", exit=USAGE)
        self.assertEqual(self.unmakemap(), before)

    def test_makemap_rebuilds_the_file_from_a_dump(self):
        self.makemap("hash", "10.0.0.1 5 alice 4 bob\n2001:db8::1 6\n10.0.0.2 9999999999\n")
        before = self.unmakemap()
        text = self.relay("dump")
        self.file.unlink()
        self.makemap("hash", text)
        self.assertEqual(self.unmakemap(), before)

    def test_what_cannot_be_read_stays_and_is_told(self):
        self.makemap("hash", "10.0.0.1 5\n10.0.0.2 soon\x1b\nhome 5\n")
        for words in (["list"], ["dump"], ["expire"]):
            done = self.run_it("-f", str(self.file), *words)
            self.assertEqual(done.returncode, DATAERR)
            self.assertIn("2 entries cannot be read", done.stderr)
        self.assertEqual(self.unmakemap(), {"10.0.0.2": "soon\x1b", "home": "5"})
        dump = self.run_it("-f", str(self.file), "dump").stdout
        self.assertEqual(set(dump.splitlines()), {r"# cannot be read: 10.0.0.2 soon\x1b", "# cannot be read: home 5"})

    def test_output_that_cannot_be_written_is_an_error(self):
        self.relay("add", "10.0.0.1")
        with open("/dev/full", "w") as full:
            done = self.run_it("-f", str(self.file), "dump", stdout=full)
        self.assertEqual(done.returncode, IOERR)
        self.assertIn("No space left", done.stderr)

    # --- the file

    def test_the_file_is_the_option_then_the_environment_then_the_one_at_home(self):
        named, own = self.dir / "named.db", self.dir / "etc" / "relayers.db"
        self.assertEqual(self.run_it("-f", str(own), "add", "10.0.0.1").returncode, IOERR)  # No directory yet.
        own.parent.mkdir()
        self.assertEqual(self.run_it("-f", str(own), "add", "10.0.0.1", "1").returncode, 0)
        self.assertEqual(self.run_it("add", "10.0.0.2", "2").returncode, 0)
        self.assertEqual(self.run_it("add", "10.0.0.3", "3", RELAYERS_DB=str(named)).returncode, 0)
        self.assertEqual(self.run_it("-f", str(self.file), "add", "10.0.0.4", "4", RELAYERS_DB=str(named)).returncode, 0)
        self.assertEqual(self.unmakemap(name="etc/relayers"), {"10.0.0.1": "1", "10.0.0.2": "2"})
        self.assertEqual(self.unmakemap(name="named"), {"10.0.0.3": "3"})
        self.assertEqual(self.unmakemap(), {"10.0.0.4": "4"})

    def test_without_any_other_the_file_is_sendmails(self):
        self.assertIn("/etc/mail/relayers.db", self.run_it("--help").stdout)

    def test_a_missing_file_is_told_by_list_and_dump_alone(self):
        for words in (["list"], ["dump"]):
            self.relay(*words, exit=NOINPUT)
        self.relay("expire")
        self.relay("delete", "10.0.0.1")
        self.assertFalse(self.file.exists())

    def test_garbage_is_told_and_left_alone(self):
        self.file.write_text("10.0.0.1 5\n")
        for words in (["add", "10.0.0.1"], ["delete", "10.0.0.1"], ["expire"], ["list"], ["dump"]):
            done = self.run_it("-f", str(self.file), *words)
            self.assertEqual(done.returncode, DATAERR)
            self.assertIn(str(self.file), done.stderr)
        self.assertEqual(self.file.read_text(), "10.0.0.1 5\n")

    def test_no_permission_is_told(self):
        self.assertEqual(os.geteuid(), 0, "only root can step down: run the tests as root")
        self.relay("add", "10.0.0.1", "5")
        os.chmod(self.dir, 0o755)
        try:
            done = subprocess.run([PROGRAM, "-f", self.file, "add", "10.0.0.2"], user=65534, group=65534, extra_groups=[],
                                  stderr=subprocess.PIPE, text=True)
        except PermissionError:
            self.skipTest("this build lies where only root may go")
        self.assertEqual(done.returncode, NOPERM)
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(self.unmakemap(), {"10.0.0.1": "5"})

    # --- beside others

    def test_a_held_lock_is_waited_for(self):
        self.relay("add", "10.0.0.1", "5")
        with open(self.file) as other:
            fcntl.flock(other, fcntl.LOCK_SH)
            command = subprocess.Popen([PROGRAM, "-f", self.file, "add", "10.0.0.1", "6"])
            time.sleep(0.3)
            self.assertIsNone(command.poll())
            self.assertIn("10.0.0.1 5\n", self.relay("dump"))  # Readers go on.
            fcntl.flock(other, fcntl.LOCK_UN)
        self.assertEqual(command.wait(10), 0)
        self.assertEqual(self.unmakemap(), {"10.0.0.1": "6"})

    def test_a_lock_that_is_never_let_go_is_told_with_its_holder(self):
        self.relay("add", "10.0.0.1", "5")
        with open(self.file) as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            done = self.run_it("-f", str(self.file), "delete", "10.0.0.1")
        self.assertEqual(done.returncode, TEMPFAIL)
        self.assertIn(f"locked by process {os.getpid()} (", done.stderr)
        self.assertEqual(self.unmakemap(), {"10.0.0.1": "5"})

    def test_many_at_once_lose_nothing(self):
        commands = [subprocess.Popen([PROGRAM, "-f", self.file, "add", f"10.0.0.{n}", str(n)]) for n in range(40)]
        self.assertEqual([command.wait(60) for command in commands], [0] * 40)
        self.assertEqual(self.unmakemap(), {f"10.0.0.{n}": str(n) for n in range(40)})
        self.assertEqual([name for name in os.listdir(self.dir) if name != "relayers.db"], [])


if __name__ == "__main__":
    unittest.main()
