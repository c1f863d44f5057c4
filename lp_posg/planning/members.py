"""Members that solutions by one method have and others lack, and the error that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lp_posg.errors import MissingMemberError
from lp_posg.trees import Tree

OF_STATES = frozenset({"ledger", "advantages", "gains", "graph", "history", "policy", "node_values", "model_values"})
OF_SETS = frozenset({"at", "information_sets", "sets", "sets_of", "set_name", "action_names", "rows", "stakes"})
OF_HISTORIES = frozenset({"behaviour", "n_places"})


class Members:
    """Base of solutions: asking for a member of another kind of solution says what kind, and what to do."""

    if not TYPE_CHECKING:  # or every name would pass for a member

        def __getattr__(self, name: str) -> Any:
            """Raise `MissingMemberError` if solutions of another kind have it, else what Python raises."""
            others = OF_SETS | OF_HISTORIES if _has_states(self) else OF_STATES | OF_HISTORIES
            if name not in others or hasattr(type(self), name) or "game" not in vars(self):
                return object.__getattribute__(self, name)
            raise MissingMemberError(_why(self, name))


def _has_states(solution: object) -> bool:
    return hasattr(type(solution), "check_state")


def _why(solution: Any, name: str) -> str:
    game, method = solution.game, solution.method
    it = f"the solution of game {game.name!r} by method {method!r} has no {name!r}"
    if _has_states(solution):
        return f"{it}: it is over common-information states, not information sets; see `strategy(time, node)`"
    if name in OF_HISTORIES:
        return (
            f"{it}: its game is a tree, without steps; see `information_sets(agent)` and `at(agent, information_set)`"
        )
    it += ": it is over information sets, not common-information states"
    if isinstance(game, Tree):
        return f"{it}; see `certificate` for what deviations gain and `strategy()` for what is played"
    return f"{it}; solve with method 'common-information', where the sharing rule allows it"
