"""Rewards whose differences are lost beside what they have in common."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import OffsetWarning


def matrix_game(tmp_path, offset, first=((0.0, 3.0), (1.0, 2.0))):
    """Return a game in which agent B gets the offset less what A gets."""
    numbers = " ".join(f"{a!r} {offset - a!r}" for a in np.array(first).T.ravel().tolist())
    path = tmp_path / "game.nfg"
    path.write_text(f'NFG 1 R "t" {{ "A" "B" }} {{ 2 2 }}\n\n{numbers}\n', encoding="utf-8")
    return posg.load(path)


@pytest.mark.parametrize("offset", [1e14, -1e14, 1e15])
def test_an_offset_that_swallows_what_payoffs_differ_by_is_warned_of(offset, tmp_path):
    with pytest.warns(OffsetWarning, match="rewards of agent 'B' lie between .* smaller differences are lost"):
        posg.solve(matrix_game(tmp_path, offset), 1, "full", "cce")


def test_so_is_one_that_has_swallowed_them_all(tmp_path):
    with pytest.warns(OffsetWarning, match="rewards of agent 'B' lie between 1e\\+20 and 1e\\+20"):
        posg.solve(matrix_game(tmp_path, 1e20), 1, "full", "cce")


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e8])
def test_an_offset_that_leaves_digits_enough_is_not(offset, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", OffsetWarning)
        posg.solve(matrix_game(tmp_path, offset), 1, "full", "cce")


def test_rewards_that_are_all_the_same_have_nothing_to_lose(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", OffsetWarning)
        posg.solve(matrix_game(tmp_path, 7.0, np.zeros((2, 2))), 1, "full", "cce")
