#!/usr/bin/env python3
"""The parity test finds every wrong variant of the feature that we know of.

Run as root:  test_parity_can_fail.py [--milter-relay PROGRAM] [--seed N]
"""

import argparse
import io
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from parity import MUTANTS, REPOSITORY, run    # noqa: E402

# The configurations in which the wrong variant shows.
WHERE = {"auth-denial-ignored": ["site"], "site-not-noted": ["site"], "quarantine-not-noted": ["site"],
         "forged-is-uncertain": ["based_on_mx"], "stop-delayed-checks": ["delay"]}
CASES = 1500
MORE = {"any-mechanism": 3000, "auth-denial-ignored": 6000}    # those that show seldom


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--milter-relay", default=str(REPOSITORY / "build/release/bin/milter-relay"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    missed = 0
    for mutant in MUTANTS:
        cases = MORE.get(mutant, CASES)
        differences, _ = run(options.milter_relay, options.seed, cases, WHERE.get(mutant, ["access"]),
                             mutant, out=io.StringIO())
        missed += not differences
        print(f"{mutant:24} {'found' if differences else 'NOT FOUND'} ({len(differences)} of {cases} cases)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
