"""The exact part of the hardness benchmark: its integers against what the engine and enumeration count."""

from __future__ import annotations

import importlib.util
import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

import lp_posg as posg
from lp_posg.errors import LimitError, MissingExtraError
from lp_posg.information import sharing_structure
from lp_posg.information.tables import first_table, next_table

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "hardness.py"


@pytest.fixture(scope="module")
def hardness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hardness_benchmark", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["hard-no-sharing", "dectiger"])
def test_private_histories_are_those_the_engine_tabulates(hardness: ModuleType, name: str):
    game = posg.catalog(name)
    structure = sharing_structure("none", 2)
    private = first_table(game, structure).next_private
    for horizon in (1, 2, 3):
        assert hardness.private_histories(game, horizon) == max(map(len, private))
        private = next_table(game, structure, private).next_private


def test_joint_policies_are_all_maps_from_reading_sequences(hardness: ModuleType):
    game = posg.catalog("hard-no-sharing")
    # One step: two readings, two actions, two agents. Two steps: 2 + 4 sequences of readings.
    own = list(product(range(2), repeat=2))
    assert hardness.joint_policies(game, 1) == len(list(product(own, own))) == 16
    assert hardness.joint_policies(game, 2) == 64**2
    assert hardness.joint_policies(game, 3) == 2**28
    # Without a first observation: 3 ^ (1 + 2) for each agent.
    assert hardness.joint_policies(posg.catalog("dectiger"), 2) == 3**6


def test_lines_without_sharing_are_whole_numbers_of_any_size(hardness: ModuleType):
    line = hardness.unshared(12)
    assert line["private_histories"] == 2 * 4**11
    assert line["log10_joint_policies"] == pytest.approx(2 * (2**13 - 2) * 0.30102999566, rel=1e-9)


def test_exact_lines_have_states_value_and_time(hardness: ModuleType):
    blind, seen = (hardness.exact(family, 3) for family in hardness.SHARED)
    assert (blind["states"], blind["states_at_H"]) == (4 + 16 + 64, 64)
    assert (seen["states"], seen["states_at_H"]) == (4 + 64 + 1024, 1024)
    assert blind["value"] == pytest.approx(0.646)
    assert blind["seconds"] > 0
    with pytest.raises(LimitError):
        hardness.exact("easy-observable", 4, max_states=100)


def test_plot_draws_a_file_or_names_the_extra(hardness: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [hardness.unshared(h) for h in (1, 2)] + [hardness.exact("hard-unobservable", h) for h in (1, 2)]
    for line in lines[2:]:
        line["loss L=1"] = 0.1
    if importlib.util.find_spec("matplotlib") is not None:
        hardness.plot(lines, tmp_path / "curves.png")
        assert (tmp_path / "curves.png").stat().st_size > 1000
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"lp-posg\[plot\]"):
        hardness.plot(lines, tmp_path / "none.png")
