"""The goals: ratios, within one run, to the null milter that replies to every step. Each is one line of the table."""

from collections.abc import Iterator

MIB = 1 << 20


def goals(cells: dict, lifetime: dict, mail: dict) -> Iterator[tuple[str, float, str, float]]:
    """(what, value, "<=" or ">=", limit) of all that was measured."""
    def median(cell: str, figure: str) -> float:
        return cells[cell][figure]["median"]

    def ratio(figure: str, load: str, subject: str = "ours", to: str = "null replies") -> float:
        return median(f"{subject} / {load}", figure) / median(f"{to} / {load}", figure)

    for load in ("1", "50", "500"):
        yield f"sessions/s, {load} connections, × null", ratio("sessions_per_second", load), ">=", 1.25
        yield f"CPU a session, {load} connections, × null", ratio("cpu_us_a_session", load), "<=", 0.8
    yield "CPU a session, think, × null", ratio("cpu_us_a_session", "think"), "<=", 0.5
    for load in ("1", "think"):
        yield f"RCPT p50, {load}, × null", ratio("rcpt_p50_us", load), "<=", 1.05
        yield f"RCPT p99, {load}, × null", ratio("rcpt_p99_us", load), "<=", 1.2
    if "million entries / 50" in cells:
        yield "sessions/s, 10^6 entries × 10^3", ratio("sessions_per_second", "50", "million entries", "ours"), ">=", 0.95
        yield ("RSS above null, 10^6 entries, MB less 40 bytes each",
               (median("million entries / 50", "resident_bytes") - median("null replies / 50", "resident_bytes") - 40e6) / MIB, "<=", 6)
    yield ("RSS above null, 10^3 entries, MB",
           (median("ours / 500", "resident_bytes") - median("null replies / 500", "resident_bytes")) / MIB, "<=", 6)
    if "ours / 50 + 5000 idle" in cells:
        yield "bytes a held idle connection", median("ours / 50 + 5000 idle", "bytes_an_idle_connection"), "<=", 1024
        kept = {subject: median(f"{subject} / 50 + 5000 idle", "sessions_per_second") / median(f"{subject} / 50", "sessions_per_second")
                for subject in ("ours", "null replies")}
        yield "throughput kept with 5000 idle, × null's", kept["ours"] / kept["null replies"], ">=", 1
    if lifetime:
        yield "start to first answer, 10^6 entries, ms", lifetime["start_ms"]["median"], "<=", 50
        yield "stop when idle, ms", lifetime["stop_ms"]["median"], "<=", 100
        yield "connections refused by 3 restarts under load", lifetime["restart"]["refused"], "<=", 0
    if mail:
        without = mail["no milter"]["messages_per_second"]["median"]
        for name in ("ours", "ours, access map"):
            yield f"real sendmail, messages/s, {name}, × without any milter", mail[name]["messages_per_second"]["median"] / without, ">=", 0.97


def is_met(value: float, comparison: str, limit: float) -> bool:
    return value >= limit if comparison == ">=" else value <= limit
