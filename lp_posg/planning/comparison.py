"""The table that `compare` makes: rows, the relations that theory demands between them, and spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lp_posg.brevity import brief
from lp_posg.errors import (
    CertificateError,
    LimitError,
    LpPosgError,
    ModelError,
    StrategyDependenceError,
    UnsupportedError,
)
from lp_posg.game import Game
from lp_posg.pieces import Column, Line, Named, Piece, Table, as_html, as_text
from lp_posg.planning.facts import game_facts, horizon_facts
from lp_posg.planning.solution import Solution
from lp_posg.stage import Efficiency
from lp_posg.trees import Tree
from lp_posg.version import __version__
from lp_posg.wording import counted, number, seconds, small

_WORDS: Mapping[type[LpPosgError], str] = {
    StrategyDependenceError: "not strategy-independent",
    UnsupportedError: "unsupported",
    LimitError: "stopped at a limit",
    CertificateError: "not certified",
    LpPosgError: "failed",
}


@brief("sharing", "concept", "status")
@dataclass(frozen=True)
class Row:
    """One (sharing, concept) of a comparison: a solution, or why there is none.

    Both, where the search for the best Nash equilibrium was stopped: the solution is then the best one found, and the
    error, with the attributes ``incumbent`` and ``bound``, says what it has and what none exceeds.

    Attributes
    ----------
    sharing : str or None
        None for a game tree.
    concept : str
    solution : Solution or None
    error : LpPosgError or None
    """

    sharing: str | None
    concept: str
    solution: Solution | None
    error: LpPosgError | None

    @property
    def status(self) -> str:
        """The status of the certificate, or why there is none in a few words."""
        if self.solution is not None:
            return "best found" if self.error is not None else self.solution.certificate.status
        return next(word for kind, word in _WORDS.items() if isinstance(self.error, kind))


@dataclass(frozen=True)
class Check:
    """One relation that theory demands, and whether the numbers obey it.

    Attributes
    ----------
    text : str
    holds : bool or None
        None: a limit was met before that was known.
    detail : str
        The numbers compared, or the limit.
    """

    text: str
    holds: bool | None
    detail: str

    @property
    def verdict(self) -> str:
        """Whether the relation holds, in a word or two."""
        return "not checked" if self.holds is None else "holds" if self.holds else "FAILS"


@brief()
@dataclass(frozen=True)
class Spread:
    """The welfare that equilibria of a concept can have in a game of one step.

    Attributes
    ----------
    sharing : str or None
    concept : str
    efficiency : Efficiency or None
    error : LpPosgError or None
        Why there is none: a program is too large, or the time limit was met.
    """

    sharing: str | None
    concept: str
    efficiency: Efficiency | None
    error: LpPosgError | None = None

    @property
    def text(self) -> str:
        """The spread in words."""
        known, which = self.efficiency, f"{place(self.sharing)}welfare of {a(self.concept)}"
        if known is None:
            return f"{which}: best and worst are not available ({self.error})"
        return (
            f"{which} from {known.worst:.9g} to {known.best:.9g}, team optimum"
            f" {known.optimum:.9g}; price of anarchy {_price(known.price_of_anarchy)}, price of stability"
            f" {_price(known.price_of_stability)}" + (f" ({known.reason})" if known.reason else "")
        )

    def summary(self) -> dict[str, Any]:
        """Return the spread as a JSON-ready object; what is not defined or not known is null, with a reason."""
        known = self.efficiency
        names = {"welfare_best": "best", "welfare_worst": "worst"}
        names |= {name: name for name in ("optimum", "price_of_anarchy", "price_of_stability")}
        return {
            "sharing": self.sharing,
            "concept": self.concept,
            **{key: None if known is None else getattr(known, name) for key, name in names.items()},
            "reason": str(self.error) if known is None else known.reason or None,
        }


def a(concept: str) -> str:
    """Return the concept with its article."""
    return f"a{'n' * (concept[0] in 'aei')} {concept}"


def place(sharing: str | None) -> str:
    """Return the name of a rule as the beginning of a sentence; nothing for a game tree."""
    return "" if sharing is None else f"{sharing}: "


def _price(price: float | None) -> str:
    return "undefined" if price is None else f"{price:.6g}"


@brief("game", "horizon", "objective", "compression", "rows", "checks")
@dataclass(frozen=True)
class Comparison:
    """The table of `compare`.

    Attributes
    ----------
    game : Game or Tree
    horizon : int or None
        None for a game tree.
    objective, compression : str
    rows : tuple of Row
        One per (sharing, concept), in the order given.
    checks : tuple of Check
    note : str
        What the order of the rows does and does not mean.
    spreads : tuple of Spread
        For two agents and one step: over *all* equilibria, not the selected one, of each correlated
        concept given. Over several steps equilibria are selected stage by stage, and there are none.
    """

    game: Game | Tree
    horizon: int | None
    objective: str
    compression: str
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    note: str
    spreads: tuple[Spread, ...] = ()

    def __str__(self) -> str:
        return as_text(comparison_pieces(self))

    def _repr_html_(self) -> str:
        return as_html(comparison_pieces(self))

    @property
    def solutions(self) -> list[Solution]:
        """The solutions of the rows that have one."""
        return [row.solution for row in self.rows if row.solution is not None]

    @property
    def reasons(self) -> list[str]:
        """Why rows have no solution, or only the best found, each reason once."""
        return list(dict.fromkeys(str(row.error) for row in self.rows if row.error is not None))

    def row(self, sharing: str | None, concept: str) -> Row:
        """Return one row.

        Raises
        ------
        ModelError
            If there is none.
        """
        for row in self.rows:
            if (row.sharing, row.concept) == (sharing, concept):
                return row
        raise ModelError(f"the comparison has no row for sharing {sharing!r} and concept {concept!r}")

    def summary(self) -> dict[str, Any]:
        """Return the table as a JSON-ready object; a row without a solution has ``error`` instead of values.

        A row with the best equilibrium that a stopped search has found says so in ``search``.
        """
        return {
            "rows": [self._row_summary(row) for row in self.rows],
            "checks": [dict(vars(check)) for check in self.checks],
            "note": self.note,
            "spreads": [spread.summary() for spread in self.spreads],
        }

    def _row_summary(self, row: Row) -> dict[str, Any]:
        why = {"kind": type(row.error).__name__, "message": str(row.error)}
        if row.solution is not None:
            search = {key: getattr(row.error, key) for key in ("incumbent", "bound")} if row.error is not None else {}
            return row.solution.summary() | ({"search": {"status": row.status, **search, **why}} if search else {})
        return {
            "game": self.game.name,
            "horizon": self.horizon,
            "discount": self.game.discount if isinstance(self.game, Game) else None,
            "sharing": row.sharing,
            "concept": row.concept,
            "objective": self.objective,
            "compression": self.compression,
            "error": why,
            "version": __version__,
        }


def comparison_pieces(table: Comparison) -> list[Piece]:
    """Return what there is to say of a comparison, in the order in which it is shown."""
    reasons = [Line(f"[{mark}] {reason}") for mark, reason in enumerate(table.reasons, 1)]
    checks = [
        Line(f"{check.verdict}  {check.text} ({check.detail})", "bold red" if check.holds is False else "")
        for check in table.checks
    ]
    spreads = [Line(spread.text) for spread in table.spreads]
    groups: list[list[Line]] = [group for group in (reasons, checks, spreads, [Line(table.note)]) if group]
    rest = [line for group in groups for line in (Line(), *group)]
    return [_header(table), Line(), _table(table), *rest]


def value_columns(table: Comparison) -> list[str]:
    """Return the columns of values: one for all agents where they have one reward, else one each, sum and smallest."""
    if table.game.is_common_reward:
        return ["value"]
    return [*("_".join(agent.split()) or "agent" for agent in table.game.agents), "welfare", "smallest"]


def shown_values(table: Comparison, values: list[float]) -> list[float]:
    """Return the numbers of `value_columns`, from the agents' values."""
    return values[:1] if table.game.is_common_reward else [*values, sum(values), min(values)]


def _header(table: Comparison) -> Named:
    game, steps = table.game, table.horizon
    exact = sum(solution.certificate.status == "exact" for solution in table.solutions)
    what = "" if steps is None else f", {counted(steps, 'step')}"
    facts = [
        *horizon_facts(game, steps),
        ("objective", table.objective),
        ("compression", table.compression),
        ("certificates", f"{exact} of {len(table.solutions)} exact"),
        ("version", __version__),
    ]
    return Named(f"{game.name}: comparison{what}", [game_facts(game), facts])


def _table(table: Comparison) -> Table:
    columns = [Column("sharing"), Column("concept"), Column("status", breaks=20)]
    names = (*value_columns(table), "gap", "states", "LPs", "seconds")
    columns += [Column(name, right=True) for name in names]
    return Table(columns, [_cells(table, row, len(columns)) for row in table.rows], keys=2)


def _cells(table: Comparison, row: Row, n_columns: int) -> list[str]:
    solution = row.solution
    status = row.status if row.error is None else f"{row.status} [{table.reasons.index(str(row.error)) + 1}]"
    head = [row.sharing or "-", row.concept, status]
    if solution is None:
        return [*head, *["-"] * (n_columns - 3)]
    stats = solution.stats
    shown = [number(value, solution.scale) for value in shown_values(table, solution.values.tolist())]
    sizes = [small(solution.certificate.gap), str(stats.states), str(stats.stage_lps), seconds(stats.seconds)]
    return [*head, *shown, *sizes]
