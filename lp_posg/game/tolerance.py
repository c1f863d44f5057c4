"""What a tolerance means for a game at hand."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from lp_posg.checks import finite_number
from lp_posg.errors import LargeGapWarning, OffsetWarning, SelectionWarning
from lp_posg.game.equal_rewards import LARGE_SHARE, accepted_gaps
from lp_posg.game.model import Game
from lp_posg.types import FloatArray

FEWEST_STEPS = 1e6
"""Payoffs that differ by fewer steps between neighbouring doubles than this have lost what they differed by."""


def checked_tolerance(tolerance: object) -> float:
    """Return the tolerance.

    Raises
    ------
    ModelError
        If it is not a finite number of at least 0.
    """
    return finite_number("tolerance", tolerance, 0)


def allowed_gaps(game: Game, tolerance: float, together: bool = False) -> FloatArray:
    """Return the largest gap accepted of each agent, in reward units, shape (n,).

    That is the tolerance times the agent's own reward range (if all deviate `together`, that of the common reward,
    or of the sum of the rewards), and what rounding can make of one reward in double precision: with rewards of 1e9 a
    gain of 1e-7 cannot be distinguished from none. Where rewards have more in common than that, a large share of what
    they differ by would pass for rounding: there no more than ``LARGE_SHARE`` of it is accepted.
    """
    rewards = game.parts()[2]
    if together and not game.is_common_reward:
        rewards = tuple(np.broadcast_to(reward.sum(axis=0), reward.shape) for reward in rewards)
    span = np.max([np.ptp(reward, axis=(1, 2)) for reward in rewards], axis=0)
    largest = np.max([np.abs(reward).max(axis=(1, 2)) for reward in rewards], axis=0)
    return accepted_gaps(tolerance, span, largest)


def usual_rewards(game: Game) -> FloatArray:
    """Return for each agent the size that a quarter of its rewards other than 0 do not exceed, shape (n,)."""
    found = np.zeros(game.n_agents)
    for i in range(game.n_agents):
        sizes = np.concatenate([np.abs(reward[i]).ravel() for reward in game.parts()[2]])
        sizes = sizes[sizes > 0]
        if len(sizes):
            found[i] = np.partition(sizes, len(sizes) // 4)[len(sizes) // 4]
    return found


def has_large_gap(gaps: FloatArray, beside: FloatArray, tolerance: float) -> bool:
    """Whether a gap is large beside what its agent gets, both (n,), and the tolerance is not small enough to say so."""
    return bool(tolerance < LARGE_SHARE and (gaps > LARGE_SHARE * beside).any())


def warn_of_large_gap(agents: Sequence[str], gaps: FloatArray, beside: FloatArray, tolerance: float) -> None:
    """Warn of what `has_large_gap`, with `LargeGapWarning`."""
    if not has_large_gap(gaps, beside, tolerance):
        return
    agent = int((gaps - LARGE_SHARE * beside).argmax())
    warnings.warn(
        f"agent {agents[agent]!r} may gain {gaps[agent]:.3g} by deviating, which is within the tolerance, a share of"
        f" all payoffs, but large beside the {beside[agent]:.3g} or so that is paid: payoffs of very different sizes"
        " are at fault; make the largest smaller, or give a smaller tolerance to refuse such a result (on the command"
        " line --tolerance)",
        LargeGapWarning,
        stacklevel=3,
    )


def warn_of_selection(game: Game, rounded: int) -> None:
    """Warn with `SelectionWarning` where that many stage games were solved in spite of payoffs too far apart."""
    if not rounded:
        return
    usual = usual_rewards(game)
    largest = np.max([np.abs(reward).max(axis=(1, 2)) for reward in game.parts()[2]], axis=0)
    agent = int((largest / np.where(usual > 0, usual, np.inf)).argmax())
    warnings.warn(
        f"payoffs of agent {game.agents[agent]!r} reach {largest[agent]:.3g}, where {usual[agent]:.3g} is usual: in"
        f" {rounded} stage games, too large to be solved without rounding, the equilibrium selected may not be the best"
        " by the objective, although it is one within the tolerance; make the largest payoffs smaller",
        SelectionWarning,
        stacklevel=3,
    )


def warn_of_offset(game: Game) -> None:
    """Warn with `OffsetWarning` where what an agent's rewards have in common leaves few digits for the differences."""
    rewards = game.parts()[2]
    low, high = (pick([pick(reward, axis=(1, 2)) for reward in rewards], axis=0) for pick in (np.min, np.max))
    step = np.spacing(np.maximum(np.abs(low), np.abs(high)))
    # Rewards that are all the same have no differences to lose, unless whole numbers would be lost.
    few = np.flatnonzero((high - low < FEWEST_STEPS * step) & ((high > low) | (step > 1)))
    if not len(few):
        return
    agent = int(few[0])
    warnings.warn(
        f"rewards of agent {game.agents[agent]!r} lie between {low[agent]:.17g} and {high[agent]:.17g}, where doubles"
        f" are {step[agent]:.3g} apart: smaller differences are lost; subtract what they have in common, which changes"
        " no equilibrium",
        OffsetWarning,
        stacklevel=3,
    )
