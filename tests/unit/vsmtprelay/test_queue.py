"""Logins that no server took wait in a file, and none is lost by whatever ends a process, a server or a disk."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP))
from tests.support.mailsystem import leaks  # noqa: E402
from tests.support.redis_server import RedisServer  # noqa: E402

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
FULL_DISK = """
mount -t tmpfs -o size=64k none "$0/disk" && cd "$0" &&
{} && dd if=/dev/zero of=disk/filler bs=1k count=100 2> dd.log
{} && cp -r disk/queue full.queue && rm disk/filler && {} && cp disk/queue after.queue
"""


class Queue(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.queue = self.dir / "queue"
        self.keep = {name: os.environ[name] for name in os.environ if name.startswith(("ASAN", "UBSAN", "TSAN", "LD_"))}
        self.server = self.new_server()
        self.config = self.configure(self.server)

    def new_server(self, *configuration):
        server = RedisServer(pathlib.Path(tempfile.mkdtemp(dir=self.dir)), *configuration)
        self.addCleanup(server.stop)
        return server

    def configure(self, server, redis="", queue=None):
        config = self.dir / "milter-relay.toml"
        config.write_text(f'[pop]\ndatabase = "{server.url}"\n[redis]\nqueue = "{queue or self.queue}"\n{redis}\n')
        return config

    def run_it(self, *words, before=(), **environment):
        return subprocess.run([*before, PROGRAM, "-c", str(self.config), *map(str, words)], capture_output=True, text=True, timeout=60, check=False,
                              env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **self.keep, **environment})

    def login(self, number, before=()):
        started = time.monotonic()
        done = self.run_it("login", "--", "/bin/echo", "mail", before=before, IP=f"198.51.100.{number}", USER=f"user{number}", LOCAL_IP="192.0.2.1")
        self.assertEqual((done.returncode, done.stdout), (0, "mail\n"), done)
        return time.monotonic() - started

    def on_server(self):
        done = self.run_it("dump")
        self.assertEqual(done.returncode, 0, done)
        return {int(line.split()[0].split(".")[3]) for line in done.stdout.splitlines() if not line.startswith("#")}

    def said(self, *words, exit=0):
        done = self.run_it("queue", *words)
        self.assertEqual(done.returncode, exit, done)
        return done.stdout

    def test_with_a_configuration_that_cannot_be_read_logins_wait_until_it_can(self):
        self.server.stop()
        self.login(1)
        self.server.start()
        sound = self.config.read_text()
        for broken in (sound + "[pop\n", sound + "no_such_key = 1\n"):
            self.config.write_text(broken)
            done = self.run_it("queue", "--send")
            self.assertEqual((done.returncode, done.stdout), (78, ""), done)
            done = self.run_it("follow", "--once", "--log", "stderr", "--state", self.dir / "state", self.config)
            self.assertEqual(done.returncode, 78, done)
            self.assertIn("does not say where logins are kept", done.stderr)
        self.config.write_text(sound)
        self.assertEqual(self.said("--send"), f"{self.queue}: 1 login recorded\n")
        self.assertEqual(self.on_server(), {1})

    def test_what_waits_is_sent_to_the_system_s_database_and_to_no_file_of_a_user(self):
        self.server.stop()
        self.login(1)
        self.server.start()
        done = self.run_it("-f", self.dir / "other.db", "queue", "--send")
        self.assertEqual(done.returncode, 64, done)
        self.run_it("queue", "--send", RELAYERS_DB=str(self.dir / "other.db"))
        self.assertEqual(self.on_server(), {1})
        self.assertFalse((self.dir / "other.db").exists())

    def test_a_server_that_hangs_costs_no_login_however_long_its_deadline_is(self):
        self.config = self.configure(self.server, 'deadline = "10s"')
        self.server.hang()
        self.addCleanup(self.server.go_on)
        self.assertLess(self.login(1), 7)
        self.assertIn("1 login waiting", self.said())

    def test_many_logins_at_once_wait_though_the_disk_is_slow(self):
        self.server.stop()
        slow = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=300000")
        with ThreadPoolExecutor(24) as pool:
            list(pool.map(lambda number: self.login(number, before=slow), range(1, 25)))
        self.assertIn("24 logins waiting", self.said())

    def test_a_login_waits_while_the_server_is_away_and_the_next_one_sends_it(self):
        self.assertEqual(self.said(), f"{self.queue}: no login waits\n")
        self.server.stop()
        self.login(1)
        self.login(2)
        self.assertRegex(self.said(), rf"^{self.queue}: 2 logins waiting, the oldest of 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\n$")
        self.assertEqual(self.said("--send", exit=75), "")
        self.server.start()
        self.login(3)
        self.assertEqual(self.on_server(), {1, 2, 3})
        self.assertEqual(self.said(), f"{self.queue}: no login waits\n")

    def test_what_waits_is_sent_by_hand_with_its_own_time(self):
        self.server.stop()
        self.login(1)
        line = self.queue.read_text()
        at = int(line.split()[0])
        self.assertEqual(line, f"{at} 198.51.100.1 user1\n")
        self.queue.write_text(line.replace(str(at), str(at - 100)))
        self.server.start()
        self.assertEqual(self.said("--send"), f"{self.queue}: 1 login recorded\n")
        self.assertIn(f"198.51.100.1 {at - 100} user1\n", self.run_it("dump").stdout)
        self.assertEqual(self.said("--send"), f"{self.queue}: 0 logins recorded\n")

    def test_a_server_that_hangs_keeps_the_user_no_longer_than_a_moment(self):
        self.login(1)
        os.kill(self.server._process.pid, signal.SIGSTOP)
        self.assertLess(self.login(2), 4)
        os.kill(self.server._process.pid, signal.SIGCONT)
        self.assertEqual(self.queue.read_text().split()[1:], ["198.51.100.2", "user2"])

    def test_a_server_that_says_no_has_logins_wait(self):
        password = self.dir / "password"
        password.write_text("wrong\n")
        for number, (lines, redis) in enumerate((
                (("requirepass right",), f'password_file = "{password}"'),
                (("requirepass right",), ""),
                (("maxmemory 1", "maxmemory-policy noeviction"), ""),
                (("min-replicas-to-write 1",), ""),
                (("replicaof 127.0.0.1 1",), "")), start=1):
            with self.subTest(lines=lines):
                self.configure(self.new_server(*lines), redis)
                self.login(number)
                self.assertEqual(len(self.queue.read_text().splitlines()), number)
        self.configure(self.server)
        self.assertEqual(self.said("--send"), f"{self.queue}: 5 logins recorded\n")
        self.assertEqual(self.on_server(), {1, 2, 3, 4, 5})

    def test_follow_goes_on_and_what_it_read_waits(self):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        log, state = self.dir / "mail.log", self.dir / "state"
        follow = ["follow", "--once", "--log", "stderr", "--state", state, "--formats", TOP / "vsmtprelay/formats", log]
        lines = "{0} mx popa3d[{1}]: Session from 198.51.100.{1}\n{0} mx popa3d[{1}]: Authentication passed for user{1}\n"
        log.write_text(lines.format(stamp, 1))
        self.server.stop()
        done = self.run_it(*follow)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(f"connect: No such file or directory; logins wait in {self.queue}", done.stderr)
        self.assertIn("1 login waiting", self.said())
        self.server.start()
        with log.open("a") as more:
            more.write(lines.format(stamp, 2))
        done = self.run_it(*follow)
        self.assertEqual((done.returncode, done.stderr), (0, f"vsmtprelay: 1 logins that waited in {self.queue} are recorded\n"))
        self.assertEqual(self.on_server(), {1, 2})

    def test_the_user_gets_his_mail_where_a_login_has_no_place_at_all(self):
        self.configure(self.server, queue=self.dir / "none/queue")
        self.server.stop()
        self.login(1)

    def test_a_full_queue_counts_what_it_does_not_take(self):
        self.server.stop()
        line = "1000000000 198.51.100.9 user9\n"
        self.queue.write_text(line * ((16 << 20) // len(line)))
        self.login(1)
        self.login(2)
        self.assertIn(f"{self.queue}.lost: 2 logins lost; remove it when that is seen to\n", self.said())

    def test_a_writer_that_is_killed_at_any_step_loses_nothing_that_was_promised(self):
        self.server.stop()
        self.login(1)
        promised = {1}
        for number, before in enumerate(self.each_step(("flock", "fchmod", "ftruncate", "pwrite64", "fsync")), start=2):
            self.login(number, before=before)
            if not self.was_killed():
                promised.add(number)
            self.login(100 + number)  # The next one finds whatever the dead one left.
            promised.add(100 + number)
        self.server.start()
        done = self.run_it("queue", "--send")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertLessEqual(promised, self.on_server())

    def test_a_sender_that_is_killed_at_any_step_loses_nothing(self):
        waiting = {1, 2, 3}
        self.server.stop()
        for number in waiting:
            self.login(number)
        lines = self.queue.read_text()
        for before in self.each_step(("flock", "rename", "connect", "sendto", "recvfrom", "unlink")):
            self.server.stop()
            self.server.start()
            for leftover in self.dir.glob("queue.*"):
                leftover.unlink()
            self.queue.write_text(lines)
            done = self.run_it("queue", "--send", before=before)
            if self.was_killed():
                done = self.run_it("queue", "--send")
            self.assertEqual((done.returncode, done.stderr), (0, ""), before)
            self.assertEqual(self.on_server(), waiting, before)
            self.assertEqual([path.name for path in self.dir.glob("queue*")], ["queue.lock"])

    def each_step(self, calls):
        """strace(1), for a process to be killed at the first, the second ... of each of these system calls, as long as there is one."""
        self.trace = self.dir / "trace"
        for call in calls:
            for count in range(1, 40):
                # A leak checker is a tracer itself, and there is room for one.
                yield ["env", *(f"{name}={value}" for name, value in leaks.NOT_LOOKED_FOR.items()), "strace", "-f", "-qq", "-o", str(self.trace), "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={count}"]
                if not self.was_killed():
                    self.assertGreater(count, 1, f"no {call}")
                    break

    def was_killed(self):
        return "killed by SIGKILL" in self.trace.read_text()

    def test_two_senders_at_once_send_everything(self):
        now = int(time.time())
        self.queue.write_text("".join(f"{now - 600 + i // 10} 198.51.{i // 250}.{i % 250} user{i}\n" for i in range(20000)))
        command = [PROGRAM, "-c", str(self.config), "queue", "--send"]
        senders = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = sorted(sender.communicate(timeout=60) for sender in senders)
        self.assertIn((f"{self.queue}: 20000 logins recorded\n", ""), said)
        self.assertIn({sender.returncode for sender in senders}, ({0}, {0, 75}))
        self.assertEqual(len([line for line in self.run_it("dump").stdout.splitlines() if not line.startswith("#")]), 20000)

    def test_a_full_disk_damages_nothing_and_the_user_gets_his_mail(self):
        (self.dir / "disk").mkdir()
        self.configure(self.server, queue=self.dir / "disk/queue")
        self.server.stop()
        one = f'IP=198.51.100.{{}} USER=user{{}} LOCAL_IP=192.0.2.1 {PROGRAM} -c {self.config} login -- /bin/true'
        several = " && ".join(one.format(number, number) for number in range(2, 130))
        done = subprocess.run(["unshare", "-m", "sh", "-c", FULL_DISK.format(one.format(1, 1), several, one.format(200, 200)), str(self.dir)],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done)
        full, after = (self.dir / "full.queue").read_text(), (self.dir / "after.queue").read_text()
        self.assertTrue(full.endswith("\n"))
        self.assertTrue(after.startswith(full))
        self.assertEqual(after.splitlines()[-1].split()[1:], ["198.51.100.200", "user200"])
        self.assertLess(len(after.splitlines()), 130)  # It was full.


if __name__ == "__main__":
    unittest.main()
