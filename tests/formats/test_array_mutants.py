"""Numbers inside stored arrays that are not what they have to be: one error that names the array, and no crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import array_mutants
import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import FormatError

HERE = Path(__file__).resolve().parent


def outcome(kind, count, seed, folder):
    """Run the mutants in another process, which a segmentation fault would end."""
    places = [str(HERE), str(HERE.parent), str(Path(posg.__file__).parents[1])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, str(HERE / "array_mutants.py"), kind, str(count), str(seed), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", array_mutants.KINDS)
def test_hundreds_of_files_with_other_numbers(kind, tmp_path):
    found = outcome(kind, 500, 1, tmp_path)
    assert found["wrong"] == []
    assert found["read"] + found["refused"] == 500
    assert found["read"] >= 25
    assert found["refused"] > 250
    assert len(found["messages"]) > 50


@pytest.mark.slow
@pytest.mark.parametrize("kind", array_mutants.KINDS)
def test_ten_thousand_files_with_other_numbers(kind, tmp_path):
    found = outcome(kind, 10_000, 2, tmp_path)
    assert found["wrong"] == []
    assert found["read"] > 500


# The last entry of indptr decides how far scipy looks when it checks the rest: at 0 or below it checks nothing.
@pytest.mark.parametrize("last", [-(2**31), -5, 0, 1, 10**9])
@pytest.mark.parametrize("array", ["transition.0.indptr", "observation.0.indptr"])
def test_row_ends_are_checked_before_scipy_sees_them(array, last, tmp_path):
    path = tmp_path / "game.npz"
    posg.save(posg.catalog("noisy-pennies"), path)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays[array][-1] = last
    np.savez(path, **arrays)
    with pytest.raises(FormatError, match=rf"{array} does not grow from 0"):
        posg.load(path)
