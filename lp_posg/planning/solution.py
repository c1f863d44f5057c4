"""What every method returns: one Protocol, and the records that its members hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Protocol, runtime_checkable

from lp_posg.brevity import brief
from lp_posg.evaluate import Certificate, Play, Simulation
from lp_posg.game import Game
from lp_posg.information import Compression, SharingStructure
from lp_posg.stage import Concept, Objective
from lp_posg.trees import Tree
from lp_posg.types import FloatArray


@brief()
@dataclass(frozen=True)
class Stats:
    """Sizes and times of a solve.

    Attributes
    ----------
    states : int
        Common-information states after merging, all depths; of methods over information sets, these of all agents.
    stage_lps : int
        Linear and mixed-integer programs solved.
    closed : int
        Stage games solved without one, where that is provably exact.
    seconds : float
        Wall time of the whole solve, certificate included.
    phases : mapping of str to float
        Wall seconds by phase: ``expand``, ``solve``, ``certify``.
    states_by_depth : tuple of int
        Empty for a game tree.
    methods : mapping of str to int
        How many stage games were solved how: ``shortcut`` (those of `closed`), ``enumeration``, ``program``
        (written down whole), ``columns`` (column generation, optimal to a proven bound), ``conic``.
    sizes : mapping of str to int or tuple of int
        Other sizes of the method: ``information_sets``, ``sequences``, ``rows``, ``plans``, ...
    """

    states: int
    stage_lps: int
    closed: int
    seconds: float
    phases: Mapping[str, float]
    states_by_depth: tuple[int, ...]
    methods: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int | tuple[int, ...]] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return them as a JSON-ready object, `sizes` beside the rest."""
        rest = {key: value for key, value in vars(self).items() if key != "sizes"}
        plain = {**rest, **self.sizes, "phases": dict(self.phases), "methods": dict(self.methods)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


@brief()
@dataclass(frozen=True)
class Atom:
    """One outcome of the draw at a place of decision, which no agent hears: see `Solution.to_play`.

    A Nash strategy and a team's have one atom of probability 1, so nothing is drawn for all.

    Attributes
    ----------
    prob : float
    prescriptions : mapping of agent to mapping of private information to mapping of action to probability
        Actions of probability 0 are left out. In a game tree the entries are for information sets.
    """

    prob: float
    prescriptions: Mapping[str, Mapping[str, Mapping[str, float]]]


@runtime_checkable
class Solution(Protocol):
    """A certified equilibrium (or team optimum): what was solved, how, and what came out, whatever the method.

    Attributes
    ----------
    game : Game or Tree
        Its discount is the one solved with.
    horizon : int or None
        None for a game tree, which is played to its end.
    sharing : SharingStructure or None
        The rule; None for a game tree.
    concept : Concept
    objective : Objective
    compression : Compression or None
        None where the method has no states to compress.
    method, reason : str
        The method, and why ``method="auto"`` chose it; empty if it was named.
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range (of a team, to that of its reward).
    values : float array, shape (n,)
        Value to each agent, in reward units over the horizon, computed by the certificate.
    welfare : float
        Sum of the values.
    certificate : Certificate
    stats : Stats
    allowed_gaps : float array, shape (n,)
        Largest gap that the tolerance accepts of each agent, in reward units.
    scale : float
        Size beside which a value is rounding, in reward units; for screens.
    to_play : str
        Who draws, and what each agent hears before it acts, for the certificate to hold; a sentence.
    """

    @property
    def game(self) -> Game | Tree: ...
    @property
    def horizon(self) -> int | None: ...
    @property
    def sharing(self) -> SharingStructure | None: ...
    @property
    def concept(self) -> Concept: ...
    @property
    def objective(self) -> Objective: ...
    @property
    def compression(self) -> Compression | None: ...
    @property
    def method(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def values(self) -> FloatArray: ...
    @property
    def welfare(self) -> float: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def stats(self) -> Stats: ...
    @property
    def allowed_gaps(self) -> FloatArray: ...
    @property
    def scale(self) -> float: ...
    @property
    def to_play(self) -> str: ...

    def strategy(self, time: int = 0, node: int = 0) -> tuple[Atom, ...]:
        """Return what is played at a common-information state, or in a whole game tree, in the game's labels."""

    def play(self, seed: int = 0) -> Play:
        """Return an object that acts step by step: give it what each agent sees, get each agent's action."""

    def simulate(
        self, n_runs: int = 10_000, seed: int = 0, *, game: Any = None, level: float = 0.95, traces: int = 0
    ) -> Simulation:
        """Return what following the strategy brings in independent runs, in this game or another of the same labels."""

    def verify(self, game: Any = None, *, tolerance: float = ..., approximate: bool = False) -> Certificate:
        """Return a new certificate, computed from the strategy alone, in this game or another of the same labels."""

    def export(self, path: str | PathLike[str]) -> None:
        """Write the strategy to a file that other programs can follow."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the solution, game and certificate included, to one ``.npz`` file; `lp_posg.load` reads it."""

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object."""
