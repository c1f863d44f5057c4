"""Rewards whose differences are lost beside what they have in common."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import CertificateError, OffsetWarning
from lp_posg.evaluate import certify


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


def shifted(seed, offset):
    """Return a random general-sum game of whole numbers, and the same with an offset."""
    first, second = np.random.default_rng(seed).integers(0, 10, (2, 3, 3)).astype(float)
    return tuple(
        posg.Game(np.ones((1, 3, 3, 1)), np.ones((3, 3, 1, 1, 1)), np.stack([first, second])[:, None] + more, [1.0])
        for more in (0.0, offset)
    )


@pytest.mark.filterwarnings("ignore::lp_posg.errors.OffsetWarning")
@pytest.mark.parametrize("offset", [1e8, 1e10, 1e12, 1e13, 1e14, 1e15])
def test_what_rewards_have_in_common_makes_no_equilibrium(offset):
    """The strategy found is judged in the game without the offset; where rounding forbids that it is refused."""
    certified = 0
    for seed in range(8):
        plain, game = shifted(seed, offset)
        assert (game.is_common_reward, game.is_zero_sum) == (False, False)
        for concept in ("ne", "ce", "cce"):
            try:
                found = posg.solve(game, 1, "full", concept)
            except CertificateError:
                assert offset >= 1e14
                continue
            certified += 1
            assert certify(plain, found.sharing, found.policy, concept).gap <= 1e-5
    assert certified >= 18


def test_penalties_do_not_make_different_rewards_the_same():
    forbidden = -1e12
    first, second = [[0, 0.9, forbidden], [0.5, 0.1, forbidden]], [[0.8, 0, forbidden], [0.6, 0.7, forbidden]]
    rewards = np.array([first, second])[:, None]
    game = posg.Game(np.ones((1, 2, 3, 1)), np.ones((2, 3, 1, 1, 1)), rewards, [1.0])
    assert not game.is_common_reward
    assert posg.solve(game, 1, "full").concept.name == "cce"
