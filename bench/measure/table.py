"""The results as text."""

from .cells import QUANTILES
from .goals import companions, goals, is_met

ANSWERED = ("negotiate", "connect", "mail", "rcpt", "eom", "session")


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _spread(figure: dict) -> str:
    return f"{_number(figure['median'])} ({_number(figure['min'])}-{_number(figure['max'])})"


def _lines(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def cells_table(cells: dict) -> list[str]:
    rows = [["milter / load", "sessions/s", "CPU µs a session", "RCPT p50 µs", "p99", "p99.9", "RSS MiB"]]
    for name, cell in cells.items():
        figures = ("sessions_per_second", "cpu_us_a_session", "rcpt_p50_us", "rcpt_p99_us", "rcpt_p999_us")
        rows.append([name, *(_spread(cell[figure]) for figure in figures), _number(cell["resident_bytes"]["median"] / (1 << 20))])
    return _lines(rows)


def _latency(cell: dict, name: str) -> str:
    return "-" if f"{name}_p50_us" not in cell else " / ".join(_number(cell[f"{name}_{quantile}_us"]["median"]) for quantile in QUANTILES)


def latency_table(cells: dict) -> list[str]:
    return _lines([["p50 / p99 / p99.9 µs (-: no answer)", *ANSWERED]]
                  + [[name, *(_latency(cell, step) for step in ANSWERED)] for name, cell in cells.items()])


def mail_table(mail: dict) -> list[str]:
    figures = ("messages_per_second", "cpu_ms_a_message")
    return _lines([["real sendmail", "messages/s", "CPU ms a message"]]
                  + [[name, *(_spread(measured[figure]) for figure in figures)] for name, measured in mail.items()])


def goals_table(result: dict) -> list[str]:
    rows = [["goal", "result", "wanted", ""]]
    rows += [[what, _number(value), f"{comparison} {limit}", "met" if is_met(value, comparison, limit) else "MISSED"]
             for what, value, comparison, limit in goals(result)]
    return _lines(rows + [[what, _number(value), "", ""] for what, value in companions(result)])


def table(result: dict) -> str:
    machine = ", ".join(f"{key}: {value}" for key, value in result["machine"].items())
    parts = [[machine], cells_table(result["cells"]), latency_table(result["cells"])]
    if result["mail"]:
        parts.append(mail_table(result["mail"]))
    parts.append(goals_table(result))
    return "\n\n".join("\n".join(part) for part in parts)
