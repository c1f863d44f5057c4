"""Tables and pictures of the documentation: `python -m benchmarks.figures`, or `make figures`.

Each benchmark is run, its rows are written as CSV, and drawn where there is something to draw. With `--redraw` nothing
is run: what the CSV files say is drawn again.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import compressions, contraction, hardness, learning, table1

Rows = list[dict[str, Any]]

TARGET = Path(__file__).resolve().parents[1] / "docs" / "figures"
FIGURES: dict[str, tuple[Callable[[], Rows], Callable[[Rows, Path], None] | None]] = {
    "table1": (table1.rows, None),
    "hardness": (hardness.rows, hardness.plot),
    "compressions": (compressions.rows, compressions.plot),
    "contraction": (contraction.rows, contraction.plot),
    "learning": (learning.rows, learning.plot),
}


def write(name: str, folder: Path) -> None:
    """Run one benchmark and write its table and its picture."""
    make, draw = FIGURES[name]
    rows = make()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
    if draw is not None:
        draw(rows, folder / f"{name}.png")


def redraw(name: str, folder: Path) -> None:
    """Draw one benchmark's picture from its table; nothing if it has none."""
    draw = FIGURES[name][1]
    if draw is None:
        return
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        rows = [{key: _value(told) for key, told in row.items() if told} for row in csv.DictReader(stream)]
    draw(rows, folder / f"{name}.png")


def _value(told: str) -> float | int | str:
    """Return the number or the text that `write` wrote."""
    for kind in (int, float):
        try:
            return kind(told)
        except ValueError:
            continue
    return told


def _plain(value: object) -> object:
    """Return a number with six digits, as differences beyond are rounding."""
    return f"{value:.6g}" if isinstance(value, float) else value


def main() -> None:
    """Write those asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*FIGURES, []], help="which; all if none is named")
    parser.add_argument("--to", type=Path, default=TARGET)
    parser.add_argument("--redraw", action="store_true", help="draw the tables that are there")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    for name in chosen.name or FIGURES:
        (redraw if chosen.redraw else write)(name, chosen.to)
        print(f"{name}: {chosen.to / name}.{'png' if chosen.redraw else 'csv'}", flush=True)


if __name__ == "__main__":
    main()
