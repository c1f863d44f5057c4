"""Stage games in which some payoffs are many orders of magnitude beyond the others, as penalties of what is forbidden.

Divided by the largest payoff, all others would be less than a solver's tolerance. Such a game is solved as it is, in
programs that are balanced (see `lp.balance`), and judged by its own regrets. Where these are large beside the other
payoffs, it is solved with the extremes capped: who never plays what is forbidden does not mind how much it costs. The
better of both is kept, judged by the regrets in the game as given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import WIDE, is_wide
from lp_posg.stage.correlated.incentives import Kind
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import BlockStrategy, arranged, joined
from lp_posg.types import BoolArray, FloatArray

CAPS = (1e3, 1e5)  # payoffs are capped at so many times what others differ by
# An atom of at most this probability is rounding: what is hardly ever played counts where a payoff is very large.
FAINT = 1e-22
DOUBT = 1e-6  # regrets of more than this, beside payoffs that are not extreme, are looked into

Solve = Callable[[StageBlock, Objective], BlockStrategy]


def solve_with_extremes(block: StageBlock, objective: Objective, kind: Kind, solve: Solve) -> BlockStrategy:
    """Return the strategies of a block by `solve`, those of games with extreme payoffs with more care.

    `kind`: what a deviation is; ``interim`` for Nash equilibria.
    """
    extreme = _is_extreme(block.payoff)
    if not extreme.any():
        return solve(block, objective)
    rows = np.flatnonzero(extreme)
    careful = joined([_solved(block.part(slice(b, b + 1)), objective, kind, solve) for b in rows])
    return careful if extreme.all() else arranged(extreme, careful, solve(block.part(~extreme), objective))


def _solved(block: StageBlock, objective: Objective, kind: Kind, solve: Solve) -> BlockStrategy:
    """Return the strategy of one game, a block of one: of several the one with the smallest regret."""
    tried, failed = [], None
    for cap in (np.inf, *CAPS):
        try:
            found = solve(_capped(block, cap), objective)
        except LimitError:
            raise
        except SolveError as error:
            failed = error
            continue
        tried.append((_share(block, found, kind), found))
        if tried[-1][0] <= DOUBT:
            break
    if not tried and failed is not None:
        raise failed
    return min(tried, key=lambda pair: pair[0])[1]


def _flat(payoff: FloatArray) -> FloatArray:
    """Return the payoffs by private profile and joint action, shape (B, n, P, A)."""
    n = payoff.shape[1]
    return np.asarray(payoff.reshape(*payoff.shape[:2], int(np.prod(payoff.shape[2 : 2 + n])), -1))


def _middle(payoff: FloatArray) -> FloatArray:
    """Return a payoff that most others are near to, of each agent at each private profile, shape (B, n, P, 1).

    `payoff`: shape (B, n, P, A); by private profile and joint action.
    """
    found, size = np.median(payoff, axis=3, keepdims=True), np.abs(payoff)
    place = payoff.shape[3] // 4
    usual = np.partition(size, place, axis=3)[..., [place]]
    return np.where(np.abs(found) > WIDE * usual, 0.0, found)  # where most is forbidden, that is no middle


def _is_extreme(payoff: FloatArray) -> BoolArray:
    """Return where an agent's payoffs at some private profile span too many orders of magnitude, shape (B,)."""
    flat = _flat(payoff)
    return np.asarray(is_wide(flat - _middle(flat)).any(axis=(1, 2)))


def _typical(offset: FloatArray) -> FloatArray:
    """Return the largest size that is not extreme, of each agent at each private profile, shape (B, n, P, 1)."""
    size = np.abs(offset)
    largest = size.max(axis=3, keepdims=True)
    usual = size.max(axis=3, keepdims=True, initial=0.0, where=size < largest / WIDE)
    return np.asarray(np.where(is_wide(offset)[..., None], usual, largest))


def _capped(block: StageBlock, cap: float) -> StageBlock:
    """Return the block with its extreme payoffs capped, to be solved with care."""
    flat = _flat(block.payoff)
    if cap < np.inf:
        centre = _middle(flat)
        most = cap * _typical(flat - centre)
        flat = centre + np.clip(flat - centre, -most, most)
    zero = _middle(flat).reshape(*block.payoff.shape[: 2 + block.n_agents], *(1,) * block.n_agents)
    return replace(block, payoff=flat.reshape(block.payoff.shape), zero=zero, least_atom=FAINT)


def _share(block: StageBlock, found: BlockStrategy, kind: Kind) -> float:
    """Return the largest regret of an agent, beside the largest of its payoffs that is not extreme."""
    law, n = found.joint(), block.n_agents
    flat = _flat(block.payoff)
    usual = _typical(flat - _middle(flat)).max(axis=(2, 3))[0]
    regret = np.array([_regret(block.payoff[0, i], law[0], i, kind) for i in range(n)])
    return float((regret / np.where(usual > 0, usual, 1.0)).max())


def _regret(payoff: FloatArray, law: FloatArray, agent: int, kind: Kind) -> float:
    """Return what an agent gains by its best deviation; of a whole recommended prescription, action by action."""
    n = payoff.ndim // 2
    own, chance = (np.moveaxis(part, (agent, n + agent), (0, 1)) for part in (payoff, law))
    k, a = own.shape[:2]
    gain = np.empty((k, a, a))  # by private information, advised, instead
    for instead in range(a):
        gain[:, :, instead] = (chance * (own[:, [instead]] - own)).reshape(k, a, -1).sum(axis=2)
    if kind in ("action", "prescription"):
        return float(gain.max(axis=2).sum())
    best = gain.sum(axis=1).max(axis=1)
    return float(max(best.sum(), 0.0) if kind == "ex-ante" else np.maximum(best, 0.0).sum())
