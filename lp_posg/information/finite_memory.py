"""``finite-memory:L``: the state is the last L pieces of shared information.

The attached belief comes by Bayes from a law lambda(s, p) L steps ago, through the last L increments.
Until L steps have passed nothing is forgotten and the belief is exact; so L >= H - 1 is exact planning.

Two memories are one state, losslessly, if for every k <= L their last k increments lead from the law
k steps ago to one belief: the model depends on these beliefs alone from there on. So a state is L + 1
numbers, one per age k, each the number of a belief in the *chain* of that age; and chains are short.
Beliefs of a chain count as equal if all their entries are, up to a relative error: an entry that is
unlikely may be all that remains after the next increment.

The law L steps ago:

    uniform     uniform over the states that can be occupied then, private information given the state
                as under uniformly drawn actions (the default)
    prior       the initial law propagated by actions drawn uniformly, or by `exploration`
    stationary  the limit of the state's law under uniformly drawn actions (games that do not vary)

A law that misses something possible is mixed with ``COVERING`` of the uniform-action prior: by Bayes a
memory that the law itself gives probability 0 then has the belief that the prior gives it. So every
common information of the original game has a state, a belief, and a strategy for every private
information, and the strategy can always be followed.

Sources: the paper's finite-memory construction; Golowich, Moitra and Rohatgi (2022), Planning in
observable POMDPs in quasipolynomial time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.information.compression import Children, Compressed, CompressionForm, State, Step, normalised_rows
from lp_posg.information.levels import batches, expand, level_from_rows
from lp_posg.information.lookup import places
from lp_posg.information.merging import Gathering, merge_rows
from lp_posg.types import PROB_TOL, FloatArray, IntArray, SparseMatrix

Law = Literal["uniform", "prior", "stationary"]
LAWS: tuple[str, ...] = get_args(Law)

COVERING = 1e-9
"""Weight of the covering prior in a law that may miss something possible."""

DENSE_STATES, DOUBLINGS = 400, 50
"""Up to so many states the long run is the lazy chain's power 2 ** DOUBLINGS, beyond it is iterated."""

STATIONARY_TOL, STATIONARY_STEPS = 1e-13, 100_000
"""When an iterated chain counts as settled, and after how many steps it is taken as it is."""


@brief()
@dataclass(frozen=True, eq=False)
class FiniteMemory:
    """Finite memory of shared information.

    Parameters
    ----------
    memory : int
        L, at least 0: how many of the latest joint increments are remembered.
    law : {"uniform", "prior", "stationary"}
        The law of (state, private information) L steps ago.
    exploration : float array, shape (A,), (A_1, ..., A_n) or None
        For ``prior``: the distribution joint actions are drawn from; uniform if not given.

    Raises
    ------
    ModelError
        If the memory is not a whole number of at least 0, the law is unknown, or `exploration` is
        not a distribution or given for another law.
    """

    memory: int
    law: str = "uniform"
    exploration: FloatArray | None = None

    def __post_init__(self) -> None:
        if isinstance(self.memory, bool) or not isinstance(self.memory, (int, np.integer)) or self.memory < 0:
            raise ModelError(f"compression 'finite-memory': the memory is {self.memory!r}, expected 0, 1, 2, ...")
        if self.law not in LAWS:
            raise ModelError(f"compression 'finite-memory': unknown law {self.law!r}; expected {', '.join(LAWS)}")
        if self.exploration is None:
            return
        try:
            drawn = np.array(self.exploration, dtype=np.float64).ravel()
        except (TypeError, ValueError):
            raise ModelError(
                f"compression 'finite-memory': exploration is {self.exploration!r}, expected an array of numbers"
            ) from None
        if self.law != "prior":
            raise ModelError(f"compression 'finite-memory': exploration is for law 'prior', not {self.law!r}")
        if not np.isfinite(drawn).all() or (drawn < 0).any() or abs(drawn.sum() - 1) > PROB_TOL:
            raise ModelError("compression 'finite-memory': exploration is not a distribution over joint actions")
        drawn.flags.writeable = False
        object.__setattr__(self, "exploration", drawn)

    @property
    def name(self) -> str:
        """``finite-memory:L``, with the law if it is not the default, and a digest of the exploration, if any."""
        name = f"finite-memory:{self.memory}{'' if self.law == 'uniform' else f':{self.law}'}"
        if self.exploration is None:
            return name
        return f"{name} with exploration {hashlib.sha256(self.exploration.tobytes()).hexdigest()[:8]}"

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the exact states after the increments of the start."""
        game = step.game
        if self.exploration is not None and len(self.exploration) != game.n_joint_actions:
            raise ModelError(
                f"compression {self.name!r}: exploration has {len(self.exploration)} entries, game {game.name!r} has"
                f" {game.n_joint_actions} joint actions"
            )
        merged = merge_rows(children.rows, children.label)
        belief = children.rows[merged.representative]
        prior = normalised_rows(sp.csr_array(children.weight[None]) @ children.rows)
        state = {"memory": np.arange(belief.shape[0])[:, None], "chain.0": belief, "cover": prior, "prior": prior}
        if self.law == "stationary":
            state["stationary"] = stationary_law(game)
        return Compressed(belief, merged.member_of, merged.representative, merged.distance, state)

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the states after one more step: every age grows by one, and beyond L the oldest is dropped."""
        memory, ages = state["memory"], min(step.time, self.memory - 1) + 1
        after = self._laws(step, state)
        law = after["chain.0"] = self._law(after, step.game.n_states)
        # A belief of age k at the next depth becomes the attached one when it is of age L, if the plan goes so far.
        oldest_of_use = self.memory - (step.horizon - 2 - step.time)
        kept = [k for k in range(ages) if k + 1 == ages or k + 1 >= oldest_of_use]
        chains = {k: _Chain(step, state[f"chain.{k}"], law, exact=k == step.time) for k in kept}
        tables = []
        for part in children:
            tables.append(np.zeros((len(part.parent), ages + 1), dtype=np.int64))
            for k, chain in chains.items():
                tables[-1][:, k + 1] = chain.lookup(memory[part.parent, k], part.increment)
            step.watch(0)
        states, representative, member_of = _unique_rows(np.concatenate(tables))
        for k, chain in chains.items():
            used, states[:, k + 1] = np.unique(states[:, k + 1], return_inverse=True)
            after[f"chain.{k + 1}"] = chain.rows[used]
        belief = after[f"chain.{ages}"][states[:, ages]]
        return Compressed(belief, member_of, representative, 0.0, {"memory": states, **after})

    def _laws(self, step: Step, state: State) -> dict[str, Any]:
        """Return the parts of the law, one step later."""
        prior = cover = _propagated(step, state["cover"], None)
        if self.exploration is not None:
            prior = _propagated(step, state["prior"], self.exploration)
        return {"cover": cover, "prior": prior} | {key: state[key] for key in ("stationary",) if key in state}

    def _law(self, after: State, n_states: int) -> SparseMatrix:
        """Return lambda(s, p) of the depth reached, shape (1, P' * S)."""
        cover = after["cover"]
        if self.law == "prior" and self.exploration is None:
            return cover
        if self.law == "prior":
            return normalised_rows((1 - COVERING) * after["prior"] + COVERING * cover)
        state = cover.indices % n_states
        marginal = np.bincount(state, weights=cover.data, minlength=n_states)
        wanted = (marginal > 0) / np.count_nonzero(marginal) if self.law == "uniform" else after["stationary"]
        law = cover.copy()
        law.data = cover.data * wanted[state] / marginal[state]
        if self.law == "uniform":
            return normalised_rows(law)
        total = law.data.sum()
        law = cover if total <= 0 else law / total
        return normalised_rows((1 - COVERING) * law + COVERING * cover)


class _Chain:
    """The beliefs of one age, and where every increment takes them."""

    def __init__(self, step: Step, beliefs: SparseMatrix, law: SparseMatrix, exact: bool) -> None:
        # Those from the start are the game's own beliefs, which `Exact` merges by distance.
        gathering = Gathering() if exact else Gathering(measure=logarithms)
        level, keys = level_from_rows(beliefs, step.table.n_private, step.game.n_states), []
        self._width = int(np.prod(step.table.n_increments))
        for nodes in batches(step.game, step.time, level):
            after = expand(step.game, step.time, step.table, level, nodes)
            gathering.add(after.rows, np.zeros(after.rows.shape[0], dtype=np.int64))
            keys.append(after.parent * self._width + after.increment)
            step.watch(0)
        rows, merged = gathering.result()
        # The last belief is for an increment that a belief of this age gives probability 0, as only
        # underflow makes possible: the law itself.
        self.rows = sp.csr_array(sp.vstack([rows, law], format="csr"))
        self._keys = np.concatenate(keys)
        self._child = np.append(merged.member_of, rows.shape[0])

    def lookup(self, belief: IntArray, increment: IntArray) -> IntArray:
        """Return the belief after an increment."""
        keys = belief * self._width + increment
        at, met = places(self._keys, keys)
        return self._child[np.where(met, at, len(self._keys))]


def _propagated(step: Step, law: SparseMatrix, exploration: FloatArray | None) -> SparseMatrix:
    """Return the law of (s', p') one step after that of (s, p), actions drawn without regard to information."""
    game = step.game
    level = level_from_rows(law, step.table.n_private, game.n_states)
    after = expand(game, step.time, step.table, level, slice(0, 1))
    entries = after.entries
    assert entries is not None
    drawn = np.full(game.n_joint_actions, 1.0 / game.n_joint_actions) if exploration is None else exploration
    place = (np.zeros_like(entries.column), entries.column)
    return normalised_rows(sp.coo_array((entries.weight * drawn[entries.action], place), (1, after.rows.shape[1])))


def stationary_law(game: Game) -> FloatArray:
    """Return the long-run law of the state under uniformly drawn actions, shape (S,).

    The limit of the averages over time, from the initial law; unique even if the chain is periodic or
    has several classes.

    Raises
    ------
    ModelError
        If the game varies with time.
    """
    from scipy.sparse.csgraph import connected_components  # costs as much to import as a small game to solve

    if game.max_horizon is not None:
        raise ModelError(f"law 'stationary' needs a game that does not vary with time; {game.name!r} does")
    n, n_joint = game.n_states, game.n_joint_actions
    wide = sp.coo_array(game.transition_matrix(0))
    # The lazy chain has the same limit, without periods.
    move = 0.5 * (sp.csr_array((wide.data / n_joint, (wide.row, wide.col % n)), shape=(n, n)) + sp.eye_array(n))
    law = _squared(move, game.initial) if n <= DENSE_STATES else _iterated(move, game.initial)
    # The chance of states that are left for ever is rounding.
    _, part = connected_components(move, connection="strong")
    row, column = sp.csr_array(move).nonzero()
    closed = ~np.isin(part, part[row[part[row] != part[column]]])
    return law * closed / (law @ closed) if law @ closed > 0 else law


def _squared(move: SparseMatrix, initial: FloatArray) -> FloatArray:
    power = move.toarray()
    for _ in range(DOUBLINGS):
        power = power @ power
        power /= power.sum(axis=1, keepdims=True)
    return np.asarray(initial @ power)


def _iterated(move: SparseMatrix, law: FloatArray) -> FloatArray:
    for _ in range(STATIONARY_STEPS):
        after = law @ move
        if np.abs(after - law).sum() <= STATIONARY_TOL:
            break
        law = after
    return law


def _unique_rows(table: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return distinct rows of an int table in order of first appearance, where each first stands, and the inverse."""
    _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return table[first[order]], first[order], rank[inverse.ravel()]


def logarithms(rows: SparseMatrix) -> SparseMatrix:
    """Return rows whose distance is about the relative one of the given rows; no entry becomes 0."""
    return sp.csr_array((np.log(rows.data) - 1, rows.indices, rows.indptr), shape=rows.shape)


def _parse(rest: str) -> FiniteMemory:
    memory, colon, law = rest.removeprefix(":").partition(":")
    if not memory.isascii() or not memory.isdigit() or len(memory) > 6 or (colon and not law):
        raise ValueError
    return FiniteMemory(int(memory), law or LAWS[0])


FINITE_MEMORY = CompressionForm("finite-memory:L[:LAW]", "finite-memory:3", _parse, FiniteMemory)
