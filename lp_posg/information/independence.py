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

import numpy as np
import scipy.sparse as sp

from lp_posg.information.levels import Entries, Expansion, Level
from lp_posg.types import INDEPENDENCE_TOL, FloatArray, IntArray, SparseMatrix


@dataclass(frozen=True)
class Counterexample:
    """Two ways to play at one state that lead, by one increment, to two beliefs.

    Attributes
    ----------
    node, increment : int
        The state and the flat joint increment.
    switches : tuple of two tuples per agent
        A way to play: (private information, action) at which the agent leaves its first action,
        or None.
    beliefs : two CSR rows, shape (1, P' * S)
    """

    node: int
    increment: int
    switches: tuple[tuple[tuple[int, int] | None, ...], tuple[tuple[int, int] | None, ...]]
    beliefs: tuple[SparseMatrix, SparseMatrix]


def find_dependence(
    level: Level, expansion: Expansion, n_actions: tuple[int, ...]
) -> tuple[Counterexample | None, float]:
    """Return a counterexample to strategy independence among the expanded states, or None.

    With it, the largest total variation distance between two beliefs that were taken for one: it is
    at most ``INDEPENDENCE_TOL``, and enters the certificate's bound on errors.

    Notes
    -----
    Increments that only one (private profile, joint action) can cause pass at once, as under full
    and one-step delayed sharing; so do those whose causes all lead to the same belief. The rest
    goes through the basis test, O(prod_i P_i^2 A_i) products per child.
    """
    suspects, apart = _suspects(expansion)
    if not len(suspects):
        return None, apart
    counts = level.counts[expansion.parent[suspects]]
    shapes, group = np.unique(counts, axis=0, return_inverse=True)
    for i, shape in enumerate(shapes):
        found, here = _basis_test(level, expansion, suspects[group.ravel() == i], tuple(shape), n_actions)
        if found is not None:
            return found, here
        apart = max(apart, here)
    return None, apart


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
    rows = _scaled(rows, 1.0 / _sums(rows))
    apart = 0.5 * _sums(abs(rows - expansion.rows[child]))
    far = apart > INDEPENDENCE_TOL
    return np.unique(child[far]), 2 * float(apart[~far].max(initial=0.0))


def _basis_test(
    level: Level, expansion: Expansion, children: IntArray, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> tuple[Counterexample | None, float]:
    entries = expansion.entries
    assert entries is not None
    basis = _basis(shape, n_actions)
    per_child = basis.shape[1]
    rank_of = np.full(expansion.rows.shape[0], -1, dtype=np.int64)
    rank_of[children] = np.arange(len(children))
    inside = rank_of[entries.child] >= 0
    cell, own_action = entries.cell[inside], np.unravel_index(entries.action[inside], n_actions)
    way = np.zeros(len(cell), dtype=np.int64)
    for i, support in enumerate(level.supports):
        way = (way * shape[i] + support.cell_rank[cell]) * n_actions[i] + own_action[i]
    row = rank_of[entries.child[inside]] * per_child + way
    width = expansion.rows.shape[1]
    weights = sp.csr_array(
        sp.coo_array((entries.weight[inside], (row, entries.column[inside])), (len(children) * per_child, width))
    )
    results = sp.csr_array(sp.kron(sp.eye_array(len(children)), basis, format="csr") @ weights)
    mass = _sums(results)
    possible = np.flatnonzero(mass > 0)
    beliefs = _scaled(results[possible], 1.0 / mass[possible])
    child = possible // basis.shape[0]
    _, first, inverse = np.unique(child, return_index=True, return_inverse=True)
    apart = 0.5 * _sums(abs(beliefs - beliefs[first[inverse]]))
    largest = float(apart.max(initial=0.0))
    if largest <= INDEPENDENCE_TOL:
        return None, 2 * largest
    worst = int(np.argmax(apart))
    pair = (int(first[inverse[worst]]), worst)
    where = children[child[worst]]
    node = int(expansion.parent[where])
    switches = tuple(_switches(level, node, int(possible[k] % basis.shape[0]), shape, n_actions) for k in pair)
    found = Counterexample(
        node, int(expansion.increment[where]), (switches[0], switches[1]), (beliefs[[pair[0]]], beliefs[[pair[1]]])
    )
    return found, largest


@lru_cache(maxsize=256)
def _basis(shape: tuple[int, ...], n_actions: tuple[int, ...]) -> SparseMatrix:
    """Return the basis profiles as 0/1 rows over (p_1, a_1, ..., p_n, a_n)."""
    basis = sp.csr_array(np.ones((1, 1)))
    for k, n in zip(shape, n_actions, strict=True):
        own = np.zeros((1 + k * (n - 1), k, n))
        own[:, :, 0] = 1
        for p, a in np.ndindex(k, n - 1):
            own[1 + p * (n - 1) + a, p] = np.eye(n)[a + 1]
        basis = sp.csr_array(sp.kron(basis, sp.csr_array(own.reshape(len(own), -1)), format="csr"))
    return basis


def _switches(
    level: Level, node: int, member: int, shape: tuple[int, ...], n_actions: tuple[int, ...]
) -> tuple[tuple[int, int] | None, ...]:
    index = np.unravel_index(member, tuple(1 + k * (n - 1) for k, n in zip(shape, n_actions, strict=True)))
    switches: list[tuple[int, int] | None] = []
    for own, n, support in zip(index, n_actions, level.supports, strict=True):
        if own == 0:
            switches.append(None)
            continue
        rank, action = divmod(int(own) - 1, n - 1)
        switches.append((int(support.private[support.start[node] + rank]), action + 1))
    return tuple(switches)


def _sums(matrix: SparseMatrix) -> FloatArray:
    return np.asarray(matrix.sum(axis=1)).ravel()


def _scaled(matrix: SparseMatrix, factor: FloatArray) -> SparseMatrix:
    scaled = sp.csr_array(matrix)
    scaled.data = scaled.data * np.repeat(factor, np.diff(scaled.indptr))
    return scaled
