"""Put sampled faults into the core, one at a time, and run the tests that reach them.

    python -m tests.mutation [--count 200] [--seed 1] [--jobs 2] [--area merging] [--fresh]

The first run notes which test reaches which line (coverage.py) and keeps that in build/mutants. A mutant is
*found* when one of the tests that reach its line fails, or hangs. Those listed in `equivalent.toml` change nothing
that a test could notice, each with the reason. Fails where fewer than 97 % of the others are found.
"""

from __future__ import annotations

import argparse
import random
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation.reach import Reach, reach
from tests.mutation.sites import Mutant, mutants_of
from tests.mutation.trial import Trials

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = 0.97
AREAS = {
    "certificates": ["evaluate/*gaps.py", "evaluate/best_deviations.py", "evaluate/deviator.py",
                     "evaluate/strategy_cells.py", "evaluate/kinds.py", "evaluate/certificate.py",
                     "planning/set_certificates.py"],
    "independence": ["information/independence.py"],
    "forward": ["information/forward.py", "information/levels.py", "information/tables.py", "information/lookup.py"],
    "merging": ["information/merging.py", "information/merge_within.py"],
    "stage": ["stage/*.py", "stage/*/*.py"],
    "lp": ["lp/*.py"],
    "sequence": ["trees/sequence/*.py"],
    "checkpoints": ["induction/*.py"],
}  # fmt: skip


def sampled(count: int, seed: int, areas: list[str]) -> list[Mutant]:
    """Return `count` mutants, as many of each area."""
    chosen = []
    for i, area in enumerate(areas):
        files = sorted({path for pattern in AREAS[area] for path in (ROOT / "lp_posg").glob(pattern)})
        sites = [mutant for path in files for mutant in mutants_of(ROOT, str(path.relative_to(ROOT)))]
        share = count // len(areas) + (i < count % len(areas))
        chosen += random.Random(f"{seed} {area}").sample(sites, min(share, len(sites)))
    return chosen


def main() -> int:
    """Run from the command line; return 1 where too few faults are found."""
    options = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--area", choices=list(AREAS), action="append")
    options.add_argument("--fresh", action="store_true", help="note anew which test reaches which line")
    given = options.parse_args()
    mutants = sampled(given.count, given.seed, given.area or list(AREAS))
    known = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text())["equivalent"]
    reasons = {f"{each['path']}:{each['function']}: {each['change']}": each["why"] for each in known}
    judged = [mutant for mutant in mutants if mutant.name not in reasons]
    survivors = _survivors(judged, reach(ROOT, fresh=given.fresh), given.jobs)
    found = len(judged) - len(survivors)
    print(f"{len(mutants)} mutants, {len(mutants) - len(judged)} equivalent; {found} of {len(judged)} real ones found:"
          f" {found / max(1, len(judged)):.1%}")  # fmt: skip
    return int(found < REQUIRED * len(judged))


def _survivors(mutants: list[Mutant], lines: Reach, jobs: int) -> list[Mutant]:
    with Trials(ROOT, lines) as trials, ThreadPoolExecutor(jobs) as pool:
        survivors = []
        for mutant, verdict in zip(mutants, pool.map(trials.verdict, mutants), strict=True):
            print(f"{verdict:9} line {mutant.line} of {mutant.name}", flush=True)
            if verdict == "SURVIVED":
                survivors.append(mutant)
    return survivors


if __name__ == "__main__":
    sys.exit(main())
