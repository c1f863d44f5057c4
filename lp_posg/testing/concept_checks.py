"""Does a concept solve games, and are its solutions what it says?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game import Game, takes
from lp_posg.planning import Solution, StatePlan, solve
from lp_posg.planning.packing import pack
from lp_posg.stage import CONCEPTS, Concept, check_selection, concept_named, parse_objective
from lp_posg.testing.conformance import blamed, expect
from lp_posg.testing.random_games import random_game

VALUE_TOL = 1e-6
"""Largest difference between sums of values that counts as none; rewards lie in [-1, 1]."""

OBJECTIVES = ("welfare", "egalitarian", "agent:1", "worst")


@takes
def check_concept(concept: str | Concept, *, n_games: int = 6, selects_best: bool = True) -> None:
    """Solve small random games with a concept, and check its solutions by certificates and by other concepts.

    Parameters
    ----------
    concept : str or Concept
    n_games : int
        Games of each kind: general-sum, zero-sum, and with a common reward.
    selects_best : bool
        Whether the concept claims to return the equilibrium of most welfare for objective ``welfare``: then none of a
        narrower built-in concept has more in a game of one step.

    Raises
    ------
    ConformanceError
        If a solution can be improved on by deviations of the concept's kind, has more welfare than a wider concept
        allows or less than a narrower one reaches, or is not the same twice; if `solve` fails; or if no sample game is
        supported. A game or an objective that the concept refuses (UnsupportedError) is left out.
    ModelError
        If the object lacks a member.

    Examples
    --------
    >>> check_concept("ce", n_games=1)
    """
    wanted = concept_named(concept)
    whole_number("n_games", n_games, 0)
    n_solved = 0
    for text, game in _games(n_games):
        for horizon, sharing in ((1, "full"), (1, "one-step-delay"), (2, "full"), (2, "one-step-delay")):
            what = f"concept {wanted.name!r} on {text}, horizon {horizon}, sharing {sharing!r}"
            try:
                with blamed(what):
                    wanted.check_game(game)
                    found = solve(game, horizon, sharing, wanted)
            except UnsupportedError:
                continue
            n_solved += 1
            _check_same(found, solve(game, horizon, sharing, wanted), what)
            if horizon == 1:
                _check_bounds(found, sharing, wanted, selects_best, what)
    expect(n_solved > 0, f"concept {wanted.name!r} supports none of the sample games")
    _check_objectives(wanted)


def _games(n_games: int) -> Iterator[tuple[str, Game]]:
    for seed in range(n_games):
        for kind in ({}, {"zero_sum": True}, {"common": True}):
            options = {"initial_observation": True, "sparse": bool(seed % 2), **kind}
            words = "".join(f", {name}={value}" for name, value in options.items())
            yield f"random_game({seed}{words})", random_game(seed, **options)


def _check_same(found: Solution, again: Solution, what: str) -> None:
    """Raise ConformanceError unless two solutions of one game are the same."""
    assert isinstance(found, StatePlan)
    assert isinstance(again, StatePlan)
    one, other = {"values": found.values}, {"values": again.values}
    same = pack(found.policy, one) == pack(again.policy, other)
    same = same and all(np.array_equal(one[name], other[name]) for name in one)
    expect(same, f"{what}: solving twice gives two strategies")


def _check_bounds(found: Solution, sharing: str, concept: Concept, selects_best: bool, what: str) -> None:
    """Raise ConformanceError if the welfare of one step is out of the bounds that built-in concepts set."""
    kind = concept.deviations
    optimum = solve(found.game, 1, sharing, "team").welfare
    expect(
        found.welfare <= optimum + VALUE_TOL, f"{what}: welfare {found.welfare:.9g} is above the optimum {optimum:.9g}"
    )
    for other in CONCEPTS.values():
        wider, narrower = kind.implies(other.deviations), other.deviations.implies(kind)
        if not wider and not (narrower and selects_best):
            continue
        try:
            bound = solve(found.game, 1, sharing, other).welfare
        except UnsupportedError:
            continue
        says = f"{found.welfare:.9g}, concept {other.name!r} reaches {bound:.9g}"
        if wider:
            expect(found.welfare <= bound + VALUE_TOL, f"{what}: welfare is above that of a wider concept: {says}")
        if narrower and selects_best:
            expect(found.welfare >= bound - VALUE_TOL, f"{what}: welfare is below that of a narrower concept: {says}")


def _check_objectives(concept: Concept) -> None:
    """Raise ConformanceError unless every objective is either served or refused before any work."""
    game = random_game(0, initial_observation=True)
    for objective in OBJECTIVES:
        what = f"concept {concept.name!r} with objective {objective!r}"
        try:
            check_selection(concept, game, parse_objective(objective, game.agents))
        except UnsupportedError:
            continue
        with blamed(what):
            try:
                solve(game, 1, "one-step-delay", concept, objective)
            except UnsupportedError as error:
                raise ModelError(f"accepted by check_objective, then refused by solve: {error}") from error
