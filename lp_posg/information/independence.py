"""The check of strategy independence, the paper's key assumption, on the game at hand.

Given a state c and an increment z, the next belief P(s', p' | c, z) may not depend on the
prescriptions used at c. Under a profile of prescriptions g it is proportional to
``sum_p W[p, g(p)]`` with W the weights of a step. This is multilinear in the agents'
prescriptions, so it points one way for *all* of them (mixed and correlated included) exactly if
it does for a basis: per agent, "always the first action" and each profile that changes it at one
private information. The basis is small (polynomial), and its members are themselves ways to play,
so a failure is a counterexample in the user's terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import UnsupportedError
from lp_posg.information.levels import Entries, Expansion, Level
from lp_posg.information.lookup import distances, divided_rows, row_sums
from lp_posg.types import INDEPENDENCE_TOL, IntArray, SparseMatrix

BASIS_ENTRIES = 20_000_000
"""Of a basis with more entries, single changes are tried first, so many entries at a time."""

WHOLE_ENTRIES = 1_000_000_000
"""Most entries of a basis that is written down whole."""


@dataclass(frozen=True)
class Counterexample:
    """Two ways to play at one state that lead, by one increment, to two beliefs.

    A way to play holds, per agent, the (private information, action) where it leaves its first action, or None.
    """

    node: int
    increment: int  # flat, joint
    switches: tuple[tuple[tuple[int, int] | None, ...], tuple[tuple[int, int] | None, ...]]
    beliefs: tuple[SparseMatrix, SparseMatrix]  # CSR rows (1, P' * S)


def find_dependence(
    level: Level, expansion: Expansion, n_actions: tuple[int, ...]
) -> tuple[Counterexample | None, float]:
    """Return a counterexample to strategy independence among the expanded states, or None, and a distance.

    The largest total variation distance between two beliefs that are taken for one: at most
    ``INDEPENDENCE_TOL``, it enters the certificate's bound on errors.

    Raises
    ------
    UnsupportedError
        If a basis is too large, and its single changes are no counterexample.

    Notes
    -----
    Increments that only one (private profile, joint action) can cause pass at once, as under full
    and one-step delayed sharing; so do those whose causes all lead to the same belief. The rest
    goes through the basis test, O(prod_i P_i^2 A_i) products per child.
    """
    suspects, largest = _suspects(expansion)
    if not len(suspects):
        return None, largest
    counts = level.counts[expansion.parent[suspects]]
    shapes, group = np.unique(counts, axis=0, return_inverse=True)
    for i, sizes in enumerate(shapes.tolist()):
        shape, children = tuple(sizes), suspects[group.ravel() == i]
        n_entries = prod(1 + k * (n - 1) for k, n in zip(shape, n_actions, strict=True)) * prod(shape)
        if n_entries > BASIS_ENTRIES and (found := _changed(level, expansion, children, shape, n_actions)) is not None:
            return found
        if n_entries > WHOLE_ENTRIES:
            raise UnsupportedError(
                f"whether beliefs depend on strategies is not decided: at one state agents have {shape} private"
                " informations, and there are too many ways to play; share more, or plan fewer steps"
            )
        example, here = _basis_test(level, expansion, children, shape, n_actions)
        if example is not None:
            return example, here
        largest = max(largest, here)
    return None, largest


def _suspects(expansion: Expansion) -> tuple[IntArray, float]:
    """Return the children some of whose causes lead to a belief other than the mean one, and how far the rest are."""
    entries = expansion.entries
    assert entries is not None
    causes = expansion.edges.tocsc()
    several = np.diff(causes.indptr) > 1
    if not several.any():
        return np.empty(0, dtype=np.int64), 0.0
    inside = several[entries.child]
    part = Entries(*(getattr(entries, f)[inside] for f in ("cell", "action", "child", "column", "weight")))
    n_joint = int(part.action.max()) + 1
    cause, row = np.unique(
        (part.child * (part.cell.max() + 1) + part.cell) * n_joint + part.action, return_inverse=True
    )
    child = cause // n_joint // (part.cell.max() + 1)
    rows = sp.csr_array(sp.coo_array((part.weight, (row, part.column)), (len(cause), expansion.rows.shape[1])))
    distance = distances(divided_rows(rows, row_sums(rows)), expansion.rows[child])
    far = distance > INDEPENDENCE_TOL
    return np.unique(child[far]), 2 * float(distance[~far].max(initial=0.0))


def _basis_test(
    level: Level, expansion: Expansion, children: IntArray, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> tuple[Counterexample | None, float]:
    basis = _basis(shape, n_actions)
    weights = _weights(level, expansion, children, shape, n_actions)
    results = sp.csr_array(sp.kron(sp.eye_array(len(children)), basis, format="csr") @ weights)
    mass = row_sums(results)
    possible = np.flatnonzero(mass > 0)
    beliefs = divided_rows(results[possible], mass[possible])
    child = possible // basis.shape[0]
    _, first, inverse = np.unique(child, return_index=True, return_inverse=True)
    distance = distances(beliefs, beliefs[first[inverse]])
    largest = float(distance.max(initial=0.0))
    if largest <= INDEPENDENCE_TOL:
        return None, 2 * largest
    worst = int(np.argmax(distance))
    reference = int(first[inverse[worst]])
    where = children[child[worst]]
    members = (int(possible[k] % basis.shape[0]) for k in (reference, worst))
    one, other = (_switches(level, int(expansion.parent[where]), k, shape, n_actions) for k in members)
    node, increment = int(expansion.parent[where]), int(expansion.increment[where])
    return Counterexample(node, increment, (one, other), (beliefs[[reference]], beliefs[[worst]])), largest


def _changed(
    level: Level, expansion: Expansion, children: IntArray, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> tuple[Counterexample, float] | None:
    """Return a counterexample in which one agent leaves its first action at one private information, or None."""
    sizes = tuple(1 + k * (n - 1) for k, n in zip(shape, n_actions, strict=True))
    singles = np.unique([w * prod(sizes[i + 1 :]) for i, size in enumerate(sizes) for w in range(size)])
    parts = np.array_split(singles, min(len(singles), 1 + len(singles) * prod(shape) // BASIS_ENTRIES))
    for child in children.tolist():
        weights = _weights(level, expansion, np.array([child]), shape, n_actions)
        node, reference = int(expansion.parent[child]), None
        for part in parts:
            results = sp.csr_array(_members(part, sizes, shape, n_actions) @ weights)
            mass = row_sums(results)
            possible = np.flatnonzero(mass > 0)
            if not len(possible):
                continue
            beliefs = divided_rows(results[possible], mass[possible])
            reference = reference or (int(part[possible[0]]), beliefs[[0]])
            distance = distances(beliefs, sp.csr_array(sp.vstack([reference[1]] * len(possible))))
            worst = int(np.argmax(distance))
            if distance[worst] > INDEPENDENCE_TOL:
                members = (reference[0], int(part[possible[worst]]))
                one, other = (_switches(level, node, k, shape, n_actions) for k in members)
                increment, found = int(expansion.increment[child]), (reference[1], beliefs[[worst]])
                return Counterexample(node, increment, (one, other), found), float(distance[worst])
    return None


def _members(
    members: IntArray, sizes: tuple[int, ...], shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> SparseMatrix:
    """Return some rows of `_basis`."""
    column = np.zeros((len(members), 1), dtype=np.int64)
    for way, k, n in zip(np.unravel_index(members, sizes), shape, n_actions, strict=True):
        own = np.tile(np.arange(k) * n, (len(members), 1))
        changed = np.flatnonzero(way)
        private, action = np.divmod(way[changed] - 1, max(n - 1, 1))
        own[changed, private] += action + 1
        column = (column[:, :, None] * (k * n) + own[:, None, :]).reshape(len(members), -1)
    row = np.repeat(np.arange(len(members)), column.shape[1])
    width = prod(k * n for k, n in zip(shape, n_actions, strict=True))
    return sp.csr_array(sp.coo_array((np.ones(len(row)), (row, column.ravel())), shape=(len(members), width)))


def _weights(
    level: Level, expansion: Expansion, children: IntArray, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> SparseMatrix:
    """Return the weights W of some children, one row per child and (p_1, a_1, ..., p_n, a_n)."""
    entries = expansion.entries
    assert entries is not None
    per_child = prod(k * n for k, n in zip(shape, n_actions, strict=True))
    rank_of = np.full(expansion.rows.shape[0], -1, dtype=np.int64)
    rank_of[children] = np.arange(len(children))
    inside = rank_of[entries.child] >= 0
    cell, actions = entries.cell[inside], np.unravel_index(entries.action[inside], n_actions)
    way = np.zeros(len(cell), dtype=np.int64)
    for i, support in enumerate(level.supports):
        way = (way * shape[i] + support.cell_rank[cell]) * n_actions[i] + actions[i]
    row = rank_of[entries.child[inside]] * per_child + way
    return sp.csr_array(
        sp.coo_array(
            (entries.weight[inside], (row, entries.column[inside])),
            (len(children) * per_child, expansion.rows.shape[1]),
        )
    )


@lru_cache(maxsize=256)
def _basis(shape: tuple[int, ...], n_actions: tuple[int, ...]) -> SparseMatrix:
    """Return the basis profiles as 0/1 rows over (p_1, a_1, ..., p_n, a_n)."""
    basis = sp.csr_array(np.ones((1, 1)))
    for k, n in zip(shape, n_actions, strict=True):
        ways = np.zeros((1 + k * (n - 1), k, n))
        ways[:, :, 0] = 1
        for p, a in np.ndindex(k, n - 1):
            ways[1 + p * (n - 1) + a, p] = np.eye(n)[a + 1]
        basis = sp.csr_array(sp.kron(basis, sp.csr_array(ways.reshape(len(ways), -1)), format="csr"))
    return basis


def _switches(
    level: Level, node: int, member: int, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> tuple[tuple[int, int] | None, ...]:
    """Return the `switches` of a member of the basis, see `Counterexample`."""
    index = np.unravel_index(member, tuple(1 + k * (n - 1) for k, n in zip(shape, n_actions, strict=True)))
    switches: list[tuple[int, int] | None] = []
    for way, n, support in zip(index, n_actions, level.supports, strict=True):
        rank, action = divmod(int(way) - 1, max(n - 1, 1))
        switches.append((int(support.private[support.start[node] + rank]), action + 1) if way else None)
    return tuple(switches)
