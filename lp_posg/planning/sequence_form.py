"""The method ``sequence-form``: zero-sum games of two agents by one linear program over information sets.

Strategy independence is not needed, only perfect recall: both agents know the common information, their private
information and all their own actions, also those that the structure leaves out ("forgotten"). By Kuhn's theorem
behaviour strategies then lose nothing. The price is size: the tree of private histories grows exponentially with the
horizon.

Sources: von Stengel (1996), Games and Economic Behavior 14, 220-246; Koller, Megiddo and von Stengel (1996), Games and
Economic Behavior 14, 247-259. An earlier way to compute equilibria from the tree rather than from its strategic form is
Wilson (1972), Management Science 18, 448-460.
"""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from typing import Any

import numpy as np

from lp_posg.errors import LimitError, UnsupportedError
from lp_posg.game import Game, allowed_gaps, warn_of_large_gap
from lp_posg.information import SharingStructure
from lp_posg.planning.history_solution import HistorySolution
from lp_posg.planning.request import Request
from lp_posg.planning.run_options import Run
from lp_posg.planning.set_certificates import check_gaps, history_reaches, set_certificate, set_reaches
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.planning.solution import Stats
from lp_posg.planning.tree_solution import TreeSolution
from lp_posg.stage import Concept, concept_named
from lp_posg.trees import Tree
from lp_posg.trees.sequence.equilibrium import Equilibrium, solve_form
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.trees.sequence.from_tree import TreeForm, tree_form
from lp_posg.trees.sequence.histories import Watch, sequence_game
from lp_posg.types import FloatArray, IntArray

ENTRY_LIMIT = 20_000_000
"""Most pairs of sequences, and entries of a step's expansion, where no memory limit is given: 2 to 4 GB, and minutes
rather than hours."""

BYTES_PER_ENTRY = 200
"""Memory that an entry costs at the peak (measured: 100 to 200)."""


class SequenceForm:
    """One linear program linear in the number of information sets; see `Method`."""

    name = "sequence-form"
    takes = frozenset({"memory_limit"})

    def claims(self, request: Request) -> str:
        """Return why ``auto`` takes this method; see `Method`."""
        wanted = request.concept is None or request.concept.name == "ne"
        fits = isinstance(request.game, Tree) and request.game.is_zero_sum and wanted
        return "a zero-sum game tree of two agents is one linear program" if fits else ""

    def default_concept(self, game: Game | Tree) -> Concept:
        """Return Nash equilibrium."""
        return concept_named("ne")

    def check(self, request: Request) -> None:
        """Raise UnsupportedError or OptionError before any work; see `Method`."""
        takes = self.takes if isinstance(request.game, Game) else frozenset()
        given = [name for name in request.given if name not in takes]
        wrong = given[0] if given else "" if request.resolved_concept.name == "ne" else "concept"
        if wrong:
            raise request.refusal(wrong, "which finds a Nash equilibrium (ne) in one program")
        _check_game(request.game)

    def solve(self, request: Request) -> HistorySolution | TreeSolution:
        """Return the certified equilibrium."""
        return _solved_tree(request) if isinstance(request.game, Tree) else _solved_histories(request)


def _check_game(game: Game | Tree) -> None:
    if game.n_agents == 2 and game.is_zero_sum:
        return
    thing, verb = ("rewards", "do not") if isinstance(game, Game) else ("payoffs", "do not always")
    if game.n_agents != 2:
        kind = f"{game.n_agents} agent{'s' * (game.n_agents != 1)}"
        concepts = "'team', 'ce', 'interim-cce' or 'cce'"
    elif game.is_common_reward:
        kind, concepts = f"common {thing}", "'team'"
    else:
        kind, concepts = f"{thing} that {verb} sum to a constant", "'ne', 'ce' or 'cce'"
    if isinstance(game, Tree):
        advice = f"if it is small, use method 'strategic-form' with concept {concepts}"
    else:
        advice = (
            f"use method 'common-information' with concept {concepts}, and a sharing structure that is"
            " strategy-independent, such as 'one-step-delay'"
        )
    raise UnsupportedError(
        f"game {game.name!r} has {kind}, and the sequence form is a linear program for two agents with a zero or"
        f" constant sum only; {advice}"
    )


def _solved_histories(request: Request) -> HistorySolution:
    game, structure, steps = request.posg
    begun = clock.perf_counter()
    form = sequence_game(game, structure, steps, _watch(game, structure, request.run))
    what = f"sequence form of game {game.name!r} over {steps} steps with sharing {structure.name!r}"
    solved, phases = _equilibrium(request, form, begun, what)
    advice = "allow a larger tolerance, or plan fewer steps"
    _accept(request, form, solved, allowed_gaps(game, request.tolerance), f"the {what}", advice)
    by_depth = np.sum([np.diff(tree.start) for tree in form.trees], axis=0)
    first, second = form.trees
    sets = SetStrategy(
        np.repeat([0, 1], [first.n_sets, second.n_sets]),
        np.concatenate([first.first, first.n_sequences + second.first[1:]]),
        np.ones(1),
        np.concatenate(solved.behaviour)[None],
        *(row[None] for row in history_reaches(form, solved.plans)),
    )
    stats = _stats(form, phases, 0, tuple(by_depth.tolist()), histories=form.n_histories)
    return HistorySolution(**_judged(request, solved, stats, sets), trees=form.trees, tables=form.tables)


def _solved_tree(request: Request) -> TreeSolution:
    game, deadline = request.game, request.run.deadline
    assert isinstance(game, Tree)
    begun = clock.perf_counter()
    form = tree_form(game)
    if deadline is not None and clock.time() > deadline:
        raise LimitError(f"the time limit was met before game {game.name!r} was in sequence form", limit="time")
    solved, phases = _equilibrium(request, form, begun, f"sequence form of game {game.name!r}")
    allowed = game.totals.allowed_gaps(request.tolerance)
    _accept(request, form, solved, allowed, f"game {game.name!r}", "allow a larger tolerance")
    owner = np.array([info.agent for info in game.sets], dtype=np.int64)
    agent = np.repeat(owner, np.diff(form.recall.first))
    behaviour = _in_order(form, solved.behaviour, agent)
    reaches = set_reaches(game, form.recall, np.append(_in_order(form, solved.plans, agent), 1.0))
    sets = SetStrategy(owner, form.recall.first, np.ones(1), behaviour[None], reaches[0][None], reaches[1][None])
    stats = _stats(form, phases, 1, nodes=game.n_nodes)  # the empty sequence of each agent is not counted
    return TreeSolution(**_judged(request, solved, stats, sets))


def _equilibrium(
    request: Request, form: SequenceGame, begun: float, what: str
) -> tuple[Equilibrium, Mapping[str, float]]:
    """Return the equilibrium of a game in sequence form, and the seconds that each phase took since `begun`."""
    built, n_sets = clock.perf_counter(), sum(tree.n_sets for tree in form.trees)
    request.run.tell("expand", begun, 1, 1, n_sets)
    request.run.tell("solve", built, 0, 1, n_sets)
    solved = solve_form(form, what, request.run.deadline)
    planned = clock.perf_counter() - built
    request.run.tell("certify", begun, 1, 1, n_sets, 1)
    return solved, {"expand": built - begun, "solve": planned - solved.seconds, "certify": solved.seconds}


def _judged(request: Request, solved: Equilibrium, stats: Stats, sets: SetStrategy) -> dict[str, Any]:
    """Return what both kinds of solution are made of."""
    certificate = set_certificate(solved.found, len(sets.owner))
    return {**request.solved, "certificate": certificate, "stats": stats, "sets": sets, "stakes": solved.found.beside}


def _accept(
    request: Request, form: SequenceGame, solved: Equilibrium, allowed: FloatArray, what: str, advice: str
) -> None:
    found, agents = solved.found, request.game.agents
    n_sets = sum(tree.n_sets for tree in form.trees)
    check_gaps(set_certificate(found, n_sets), agents, allowed, what, f"the solver's rounding is at fault: {advice}")
    warn_of_large_gap(agents, found.gaps, found.beside, request.tolerance)


def _stats(
    form: SequenceGame, phases: Mapping[str, float], n_empty: int, by_depth: tuple[int, ...] = (), **more: int
) -> Stats:
    """Return sizes and times; `n_empty` sets of each agent stand for an empty sequence and are not counted."""
    first, second = form.trees
    n_sets = (first.n_sets - n_empty, second.n_sets - n_empty)
    sizes: dict[str, int | tuple[int, ...]] = {
        "information_sets": n_sets,
        "sequences": (first.n_sequences - n_empty, second.n_sequences - n_empty),
        **more,
        "payoff_entries": int(form.payoffs[0].nnz),
        "rows": second.n_sequences + first.n_sets,
        "columns": first.n_sequences + second.n_sets,
    }
    return Stats(sum(n_sets), 1, 0, sum(phases.values()), phases, by_depth, {SequenceForm.name: 1}, sizes)


def _in_order(form: TreeForm, rows: tuple[FloatArray, FloatArray], agent: IntArray) -> FloatArray:
    """Return numbers of both agents' sequences in the order of the game's, shape (L,)."""
    place, row = form.number[:-1], np.empty(len(agent))
    for i in range(2):
        row[agent == i] = rows[i][place[agent == i]]
    return row


def _watch(game: Game, structure: SharingStructure, run: Run) -> Watch:
    most = ENTRY_LIMIT if run.memory_limit is None else max(1, run.memory_limit // BYTES_PER_ENTRY)

    def watch(time: int, done: int, ahead: int) -> None:
        too_many, too_late = done + ahead > most, run.deadline is not None and clock.time() > run.deadline
        if not (too_many or too_late):
            return
        reason = "and the time limit was met; allow more time with time_limit,"
        if too_many:
            reason = f"more than the limit of {most}; allow more memory with memory_limit,"
        raise LimitError(
            f"the sequence form of game {game.name!r} with sharing {structure.name!r} would have, by step"
            f" {time + 1}, {done + ahead} entries, {reason} plan fewer steps, or use method 'common-information'"
            " with a sharing structure that is strategy-independent",
            phase="expand",
            time=time,
            entries=done + ahead,
            limit="entries" if too_many else "time",
        )

    return watch
