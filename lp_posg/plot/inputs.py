"""What pictures are drawn of: the plan of a solution, or the tables of one game, with what is missing in them."""

from __future__ import annotations

from collections.abc import Sequence

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game import Game
from lp_posg.planning import Comparison, Row, Solution, StatePlan, TreeSolution
from lp_posg.planning.solved import SolvedGame
from lp_posg.plot.captions import named
from lp_posg.trees import Tree
from lp_posg.wording import counted, is_rounding

TREE = "game tree"
"""Stands for the rule where there is none."""


def rule_of(row: Row) -> str:
    """Return the name of a row's rule, or what stands for it in a game tree."""
    return TREE if row.sharing is None else row.sharing


def rules_of(tables: Sequence[Comparison]) -> list[str]:
    """Return the rules of all rows in order, each once."""
    return list(dict.fromkeys(rule_of(row) for table in tables for row in table.rows))


def concepts_of(tables: Sequence[Comparison]) -> list[str]:
    """Return the concepts of all rows in order, each once."""
    return list(dict.fromkeys(row.concept for table in tables for row in table.rows))


Measured = dict[tuple[int, str, str], float]
"""(horizon, sharing, concept) to welfare, or to the value that says more."""


def measure_of(game: Game | Tree) -> str:
    """Return what of the agents' values a picture draws, in words; the welfare says nothing where it is always 0."""
    if game.is_common_reward:
        return "value"
    return f"value of {named(game.agents[0], 24)}" if game.is_zero_sum else "welfare"


def measured(tables: Sequence[Comparison]) -> Measured:
    """Return what `measure_of` says of each row that has a solution."""
    rows = [(steps_of(table), row) for table in tables for row in table.rows]
    return {(h, rule_of(row), row.concept): _amount(row.solution) for h, row in rows if row.solution is not None}


def _amount(solution: Solution) -> float:
    game = solution.game
    amount = float(solution.values[0]) if game.is_common_reward or game.is_zero_sum else solution.welfare
    return 0.0 if is_rounding(amount, solution.scale) else amount


def steps_of(table: Comparison) -> int:
    """Return the horizon, 0 for a game tree."""
    return table.horizon or 0


def over(tables: Sequence[Comparison]) -> str:
    """Return the number of steps as the end of a title; nothing for a game tree, or for several numbers."""
    return f", {counted(steps_of(tables[0]), 'step')}" if len(tables) == 1 and tables[0].horizon else ""


def as_tables(comparisons: Comparison | Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons by their horizons; raise ModelError unless they have rows, one game and different horizons."""
    tables = [comparisons] if isinstance(comparisons, Comparison) else comparisons
    if not isinstance(tables, Sequence) or not all(isinstance(table, Comparison) for table in tables):
        raise ModelError(f"comparisons is {comparisons!r}, expected what lp_posg.compare returns, one or several")
    if not tables or not any(table.rows for table in tables):
        raise ModelError("there is no row to draw; give at least one comparison")
    names = {table.game.name for table in tables}
    if len(names) > 1:
        raise ModelError(f"the comparisons are of different games, {', '.join(sorted(names))}; draw one at a time")
    if len(tables) > 1 and not all(table.horizon for table in tables):
        raise ModelError(f"a comparison of game tree {tables[0].game.name!r} has no horizon; draw it by itself")
    horizons = [steps_of(table) for table in tables]
    if len(set(horizons)) < len(horizons):
        raise ModelError(f"several comparisons have one horizon (found {horizons}); give one of each")
    return sorted(tables, key=steps_of)


def unsolved(tables: Sequence[Comparison]) -> list[str]:
    """Return the rules, or rules with their concepts, that have no solution in some comparison."""
    missing: dict[str, dict[str, None]] = {}
    for row in (row for table in tables for row in table.rows if row.solution is None):
        missing.setdefault(rule_of(row), {})[row.concept] = None
    concepts = set(concepts_of(tables))
    return [
        text
        for rule, names in missing.items()
        for text in ([rule] if set(names) == concepts else [f"{rule} {concept}" for concept in names])
    ]


def plan_of(solution: Solution, picture: str, *, strategic_form: bool = False) -> StatePlan:
    """Return the plan of a solution over common-information states, which the picture of this name shows.

    With `strategic_form` the plan in the reduced strategic form of a game tree will do. Raises ModelError if it is no
    solution, UnsupportedError if it has no such plan.
    """
    if isinstance(solution, StatePlan):
        return solution
    if not isinstance(solution, Solution):
        raise ModelError(f"solution is {type(solution).__name__}, expected a solution; lp_posg.solve returns one")
    if strategic_form and isinstance(solution, TreeSolution) and solution.plan is not None:
        return solution.plan
    advice = "solve with method 'common-information'"
    if isinstance(solution.game, Tree):
        advice = "of game trees see `values` and, of those with few plans, `payoffs`"
        if strategic_form:
            advice = "solve with method 'strategic-form'"
    raise UnsupportedError(
        f"picture {picture!r} shows common-information states, and the solution of game {solution.game.name!r} by"
        f" method {solution.method!r} is over information sets; {advice}"
    )


def facts(solution: Solution | SolvedGame) -> str:
    """Return rule, concept and number of steps of a solution for a title."""
    parts = [] if solution.sharing is None else [named(solution.sharing.name)]
    parts.append(named(solution.concept.name))
    parts.append(solution.method if solution.horizon is None else counted(solution.horizon, "step"))
    return ", ".join(parts)
