"""Stage games in which some payoffs are many orders of magnitude beyond the others, as penalties of what is forbidden.

Divided by the largest payoff, all others would be near a solver's tolerance, and which equilibrium is best a matter of
rounding. Small games of this kind are solved in whole numbers, exactly. A larger one is solved as it is, in programs
that are balanced (see `lp.balance`), and judged by its own regrets. Where these are large beside the other payoffs, it
is solved with the extremes capped: who never plays what is forbidden does not mind how much it costs. The better of
both is kept, judged by the regrets in the game as given; where these still are no rounding beside the usual payoffs, or
payoffs are so far apart that a better equilibrium may have been missed, the way it was solved is called ``rounded``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import NOISE, WIDE, is_wide
from lp_posg.stage.correlated.incentives import Kind
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.shortcuts import closed_games, welfare_optima
from lp_posg.stage.strategy import BlockStrategy, added, arranged, joined, one_atom
from lp_posg.types import BoolArray, FloatArray, IntArray

CAPS = (1e3, 1e5)  # payoffs are capped at so many times what others differ by
# An atom of at most this probability is rounding: what is hardly ever played counts where a payoff is very large.
FAINT = 1e-22
FINE = 10.0  # payoffs can only be extreme if a step between them is less than so many times `WIDE`-th of all
DOUBT = 1e-6  # regrets of more than this, beside payoffs that are not extreme, are looked into

# Of payoffs beyond this many times the usual ones a small game is solved exactly at once; of payoffs beyond so many
# times, where its regrets are no rounding; and where selecting is delicate, as for the leximin, which holds what it has
# found up to a slack of the largest payoff, of payoffs beyond so many times.
SPREAD, DOUBTFUL_SPREAD, DELICATE_SPREAD = 1e3, 20.0, 5.0
# A regret of more than this, beside the usual payoffs, may have misled what selects: where the game is small enough, it
# is solved again, exactly; of more than the second, where it is not, that is said.
ROUNDED, TOLD = 1e-12, 1e-9

Solve = Callable[[StageBlock, Objective], BlockStrategy]
Exact = Callable[[StageBlock, Objective], "BlockStrategy | None"]


def solve_with_extremes(
    block: StageBlock,
    objective: Objective,
    kind: Kind,
    solve: Solve,
    exact: Exact,
    is_delicate: Callable[[StageBlock], bool] | None = None,
) -> BlockStrategy:
    """Return the strategies of a block by `solve`, those of games with extreme payoffs with more care.

    `kind`: what a deviation is; ``interim`` for Nash equilibria. `exact`: solves a block of one without rounding, or
    returns None. `is_delicate`: whether `solve` has to select by whole numbers, where regrets say nothing of what it
    missed.
    """
    spread, extreme = _spread(_flat(block.payoff))
    if extreme.any():
        extreme[extreme] = _is_extreme(block.payoff[extreme])
    delicate = spread > DELICATE_SPREAD
    if delicate.any() and not objective.is_leximin and (is_delicate is None or not is_delicate(block.part(delicate))):
        delicate = spread > SPREAD
    mild = np.flatnonzero(delicate & (spread <= SPREAD) & ~extreme)
    if len(mild):
        delicate[mild] = ~closed_games(block.part(mild), objective)[0]  # what takes no program takes no care
    first = extreme | delicate
    apart = {int(b): exact(block.part(slice(b, b + 1)), objective) for b in np.flatnonzero(first)}
    for b in apart:
        if apart[b] is None and extreme[b]:
            # What a conic program selects is near the best one at any spread.
            rounded = bool(spread[b] > WIDE) and not objective.is_conic
            apart[b] = _solved(block.part(slice(b, b + 1)), objective, kind, solve, rounded)
    rest = np.array([apart.get(b) is None for b in range(len(block))])
    found = solve(block.part(rest), objective) if rest.any() else None
    careful = [own for own in apart.values() if own is not None]
    together = found if not careful else joined(careful) if found is None else arranged(~rest, joined(careful), found)
    assert together is not None
    doubtful = np.flatnonzero(rest & (spread > DOUBTFUL_SPREAD))
    return _without_doubt(block, objective, kind, exact, together, doubtful) if len(doubtful) else together


def _without_doubt(
    block: StageBlock, objective: Objective, kind: Kind, exact: Exact, found: BlockStrategy, doubtful: IntArray
) -> BlockStrategy:
    """Return the strategies, those in doubt whose regrets are no rounding beside the usual payoffs solved exactly."""
    doubtful = doubtful[_share(block.part(doubtful), found.taken(doubtful), kind) > ROUNDED]
    tried = {int(b): exact(block.part(slice(b, b + 1)), objective) for b in doubtful}
    again = {b: own for b, own in tried.items() if own is not None}
    if not again:
        return found
    rows = np.isin(np.arange(len(block)), list(again))
    # What is small enough to be solved exactly was solved by a program.
    methods = added([found.methods, {"program": -len(again)}])
    kept = replace(found.taken(np.flatnonzero(~rows)), methods=methods)
    return arranged(rows, joined(list(again.values())), kept)


def _solved(block: StageBlock, objective: Objective, kind: Kind, solve: Solve, rounded: bool) -> BlockStrategy:
    """Return the strategy of one game, a block of one: of several the one with the smallest regret.

    `rounded`: whether to call it so however small its regret, as a better one may have been within a tolerance.
    """
    tried, failed = [], None
    for cap in (np.inf, *CAPS):
        try:
            found = solve(_capped(block, cap), objective)
        except LimitError:
            raise
        except SolveError as error:
            failed = error
            continue
        tried.append((float(_share(block, found, kind)[0]), found))
        if tried[-1][0] <= DOUBT:
            break
    if not tried and failed is not None:
        raise failed
    share, found = min(tried, key=lambda pair: pair[0])
    doubtful = (rounded or share > TOLD) and not _is_optimum(block, objective, found)
    return replace(found, methods={"rounded": 1}) if doubtful else found


def _is_optimum(block: StageBlock, objective: Objective, found: BlockStrategy) -> bool:
    """Whether no prescriptions have more welfare than the strategy of one game, up to rounding: it is the best then."""
    if not (objective.counts_all_alike and objective.is_monotone):
        return False
    optimum = welfare_optima(block)
    if optimum is None:
        return False
    team = one_atom([np.eye(a)[own] for own, a in zip(optimum, block.n_actions, strict=True)], 1, "enumeration")
    most, welfare = (float(each.values(block.payoff).sum()) for each in (team, found))
    return welfare >= most - TOLD * float(_steps(np.sort(_flat(block.payoff), axis=3))[0].max())


def _spread(flat: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return how far payoffs are apart, and where they may be extreme, both of shape (B,).

    That is how many times the usual ones they span, or those of one agent span those of another.
    """
    ordered = np.sort(flat, axis=3)
    span, (usual, least) = ordered[..., -1] - ordered[..., 0], _steps(ordered)
    own = span.max(axis=2)
    within = (span / np.where(usual > 0, usual, np.inf)).max(axis=(1, 2))
    across = own.max(axis=1) / np.where(own > 0, own, np.inf).min(axis=1)
    fine = np.asarray((WIDE * least <= FINE * span).any(axis=(1, 2)))
    return np.maximum(within, across), fine


def _steps(ordered: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what payoffs of each agent at each private profile, in order, usually span, and the least step of them.

    Usual is their number times the middle one of the steps between them; what is rounding is no step. Both of shape
    (B, n, P).
    """
    if ordered.shape[3] == 1:
        return np.zeros(ordered.shape[:3]), np.zeros(ordered.shape[:3])
    step = ordered[..., 1:] - ordered[..., :-1]
    step[step <= NOISE * np.maximum(-ordered[..., :1], ordered[..., -1:])] = 0.0
    step.sort(axis=3)
    number = np.count_nonzero(step, axis=3)
    middle, last = step.shape[3] - 1 - number // 2, step.shape[3] - 1
    usual, least = (
        np.take_along_axis(step, place[..., None], axis=3)[..., 0]
        for place in (middle, np.minimum(last, step.shape[3] - number))
    )
    return number * usual, least


def _flat(payoff: FloatArray) -> FloatArray:
    """Return the payoffs by private profile and joint action, shape (B, n, P, A)."""
    n = payoff.shape[1]
    return np.asarray(payoff.reshape(*payoff.shape[:2], int(np.prod(payoff.shape[2 : 2 + n])), -1))


def _middle(payoff: FloatArray) -> FloatArray:
    """Return a payoff that most others are near to, of each agent at each private profile, shape (B, n, P, 1).

    `payoff`: shape (B, n, P, A); by private profile and joint action.
    """
    place = payoff.shape[3] // 2
    found = np.partition(payoff, [place - 1 + payoff.shape[3] % 2, place], axis=3)
    found = found[..., place - 1 + payoff.shape[3] % 2 : place + 1].mean(axis=3, keepdims=True)
    size, place = np.abs(payoff), payoff.shape[3] // 4
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


def _share(block: StageBlock, found: BlockStrategy, kind: Kind) -> FloatArray:
    """Return the largest regret of an agent in each game, beside what its payoffs usually span, shape (B,)."""
    law, most = found.joint(), np.zeros(len(block))
    usual = _steps(np.sort(_flat(block.payoff), axis=3))[0].max(axis=2)
    for i in range(block.n_agents):
        regret = _regret(block.payoff[:, i], law, i, kind)
        most = np.maximum(most, regret / np.where(usual[:, i] > 0, usual[:, i], 1.0))
    return most


def _regret(payoff: FloatArray, law: FloatArray, agent: int, kind: Kind) -> FloatArray:
    """Return what an agent gains by its best deviation, shape (B,); of a whole prescription, action by action."""
    n = payoff.ndim // 2
    own, chance = (np.moveaxis(part, (1 + agent, 1 + n + agent), (1, 2)) for part in (payoff, law))
    size, k, a = own.shape[:3]
    gain = np.empty((size, k, a, a))  # by private information, advised, instead
    for instead in range(a):
        gain[..., instead] = (chance * (own[:, :, [instead]] - own)).reshape(size, k, a, -1).sum(axis=3)
    if kind in ("action", "prescription"):
        return np.asarray(gain.max(axis=3).sum(axis=(1, 2)))
    best = gain.sum(axis=2).max(axis=2)
    return np.asarray(np.maximum(best.sum(axis=1), 0.0) if kind == "ex-ante" else np.maximum(best, 0.0).sum(axis=1))
