"""Stored solutions, read back as solutions of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from lp_posg.errors import ModelError
from lp_posg.planning.history_solution import HistorySolution
from lp_posg.planning.solution import Solution
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.storage import Given, damage_of, read_stored
from lp_posg.planning.stored_sets import HISTORIES, TREE, history_parts, tree_parts
from lp_posg.planning.stored_states import FORM, plan_parts
from lp_posg.planning.tree_solution import TreeSolution

Maker = Callable[[Mapping[str, Any], Mapping[str, Any], Given], Solution]


def load_solution(path: str | PathLike[str], **objects: Any) -> Solution:
    """Return the solution stored at `path`.

    Parameters
    ----------
    path : path
    **objects : sharing, concept, objective, compression
        The user's own objects that it was computed with, which the file can only name.

    Raises
    ------
    FormatError
        If the file cannot be read, is not a solution of this format, or is damaged.
    OptionError
        If an object is given that it was not computed with.
    """
    meta, arrays = read_stored(path)
    with damage_of(path):
        form = meta["form"]
        if form not in _MAKERS:
            raise ModelError(f"there is no form {form!r} of a solution")
        return _MAKERS[form](meta, arrays, Given(**objects))


def _state_solution(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> StateSolution:
    return StateSolution(**plan_parts(meta, arrays, given))


def _history_solution(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> HistorySolution:
    return HistorySolution(**history_parts(meta, arrays, given))


def _tree_solution(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> TreeSolution:
    plan = None
    if "plan" in meta:
        own = {name.removeprefix("plan."): array for name, array in arrays.items() if name.startswith("plan.")}
        plan = StatePlan(**plan_parts(meta["plan"], own, given))
    return TreeSolution(**tree_parts(meta, arrays, given), plan=plan)


_MAKERS: dict[str, Maker] = {FORM: _state_solution, HISTORIES: _history_solution, TREE: _tree_solution}
