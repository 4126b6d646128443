"""The goals: ratios, within one run, to the null milter that replies to every step. Each is one line of the table."""

from collections.abc import Iterator

MIB = 1 << 20
Goal = tuple[str, float, str, float]
"""(what, value, "<=" or ">=", limit)"""


class Measured:
    """What bench/run keeps, by name."""

    def __init__(self, result: dict):
        self.cells = result["cells"]

    def median(self, cell: str, figure: str) -> float:
        return self.cells[cell][figure]["median"]

    def ratio(self, figure: str, load: str, subject: str = "ours", to: str = "null replies") -> float:
        return self.median(f"{subject} / {load}", figure) / self.median(f"{to} / {load}", figure)

    def above_null(self, subject: str, load: str) -> float:
        """Bytes that are resident."""
        return self.median(f"{subject} / {load}", "resident_bytes") - self.median(f"null replies / {load}", "resident_bytes")


def _loads(measured: Measured) -> Iterator[Goal]:
    for load in ("1", "50", "500"):
        yield f"sessions/s, {load} connections, × null", measured.ratio("sessions_per_second", load), ">=", 1.25
        yield f"CPU a session, {load} connections, × null", measured.ratio("cpu_us_a_session", load), "<=", 0.8
    yield "CPU a session, think, × null", measured.ratio("cpu_us_a_session", "think"), "<=", 0.5
    for load in ("1", "50", "500", "think"):
        yield f"RCPT p50, {load}, × null", measured.ratio("rcpt_p50_us", load), "<=", 1.05
        yield f"RCPT p99, {load}, × null", measured.ratio("rcpt_p99_us", load), "<=", 1.2


def _memory(measured: Measured, idle: dict) -> Iterator[Goal]:
    if "million entries / 50" in measured.cells:
        yield "sessions/s, 10^6 entries × 10^3", measured.ratio("sessions_per_second", "50", "million entries", "ours"), ">=", 0.95
        yield "RSS above null, 10^6 entries, MB less 40 bytes each", (measured.above_null("million entries", "50") - 40e6) / MIB, "<=", 6
    yield "RSS above null, 10^3 entries, MB", measured.above_null("ours", "500") / MIB, "<=", 6
    if "ours holding / 50 + 5000 idle" in measured.cells:
        kept = {subject: measured.median(f"{subject} holding / 50 + 5000 idle", "sessions_per_second") / measured.median(f"{subject} / 50", "sessions_per_second")
                for subject in ("ours", "null replies")}
        yield "throughput kept with 5000 idle, × null's", kept["ours"] / kept["null replies"], ">=", 1
    if idle:
        yield "bytes a held idle connection", idle["ours"]["bytes_an_idle_connection"]["median"], "<=", 1024


def _lifetime(lifetime: dict) -> Iterator[Goal]:
    restart = lifetime["restart"]
    yield "start to first verdict, 10^6 entries, ms", lifetime["start_ms"]["median"], "<=", 50
    yield "stop when idle, ms", lifetime["stop_ms"]["median"], "<=", 100
    yield "3 restarts under load: connections without a place", restart["refused"] + restart["backlog_full"], "<=", 0
    yield "3 restarts under load: sessions cut", restart["broken"], "<=", 0


def _mail(mail: dict) -> Iterator[Goal]:
    without = mail["no milter"]["messages_per_second"]["median"]
    for name in ("ours", "ours, access map"):
        yield f"real sendmail, messages/s, {name}, × without any milter", mail[name]["messages_per_second"]["median"] / without, ">=", 0.97


def goals(result: dict) -> Iterator[Goal]:
    """Of all that was measured."""
    measured = Measured(result)
    yield from _loads(measured)
    yield from _memory(measured, result["idle"])
    if result["lifetime"]:
        yield from _lifetime(result["lifetime"])
    if result["mail"]:
        yield from _mail(result["mail"])


def companions(result: dict) -> Iterator[tuple[str, float]]:
    """(what, value) of what helps to read the goals, and has none of its own."""
    measured = Measured(result)
    for load in ("1", "50", "500"):
        yield f"whole session p50, {load}, × null", measured.ratio("session_p50_us", load)
        yield f"whole session p99, {load}, × null", measured.ratio("session_p99_us", load)
    if "ours / 50, 50 recipients" in measured.cells:
        yield "recipients/s, 50 a message, × null", measured.ratio("recipients_per_second", "50, 50 recipients")
        yield "CPU a session, 50 recipients, × null", measured.ratio("cpu_us_a_session", "50, 50 recipients")
        yield "RCPT p50, 50 recipients, × null", measured.ratio("rcpt_p50_us", "50, 50 recipients")
    for load in ("1", "50", "think"):
        if f"in the sandbox / {load}" in measured.cells:
            yield f"RCPT p50 in the sandbox, {load}, × without", measured.ratio("rcpt_p50_us", load, "in the sandbox", "without a sandbox")
            yield f"CPU a session in the sandbox, {load}, × without", measured.ratio("cpu_us_a_session", load, "in the sandbox", "without a sandbox")
    for name in ("null replies", "null negotiates"):
        if result["idle"]:
            yield f"bytes a held idle connection of {name}", result["idle"][name]["bytes_an_idle_connection"]["median"]


def is_met(value: float, comparison: str, limit: float) -> bool:
    return value >= limit if comparison == ">=" else value <= limit
