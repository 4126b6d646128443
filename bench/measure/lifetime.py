"""Start, stop, and a restart under load through a socket that is handed over."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from .milters import Subject, terminate

OFFER = "\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff".encode("latin-1")  # sendmail's offer


def _first_answer(path: Path, deadline: float) -> None:
    """Until the milter has answered a negotiation; asks again and again."""
    while True:
        with socket.socket(socket.AF_UNIX) as session:
            if session.connect_ex(str(path)) == 0:
                session.sendall(OFFER)
                if session.recv(1):
                    return
        if time.monotonic() > deadline:
            raise RuntimeError(f"no answer from {path.name}")
        time.sleep(0.001)


def start_and_stop(subject: Subject, directory: Path) -> dict:
    """Milliseconds until the first negotiation is answered, and until the idle process has ended."""
    path = directory / f"{subject.name.replace(' ', '-')}.sock"
    began = time.monotonic()
    process = subprocess.Popen([part.replace("{socket}", str(path)) for part in subject.command], stdin=subprocess.DEVNULL)
    _first_answer(path, began + 30)
    started = time.monotonic() - began
    time.sleep(0.5)
    return {"start_ms": started * 1000, "stop_ms": terminate(process) * 1000}


def _with_socket(command: list[str], listening: socket.socket) -> subprocess.Popen:
    """As systemd starts it: the socket is descriptor 3."""
    shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command]
    return subprocess.Popen(shell, stdin=subprocess.DEVNULL, pass_fds=(3,), preexec_fn=lambda: os.dup2(listening.fileno(), 3))


def restart_under_load(subject: Subject, directory: Path, program: Path) -> dict:
    """Three restarts while 50 connections come and go: connections that found nobody."""
    path = directory / "handed-over.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o666)
        listening.listen(1024)
        process = _with_socket(subject.command, listening)
        _first_answer(path, time.monotonic() + 10)
        load = subprocess.Popen([str(program), str(path), "--clients", str(subject.clients), "--connections", "50", "--duration", "3000"],
                                stdout=subprocess.PIPE)
        for _ in range(3):
            time.sleep(0.8)
            process.send_signal(signal.SIGTERM)
            process.wait()
            process = _with_socket(subject.command, listening)
        found = json.loads(load.communicate()[0])
        process.kill()
        process.wait()
    path.unlink(missing_ok=True)
    return {key: found[key] for key in ("sessions", "refused", "backlog_full", "broken")}
