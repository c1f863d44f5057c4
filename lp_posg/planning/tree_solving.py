"""`solve_extensive`: a zero-sum game tree in, a certified equilibrium in behaviour strategies out."""

from __future__ import annotations

import time as clock

import numpy as np

from lp_posg.errors import LimitError, ModelError, UnsupportedError
from lp_posg.game import checked_tolerance, warn_of_large_gap
from lp_posg.planning.tree_solution import ExtensiveSolution, ExtensiveStats
from lp_posg.trees import Tree
from lp_posg.trees.sequence.equilibrium import check_gaps, equilibrium
from lp_posg.trees.sequence.from_tree import TreeForm, tree_form
from lp_posg.trees.totals import Totals
from lp_posg.types import GAP_TOL, FloatArray


def solve_extensive(game: Tree, *, tolerance: float = GAP_TOL, time_limit: float | None = None) -> ExtensiveSolution:
    """Return a certified Nash equilibrium of a two-agent zero-sum game tree with perfect recall.

    Parameters
    ----------
    game : Tree
        Two agents whose payoffs along a complete path always sum to the same.
    tolerance : float
        Largest accepted gap of an agent, relative to its own range of payoffs.
    time_limit : float, optional
        Seconds of wall time.

    Raises
    ------
    ModelError
        If an option is not valid.
    ImperfectRecallError
        If an agent forgets; the message names the information set.
    UnsupportedError
        If there are not two agents, or their payoffs do not sum to a constant; the message says what works.
    LimitError
        If the time limit is met.
    SolveError
        If the program cannot be solved.
    CertificateError
        If an agent's best response gains more than the tolerance.

    Notes
    -----
    One linear program of size linear in the tree: von Stengel (1996), Games and Economic Behavior 14, 220-246; Koller,
    Megiddo and von Stengel (1996), Games and Economic Behavior 14, 247-259. An earlier way to compute equilibria from
    the tree rather than from its strategic form is Wilson (1972), Management Science 18, 448-460.

    Examples
    --------
    >>> import lp_posg as posg
    >>> solution = posg.solve_extensive(posg.catalog("leduc-poker"))
    >>> solution.values.round(9).tolist()
    [-0.085606424, 0.085606424]
    >>> len(solution.information_sets("player1")), solution.certificate.gap < 1e-12
    (144, True)
    """
    if not isinstance(game, Tree):
        raise ModelError(
            f"game is {type(game).__name__}, expected an Tree; solve a Game by solve or solve_sequence_form"
        )
    tolerance = checked_tolerance(tolerance)
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise ModelError(f"time_limit is {time_limit!r}, expected a number above 0")
    deadline = None if time_limit is None else clock.time() + time_limit
    begun = clock.perf_counter()
    totals = game.totals
    _check_kind(game, totals)
    form = tree_form(game)
    built = clock.perf_counter()
    if deadline is not None and clock.time() > deadline:
        raise LimitError(f"the time limit was met before game {game.name!r} was in sequence form", limit="time")
    solved = equilibrium(form, f"sequence form of game {game.name!r}", deadline)
    planned = clock.perf_counter()
    behaviour, plans, found = solved.behaviour, solved.plans, solved.found
    phases = {"expand": built - begun, "solve": planned - built - solved.seconds, "certify": solved.seconds}
    allowed, advice = totals.allowed_gaps(tolerance), "allow a larger tolerance"
    check_gaps(found, game.agents, allowed, f"game {game.name!r}", advice)
    warn_of_large_gap(game.agents, found.gaps, found.beside, tolerance)
    own, reached = _reaches(game, form, plans)
    return ExtensiveSolution(
        game, tolerance, form.recall.first, _in_order(game, form, behaviour), own, reached, found,
        _stats(game, form, phases),
    )  # fmt: skip


def _check_kind(game: Tree, totals: Totals) -> None:
    if game.n_agents == 2 and totals.is_constant_sum:
        return
    kind = "payoffs that do not sum to a constant along all complete paths"
    if game.n_agents != 2:
        kind = f"{game.n_agents} agent{'s' * (game.n_agents != 1)}"
    elif totals.is_common_payoff:
        kind = "the same payoffs for both agents"
    raise UnsupportedError(
        f"game {game.name!r} has {kind}, and the sequence form is a linear program for two agents with a zero or"
        " constant sum only; if it is small, solve its reduced strategic form: solve(strategic_form(game), 1,"
        " concept=...) with 'team', 'ne', 'ce' or 'cce' (on the command line --concept)"
    )


def _in_order(game: Tree, form: TreeForm, behaviour: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return both agents' behaviour in the order of the game's information sets, shape (L,)."""
    agent_of = np.array([own.agent for own in game.sets], dtype=np.int64)
    agent = np.repeat(agent_of, np.diff(form.recall.first))
    place = form.number[:-1]
    found = np.empty(len(place))
    for who in range(2):
        found[agent == who] = behaviour[who][place[agent == who]]
    return found


def _reaches(game: Tree, form: TreeForm, plans: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return, for each information set, its owner's own part in coming there, and how likely play does, (K,)."""
    recall, own = form.recall, np.empty(len(game.sets))
    agent = np.array([found.agent for found in game.sets], dtype=np.int64)
    for who in range(2):
        own[agent == who] = plans[who][form.number[recall.parent[agent == who]]]
    moves = np.flatnonzero(game.owner >= 0)
    at = form.number[recall.sequence[:, moves]]
    chance = recall.reach[moves] * plans[0][at[0]] * plans[1][at[1]]
    reached = np.zeros(len(game.sets))
    np.add.at(reached, game.information[moves], chance)
    return own, reached


def _stats(game: Tree, form: TreeForm, phases: dict[str, float]) -> ExtensiveStats:
    first, second = form.trees
    return ExtensiveStats(
        game.n_nodes,
        (first.n_sets - 1, second.n_sets - 1),
        (first.n_sequences - 1, second.n_sequences - 1),
        int(form.payoffs[0].nnz),
        second.n_sequences + first.n_sets,
        first.n_sequences + second.n_sets,
        sum(phases.values()),
        phases,
    )
