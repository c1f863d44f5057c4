"""Faults that are put into code: each is one change, code again, and known by a name that outlives moved lines."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.mutation.sites import mutants_of

SOURCE = '''"""Not here: 1 < 2."""

def f(x: int = 3) -> list[2]:
    """Nor here."""
    assert x < 1, "é"
    if x <= 4 and not x.any():
        g(x)
    return "é", -x + [1.0, True][0]
'''
EXPECTED = {
    "3 -> 4", "x <= 4 -> (x < 4)", "4 -> 5", "x <= 4 and not x.any() -> (x <= 4 or not x.any())",
    "not x.any() -> (x.any())", "x.any -> (x.all)", "g(x) -> pass", "-x -> (x)",
    "-x + [1.0, True][0] -> (-x - [1.0, True][0])",
    "1.0 -> 0.0", "True -> False", "0 -> 1",
}  # fmt: skip


def test_each_place_that_computes_is_changed_once(tmp_path: Path):
    (tmp_path / "m.py").write_text(SOURCE, encoding="utf-8")
    found = mutants_of(tmp_path, "m.py")
    assert {mutant.name.removeprefix("m.py:f: ") for mutant in found} == EXPECTED
    assert len(found) == len(EXPECTED)
    for mutant in found:
        changed = mutant.applied(SOURCE)
        assert changed != SOURCE
        assert changed.splitlines()[mutant.line - 1] != SOURCE.splitlines()[mutant.line - 1]
        ast.parse(changed)
