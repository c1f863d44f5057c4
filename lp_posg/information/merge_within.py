"""``exact`` and ``merge:EPS``: beliefs that are equal, or within EPS in total variation, become one state.

With ``exact`` the state is the belief itself, so that the model planned in is the original game.

With ``merge:EPS`` a greedy cover: children come in order; each joins an earlier leader whose belief is within EPS
of its own, or else becomes a leader. The attached belief is the mean of the members,
weighted by how likely uniformly drawn actions lead to them, so that everything possible under a
member's belief is possible under it. It is within 2 EPS of every member; the largest distance met is
the depth's `distance`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import finite_number
from lp_posg.information.compression import Children, Compressed, CompressionForm, State, Step, mean_rows
from lp_posg.information.lookup import distances, sums_by
from lp_posg.information.merging import Gathering
from lp_posg.types import MERGE_TOL, FloatArray, IntArray, SparseMatrix

BLOCK = 1024
"""Rows compared with each other at a time."""


@dataclass(frozen=True)
class Exact:
    """Common informations with one belief are one state, which loses nothing.

    Parameters
    ----------
    tolerance : float
        Total variation within which beliefs count as equal.
    """

    tolerance: float = MERGE_TOL

    @property
    def name(self) -> str:
        """``exact``, unless the tolerance is not the usual one."""
        return "exact" if self.tolerance <= MERGE_TOL else f"equal within {self.tolerance:.12g}"

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the distinct beliefs after the increments of the start."""
        return self.update(step, {}, [children])

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the distinct beliefs after one more step."""
        gathering = Gathering(self.tolerance)
        for part in children:
            gathering.add(part.rows, part.label)
            step.watch(gathering.n_classes)
        return _equal_beliefs(gathering)


def _equal_beliefs(gathering: Gathering) -> Compressed:
    rows, merged = gathering.result()
    return Compressed(rows, merged.member_of, merged.representative, merged.distance)


@dataclass(frozen=True)
class MergeWithin:
    """Greedy merging of beliefs by total variation distance.

    Parameters
    ----------
    radius : float
        EPS, in [0, 1]. 0 merges equal beliefs only and is `Exact`.

    Raises
    ------
    ModelError
        If the radius is not in [0, 1].
    """

    radius: float

    def __post_init__(self) -> None:
        finite_number("compression 'merge': the distance", self.radius, 0, 1)

    @property
    def name(self) -> str:
        """``merge:EPS``."""
        return f"merge:{self.radius:.12g}"

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the classes of the beliefs after the increments of the start."""
        return self.update(step, {}, [children])

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the classes of the beliefs after one more step."""
        gathering, weights = Gathering(), []
        for part in children:
            gathering.add(part.rows, part.label)
            weights.append(part.weight)
            step.watch(0)
        equal = _equal_beliefs(gathering)
        if self.radius == 0:
            return equal
        rows = equal.belief
        leader, member_of = greedy_cover(rows, self.radius)
        weight = sums_by(equal.member_of, np.concatenate(weights), rows.shape[0])
        belief = mean_rows(rows, weight, member_of, len(leader))
        distance = float(distances(rows, belief[member_of]).max(initial=0.0)) + equal.distance
        return Compressed(belief, member_of[equal.member_of], equal.representative[leader], distance)


def greedy_cover(rows: SparseMatrix, radius: float) -> tuple[IntArray, IntArray]:
    """Return leaders, and for each row the number of its leader, at most `radius` away in total variation.

    Parameters
    ----------
    rows : CSR array, shape (M, width)
        Distributions.
    radius : float
        Above 0.

    Returns
    -------
    leader : int array, shape (N,)
        Ascending; no two are within `radius` of each other.
    member_of : int array, shape (M,)

    Notes
    -----
    The metric search is scipy's k-d tree under the L1 norm, twice the total variation distance. In
    as many dimensions as beliefs have it may come down to comparing all pairs: at worst O(M N width).
    """
    from scipy.spatial import KDTree  # costs 40 ms to import, for this compression alone

    n_rows = rows.shape[0]
    used = np.unique(rows.indices)
    dense = sp.csr_array(rows)[:, used].toarray()
    reach = 2 * radius * (1 + 1e-12)
    leader: IntArray = np.empty(0, dtype=np.int64)
    member_of = np.full(n_rows, -1, dtype=np.int64)
    for first in range(0, n_rows, BLOCK):
        block = np.arange(first, min(first + BLOCK, n_rows))
        if len(leader):
            distance, nearest = KDTree(dense[leader]).query(dense[block], p=1, distance_upper_bound=reach)
            near = np.isfinite(distance)
            member_of[block[near]] = nearest[near]
            block = block[~near]
        if len(block):
            chosen, leader_of = _cover_block(dense[block], reach)
            member_of[block] = len(leader) + leader_of
            leader = np.concatenate([leader, block[chosen]])
    return leader, member_of


def _cover_block(points: FloatArray, reach: float) -> tuple[IntArray, IntArray]:
    """Return the greedy cover of a few points: positions of leaders, and the leader's number of each point."""
    from scipy.spatial.distance import cdist

    n = len(points)
    near = sp.csr_array(cdist(points, points, "cityblock") <= reach)
    undecided, is_leader = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    place = np.arange(n)
    while undecided.any():
        # A point without an undecided neighbour before it leads; its neighbours follow. This is the greedy order.
        earliest = _least_neighbour(near, np.where(undecided, place, n))
        new = undecided & (earliest == place)
        is_leader |= new
        undecided &= ~new & ~(near @ new.astype(np.int64) > 0)
    leaders = np.flatnonzero(is_leader)
    number = np.full(n + 1, n)
    number[leaders] = np.arange(len(leaders))
    following = _least_neighbour(near, np.where(is_leader, place, n))
    return leaders, number[np.where(is_leader, place, following)]


def _least_neighbour(near: SparseMatrix, value: IntArray) -> IntArray:
    """Return the least value among each point's neighbours, itself included."""
    return np.minimum.reduceat(value[near.indices], near.indptr[:-1])


def _parse_exact(rest: str) -> Exact:
    if rest:
        raise ValueError
    return Exact()


def _parse_merge(rest: str) -> MergeWithin:
    radius = rest.removeprefix(":")
    if "_" in radius:
        raise ValueError
    return MergeWithin(float(radius))


EXACT = CompressionForm("exact", "exact", _parse_exact, Exact)
MERGE = CompressionForm("merge:EPS", "merge:0.05", _parse_merge, MergeWithin)
