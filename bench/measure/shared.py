"""Logins and limits on a Redis server: what a recipient costs there, beside the file and the process's own memory."""

import json
import subprocess
import time
from pathlib import Path

from redis_server import RedisServer

from .cells import spread
from .milters import Subject, Workshop

PORT = 6379
URL = f"redis://127.0.0.1:{PORT}/0"
LIMIT = '[[limit]]\nname = "day"\nper = "client"\ncount = "recipients"\nmax = 1000000\nwithin = "1s"\n'
LOAD = ["--connections", "50"]


def facts(server: RedisServer) -> dict[str, str]:
    """Its INFO."""
    return dict(line.split(":", 1) for line in server.ask("INFO", "all").splitlines() if ":" in line)


def subjects(workshop: Workshop, entries: int) -> dict[str, Subject]:
    """What is asked where. Every client is permitted by a POP login."""
    database = workshop.database(entries)
    limits_there = f'[limits]\nstore = "{URL}"\n{LIMIT}'
    return {name: workshop.ours(name, settings=settings, database=where, clients=entries)
            for name, settings, where in (("file", "", database), ("redis", "", URL), ("file, limit in memory", LIMIT, database),
                                          ("redis, limit in redis", limits_there, URL))}


def _start_load(program: Path, subject: Subject, duration: int, warm_up: int = 300) -> subprocess.Popen:
    return subprocess.Popen([str(program), *subject.load_arguments(), *LOAD, "--duration", str(duration), "--warm-up", str(warm_up)],
                            stdout=subprocess.PIPE)


def _answers(load: subprocess.Popen) -> dict:
    """What it measured; every recipient has to be permitted."""
    found = json.loads(load.communicate()[0])
    if found["broken"] or set(found["rcpt_answers"]) != {"c"}:
        raise RuntimeError(f"wrong answers: {found['rcpt_answers']}")
    return found


def _load(program: Path, hosts: list[Subject], duration: int) -> dict[str, float]:
    """All hosts at once: the sum of their recipients a second, the slowest one's latency."""
    found = [_answers(load) for load in [_start_load(program, host, duration) for host in hosts]]
    return {"rcpt_per_second": sum(one["sessions_per_second"] for one in found),
            "rcpt_p50_us": max(one["latency_us"]["rcpt"]["p50"] for one in found),
            "rcpt_p99_us": max(one["latency_us"]["rcpt"]["p99"] for one in found)}


def _summary(rounds: list[dict[str, float]]) -> dict[str, dict]:
    return {figure: spread([one[figure] for one in rounds]) for figure in rounds[0]}


def _server_cost(server: RedisServer, load) -> dict[str, float]:
    """What one recipient costs the server: CPU and bytes, by its own account."""
    def account() -> tuple[float, ...]:
        of_it = facts(server)
        return (float(of_it["used_cpu_sys"]) + float(of_it["used_cpu_user"]), float(of_it["total_net_input_bytes"]),
                float(of_it["total_net_output_bytes"]))
    before = account()
    recipients = _answers(load())["rcpt_answers"]["c"]
    seconds, received, sent = (after - earlier for after, earlier in zip(account(), before))
    return {"recipients": recipients, "cpu_us": seconds * 1e6 / recipients, "bytes_in": received / recipients, "bytes_out": sent / recipients}


def copy_a_million(workshop: Workshop, server: RedisServer, entries: int = 1_000_000) -> dict[str, float]:
    """`vsmtprelay copy` of a file into the empty server, and the memory that it takes there."""
    database = workshop.database(entries)
    server.ask("FLUSHALL")
    empty = int(facts(server)["used_memory"])
    began = time.monotonic()
    subprocess.run([str(workshop.bin / "vsmtprelay"), "copy", str(database), URL], check=True)
    seconds = time.monotonic() - began
    found = int(server.ask("DBSIZE"))
    if found != entries + 1:
        raise RuntimeError(f"{found} keys, wanted {entries} and the marker")
    memory = int(facts(server)["used_memory"]) - empty
    return {"entries": entries, "copy_seconds": seconds, "bytes_an_entry": memory / entries, "mib": memory / (1 << 20)}


def measure(workshop: Workshop, rounds: int, duration: int) -> dict:
    program = workshop.bench / "milter_load"
    directory = workshop.directory / "redis"
    directory.mkdir()
    server = RedisServer(directory, "bind 127.0.0.1", f"port {PORT}")
    try:
        result: dict = {"million": copy_a_million(workshop, server)}
        server.ask("FLUSHALL")
        entries = 1000
        subprocess.run([str(workshop.bin / "vsmtprelay"), "copy", str(workshop.database(entries)), URL], check=True)
        one_host = subjects(workshop, entries)
        hosts = [one_host["redis"], *(workshop.ours(f"redis {i}", database=URL, clients=entries) for i in (2, 3, 4))]
        started = [*one_host.values(), *hosts[1:]]
        for subject in started:
            subject.start(workshop.sockets)
        cells = {name: [subject] for name, subject in one_host.items()} | {f"redis, {n} hosts": hosts[:n] for n in (2, 4)}
        found: dict[str, list[dict]] = {name: [] for name in cells}
        for _ in range(rounds):
            for name, subjects_of_cell in cells.items():
                found[name].append(_load(program, subjects_of_cell, duration))
        result["cells"] = {name: _summary(rounds_of_cell) for name, rounds_of_cell in found.items()}
        for name, subject in (("login", "redis"), ("login_and_limit", "redis, limit in redis")):
            result[name] = _server_cost(server, lambda subject=one_host[subject]: _start_load(program, subject, duration, warm_up=0))
        for subject in started:
            subject.stop()
        return result
    finally:
        server.stop()
