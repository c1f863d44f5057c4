"""`python -m benchmarks [--quick] [NAME ...]`: run benchmarks, print tables, add to the history."""

from __future__ import annotations

import argparse

from benchmarks import (
    baselines,
    compressions,
    contraction,
    growth,
    hardness,
    large_matrices,
    large_stage,
    simulations,
    solves,
    stage_lps,
    start,
    table1,
)
from benchmarks.measure import record, table

BENCHMARKS = {
    "stage_lps": stage_lps.rows,
    "large_stage": large_stage.rows,
    "large_matrices": large_matrices.rows,
    "solves": solves.rows,
    "growth": growth.rows,
    "hardness": hardness.rows,
    "simulations": simulations.rows,
    "baselines": baselines.rows,
    "table1": table1.rows,
    "compressions": compressions.rows,
    "contraction": contraction.rows,
    "start": start.rows,
}


def main() -> None:
    """Run the benchmarks asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller cases")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; expected some of {', '.join(BENCHMARKS)}")
    for name in given.names or BENCHMARKS:
        rows = BENCHMARKS[name](given.quick)
        print(f"\n{name}\n{table(rows)}\nrecorded in {record(name, rows).name}", flush=True)


if __name__ == "__main__":
    main()
