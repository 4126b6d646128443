#!/usr/bin/env python3
"""Parity: with no POP logins, a wired sendmail and a stock one decide alike.

For each configuration two .cf files are built from one .mc file, without and
with the feature's line, and both are asked the same random questions.  What
the wired one says is sendmail's own answer if that is an error, and else what
`milter-relay explain` decides on the facts that the rules noted.  The classes
permit, refuse, defer and discard must be equal in every case.

One thing is known to differ, and is checked for what it is: with delay_checks
a stock sendmail says "Relaying denied" before it looks at the sender and the
sending host; wired, these checks speak first, since the milter is asked after
the rules.  There the wired answer must be the very text that the stock rules
for sender and host (checkmail, checkrelay) give, and stock must not permit.

Run as root:  parity.py --milter-relay build/release/bin/milter-relay
              [--seed N] [--cases N] [--configs a,b] [--mutant NAME]
Exit 0: no difference, and every kind of case was seen often enough.
"""

import argparse
import collections
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from parity_world import CONFIGURATIONS, World, random_case    # noqa: E402
from sendmail_cf import REPOSITORY, Question, Rules, build_cf  # noqa: E402

FEATURE = "FEATURE(`milter_relay')"
BATCH = 500

# Wrong variants of the feature, each of which must be found out.
MUTANTS = {
    "any-mechanism": ("R< $={TrustAuthMech} >", "R< $+ >"),
    "client-not-noted": ("{relay_client} $@ trusted $) RELAY", "{relay_client} $@ unknown $) RELAY"),
    "destination-not-noted": ("{relay_dest} $@ ours $) $1 $| RELAY", "{relay_dest} $@ other $) $1 $| RELAY"),
    "never-forgotten": ("SMilterRelay_forget\n", "SMilterRelay_forget\nR$*\t$@ $1\n"),
    "forged-is-uncertain": ("{relay_dest} $@ other $) NO", "{relay_dest} $@ temp $) NO"),
    "auth-denial-ignored": ("R$* $| NO\t\t$@ NO", "R$* $| NO\t\t$: $1 $| no"),
    "site-not-noted": ("R$* $| $#$*\t\t$: $(milter_relay_note {relay_client} $@ trusted $) $1 $| $#$2\n"
                       "R$* $| $#$*\t\t$#$2\nR$* $| $*\t\t$@ $2", "R$* $| $#$*\t\t$#$2\nR$* $| $*\t\t$@ $2"),
    "quarantine-not-noted": ("$#error $- quarantine $*\t$: $(milter_relay_note {relay_dest} $@ ours $) $1 $| $#error "
                             "$@ quarantine $3\nR$* $| $#error $*", "$#error $*"),
    "stop-delayed-checks": ("R$*\t\t\t$@ OK", "R$*\t\t\t$# OK"),
}


def verdict_of(result):
    """The class of a ruleset's result, as sendmail would answer RCPT."""
    if result is None:
        return "syntax"
    if result.startswith("$# discard"):
        return "discard"
    if not result.startswith("$# error") or re.match(r"\$# error \$@ quarantine\b", result):
        return "permit"
    code = re.search(r'\$: "?\s*([45])\d\d\b', result) or re.search(r"\$@ ([45]) \.", result)
    return "defer" if code and code.group(1) == "4" else "refuse"


class Policy:
    """milter-relay's decisions, remembered by the facts they depend on."""

    def __init__(self, program, directory):
        self.program, self.known = program, {}
        self.config = Path(directory) / "milter-relay.toml"
        self.config.write_text(f'[pop]\ndatabase = "{directory}/relayers.db"\n')

    def decide(self, case, noted):
        recipient, sender, macros = case
        facts = (macros["client_addr"], macros.get("auth_type", ""), macros.get("auth_authen", ""),
                 macros.get("tls_version", ""), noted["relay_dest"], noted["relay_client"], noted["relay_policy"])
        if facts not in self.known:
            self.known[facts] = self.ask(recipient, sender, macros, noted)
        return self.known[facts]

    def ask(self, recipient, sender, macros, noted):
        options = {
            "client": macros["client_addr"] or "local", "name": macros["client_name"], "resolve": macros["client_resolve"],
            "auth": macros.get("auth_authen"), "mechanism": macros.get("auth_type"),
            "tls": macros.get("tls_version"), "from": sender, "to": recipient,
            "dest": noted["relay_dest"], "relay-client": noted["relay_client"], "policy": noted["relay_policy"]}
        command = [self.program, "explain", "--json", "-c", str(self.config)]
        command += [f"--{name}={value}" for name, value in options.items() if value]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            return json.loads(run.stdout)["action"]
        except (ValueError, KeyError):
            raise SystemExit(f"parity: {' '.join(command)}: exit {run.returncode}: {run.stderr}{run.stdout}")


class Configuration:
    """One .mc file, built stock and wired, and what was counted for it."""

    def __init__(self, name, world, workdir, ours):
        self.name, self.count, self.noted = name, collections.Counter(), collections.Counter()
        self.delayed = "SParityDelayed" in CONFIGURATIONS[name][0]
        self.stock = self.build(world, workdir, "stock", "dnl", ours)
        self.wired = self.build(world, workdir, "wired", FEATURE, ours)
        if "MilterRelay_check" in self.stock.read_text(encoding="latin-1"):
            raise RuntimeError(f"{self.stock} is not stock")

    def build(self, world, workdir, kind, feature_line, ours):
        mc = workdir / f"{self.name}.{kind}.mc"
        mc.write_text(world.mc(self.name, feature_line))
        expected = CONFIGURATIONS[self.name][1]
        if expected and kind == "wired":
            expected += ("*** WARNING: FEATURE(milter_relay)",)
        cf = build_cf(mc, workdir, expected=expected, ours=ours)
        world.without_dns(cf)
        return cf

    def run(self, cases, policy):
        """Yields a text for each case in which the two differ."""
        with Rules(self.stock, read=()) as stock, Rules(self.wired) as wired:
            for start in range(0, len(cases), BATCH):
                yield from self.batch(cases[start:start + BATCH], stock, wired, policy)

    def batch(self, cases, stock, wired, policy):
        questions = [Question("check_rcpt", recipient, macros) for recipient, _, macros in cases]
        delayed = ([a.result for a in stock.ask([Question("ParityDelayed", s, m) for _, s, m in cases])]
                   if self.delayed else [None] * len(cases))
        for case, own, ours, late in zip(cases, stock.ask(questions), wired.ask(questions), delayed):
            text = self.compare(case, own.result, ours, late, policy)
            if text:
                yield text

    def compare(self, case, stock_result, answer, delayed_result, policy):
        stock, wired = verdict_of(stock_result), verdict_of(answer.result)
        by_milter = wired == "permit"
        if by_milter:
            wired = policy.decide(case, answer.macros)
            self.noted.update((f"dest={answer.macros['relay_dest']}", f"client={answer.macros['relay_client']}"))
        self.count[stock] += 1
        if (not by_milter and stock != "permit" and answer.result != stock_result
                and answer.result == delayed_result):
            self.count["delayed check first"] += 1
            return None
        # where sendmail speaks itself, it must be with the same words
        same = stock == wired and (by_milter or answer.result == stock_result)
        return None if same else json.dumps(
            {"config": self.name, "recipient": case[0], "macros": case[2], "stock": stock_result,
             "stock_verdict": stock, "wired": answer.result, "wired_verdict": wired, "noted": answer.macros})


def mutated(mutant, workdir):
    """A copy of the repository's m4 directory with a wrong feature in it."""
    right, wrong = MUTANTS[mutant]
    text = (REPOSITORY / "m4/feature/milter_relay.m4").read_text()
    if text.count(right) != 1:
        raise RuntimeError(f"mutant {mutant}: {right!r} is not there once")
    (workdir / "m4/feature").mkdir(parents=True)
    (workdir / "m4/feature/milter_relay.m4").write_text(text.replace(right, wrong))
    return workdir / "m4"


def missing_coverage(configurations, cases):
    """What was seen too seldom for the result to mean anything."""
    total, noted = collections.Counter(), collections.Counter()
    for configuration in configurations:
        total.update(configuration.count)
        noted.update(configuration.noted)
        for verdict, share in (("permit", 0.10), ("refuse", 0.10)):
            if configuration.count[verdict] < share * sum(configuration.count.values()):
                yield f"{configuration.name}: {verdict} in {configuration.count[verdict]} cases only"
    if {configuration.name for configuration in configurations} != set(CONFIGURATIONS):
        return    # a few configurations by themselves do not show everything
    for verdict in ("permit", "refuse", "defer", "discard"):
        if total[verdict] < 0.002 * cases:
            yield f"{verdict} in {total[verdict]} cases only"
    for fact in ("dest=ours", "dest=other", "dest=temp", "client=auth", "client=tls", "client=trusted",
                 "client=temp", "client=unknown"):
        if noted[fact] < 0.001 * cases:
            yield f"{fact} in {noted[fact]} cases only"


def run(program, seed, cases, names, mutant=None, out=sys.stdout):
    """Returns (differences, configurations)."""
    differences = []
    with tempfile.TemporaryDirectory(prefix="parity.") as directory:
        workdir = Path(directory)
        world, policy = World(workdir), Policy(program, workdir)
        ours = mutated(mutant, workdir) if mutant else REPOSITORY / "m4"
        configurations = [Configuration(name, world, workdir, ours) for name in names]
        for configuration in configurations:
            rng = random.Random(f"{seed}/{configuration.name}")
            each = [random_case(rng) for _ in range(-(-cases // len(names)))]
            found = list(configuration.run(each, policy))
            differences += found
            print(f"{configuration.name:18} {len(each):6} cases, {len(found)} differ; stock: "
                  + ", ".join(f"{k} {v}" for k, v in sorted(configuration.count.items())), file=out)
    return differences, configurations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--milter-relay", default=str(REPOSITORY / "build/release/bin/milter-relay"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--cases", type=int, default=24000, help="in all, over the configurations")
    parser.add_argument("--configs", default=",".join(CONFIGURATIONS))
    parser.add_argument("--mutant", choices=MUTANTS, help="wire a wrong feature: there must be differences")
    options = parser.parse_args()
    names, began = options.configs.split(","), time.monotonic()
    print(f"parity: seed {options.seed}, {options.cases} cases, {len(names)} configurations", flush=True)
    differences, configurations = run(options.milter_relay, options.seed, options.cases, names, options.mutant)
    for text in differences[:20]:
        print(f"DIFFERENCE (--seed {options.seed} --cases {options.cases} --configs {options.configs}): {text}")
    lacking = [] if options.mutant else list(missing_coverage(configurations, options.cases))
    for text in lacking:
        print(f"NOT COVERED: {text}")
    print(f"parity: seed {options.seed}: {sum(sum(c.count.values()) - c.count['delayed check first'] for c in configurations)}"
          f" cases, {len(differences)} differ, {time.monotonic() - began:.1f} s")
    return 1 if differences or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
