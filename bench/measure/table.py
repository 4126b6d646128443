"""The results as text."""

from .goals import goals, is_met


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


def mail_table(mail: dict) -> list[str]:
    figures = ("messages_per_second", "cpu_ms_a_message")
    return _lines([["real sendmail", "messages/s", "CPU ms a message"]]
                  + [[name, *(_spread(measured[figure]) for figure in figures)] for name, measured in mail.items()])


def goals_table(cells: dict, lifetime: dict, mail: dict) -> list[str]:
    rows = [["goal", "result", "wanted", ""]]
    rows += [[what, _number(value), f"{comparison} {limit}", "met" if is_met(value, comparison, limit) else "MISSED"]
             for what, value, comparison, limit in goals(cells, lifetime, mail)]
    return _lines(rows)


def table(result: dict) -> str:
    machine = ", ".join(f"{key}: {value}" for key, value in result["machine"].items())
    parts = [[machine], cells_table(result["cells"])]
    if result["mail"]:
        parts.append(mail_table(result["mail"]))
    parts.append(goals_table(result["cells"], result["lifetime"], result["mail"]))
    return "\n\n".join("\n".join(part) for part in parts)
