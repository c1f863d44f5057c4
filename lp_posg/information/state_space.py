"""The states of every depth as arrays, the deepest before they are expanded, and a finished step for checkpoints."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.errors import UnsupportedError
from lp_posg.information.compression import Compressed
from lp_posg.information.levels import Level
from lp_posg.information.lookup import sums_by
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray, SparseMatrix


@dataclass(frozen=True)
class Arcs:
    """E transitions between states of successive depths, sorted by (parent, increment), each of which stands once."""

    parent: IntArray
    increment: IntArray
    child: IntArray


@dataclass(frozen=True)
class Depth:
    """All N states of one depth; the last depth has no table, arcs or edges.

    The merge distance is the largest total variation distance between a belief and the one that stands for it, by
    merging or by the averaging over ways to play that strategy independence allows up to rounding.
    """

    level: Level  # their beliefs: exact, or those that the compression attaches to them
    tag: IntArray  # (N,), the number that `follow` gives their history; 0 without it
    private: tuple[tuple[Hashable, ...], ...]  # per agent the labels of private information, by index
    table: SplitTable | None  # how the step from here splits private data
    arcs: Arcs | None  # to the next depth
    edges: SparseMatrix | None  # CSR (C * A, N'), P(p, child | c, a), row cell * A + a
    origin: IntArray  # (N,), the arc of the previous depth (at the first: the start) that first led to each
    merge_distance: float


@brief("sizes")
@dataclass(frozen=True)
class StateSpace:
    """The states of every depth, reachable ones only.

    Attributes
    ----------
    start_table : SplitTable
        How the first observation is split.
    start : Arcs
        From nothing (parent 0) to the states of the first depth.
    start_prob : float array, shape (E,)
        Probability of each increment of the start.
    depths : tuple of Depth
    """

    start_table: SplitTable
    start: Arcs
    start_prob: FloatArray
    depths: tuple[Depth, ...]

    @property
    def tables(self) -> tuple[SplitTable, ...]:
        """The tables that lead into each depth, the start's first."""
        return (self.start_table, *(depth.table for depth in self.depths if depth.table is not None))

    @property
    def first_prob(self) -> FloatArray:
        """Probability of each state of the first depth, shape (N,)."""
        return sums_by(self.start.child, self.start_prob, self.depths[0].level.n_nodes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of common-information states of each depth."""
        return tuple(depth.level.n_nodes for depth in self.depths)

    @property
    def n_states(self) -> int:
        """Number of common-information states of all depths."""
        return sum(self.sizes)

    def history(self, time: int, node: int) -> tuple[tuple[Hashable, ...], ...]:
        """Return one common history that leads to a state: the joint increments, oldest first."""
        labels = []
        for step in range(time, -1, -1):
            arcs = self.depths[step - 1].arcs if step else self.start
            assert arcs is not None
            arc = self.depths[step].origin[node]
            labels.append(self.tables[step].increment_label(int(arcs.increment[arc])))
            node = int(arcs.parent[arc])
        return tuple(reversed(labels))


@dataclass(frozen=True)
class Front:
    """The N states of the deepest depth so far, before they are expanded."""

    states: Compressed
    tag: IntArray  # (N,)
    weight: FloatArray  # (N,), probability under actions drawn uniformly
    distance: float  # as `Depth.merge_distance`


def front_of(states: Compressed, tag: IntArray, weight: FloatArray, spread: float) -> Front:
    """Return the front that children make; `tag` and `weight` have one entry per child."""
    mass = sums_by(states.member_of, weight, len(states.representative))
    return Front(states, tag[states.representative], mass, states.distance + spread)


def packed_step(arcs: Arcs, edges: SparseMatrix, front: Front) -> dict[str, Any]:
    """Return a finished step as plain arrays.

    Raises
    ------
    UnsupportedError
        If the compression's state is not made of arrays.
    """
    states = front.states
    parts = {f"arcs.{part}": getattr(arcs, part) for part in ("parent", "increment", "child")}
    parts |= {"edges": edges, "belief": states.belief, "tag": front.tag, "weight": front.weight}
    parts |= {"representative": states.representative, "distance": np.array(front.distance)}
    parts |= {f"state.{key}": value for key, value in states.state.items()}
    packed: dict[str, Any] = {}
    for name, part in parts.items():
        if sp.issparse(part):
            packed |= {f"{name}/{field}": getattr(part, field) for field in ("data", "indices", "indptr")}
            packed[f"{name}/shape"] = np.array(part.shape)
        elif isinstance(part, np.ndarray):
            packed[name] = part
        else:
            raise UnsupportedError(
                f"a checkpoint cannot keep {name!r} of the compression, which is no array; leave `checkpoint` out"
            )
    return packed


def unpacked_step(kept: Mapping[str, Any]) -> tuple[Arcs, SparseMatrix, Front]:
    """Return the step from the arrays of `packed_step`."""
    parts: dict[str, Any] = {name: part for name, part in kept.items() if "/" not in name}
    for name in {key.partition("/")[0] for key in kept if "/" in key}:
        numbers = tuple(kept[f"{name}/{field}"] for field in ("data", "indices", "indptr"))
        parts[name] = sp.csr_array(numbers, shape=tuple(kept[f"{name}/shape"]))
    arcs = Arcs(*(parts[f"arcs.{part}"] for part in ("parent", "increment", "child")))
    state = {key.removeprefix("state."): part for key, part in parts.items() if key.startswith("state.")}
    distance = float(parts["distance"])
    states = Compressed(parts["belief"], arcs.child, parts["representative"], distance, state)
    return arcs, parts["edges"], Front(states, parts["tag"], parts["weight"], distance)
