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

LOADS = {"1": ["--connections", "1"], "50": ["--connections", "50"], "500": ["--connections", "500"],
         "think": ["--connections", "500", "--think", "50"]}
IDLE = {"50": LOADS["50"], "50 + 5000 idle": [*LOADS["50"], "--idle", "5000"]}


@dataclass
class Cell:
    subject: Subject
    load: str
    arguments: list[str]

    @property
    def name(self) -> str:
        return f"{self.subject.name} / {self.load}"


def measure(cell: Cell, program: Path, duration: int) -> dict:
    cell.subject.begin()
    done = subprocess.run([str(program), *cell.subject.load_arguments(), *cell.arguments, "--duration", str(duration),
                           "--warm-up", str(duration // 6)], stdout=subprocess.PIPE, check=True)
    cell.subject.end()
    found = json.loads(done.stdout)
    wrong = {letter: count for letter, count in found["rcpt_answers"].items() if letter != cell.subject.answer}
    if wrong or found["broken"]:
        raise RuntimeError(f"{cell.name}: answers {found['rcpt_answers']}, wanted {cell.subject.answer}; broken: {found['broken']}")
    return found


def run_rounds(cells: list[Cell], program: Path, rounds: int, duration: int) -> dict[str, list[dict]]:
    """The results by cell, one for each round."""
    for subject in {id(cell.subject): cell.subject for cell in cells}.values():
        measure(Cell(subject, "warm-up", LOADS["1"]), program, 100)
    time.sleep(3 if duration > 1000 else 0)  # a large database is read in the background
    results: dict[str, list[dict]] = {cell.name: [] for cell in cells}
    for number in range(rounds):
        for position, cell in enumerate(cells):
            if sys.stderr.isatty():
                print(f"\rround {number + 1} of {rounds}: {position + 1} of {len(cells)}  ", end="", file=sys.stderr, flush=True)
            results[cell.name].append(measure(cell, program, duration))
    return results


FIGURES = {
    "sessions_per_second": lambda one: one["sessions_per_second"],
    "cpu_us_a_session": lambda one: one["cpu_us_a_session"],
    "rcpt_p50_us": lambda one: one["latency_us"]["rcpt"]["p50"],
    "rcpt_p99_us": lambda one: one["latency_us"]["rcpt"]["p99"],
    "rcpt_p999_us": lambda one: one["latency_us"]["rcpt"]["p999"],
    "resident_bytes": lambda one: one["resident_bytes"],
    "bytes_an_idle_connection": lambda one: one.get("bytes_an_idle_connection"),
}


def spread(values: list[float]) -> dict:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "count": len(values)}


def summary(results: dict[str, list[dict]]) -> dict[str, dict]:
    """By cell and figure: median, least, most."""
    return {name: {figure: spread([read(one) for one in rounds]) for figure, read in FIGURES.items() if read(rounds[0]) is not None}
            for name, rounds in results.items()}
