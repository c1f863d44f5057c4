"""Can a compression be planned with, and does its model hold what the game can do?"""

from __future__ import annotations

import numpy as np

from lp_posg.evaluate import certify, certify_bounds, simulate
from lp_posg.game import Game, takes
from lp_posg.information import (
    Compression,
    CompressionRule,
    SharingStructure,
    StateSpace,
    check_horizon,
    compression_named,
    reachable_states,
    sharing_structure,
)
from lp_posg.planning import StatePlan, solve
from lp_posg.testing.conformance import blamed, expect

GAP_SLACK = 1e-7
"""How far rounding may put bounds on the wrong side of what they bound, relative to the rewards of all steps."""


@takes
def check_compression(
    rule: str | Compression | CompressionRule,
    game: Game,
    horizon: int = 3,
    *,
    sharing: str | SharingStructure = "full",
    n_runs: int = 200,
) -> None:
    """Plan with a compression in a game, and check the model and its strategy in the game itself.

    Parameters
    ----------
    rule : str, Compression or CompressionRule
    game : Game
        A small one, in which `sharing` is strategy-independent.
    horizon : int
    sharing : str or SharingStructure
    n_runs : int
        Runs of the strategy that are played.

    Raises
    ------
    ConformanceError
        If expanding twice gives two models, an attached belief is no distribution, the strategy cannot be followed
        wherever the game leads, or bounds from the model's states contradict the exact gaps and values.
    ModelError
        If the object lacks a method, or has the name of a built-in compression.

    Examples
    --------
    >>> import lp_posg as posg
    >>> check_compression("finite-memory:1", posg.catalog("dectiger"))
    """
    use, structure = compression_named(rule), sharing_structure(sharing, game.n_agents)
    steps = check_horizon(game, horizon)
    what = f"compression {use.name!r} in {game.name!r}, horizon {steps}, sharing {structure.name!r}"
    with blamed(what):
        if isinstance(rule, str):
            expect(compression_named(use.name).name == use.name, f"{what}: its name stands for another compression")
        model = reachable_states(game, structure, steps, compression=use)
        _check_same(model, reachable_states(game, structure, steps, compression=use), what)
        _check_laws(model, what)
        plan = solve(game, steps, structure, "cce", compression=use, certificate="bounded", approximate=True)
        assert isinstance(plan, StatePlan)
        policy = plan.policy
        exact = certify(game, structure, policy, "cce")
        bounds = certify_bounds(game, policy, model, "cce")
        slack = GAP_SLACK * max(game.reward_range * steps, 1e-300)
        assert bounds.found_gains is not None
        for name, low, high in (
            ("the gap bounded", exact.gaps, bounds.gaps),
            ("the gap", bounds.found_gains, exact.gaps),
            ("the value", np.abs(exact.values - bounds.values), np.zeros(game.n_agents)),
        ):
            right = bool((low <= high + slack + exact.merge_error).all())
            expect(right, f"{what}: {name} is not what the game says: {low.tolist()} exceeds {high.tolist()}")
        simulate(game, structure, policy, n_runs)


def _check_same(model: StateSpace, again: StateSpace, what: str) -> None:
    """Raise ConformanceError unless two expansions are the same."""
    for time, (one, other) in enumerate(zip(model.depths, again.depths, strict=True)):
        same = (
            one.level.belief.shape == other.level.belief.shape and not abs(one.level.belief - other.level.belief).sum()
        )
        if one.arcs is not None and other.arcs is not None:
            same = same and np.array_equal(one.arcs.child, other.arcs.child)
        expect(bool(same), f"{what}: expanding twice gives two models at step {time + 1}: it has to be pure")


def _check_laws(model: StateSpace, what: str) -> None:
    """Raise ConformanceError unless every state's belief is a distribution."""
    for time, depth in enumerate(model.depths):
        level = depth.level
        mass = np.bincount(level.cell_node, weights=level.belief.sum(axis=1), minlength=level.n_nodes)
        right = bool(np.isfinite(level.belief.data).all() and (level.belief.data >= 0).all())
        right = right and bool((np.abs(mass - 1) <= GAP_SLACK).all())
        expect(right, f"{what}: an attached belief of step {time + 1} is no distribution (sums {mass.tolist()[:8]})")
