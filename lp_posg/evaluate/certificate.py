"""What is proven of a strategy: gaps, values, and the most profitable deviation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lp_posg.brevity import brief
from lp_posg.evaluate.kinds import Kind
from lp_posg.types import FloatArray, read_only

Status = Literal["exact", "bounded", "uncertified"]

_MEANINGS = {
    "exact": "",
    "bounded": " (the gaps are upper bounds)",
    "uncertified": " (a limit was met: the gaps are what the rewards allow any strategy, the values the planner's)",
}


@dataclass(frozen=True)
class Deviation:
    """The most profitable deviation found.

    Attributes
    ----------
    agent : str
        Who deviates; ``"team"`` when all do together.
    time : int
        0-based step of the deviation.
    common_info, private_info : str
        What is known there, in words.
    recommendation : str or None
        The recommended action it reacts to, for CE; the whole prescription in words, for strategic form CE.
    action : str
        What the agent does instead.
    gain : float
        What the agent gains in the whole game by its best deviation, in reward units.
    local_gain : float
        What deviating gains at this place, given that it is reached, in reward units.
    """

    agent: str
    time: int
    common_info: str
    private_info: str
    recommendation: str | None
    action: str
    gain: float
    local_gain: float

    def __str__(self) -> str:
        heard = "" if self.recommendation is None else f", recommended {self.recommendation!r},"
        return (
            f"agent {self.agent!r} gains {self.gain:.6g} by deviating, most at step {self.time + 1}: with common"
            f" information [{self.common_info}] and private information [{self.private_info}]{heard} it plays"
            f" {self.action!r}"
        )


@brief("status", "kind", "gaps")
@dataclass(frozen=True, eq=False)
class Certificate:
    """What is proven of a strategy in the original game.

    Attributes
    ----------
    status : {"exact", "bounded", "uncertified"}
        ``exact``: `gaps` are the gains of the best deviations; ``bounded``: they are upper bounds; ``uncertified``:
        a limit was met before anything was proven, so `gaps` are what the rewards allow any strategy and `values` what
        the planner says.
    kind : Kind
        The kind of deviation ruled out.
    gaps : float array, shape (n,)
        Gain of each agent's best deviation, at least 0, in reward units over the horizon.
    values : float array, shape (n,)
        Value of the strategy to each agent, computed independently of the planner.
    deviation : Deviation or None
        The most profitable one; None if no agent gains anything.
    merge_error : float
        A bound on the error of each gap and each value from treating beliefs within the merging
        tolerance as one; for sums over agents, n times that.
    states : int
        Number of (belief, strategy state) pairs examined.
    node_values : tuple per depth of float arrays, shape (states of the strategy, n)
        Value of the strategy from each of its states on; nan where it can never be.
    found_gains : float array, shape (n,), or None
        Where `gaps` are upper bounds, lower ones: gains of deviations that are known.
    """

    status: Status
    kind: Kind
    gaps: FloatArray
    values: FloatArray
    deviation: Deviation | None
    merge_error: float
    states: int
    node_values: tuple[FloatArray, ...] = field(default=(), repr=False, metadata={"stored": False})
    found_gains: FloatArray | None = None

    def __post_init__(self) -> None:
        read_only(self.gaps, self.values, *self.node_values, self.found_gains)

    @property
    def deviations(self) -> str:
        """The name of the kind of deviation ruled out."""
        return self.kind.name

    @property
    def meaning(self) -> str:
        """What the status says of the numbers, in brackets; nothing if they are what they are called."""
        return _MEANINGS[self.status]

    @property
    def gap(self) -> float:
        """The largest gap of an agent."""
        return float(self.gaps.max())

    def is_within(self, allowed: FloatArray) -> bool:
        """Whether no agent's gap exceeds what is accepted of it, shape (n,)."""
        return bool((self.gaps <= allowed).all())
