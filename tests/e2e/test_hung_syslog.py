"""A syslogd that does not read its socket: every recipient is answered all the same, and lost lines are counted."""

import json
import os
import pwd
import socket
import struct
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.namespaces import CannotRun, enter
from mailsystem.private_files import make_private
from mailsystem.sandbox import confine

PROGRAM = Path(os.environ.get("MILTER_RELAY_BIN", "build/release/bin")).resolve() / "milter-relay"
SOCKET, CONFIGURATION = Path("/run/hung/milter.sock"), Path("/run/hung/milter-relay.toml")
RECIPIENTS = 20_000  # some 3 MB of lines


def packet(letter: bytes, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload) + 1) + letter + payload


class Session:
    """The MTA's side of the protocol, as far as a message's recipients."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(SOCKET))
        self.reader = self.socket.makefile("rb")
        self.socket.sendall(packet(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff)))
        self.answer()
        self.socket.sendall(packet(b"C", b"stranger.example\x004\x9c\x40203.0.113.9\x00") + packet(b"M", b"<a@stranger.example>\x00"))

    def answer(self) -> bytes:
        size, = struct.unpack("!I", self.reader.read(4))
        return self.reader.read(size)

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def recipient(self, number: int) -> bytes:
        macros = b"R{relay_dest}\x00other\x00{relay_client}\x00unknown\x00"
        self.socket.sendall(packet(b"D", macros) + packet(b"R", f"<friend{number}@remote.example>\0".encode()))
        return self.answer()


class HungSyslog(unittest.TestCase):
    def setUp(self) -> None:
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        SOCKET.parent.mkdir()
        account = pwd.getpwnam("nobody")
        os.chown(SOCKET.parent, account.pw_uid, account.pw_gid)
        CONFIGURATION.write_text(f'socket = "local:{SOCKET}"\nuser = "nobody"\n[pop]\ndatabase = "/run/hung/none.db"\n')
        self.daemon = subprocess.Popen([str(PROGRAM), "run", "-c", str(CONFIGURATION)], preexec_fn=confine())
        deadline = time.monotonic() + 10
        while not SOCKET.exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def lost(self) -> int:
        done = subprocess.run([str(PROGRAM), "status", "--json", "-c", str(CONFIGURATION)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)["log_lines_lost"]

    def lines_until(self, word: bytes) -> list[bytes]:
        self.log.settimeout(10)
        lines = [self.log.recv(8192)]
        while word not in lines[-1]:
            lines.append(self.log.recv(8192))
        return lines

    def test_recipients_are_answered_and_what_was_lost_is_told(self):
        session = self.session = Session()
        for number in range(RECIPIENTS):
            self.assertEqual(session.recipient(number)[:4], b"y550")
        lost = self.lost()
        self.assertGreater(lost, 0)
        lines = self.lines_until(b"log lines were lost")
        self.assertIn(f": {lost} log lines were lost".encode(), lines[-1])
        verdicts = [line for line in lines if b"verdict=refuse" in line]
        self.assertEqual(len(verdicts) + lost, RECIPIENTS)
        self.assertEqual(session.recipient(RECIPIENTS)[:4], b"y550")
        self.lines_until(f"<friend{RECIPIENTS}@".encode())
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(10), 0)

    def test_it_can_be_stopped(self):
        session = self.session = Session()
        for number in range(100):
            session.recipient(number)
        began = time.monotonic()
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(10), 0)
        self.assertLess(time.monotonic() - began, 7)

    def tearDown(self) -> None:
        self.daemon.kill()
        self.daemon.wait()
        self.session.close()
        self.log.close()
        Path("/dev/log").unlink()
        subprocess.run(["rm", "-r", str(SOCKET.parent)], check=True)


if __name__ == "__main__":
    try:
        enter()
    except CannotRun as reason:
        sys.exit(f"test_hung_syslog: {reason}")
    make_private()
    unittest.main()
