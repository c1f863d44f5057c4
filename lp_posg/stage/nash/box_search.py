"""Branch and bound over boxes of prescriptions for the best Nash equilibrium of a game of any number of agents.

With three agents or more, equilibria solve polynomial equations, and no single program finds them. What the search
returns is an equilibrium whether or not its programs can be trusted; they prove that it is the best.

A box has a linear program that no equilibrium in it escapes (`boxes`), so its optimum bounds what the aim can be there.
Where that is too much, the box is split: an action is either a best reply or not played, or its probability is at most
or at least some number. The box with the largest bound is next. Near the points where the programs end, Newton's method
on the indifference equations of a support (`multilinear`) finds equilibria to rounding. The search ends when no box can
hold an equilibrium better by more than `OBJECTIVE_TOL`.

Sources: McCormick (1976), Mathematical Programming 10, 147-175 (boxes); Sandholm, Gilpin and Conitzer (2005), AAAI-05,
495-501 (best reply or not played); Porter, Nudelman and Shoham (2008), Games and Economic Behavior 63, 642-662
(equilibria from supports, with more than two agents).
"""

from __future__ import annotations

import heapq
import time as clock
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.lp import Status
from lp_posg.stage.aim import Aim, aims_in_turn
from lp_posg.stage.nash.boxes import Box, Relaxation, Relaxed
from lp_posg.stage.nash.multilinear import Multilinear
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, by_agent, scaled
from lp_posg.stage.strategy import BlockStrategy, one_atom
from lp_posg.types import BoolArray, FloatArray

# Most programs of one game: the first by the number of such pairs to the power 3/2, and never more than the second.
WORK_LIMIT, NODE_LIMIT = 2e6, 10_000
# By how much another equilibrium may be better, relative to the most that is at stake at one private information.
OBJECTIVE_TOL = 1e-6
SNAP = 1e-10  # a lower bound of a probability below this is rounding; 0 is as good
THINNEST = 1e-9  # an interval of probabilities this narrow is not split
# Actions with more probability than this in a program's solution are tried as the support of an equilibrium.
SUPPORTS = (1e-6, 1e-3, 3e-2)
# Whether an action is a best reply is decided first if that matters at least this part of what a product does.
PREFER_REPLIES = 0.1
# Where intervals are split: this part of the way from the middle to the program's solution, so far from the ends.
TOWARDS_POINT, MARGIN = 0.7, 0.15
WIDE = 1e-3  # what the width of an interval adds to its claim to be split, so that all become narrow in the end


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search found."""

    x: FloatArray | None  # shape (X,), or None; the best equilibrium found
    # score, bound: its t, and what no equilibrium exceeds
    score: float
    bound: float
    n_programs: int
    stopped: str  # why the search ended without a proof; empty if it has one


@dataclass(order=True)
class _Node:
    """An open box: its bound with the sign turned, so that the largest bound is the least node."""

    order: float
    number: int
    box: Box = field(compare=False)
    entry: int = field(compare=False)
    split: float | None = field(compare=False)  # a probability; None: a best reply, or not played


class BoxSearch:
    """The search of one game.

    `deadline`: value of ``time.time()`` after which to stop.
    """

    def __init__(self, game: Multilinear, aim: Aim, deadline: float | None) -> None:
        self._game, self._aim = game, aim
        self._deadline = np.inf if deadline is None else deadline
        self._relaxation = Relaxation(game, aim)
        n_entries = game.payoff[0].size
        self._most = min(NODE_LIMIT, int(WORK_LIMIT / n_entries**1.5))
        self._x: FloatArray | None = None
        self._score = -np.inf
        self._n_programs, self._closed = 0, -np.inf
        self._open: list[_Node] = []
        self._number = count()
        self._stopped = ""

    def run(self, start: FloatArray | None) -> Searched:
        """Return the best equilibrium; `start`: one that is known."""
        n_x = len(self._game.slot)
        if start is not None:
            self._take(start)
        # What a copy of an action is played may be moved to the first of them: no value changes.
        high = np.where(self._game.is_copy(), 0.0, 1.0)
        most = self._aim.most(lambda row: float(np.maximum(-row @ self._game.shares, 0.0) @ self._game.n_others))
        self._visit(Box(np.zeros(n_x), high, np.zeros(n_x, dtype=bool)), most)
        while not self._stopped and self._open and -self._open[0].order > self._enough:
            node = heapq.heappop(self._open)
            for box in self._children(node):
                self._visit(box, -node.order)
        bound = max([self._score, self._closed, *(-node.order for node in self._open[:1])])
        if not self._stopped and self._closed > self._enough:
            self._stopped = f"boxes of width {THINNEST:g} were left"
        return Searched(self._x, self._score, bound, self._n_programs, self._stopped)

    @property
    def _enough(self) -> float:
        """Boxes with at most this bound cannot matter."""
        return self._score + OBJECTIVE_TOL

    def _children(self, node: _Node) -> list[Box]:
        box, at = node.box, np.arange(len(self._game.slot)) == node.entry
        if node.split is None:
            return [replace(box, high=np.where(at, 0.0, box.high)), replace(box, best=box.best | at)]
        below, above = np.where(at, node.split, box.high), np.where(at, node.split, box.low)
        return [replace(box, high=below), replace(box, low=above)]

    def _visit(self, box: Box, known: float) -> None:
        """Bound a box, look for equilibria near where its program ends, and leave it open if it may hold better ones.

        `known` is a bound of it. Once the search has to stop, boxes are only kept with the bounds known of them.
        """
        tightened = self._tightened(box)
        if tightened is None:
            return
        left = self._deadline - clock.time()
        if not self._stopped and (left <= 0 or self._n_programs >= self._most):
            self._stopped = "time" if left <= 0 else "the limit of programs was met"
        if self._stopped:
            self._closed = max(self._closed, known)
            return
        self._n_programs += 1
        result = self._relaxation.solve(tightened, left)
        if result.status is Status.INFEASIBLE:
            return
        if result.status is Status.OPTIMAL:
            found = self._relaxation.decode(tightened, result)
            bound = min(known, found.bound)
            if bound > self._enough:
                self._look_near(found.x, tightened.best)
            if bound > self._enough:
                self._leave_open(tightened, bound, found)
            return
        if result.status is Status.LIMIT:
            self._stopped = "time"
        # Without an answer nothing more is known of the box; smaller ones may have one.
        middle = (tightened.low + tightened.high) / 2
        self._leave_open(
            tightened, known, Relaxed(known, middle, np.zeros(len(middle)), tightened.high - tightened.low)
        )

    def _tightened(self, box: Box) -> Box | None:
        """Return the box with bounds that sums of 1 imply; None if it is empty."""
        game, low, high = self._game, box.low, box.high
        least, most = (game.member @ bounds for bounds in (low, high))
        if (least > 1 + THINNEST).any() or (most < 1 - THINNEST).any():
            return None
        tight_high = np.minimum(high, 1.0 - (least[game.slot] - low))
        tight_low = np.minimum(np.maximum(low, 1.0 - (most[game.slot] - high)), tight_high)
        tight_low = np.where(tight_low < SNAP, 0.0, tight_low)
        # What is certainly played is a best reply.
        return Box(tight_low, np.clip(tight_high, 0.0, 1.0), box.best | (tight_low > 0))

    def _look_near(self, x: FloatArray, best: BoolArray) -> None:
        """Look for an equilibrium near x, on the supports that x suggests."""
        tried: set[bytes] = set()
        for played in (*(x > least for least in SUPPORTS), best & (x > SNAP)):
            if played.tobytes() in tried:
                continue
            tried.add(played.tobytes())
            point = self._game.indifferent_near(x, played)
            if point is not None and self._take(point):
                return
        point = self._game.normalised(x)
        if point is not None:
            self._take(point)

    def _take(self, x: FloatArray) -> bool:
        """Keep x if it is an equilibrium, and the best so far; return whether it is one."""
        value = self._game.equilibrium(x)
        if value is None:
            return False
        score = self._aim.score(self._game.shares @ value)
        if score > self._score:
            self._x, self._score = x, score
        return True

    def _leave_open(self, box: Box, bound: float, found: Relaxed) -> None:
        """Say how to split a box and leave it open."""
        width = box.high - box.low
        claim = found.unproduct + WIDE * width * (found.unproduct.max() or 1.0)
        claim = np.where(width > THINNEST, claim, -1.0)
        reply = int(np.argmax(found.unfilled))
        if found.unfilled[reply] > max(PREFER_REPLIES * found.unproduct.max(), SNAP):
            entry, split = reply, None
        else:
            entry = int(np.argmax(claim))
            if claim[entry] < 0:
                self._closed = max(self._closed, bound)
                return
            middle, half = (box.low[entry] + box.high[entry]) / 2, (0.5 - MARGIN) * width[entry]
            split = float(np.clip(middle + TOWARDS_POINT * (found.x[entry] - middle), middle - half, middle + half))
        heapq.heappush(self._open, _Node(-bound, next(self._number), box, entry, split))


# Most pairs of a private profile and a joint action of a game to be tried (4 by 4 by 4 actions are 64).
ENTRY_LIMIT = 256


def best_nash(block: StageBlock, objective: Objective) -> BlockStrategy:
    """Return the Nash equilibrium of one stage game (a block of one) that the objective selects.

    Raises UnsupportedError if the search comes to its limit of programs before it has a proof, and LimitError if the
    deadline passes; the facts of both are ``bound``, which no equilibrium exceeds, ``incumbent``, which the best
    equilibrium so far has, in what the objective maximises (nan: there is none yet), and ``strategy``, that equilibrium
    as a `BlockStrategy` or None. Raises SolveError if the search
    ends without any equilibrium, which cannot be.
    """
    game = Multilinear.of(block.payoff[0])
    aims, x, solved = aims_in_turn(objective, scaled(block)), None, 0
    for place, aim in enumerate(aims):
        if x is not None:
            aim = aim.holding(aims[:place], game.agent_values(x))
        found = BoxSearch(game, aim, block.deadline).run(x)
        solved += found.n_programs
        if found.stopped or found.x is None:
            raise _unproved(block, objective, aim, found)
        x = found.x
    assert x is not None
    return one_atom(by_agent(x, block.n_private, block.n_actions), solved, "boxes")


def _where(block: StageBlock, objective: Objective) -> str:
    return f"concept 'ne' with objective {objective.name!r} at {block.where(0)}"


def _unproved(block: StageBlock, objective: Objective, aim: Aim, found: Searched) -> Exception:
    """Return the error of a search that did not end with a proof."""
    if not found.stopped:
        return SolveError(
            f"{_where(block, objective)}: the search found no Nash equilibrium; one always exists, so this is a defect"
            " of lp_posg, not of the game"
        )
    bound, incumbent = (aim.in_reward(t) for t in (found.bound, found.score))
    best = f"the best found has {incumbent:.8g}" if found.x is not None else "no equilibrium was found"
    strategy = None
    if found.x is not None:
        strategy = one_atom(by_agent(found.x, block.n_private, block.n_actions), found.n_programs, "boxes")
    facts = {"bound": bound, "incumbent": incumbent if strategy is not None else float("nan"), "strategy": strategy}
    outcome = (
        f"after {found.n_programs} programs: of objective {aim.name!r} no Nash equilibrium there exceeds {bound:.8g},"
        f" {best}"
    )
    if found.stopped == "time":
        return LimitError(f"{_where(block, objective)}: the time limit was met {outcome}", limit="time", **facts)
    return UnsupportedError(
        f"{_where(block, objective)} is not available: {found.stopped} {outcome}; use 'ce', 'interim-cce' or 'cce'",
        **facts,
    )
