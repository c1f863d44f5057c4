"""`compare`: concepts and sharing rules side by side; the states of each rule are expanded once."""

from __future__ import annotations

import hashlib
import re
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Unpack

import numpy as np

from lp_posg.checks import listed
from lp_posg.deadline import until
from lp_posg.errors import LimitError, LpPosgError, ModelError, OptionError, UnsupportedError
from lp_posg.game import Game
from lp_posg.information import Compression, CompressionRule, SharingStructure, StateSpace, sharing_structure
from lp_posg.information.resources import Resources
from lp_posg.planning.common_information import CommonInformation, plan_over, resources_of, states_of
from lp_posg.planning.comparison import Check, Comparison, Row, Spread
from lp_posg.planning.methods import AUTO, settle
from lp_posg.planning.relations import Solved, range_checks, relation_checks, row_plan, sharing_orders, spreads
from lp_posg.planning.request import Request, check_request, checked_game
from lp_posg.planning.run_options import Run, RunOptions, checked_run
from lp_posg.planning.solution import Solution
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.strategic_form import StrategicForm, form_request, tree_planned
from lp_posg.stage import Concept, concept_named
from lp_posg.trees import Tree
from lp_posg.trees.strategic import ReducedForm, reduced_form
from lp_posg.types import GAP_TOL

SHARING = ("full", "one-step-delay")
CONCEPTS = ("team", "ne", "ce", "cce")


def compare(
    game: Game | Tree | str | PathLike[str],
    horizon: int | None = None,
    sharing: str | SharingStructure | Sequence[str | SharingStructure] | None = None,
    concept: str | Concept | Sequence[str | Concept] | None = None,
    objective: str | Callable[[Any], Any] = "welfare",
    *,
    discount: float | None = None,
    compression: str | Compression | CompressionRule = "exact",
    tolerance: float = GAP_TOL,
    approximate: bool | None = None,
    certificate: str = "auto",
    concepts: str | Concept | Sequence[str | Concept] | None = None,
    **run: Unpack[RunOptions],
) -> Comparison:
    """Return certified solutions for every sharing rule and concept, and the relations between them.

    A combination that this package or theory rules out (`UnsupportedError`, with its kind
    `StrategyDependenceError`), that meets a limit (`LimitError`), or that fails otherwise, becomes a row with that
    error and costs the others nothing. Where the search for the best Nash equilibrium was stopped, the row has the
    best one found too. A game tree is compared in its reduced strategic form, under no rule.

    Parameters
    ----------
    game : Game, Tree, str or path
        A text is a file, a name of the catalogue, or ``open_spiel:NAME``.
    horizon : int
        Number of steps; not for a game tree.
    sharing : str or SharingStructure, or a sequence of them, optional
        ``full`` and ``one-step-delay`` by default; not for a game tree.
    concept, concepts : str or Concept, or a sequence of them, optional
        Two names of one argument; ``team``, ``ne``, ``ce`` and ``cce`` by default.
    **run
        As in `solve`; `checkpoint` is a folder with one checkpoint per row, and `time_limit` is for all rows together:
        each may use an equal share of the time that those before it have left.
    objective, discount, compression, tolerance, approximate, certificate
        As in `solve`, for each row.

    Raises
    ------
    ModelError
        As `solve`, if there is no row for which what is given is valid.

    Examples
    --------
    >>> import lp_posg as posg
    >>> table = posg.compare(posg.catalog("chicken"), horizon=1, sharing=["full"], concept=["team", "ce", "cce"])
    >>> [round(row.solution.welfare, 6) for row in table.rows]
    [12.0, 10.5, 10.5]
    """
    if concept is not None and concepts is not None:
        raise OptionError("concept and concepts are one argument; give one of them", option="concept")
    checked = checked_run(run)
    with until(checked.deadline):
        game = checked_game(game)
    wanted = [concept_named(one) for one in listed("concept", concept if concepts is None else concepts, CONCEPTS)]
    rules = _rules(game, sharing)
    sample = check_request(
        game,
        horizon,
        rules[0],
        None,
        objective,
        method=StrategicForm.name if isinstance(game, Tree) else AUTO,
        discount=discount,
        compression=compression,
        tolerance=tolerance,
        approximate=approximate,
        certificate=certificate,
        run=checked,
    )
    n_rows = len(rules) * len(wanted)
    rows: list[Row] = []
    found: list[Solved] = []
    for rule in rules:
        states = _States()
        of_rule: list[Row] = []
        for one in wanted:
            request = replace(sample, sharing=rule, concept=one)
            time = _Time(checked, len(wanted) - len(of_rule), n_rows - len(rows) - len(of_rule))
            of_rule.append(_row(request, states, time))
        plans = tuple(plan for row in of_rule if (plan := row_plan(row)) is not None)
        found.append(Solved(None if rule is None else rule.name, plans, states.space, states.pairs))
        rows += of_rule
    if all(isinstance(row.error, ModelError) for row in rows):
        raise next(row.error for row in rows if row.error is not None)
    # Only then, so that what is said beside the rows costs none of them its time.
    checks, ranges = _beside(found, sample.tolerance, checked)
    names = (sample.objective.name, sample.compression.name)
    return Comparison(sample.game, sample.horizon, *names, tuple(rows), tuple(checks), _note(sample), tuple(ranges))


def _beside(found: Sequence[Solved], tolerance: float, run: Run) -> tuple[list[Check], list[Spread]]:
    """Return what theory demands of the rows of each rule, and the ranges of equilibria in games of one step."""
    checks: list[Check] = []
    ranges: list[Spread] = []
    within = Resources(deadline=run.deadline, memory_limit=run.memory_limit)
    for solved in found:
        checks += relation_checks(solved, tolerance, within)
        of_rule = list(spreads(solved, run.deadline))
        checks += range_checks(solved, of_rule)
        ranges += of_rule
    return [*checks, *sharing_orders(found)], ranges


def _rules(game: Game | Tree, sharing: object) -> list[SharingStructure | None]:
    """Return the rules to compare; a game tree has none, unless some are given, which `check_request` refuses."""
    if sharing is None and isinstance(game, Tree):
        return [None]
    return [sharing_structure(rule, game.n_agents) for rule in listed("sharing", sharing, SHARING)]


@dataclass
class _States:
    """What the rows of one rule share: the states, made when the first row needs them, or why there are none."""

    form: ReducedForm | None = None
    space: StateSpace | None = None
    pairs: StateSpace | None = None  # of exact belief and state of any strategy, where the states are exact
    seconds: float = 0.0
    reason: Exception | None = None

    def expand(self, request: Request, resources: Resources) -> StateSpace:
        """Return the states; the first call makes them.

        Raises
        ------
        UnsupportedError, LimitError
            As for the first row.
        """
        if self.reason is not None:
            raise self.reason
        if self.space is None:
            begun = clock.perf_counter()
            try:
                self.space = states_of(request, resources)
            except (UnsupportedError, LimitError) as error:
                self.reason = error
                raise
            self.seconds = clock.perf_counter() - begun
            if request.compression.name == "exact":
                depths = (replace(depth, tag=np.arange(depth.level.n_nodes)) for depth in self.space.depths)
                self.pairs = replace(self.space, depths=tuple(depths))
        return self.space


@dataclass(frozen=True)
class _Time:
    """The time left when a row begins, to be shared with the rows after it.

    Attributes
    ----------
    run : Run
    of_rule, rows : int
        Rows left, this one among them: of its rule, whose states they share, and of all.
    """

    run: Run
    of_rule: int
    rows: int

    def until(self, rows: int) -> float | None:
        """Return when that many of the rows left have had their share of the time left."""
        end, now = self.run.deadline, clock.time()
        return None if end is None else now + max(end - now, 0.0) * rows / self.rows


def _row(request: Request, states: _States, time: _Time) -> Row:
    """Return one row: a solution, why there is none, or why it is only the best that a stopped search has found."""
    name = None if request.sharing is None else request.sharing.name
    concept = request.resolved_concept.name
    try:
        return Row(name, concept, _solved(request, states, time), None)
    except LpPosgError as error:
        found = error.facts.get("solution") if error.facts.get("strategy") is not None else None
        return Row(name, concept, found, error)
    except MemoryError:
        return Row(name, concept, None, LimitError("memory ran out; plan fewer steps, or share more", limit="memory"))


def _solved(request: Request, states: _States, time: _Time) -> Solution:
    run = request.run.within(_folder(request))
    method, settled = settle(replace(request, run=replace(run, deadline=time.until(1))))
    if isinstance(settled.game, Tree):
        if states.form is None:
            states.form = reduced_form(settled.game)
        settled = form_request(settled, states.form.game)
        CommonInformation().check(settled)
    elif not isinstance(method, CommonInformation):
        return method.solve(settled)
    resources = resources_of(settled)
    space = states.expand(settled, replace(resources, deadline=time.until(time.of_rule)))
    resources = replace(resources, deadline=time.until(1))

    def plan() -> StateSolution:
        return plan_over(settled, resources, space, states.seconds, states.pairs)

    if isinstance(request.game, Tree) and states.form is not None:
        return tree_planned(request.game, states.form, plan)
    return plan()


def _folder(request: Request) -> str:
    """Return the name of a row's checkpoint."""
    name, concept = "tree" if request.sharing is None else request.sharing.name, request.resolved_concept.name
    # Names of a user's rules may look alike as file names.
    plain = re.sub(r"[^A-Za-z0-9.-]", "_", name)
    mark = "" if plain == name else "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain}{mark}-{concept}"


def _note(request: Request) -> str:
    game = request.game
    if request.horizon in (1, None) or game.is_zero_sum or game.is_common_reward:
        return "Values are of the selected equilibrium."
    return (
        "Values are of the selected equilibrium: the objective is applied stage by stage, so over several steps"
        " a wider concept may come out lower, and none is the optimum over all equilibria of the whole game."
    )
