"""What bench/run makes of what its programs print: each callback's latency is kept, and each goal is listed, met or not."""
import pathlib
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(TOP), str(TOP / "tests/support"), str(TOP / "tests/packaging")]

from bench.measure import cells, goals, table  # pylint: disable=wrong-import-position

COMPARED = ("1", "50", "500", "think", "50, 50 recipients")


def found(**changes):
    """What milter_load prints."""
    latency = {"count": 9, "p50": 10.0, "p99": 20.0, "p999": 30.0}
    latencies = {name: latency for name in ("negotiate", "rcpt", "eom", "session")}
    return {"sessions_per_second": 1000.0, "cpu_us_a_session": 50.0, "resident_bytes": 1 << 20, "seconds": 2.0, "rcpt_answers": {"c": 2000},
            "latency_us": latencies} | changes


def result(**changes):
    """A run in which we are as the null milter is, in every figure."""
    measured = {f"{milter} / {load}": [found()] for milter in ("null replies", "ours") for load in COMPARED}
    measured |= {f"{milter} holding / 50 + 5000 idle": [found()] for milter in ("null replies", "ours")}
    idle = {name: cells.spreads([{"bytes_an_idle_connection": 100}]) for name in ("null replies", "null negotiates", "ours")}
    lifetime = cells.spreads([{"start_ms": 10, "stop_ms": 10}]) | {"restart": {"sessions": 5, "refused": 0, "backlog_full": 0, "broken": 0}}
    return {"machine": {}, "cells": cells.summary(measured), "idle": idle, "lifetime": lifetime, "mail": {}} | changes


def missed(measured):
    return {what for what, value, comparison, limit in goals.goals(measured) if not goals.is_met(value, comparison, limit)}


class Figures(unittest.TestCase):
    def test_the_latency_of_each_callback_is_kept(self):
        kept = cells.summary({"ours / 1": [found(), found()]})["ours / 1"]
        for name in ("negotiate", "rcpt", "eom", "session"):
            self.assertEqual([kept[f"{name}_{quantile}_us"]["median"] for quantile in ("p50", "p99", "p999")], [10, 20, 30])

    def test_recipients_are_counted_apart_from_sessions(self):
        many = found(rcpt_answers={"c": 100_000})
        self.assertEqual(cells.figures(many)["recipients_per_second"], 50_000)

    def test_a_callback_that_one_round_did_not_reach_is_the_others(self):
        short = found(latency_us={"rcpt": found()["latency_us"]["rcpt"]})
        self.assertEqual(cells.summary({"ours / think": [short, found()]})["ours / think"]["eom_p50_us"]["count"], 1)

    def test_a_step_without_an_answer_has_no_latency_in_the_table(self):
        head, ours = table.latency_table(cells.summary({"ours / 1": [found()]}))
        self.assertEqual(head.split()[-6:], ["negotiate", "connect", "mail", "rcpt", "eom", "session"])
        self.assertEqual(ours.split().count("-"), 2)


class Goals(unittest.TestCase):
    def test_a_recipient_is_compared_at_every_load(self):
        listed = {what for what, *_ in goals.goals(result())}
        for load in ("1", "50", "500", "think"):
            self.assertLessEqual({f"RCPT p50, {load}, × null", f"RCPT p99, {load}, × null"}, listed)

    def test_one_that_is_missed_is_said_to_be(self):
        slow = {"rcpt": {"p50": 40.0, "p99": 20.0, "p999": 30.0}, "session": found()["latency_us"]["session"]}
        measured = result()
        measured["cells"] |= cells.summary({"ours / 500": [found(latency_us=slow)]})
        self.assertEqual({what for what in missed(measured) if "RCPT" in what}, {"RCPT p50, 500, × null"})
        self.assertRegex("\n".join(table.goals_table(measured)), r"RCPT p50, 500, × null +4.00 +<= 1.05 +MISSED")

    def test_a_restart_may_neither_refuse_nor_cut_anybody(self):
        for what, goal in (("refused", "connections without a place"), ("backlog_full", "connections without a place"), ("broken", "sessions cut")):
            measured = result()
            self.assertFalse([one for one in missed(measured) if "restart" in one])
            measured["lifetime"]["restart"][what] = 1
            self.assertEqual([one for one in missed(measured) if "restart" in one], [f"3 restarts under load: {goal}"])

    def test_a_held_connection_is_bounded_by_what_it_takes_of_a_new_daemon(self):
        self.assertFalse([one for one in missed(result()) if "idle" in one])
        large = result()
        large["idle"]["ours"]["bytes_an_idle_connection"]["median"] = 2000
        self.assertEqual([one for one in missed(large) if "idle" in one], ["bytes a held idle connection"])

    def test_connections_that_are_held_are_of_a_daemon_of_its_own(self):
        """What it holds stays with it: resident memory is that of the others."""
        measured = result()
        measured["cells"] |= cells.summary({"ours holding / 50 + 5000 idle": [found(sessions_per_second=10.0, resident_bytes=1 << 30)]})
        self.assertEqual(missed(measured) - missed(result()), {"throughput kept with 5000 idle, × null's"})

    def test_parts_that_were_left_out_have_no_goals_and_no_companions(self):
        only = result(idle={}, lifetime={})
        only["cells"] = {name: cell for name, cell in only["cells"].items() if name.split(" / ")[1] in cells.MAIN}
        self.assertEqual({what for what, *_ in goals.companions(only)},
                         {f"whole session {quantile}, {load}, × null" for quantile in ("p50", "p99") for load in ("1", "50", "500")})
        self.assertFalse([what for what, *_ in goals.goals(only) if "restart" in what or "idle" in what])


if __name__ == "__main__":
    unittest.main()
