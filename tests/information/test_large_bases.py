"""Strategy independence where the basis is too large to be written down: single changes come first, part by part."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import STRUCTURES, random_game

import lp_posg as posg
from lp_posg.errors import StrategyDependenceError, UnsupportedError
from lp_posg.information import independence


@pytest.mark.parametrize(("shape", "n_actions"), [((1, 3), (2, 3)), ((2, 2), (3, 1)), ((2, 1, 3), (2, 2, 2))])
def test_members_are_rows_of_the_basis(shape, n_actions):
    basis = independence._basis(shape, n_actions).toarray()
    sizes = tuple(1 + k * (n - 1) for k, n in zip(shape, n_actions, strict=True))
    members = np.random.default_rng(1).permutation(len(basis))
    assert independence._members(members, sizes, shape, n_actions).toarray().tolist() == basis[members].tolist()


@pytest.mark.parametrize("entries", [1, 20])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dependence_is_found_by_single_changes(monkeypatch, entries, seed):
    monkeypatch.setattr(independence, "BASIS_ENTRIES", entries)
    with pytest.raises(StrategyDependenceError) as caught:
        posg.solve(random_game(seed), 3, "none", "cce")
    one, other = caught.value.prescriptions
    assert sum(way is not None for way in one + other) >= 1
    assert abs(caught.value.beliefs[0] - caught.value.beliefs[1]).sum() > 1e-6


@pytest.mark.parametrize("sharing", sorted(STRUCTURES))
def test_what_is_independent_stays_so(monkeypatch, sharing):
    game = random_game(5, **STRUCTURES[sharing])
    whole = posg.solve(game, 3, sharing, "cce")
    monkeypatch.setattr(independence, "BASIS_ENTRIES", 1)
    assert posg.solve(game, 3, sharing, "cce").values.tolist() == whole.values.tolist()


def test_what_cannot_be_decided_is_said(monkeypatch):
    monkeypatch.setattr(independence, "BASIS_ENTRIES", 1)
    monkeypatch.setattr(independence, "WHOLE_ENTRIES", 1)
    monkeypatch.setattr(independence, "_changed", lambda *arguments: None)
    with pytest.raises(UnsupportedError, match=r"not decided.*share more"):
        posg.solve(random_game(1), 3, "none", "cce")
