"""Checks of what an environment played: a strategy is no better than the episodes that it is learnt from."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import LpPosgError, SimulatorError
from lp_posg.learning.environments import Actor, Environment, Episodes
from lp_posg.types import REWARD_LIMIT, IntArray


def played(source: Environment, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
    """Return what an environment plays, checked.

    Raises
    ------
    SimulatorError
        If the episodes have another shape than required, or an action, observation or reward is not a valid one.
    """
    who, n = type(source).__name__, len(source.n_actions)
    try:
        found = source.play(actor, n_runs, horizon, rng)
    except LpPosgError:
        raise
    except Exception as error:
        raise SimulatorError(f"{who}.play raised {type(error).__name__}: {' '.join(str(error).split())}") from error
    if not isinstance(found, Episodes):
        raise SimulatorError(f"{who}.play returned {type(found).__name__}, expected Episodes")
    if found.weight is not None:
        raise SimulatorError(
            f"{who}.play returned weighted episodes; those that are played count alike: leave weight None"
        )
    _check_kinds(who, found)
    wanted = {"actions": (horizon, n), "observations": (horizon - 1, n), "rewards": (horizon, n), "first": (n,)}
    for name, shape in wanted.items():
        part = getattr(found, name)
        if part is not None and np.shape(part) != (n_runs, *shape):
            raise SimulatorError(
                f"{who}.play returned {name} of shape {np.shape(part)}, expected {(n_runs, *shape)}:"
                " runs, steps where there are any, agents"
            )
    for name, counts in (("actions", source.n_actions), ("observations", source.n_observations)):
        check_range(f"{who}.play", name, getattr(found, name), counts)
    if found.first is not None:
        check_range(f"{who}.play", "first", found.first, source.n_observations)
    bad = ~(np.abs(found.rewards) <= REWARD_LIMIT)
    if bad.any():
        run, time, agent = np.argwhere(bad)[0].tolist()
        raise SimulatorError(
            f"{who}.play returned reward {found.rewards[run, time, agent]} for agent {agent + 1} at step {time + 1}"
            f" of run {run + 1}, expected a finite number of size at most {REWARD_LIMIT:g}"
        )
    return found


def _check_kinds(who: str, found: Episodes) -> None:
    """Raise SimulatorError unless all parts are arrays of real numbers."""
    for name in ("first", "actions", "observations", "rewards"):
        part = getattr(found, name)
        if name == "first" and part is None:
            continue
        if not isinstance(part, np.ndarray) or part.dtype.kind not in "iuf":
            kind = f"an array of {part.dtype}" if isinstance(part, np.ndarray) else type(part).__name__
            raise SimulatorError(f"{who}.play returned {name} as {kind}, expected an array of real numbers")


def check_range(who: str, name: str, found: IntArray, counts: tuple[int, ...]) -> None:
    """Raise SimulatorError, blaming `who`, unless the last axis holds one index per agent, below its count."""
    if not np.issubdtype(np.asarray(found).dtype, np.integer):
        raise SimulatorError(f"{who} gave {name} of type {np.asarray(found).dtype}, expected whole numbers")
    outside = np.argwhere((found < 0) | (found >= np.asarray(counts)))
    if len(outside):
        place = tuple(outside[0].tolist())
        raise SimulatorError(
            f"{who} gave {name} with {found[place]} for agent {place[-1] + 1} in run {place[0] + 1},"
            f" expected an index from 0 to {counts[place[-1]] - 1}"
        )
