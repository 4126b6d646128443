"""Logins that come in at a steady rate, and writers of them that may be killed."""

import contextlib
import queue
import random
import signal
import subprocess
import threading
import time

RATE = 550  # Logins a second.


def kill_after(process, seconds):
    """The timer; to be cancelled once the process has ended."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    return timer


class Logins:
    """`count` logins, fed to record_logins at RATE: what came during a commit is the next one, as in vsmtprelay follow. The
    first `kills` writers are killed -9 at random; the next begins with what was not acknowledged, as follow does."""

    LIFE = 0.3  # Seconds that a writer has at most, if it is to be killed.

    def __init__(self, program, file, count, kills=0):
        self.command = [program, "--waiting", file]
        self.count, self.kills = count, kills
        self.fresh = queue.SimpleQueue()
        self.addresses = []  # Acknowledged, in their order.
        self.last = None
        self.killed = self.code = 0
        self.began = self.ended = time.monotonic()
        self.thread = threading.Thread(target=self.record)
        self.thread.start()

    def record(self):
        while len(self.addresses) < self.count and self.code == 0:
            self.write(random.uniform(0, self.LIFE) if self.killed < self.kills else None)

    def write(self, life):
        """One writer, until its end."""
        process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        sender = threading.Thread(target=self.send, args=(process.stdin, len(self.addresses)))
        sender.start()
        timer = kill_after(process, life) if life is not None else None
        with process.stdout:
            self.receive(process.stdout)
        code = process.wait()
        if timer:
            timer.cancel()
        sender.join()
        if timer and code == -signal.SIGKILL:
            self.killed += 1
        else:
            self.code = code

    def send(self, lines, first):
        with contextlib.suppress(BrokenPipeError), lines:
            for number in range(first, self.count):
                time.sleep(max(0, self.began + number / RATE - time.monotonic()))
                address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
                lines.write(f"{address} {int(time.time())} user{number}@customer.example\n")
                lines.flush()

    def receive(self, lines):
        for line in lines:
            if line.endswith("\n"):  # Who is killed may have said half of it.
                self.ended = time.monotonic()
                self.addresses.append(line.strip())
                self.last = (line.strip(), self.ended)
                self.fresh.put(self.last)

    def running(self):
        return self.thread.is_alive()

    def join(self):
        self.thread.join()

    def rate(self):
        return len(self.addresses) / (self.ended - self.began)

    def latest(self):
        """The newest that was acknowledged since this was asked, and when; None where none was."""
        newest = None
        while not self.fresh.empty():
            newest = self.fresh.get()
        return newest
