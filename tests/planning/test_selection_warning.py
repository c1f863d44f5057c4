"""Where payoffs of very different sizes may have misled what selects, a warning names the agent."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import SelectionWarning

AGENTS = ("Ann", "Bob", "Cid")


def game_of(tmp_path, payoff):
    """Return a one-step game by way of a file; `payoff`: shape (n, A_1, ..., A_n)."""
    n, path = len(payoff), tmp_path / "game.nfg"
    numbers = " ".join(repr(u) for u in payoff.transpose(*range(n, 0, -1), 0).ravel().tolist())
    agents, actions = " ".join(f'"{name}"' for name in AGENTS[:n]), " ".join(map(str, payoff.shape[1:]))
    path.write_text(f'NFG 1 R "t" {{ {agents} }} {{ {actions} }}\n\n{numbers}\n', encoding="utf-8")
    return posg.load(path)


def payoffs(shape, size, of):
    """Return payoffs from -50 to 50, of which one agent has penalties."""
    rng = np.random.default_rng(0)
    payoff = rng.integers(-50, 51, (len(shape), *shape)).astype(float)
    payoff[of][rng.random(shape) < 0.3] -= size
    return payoff


@pytest.mark.parametrize("of", [0, 2])
def test_a_game_of_three_with_large_penalties_is_warned_of(of, tmp_path):
    game = game_of(tmp_path, payoffs((2, 2, 2), 1e9, of))
    with pytest.warns(SelectionWarning, match=f"payoffs of agent '{AGENTS[of]}' reach 1e\\+09.* in 1 stage games"):
        found = posg.solve(game, 1, "full", "ne", "worst")
    assert found.stats.methods == {"rounded": 1}


@pytest.mark.parametrize(("concept", "size", "method"), [("ne", 9.0, "boxes"), ("cce", 1e9, "exact")])
def test_small_penalties_and_small_games_are_not(concept, size, method, tmp_path):
    game = game_of(tmp_path, payoffs((2, 2, 2), size, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", SelectionWarning)
        found = posg.solve(game, 1, "full", concept, "worst")
    assert found.stats.methods == {method: 1}
