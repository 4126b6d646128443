"""Start, stop, the first connections that are held, and a restart under load through a socket that is handed over."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from .cells import put_under_load
from .milters import Subject, terminate

HELD = 5000


def start_and_stop(subject: Subject, directory: Path, program: Path) -> dict:
    """Milliseconds until the first recipient has got his verdict, and until the idle process has ended.

    The client is there before the daemon, and knocks every millisecond; his whole session is counted, and his end.
    """
    path = directory / f"{subject.name.replace(' ', '-')}.sock"
    client = subprocess.Popen([str(program), str(path), "--clients", str(subject.clients), "--sessions", "1", "--warm-up", "0",
                               "--duration", "30000"], stdout=subprocess.PIPE)
    time.sleep(0.1)
    began = time.monotonic()
    process = subprocess.Popen(subject.command, stdin=subprocess.DEVNULL)
    answers = json.loads(client.communicate()[0])["rcpt_answers"]
    started = time.monotonic() - began
    if answers != {subject.answer: 1}:
        raise RuntimeError(f"{subject.name}: the first answer was {answers}, wanted {subject.answer}")
    time.sleep(0.5)
    return {"start_ms": started * 1000, "stop_ms": terminate(process) * 1000}


def held_by_a_new_one(subject: Subject, directory: Path, program: Path) -> dict:
    """Bytes an idle connection, where no load has left memory behind that could be used again. One session at a time comes
    before, so that the code that serves it has been read."""
    subject.start(directory)
    put_under_load(subject, program, "--sessions", "20")
    found = put_under_load(subject, program, "--sessions", "1", "--idle", str(HELD))
    subject.stop()
    return {"bytes_an_idle_connection": found["bytes_an_idle_connection"]}


def _with_socket(command: list[str], listening: socket.socket) -> subprocess.Popen:
    """As systemd starts it: the socket is descriptor 3."""
    shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command]
    return subprocess.Popen(shell, stdin=subprocess.DEVNULL, pass_fds=(3,), preexec_fn=lambda: os.dup2(listening.fileno(), 3))


def restart_under_load(subject: Subject, directory: Path, program: Path) -> dict:
    """Three restarts while 50 connections come and go: sessions, and those for whom nobody listened, the backlog had no room,
    or that were cut."""
    path = directory / "handed-over.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o666)
        listening.listen(1024)
        process = _with_socket(subject.command, listening)
        load = subprocess.Popen([str(program), str(path), "--clients", str(subject.clients), "--connections", "50", "--duration", "6500"],
                                stdout=subprocess.PIPE)
        for _ in range(3):
            time.sleep(0.6)
            process.send_signal(signal.SIGTERM)
            process.wait()
            process = _with_socket(subject.command, listening)
        if load.poll() is not None:
            raise RuntimeError("the load was over before the third restart")
        found = json.loads(load.communicate()[0])
        process.kill()
        process.wait()
    path.unlink(missing_ok=True)
    return {key: found[key] for key in ("sessions", "refused", "backlog_full", "broken")}
