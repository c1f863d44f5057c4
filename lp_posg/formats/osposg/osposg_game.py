"""One-sided games as `Game`, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.formats.header import MAX_LABELS, MAX_TABLE
from lp_posg.formats.osposg.osposg_text import OneSided
from lp_posg.formats.source import clip
from lp_posg.game import Game
from lp_posg.information.lookup import places
from lp_posg.types import FloatArray, IntArray, SparseMatrix

START = "start"
"""What agent 1 sees before the first step."""

Labels = tuple[str, ...]


def game_of(one_sided: OneSided, name: str) -> Game:
    """Return a one-sided game as a `Game`.

    Raises ModelError if it is too large, a distribution is missing, or an observation does not tell player 1 its
    partition; the attribute ``move`` is the number of the transition to blame, or None.
    """
    one, two = slots_of(one_sided.playable[0]), slots_of(one_sided.playable[1])
    n_states, n_seen = len(one_sided.states), len(one_sided.observations)
    n_joint = one.n_slots * two.n_slots
    if n_states * n_joint > MAX_TABLE:
        raise ModelError(f"the game has {n_states * n_joint} states x joint actions, expected at most {MAX_TABLE}")
    _check_partitions(one_sided)
    # What each state and pair of slots stands for in the file, as one key.
    state = np.repeat(np.arange(n_states), n_joint)
    slot_one, slot_two = np.divmod(np.tile(np.arange(n_joint), n_states), two.n_slots)
    played = (one.action[one_sided.partition[state], slot_one], two.action[state, slot_two])
    wanted = _key(one_sided, state, *played)
    row, move = _expanded(one_sided, wanted, state, played)

    joint, seen, target = row % n_joint, one_sided.moves[move, 3], one_sided.moves[move, 4]
    copies = _copies(joint, seen, target, n_states, n_seen)
    if copies.n * n_joint > MAX_TABLE:
        raise ModelError(f"the game has {copies.n * n_joint} states x joint actions, expected at most {MAX_TABLE}")
    entered = copies.number(target, seen)
    moves = sp.csr_array((one_sided.move_prob[move], (row, entered)), shape=(len(state), copies.n))
    moves = moves[(copies.origin[:, None] * n_joint + np.arange(n_joint)).ravel()]
    gain = _gain(one_sided, wanted).reshape(n_states, n_joint)[copies.origin]
    initial = np.zeros(copies.n)
    initial[copies.first] = one_sided.initial

    names = _names(one_sided, (one, two), copies)
    law, first, own = _law(joint, seen, entered, initial, copies, two.n_slots, names)
    return Game.from_matrices(
        n_actions=(one.n_slots, two.n_slots),
        n_observations=(n_seen + 1, len(own)),
        transitions=[moves],
        observation_laws=[law],
        rewards=[np.stack([gain, 0.0 - gain])],
        initial=initial,
        initial_observation=first,
        discount=one_sided.discount,
        name=name,
        states=names[0],
        actions=names[1:3],
        observations=(names[3], own),
    )


def _check_partitions(one_sided: OneSided) -> None:
    """Raise ModelError unless partition, own action and observation tell player 1 the next partition."""
    moves, partition = one_sided.moves, one_sided.partition
    known = (partition[moves[:, 0]] * len(one_sided.actions[0]) + moves[:, 1]) * len(one_sided.observations)
    _, first, group = np.unique(known + moves[:, 3], return_index=True, return_inverse=True)
    after = partition[moves[:, 4]]
    wrong = np.flatnonzero(after != after[first[group]])
    if len(wrong):
        move = int(wrong[0])
        one, other = int(after[first[group[move]]]), int(after[move])
        seen = clip(repr(one_sided.observations[moves[move, 3]]))
        raise ModelError(
            f"observation {seen} after action {moves[move, 1]} in partition {partition[moves[move, 0]]} leads to"
            f" partition {one} on one line and to {other} here, expected one, since player 1 knows its partition; give"
            " the cases observations of their own",
            move=move,
        )


def _key(one_sided: OneSided, state: IntArray, one: IntArray, two: IntArray) -> IntArray:
    first, second = map(len, one_sided.actions)
    return (state * first + one) * second + two


def _expanded(
    one_sided: OneSided, wanted: IntArray, state: IntArray, played: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """Return, for all transitions of all (state, slots), the row and the number of the file's transition."""
    keys = _key(one_sided, *one_sided.moves[:, :3].T)
    order = np.argsort(keys, kind="stable")
    known, starts, counts = np.unique(keys[order], return_index=True, return_counts=True)
    at, met = places(known, wanted)
    if not met.all():
        wrong = int(np.argmin(met))
        actions = f"actions {int(played[0][wrong])} and {int(played[1][wrong])}"
        where = f"state {one_sided.states[state[wrong]]!r} under {actions}"
        raise ModelError(f"found no transition from {where}, expected a distribution; add it", move=None)
    width = counts[at]
    if int(width.sum()) > MAX_TABLE:
        raise ModelError(f"the game has {int(width.sum())} transitions, expected at most {MAX_TABLE}; make it smaller")
    row = np.repeat(np.arange(len(wanted)), width)
    within = np.arange(len(row)) - np.repeat(np.cumsum(width) - width, width)
    return row, order[np.repeat(starts[at], width) + within]


def _gain(one_sided: OneSided, wanted: IntArray) -> FloatArray:
    keys = _key(one_sided, *one_sided.gains.T)
    if not len(keys):
        return np.zeros(len(wanted))
    order = np.argsort(keys)
    at, met = places(keys[order], wanted)
    # Adding 0.0 makes a reward of -0.0 one of 0.0.
    return np.where(met, one_sided.gain[order[at]], 0.0) + 0.0


@dataclass(frozen=True)
class _Copies:
    """States of the file, one copy per observation where the joint action does not determine it."""

    origin: IntArray  # shape (n,): state of the file
    seen: IntArray  # shape (n,): observation with which a copy is entered; -1 for a state that is not split
    first: IntArray  # shape (S,): first copy of each state of the file
    _keys: IntArray
    _n_seen: int

    @property
    def n(self) -> int:
        return len(self.origin)

    def number(self, state: IntArray, seen: IntArray) -> IntArray:
        """Return the copy of each state that is entered with each observation."""
        at, met = places(self._keys, state * (self._n_seen + 1) + seen + 1)
        return np.where(met, at, self.first[state])


def _copies(joint: IntArray, seen: IntArray, target: IntArray, n_states: int, n_seen: int) -> _Copies:
    ways = np.unique((joint * n_states + target) * n_seen + seen)
    arrival, which = np.divmod(ways, n_seen)
    again = arrival[1:][arrival[1:] == arrival[:-1]] % n_states
    split = np.zeros(n_states, dtype=bool)
    split[again] = True
    state = arrival % n_states
    # Ascending by state, then observation; -1 stands for all of them.
    keys = np.unique(
        np.concatenate([np.flatnonzero(~split) * (n_seen + 1), (state * (n_seen + 1) + which + 1)[split[state]]])
    )
    origin = keys // (n_seen + 1)
    return _Copies(origin, keys % (n_seen + 1) - 1, np.searchsorted(origin, np.arange(n_states)), keys, n_seen)


def _names(one_sided: OneSided, slots: tuple[Slots, Slots], copies: _Copies) -> tuple[Labels, ...]:
    """Return the names of the states, of each agent's actions, and of agent 1's observations."""
    seen, names = _unique([START, *one_sided.observations]), _unique(one_sided.states)
    states = [
        names[s] if o < 0 else f"{names[s]}/{seen[o + 1]}"
        for s, o in zip(copies.origin.tolist(), copies.seen.tolist(), strict=True)
    ]
    one, two = (
        _unique(["/".join(own[action] for action in actions) for actions in taken.members])
        for own, taken in zip(map(_unique, one_sided.actions), slots, strict=True)
    )
    return _unique(states), one, two, seen


def _law(
    joint: IntArray, seen: IntArray, entered: IntArray, initial: FloatArray, copies: _Copies, n_second: int,
    names: tuple[Labels, ...],
) -> tuple[SparseMatrix, SparseMatrix, Labels]:  # fmt: skip
    """Return the law of observations, that before the first step, and the labels of agent 2's observations."""
    states, actions, _, heard = names
    n, n_seen, n_joint = copies.n, len(heard), len(actions) * n_second
    begins = np.flatnonzero(initial)
    # What agent 2 is shown, as one key: the state, agent 1's action and observation; before the first step, the state.
    shown = (entered * (n_joint // n_second) + joint // n_second) * n_seen + seen + 1
    kinds = np.unique(shown)
    if len(kinds) + len(begins) > MAX_LABELS:
        raise ModelError(f"agent 2 sees over {MAX_LABELS} different things; make the game smaller", move=None)
    own = [states[s] for s in begins.tolist()]
    for key in kinds.tolist():
        rest, o = divmod(key, n_seen)
        state, action = divmod(rest, n_joint // n_second)
        own.append(" | ".join((states[state], actions[action], heard[o])))
    width = n_seen * len(own)
    # Rows that are never entered show what is shown before the first step.
    column = np.zeros(n_joint * n, dtype=np.int64)
    column[joint * n + entered] = (seen + 1) * len(own) + len(begins) + np.searchsorted(kinds, shown)
    law = sp.csr_array((np.ones(len(column)), (np.arange(len(column)), column)), shape=(len(column), width))
    start = np.zeros(n, dtype=np.int64)
    start[begins] = np.arange(len(begins))
    first = sp.csr_array((np.ones(n), (np.arange(n), start)), shape=(n, width))
    return law, first, _unique(own)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, one that stands again with its index (from 0) after it."""
    known = set(names)
    if len(known) == len(names):
        return tuple(names)
    given: set[str] = set()
    result = []
    for k, name in enumerate(names):
        while name in given or (name != names[k] and name in known):
            name = f"{name}#{k}"
        given.add(name)
        result.append(name)
    return tuple(result)


def one_sided_of(game: Game) -> OneSided | None:
    """Return a game with certain observations as a file with one partition and all actions playable, else None."""
    n_states, (n_first, n_second) = game.n_states, game.n_actions
    law = game.observation_matrix(0)
    if law.nnz != law.shape[0]:
        return None
    moves = game.transition_matrix(0).tocoo()
    joint, target = np.divmod(moves.col.astype(np.int64), n_states)
    seen = law.indices[joint * n_states + target].astype(np.int64) // game.n_observations[1] - 1
    if (seen < 0).any():
        return None
    place = (moves.row.astype(np.int64), joint // n_second, joint % n_second, seen, target)
    gain = game.reward_array(0)[0]
    state, act = np.nonzero(gain)
    return OneSided(
        discount=game.discount,
        states=game.states,
        actions=(game.actions[0], game.actions[1]),
        observations=game.observations[0][1:],
        partition=np.zeros(n_states, dtype=np.int64),
        playable=([range(n_first)], [range(n_second)] * n_states),
        moves=np.stack(place, axis=1),
        move_prob=moves.data,
        gains=np.stack([state, act // n_second, act % n_second], axis=1),
        gain=gain[state, act],
        initial=game.initial,
    )


@dataclass(frozen=True)
class Slots:
    """Actions of one player, those that are never playable at one place sharing a slot."""

    members: list[list[int]]  # The file's actions that share each slot
    # shape (places, slots): which of them a slot is at each place; the first playable one where it is none
    action: IntArray

    @property
    def n_slots(self) -> int:
        """Number of slots."""
        return len(self.members)


def slots_of(playable: Sequence[Sequence[int]]) -> Slots:
    """Return slots for the actions playable at each place, each action in the first slot free wherever it is playable.

    Raises ModelError if there are too many places and slots to hold.

    Examples
    --------
    >>> slots = slots_of([[0, 1], [2]])
    >>> slots.members, slots.action.tolist()
    ([[0, 2], [1]], [[0, 1], [2, 2]])
    """
    where: dict[int, list[int]] = {}
    for place, actions in enumerate(playable):
        for action in actions:
            where.setdefault(action, []).append(place)
    # Bit k of a place's number: slot k is taken there.
    taken = [0] * len(playable)
    members: list[list[int]] = []
    for action in sorted(where):
        used = 0
        for place in where[action]:
            used |= taken[place]
        slot = (~used & (used + 1)).bit_length() - 1
        for place in where[action]:
            taken[place] |= 1 << slot
        if slot == len(members):
            members.append([])
        members[slot].append(action)
    if len(playable) * len(members) > MAX_TABLE:
        raise ModelError(f"the game has over {MAX_TABLE} places x actions; make it smaller")
    table = np.repeat(np.array([min(actions) for actions in playable])[:, None], len(members), axis=1)
    for slot, actions in enumerate(members):
        for action in actions:
            table[where[action], slot] = action
    return Slots(members, table)
