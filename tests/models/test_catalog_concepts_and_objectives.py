"""Every concept with every objective on every model: a certified answer, or a refusal that names what works."""

from __future__ import annotations

import re

import cvxpy
import numpy as np
import pytest

import lp_posg as posg
from lp_posg.catalogue import catalog_entries
from lp_posg.errors import UnsupportedError
from lp_posg.game import Game
from lp_posg.stage import CONCEPTS
from lp_posg.types import GAP_TOL

MODELS = [entry.name for entry in catalog_entries() if not entry.is_tree]
NARROW_TO_WIDE = ("ne", "ce", "interim-cce", "cce")
"""Equilibria of each concept are equilibria of the next."""

LARGE = {"easy-observable", "hard-no-sharing", "hard-unobservable"}

HELP = re.compile(r"; use ('ce', 'interim-cce' or 'cce'|welfare, worst, agent:k, weighted:... or egalitarian)")
"""How a refusal names a concept or an objective that works."""


def capped(values):
    """A concave function of the values: what exceeds 1/2 counts for nothing."""
    return cvxpy.sum(cvxpy.minimum(values, 0.5))


def objectives(game: Game) -> dict:
    """Return every kind of objective by a name, linear ones with their weights."""
    n = game.n_agents
    rising = np.arange(1.0, n + 1)
    return {
        "welfare": ("welfare", np.ones(n)),
        "worst": ("worst", -np.ones(n)),
        "agent:1": ("agent:1", np.eye(n)[0]),
        f"agent:{n}": (f"agent:{n}", np.eye(n)[-1]),
        "weighted": ("weighted:" + ",".join(map(str, rising)), rising),
        "egalitarian": ("egalitarian", None),
        "entropy": ("entropy", None),
        "own": (capped, None),
    }


def answers(game: Game, horizon: int, sharing: str) -> dict:
    """Return the values of each (concept, objective) that has an answer, and check all of them."""
    found, refusals, allowed = {}, [], GAP_TOL * max(np.ptp(own) for own in game.reward) * horizon
    for concept in CONCEPTS:
        for name, (objective, _) in objectives(game).items():
            try:
                solution = posg.solve(game, horizon, sharing, concept, objective)
            except UnsupportedError as error:
                refusals.append(str(error))
                continue
            assert solution.certificate.status == "exact"
            assert solution.certificate.gap <= allowed, f"{concept}, {name}"
            np.testing.assert_allclose(solution.values, solution.certificate.values, rtol=0, atol=allowed + 1e-9)
            found[concept, name] = solution.values
    assert [told for told in refusals if not HELP.search(told)] == []
    return found


def conic_at_nash(game: Game) -> set:
    """Return what is refused: equilibria are no convex set, except where a game of two agents is zero-sum."""
    return {("ne", "own")} | (set() if game.is_zero_sum else {("ne", "entropy")})


@pytest.mark.parametrize("model", MODELS)
def test_one_step(model):
    """In one stage the widest concept offers most; only conic objectives at Nash are refused, in zero-sum games one."""
    game = posg.catalog(model)
    found = answers(game, 1, "full")
    asked = objectives(game)
    refused = {(c, o) for c in CONCEPTS for o in asked} - set(found)
    assert refused == conic_at_nash(game)
    for name, (_, weights) in asked.items():
        if weights is None:
            continue
        score = [float(weights @ found[concept, name]) for concept in NARROW_TO_WIDE]
        if name == "welfare":
            score.append(float(weights @ found["team", name]))
        assert (np.diff(score) >= -1e-7 * (1 + np.abs(score[1:]))).all(), f"{name}: {score}"


@pytest.mark.parametrize(
    "model", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in MODELS]
)
def test_two_steps_with_all_shared(model):
    game = posg.catalog(model)
    found = answers(game, 2, "full")
    assert len(found) == len(CONCEPTS) * len(objectives(game)) - len(conic_at_nash(game))


TOO_LARGE = {("general-tiger", "strategic-ce")}
"""Six private informations of three actions each: 729 by 729 joint prescriptions, which this concept enumerates."""


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_two_steps_with_private_information(model):
    found = answers(posg.catalog(model), 2, "one-step-delay")
    wanted = {(c, o) for c in CONCEPTS for o in ("welfare", "egalitarian", "worst") if (model, c) not in TOO_LARGE}
    assert wanted <= set(found)
    assert all((concept, "worst") not in found for name, concept in TOO_LARGE if name == model)


@pytest.mark.parametrize("horizon", [1, 2])
def test_three_agents_with_a_channel(horizon):
    """As with two agents: only conic objectives at Nash are refused."""
    game = posg.catalog("access-channel", n_agents=3)
    found = answers(game, horizon, "full")
    assert {(c, o) for c in CONCEPTS for o in objectives(game)} - set(found) == {("ne", "entropy"), ("ne", "own")}
