"""One cell of the table: a subject under a load, once. Rounds go over all of them, so that what the machine does beside
is shared by all."""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .milters import Subject

FIFTY = ["--connections", "50"]
MAIN = ("1", "50", "500", "think")  # of all floors and peers
LOADS = {"1": ["--connections", "1"], "50": FIFTY, "500": ["--connections", "500"], "think": ["--connections", "500", "--think", "50"],
         "50 + 5000 idle": [*FIFTY, "--idle", "5000"], "50, 50 recipients": [*FIFTY, "--recipients", "50"]}
QUANTILES = ("p50", "p99", "p999")


@dataclass
class Cell:
    subject: Subject
    load: str

    @property
    def name(self) -> str:
        return f"{self.subject.name} / {self.load}"


def put_under_load(subject: Subject, program: Path, *arguments: str) -> dict:
    """What milter_load says of it, after a look at the answers."""
    done = subprocess.run([str(program), *subject.load_arguments(), *arguments], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    if set(found["rcpt_answers"]) != {subject.answer} or found["broken"]:
        raise RuntimeError(f"{subject.name}: answers {found['rcpt_answers']}, wanted {subject.answer}; broken: {found['broken']}")
    return found


def measure(cell: Cell, program: Path, duration: int) -> dict:
    cell.subject.begin()
    found = put_under_load(cell.subject, program, *LOADS[cell.load], "--duration", str(duration), "--warm-up", str(duration // 6))
    cell.subject.end()
    return found


def run_rounds(cells: list[Cell], program: Path, rounds: int, duration: int) -> dict[str, list[dict]]:
    """The results by cell, one for each round."""
    for subject in {id(cell.subject): cell.subject for cell in cells}.values():
        measure(Cell(subject, "1"), program, 100)
    time.sleep(3 if duration > 1000 else 0)  # a large database is read in the background
    results: dict[str, list[dict]] = {cell.name: [] for cell in cells}
    for number in range(rounds):
        for position, cell in enumerate(cells):
            if sys.stderr.isatty():
                print(f"\rround {number + 1} of {rounds}: {position + 1} of {len(cells)}  ", end="", file=sys.stderr, flush=True)
            results[cell.name].append(measure(cell, program, duration))
    return results


def figures(found: dict) -> dict[str, float]:
    """Of what milter_load found; the latency of each callback by its name, and that of the whole session, as rcpt_p50_us."""
    plain = ("sessions_per_second", "cpu_us_a_session", "resident_bytes")
    latencies = {f"{name}_{quantile}_us": one[quantile] for name, one in found["latency_us"].items() for quantile in QUANTILES}
    recipients = {"recipients_per_second": sum(found["rcpt_answers"].values()) / found["seconds"]}
    return {name: found[name] for name in plain if name in found} | recipients | latencies


def spread(values: list[float]) -> dict:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "count": len(values)}


def spreads(rounds: list[dict[str, float]]) -> dict[str, dict]:
    """By figure: median, least, most. One that a short round did not have is left out of it."""
    names = dict.fromkeys(name for one in rounds for name in one)
    return {name: spread([one[name] for one in rounds if name in one]) for name in names}


def summary(results: dict[str, list[dict]]) -> dict[str, dict]:
    return {name: spreads([figures(found) for found in rounds]) for name, rounds in results.items()}
