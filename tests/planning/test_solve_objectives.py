"""Objectives of whole solves: certified, stored, compared, and refused where they do not work."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import ModelError, UnsupportedError


def fair(values):
    return cp.sum(cp.log(values + 100))


@pytest.mark.parametrize(
    "objective", ["entropy", "egalitarian", "weighted:1,3", fair], ids=["entropy", "egalitarian", "weighted", "own"]
)
def test_a_solve_with_it_is_certified_and_stored_under_its_name(objective, tmp_path):
    game = posg.catalog("chicken")
    found = posg.solve(game, 2, "full", "ce", objective)
    assert found.certificate.status == "exact"
    assert found.certificate.gap <= 1e-7 * game.reward_range
    assert found.objective.name == (objective if isinstance(objective, str) else "own:fair")
    found.save(tmp_path / "found.npz")
    again = posg.load(tmp_path / "found.npz")
    assert (again.objective.name, again.stats.methods) == (found.objective.name, found.stats.methods)
    np.testing.assert_array_equal(again.values, found.values)


def test_the_fair_equilibrium_of_chicken_is_the_symmetric_one():
    """The best CE has 21/4 each (Aumann 1974): the largest sum, evenly split, so the largest Nash product too."""
    found = posg.solve(posg.catalog("chicken"), 1, "full", "ce", fair)
    assert found.values == pytest.approx([21 / 4, 21 / 4], abs=1e-5)


def test_comparisons_name_the_function_and_say_where_it_does_not_work():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne", "ce"], fair)
    assert table.objective == "own:fair"
    assert isinstance(table.row("full", "ne").error, UnsupportedError)
    assert table.row("full", "ce").solution is not None


def test_a_function_and_a_checkpoint_do_not_go_together(tmp_path):
    with pytest.raises(ModelError, match="cannot tell one function"):
        posg.solve(posg.catalog("chicken"), 1, "full", "ce", fair, checkpoint=tmp_path / "kept")


def test_it_is_refused_before_any_work():
    with pytest.raises(UnsupportedError, match="'ne' is not available with objective 'entropy'"):
        posg.solve(posg.catalog("chicken"), 10**6, "full", "ne", "entropy")


def test_workers_are_given_the_function():
    """Two processes: a function defined here gets there."""
    one, two = (
        posg.solve(posg.catalog("chicken"), 2, "full", "ce", fair, workers=w, backend="threading") for w in (1, 2)
    )
    np.testing.assert_array_equal(one.values, two.values)
