"""Pictures of the documentation drawn again from the tables beside them, as if their benchmarks had been run."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from benchmarks import figures


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", ["hardness", "contraction"])
def test_the_table_is_enough_to_draw_from(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copy(figures.TARGET / f"{name}.csv", tmp_path)
    figures.redraw(name, tmp_path)
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    # What is read is what was written: numbers as numbers, what is missing as missing.
    read = []
    monkeypatch.setitem(figures.FIGURES, name, (lambda: read[0], lambda rows, _: read.append(rows)))
    figures.redraw(name, tmp_path)
    before = table(tmp_path / f"{name}.csv")
    figures.write(name, tmp_path)
    assert table(tmp_path / f"{name}.csv") == before
    assert len(read[0]) == len(before) > 0
    assert any(isinstance(value, float) for row in read[0] for value in row.values())
    assert not any(value == "" for row in read[0] for value in row.values())
