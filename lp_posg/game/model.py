"""The immutable partially observable stochastic game."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from lp_posg.errors import ModelError
from lp_posg.game.validation import (
    check_discount,
    check_labels,
    frozen,
    frozen_csr,
    probability_rows,
)
from lp_posg.types import REWARD_LIMIT, REWARD_TOL, FloatArray, SparseMatrix


class Game:
    """A finite partially observable stochastic game, immutable and validated once.

    Parameters
    ----------
    transition : array, shape (S, A_1, ..., A_n, S) or (H, S, A_1, ..., A_n, S)
        Probability of the next state given state and joint action; the leading axis,
        when there is one, is time. The last step's transition is never used.
    observation : array, shape (A_1, ..., A_n, S, O_1, ..., O_n) or with a leading axis H - 1
        Probability of the joint observation given joint action and *next* state.
    reward : array, shape (n, S, A_1, ..., A_n) or with a leading axis H
        Reward of each agent.
    initial : array, shape (S,)
        Law of the first state.
    initial_observation : array, shape (S, O_1, ..., O_n), optional
        Law of a joint observation made before the first action. None: there is none,
        as in ``.dpomdp`` files.
    discount : float
        Weight of the next step's reward, in (0, 1].
    name : str
        Shown in reports and messages.
    agents, states : sequence of str, optional
        Labels; numbered when not given.
    actions, observations : sequence of sequence of str, optional
        Labels per agent.

    Raises
    ------
    ModelError
        If shapes disagree, a number is not finite, a row is not a distribution
        (within 1e-9), or labels are not unique. The message names the place.

    Examples
    --------
    >>> import numpy as np
    >>> import lp_posg as posg
    >>> chicken = posg.Game(
    ...     transition=np.ones((1, 2, 2, 1)), observation=np.ones((2, 2, 1, 1, 1)),
    ...     reward=np.array([[[[6, 2], [7, 0]]], [[[6, 7], [2, 0]]]]), initial=[1.0])
    >>> chicken.n_agents, chicken.n_states, chicken.n_actions
    (2, 1, (2, 2))
    """

    name: str
    agents: tuple[str, ...]
    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    observations: tuple[tuple[str, ...], ...]
    discount: float
    initial: FloatArray
    _transitions: tuple[SparseMatrix, ...]
    _observations: tuple[SparseMatrix, ...]
    _rewards: tuple[FloatArray, ...]
    _initial_observation: SparseMatrix | None

    def __init__(
        self,
        transition: ArrayLike,
        observation: ArrayLike,
        reward: ArrayLike,
        initial: ArrayLike,
        initial_observation: ArrayLike | None = None,
        *,
        discount: float = 1.0,
        name: str = "game",
        agents: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        observations: Sequence[Sequence[str]] | None = None,
    ) -> None:
        law = _as_array("observation", observation)
        n = (law.ndim - 1) // 2
        if n < 1:
            raise ModelError(
                f"observation has {law.ndim} axes, expected 2n + 1 for n agents"
                " (joint action, next state, joint observation), one more with time"
            )
        laws = law if law.ndim % 2 == 0 else law[None]
        n_actions, n_states, n_obs = laws.shape[1 : n + 1], laws.shape[n + 1], laws.shape[n + 2 :]
        if 0 in laws.shape[1:]:
            raise ModelError(
                f"observation has shape {law.shape}, expected at least one state, and of each agent at least one"
                " action and one observation"
            )
        shape = {
            "transition": (n_states, *n_actions, n_states),
            "reward": (n, n_states, *n_actions),
            "initial": (n_states,),
        }
        moves = _with_time("transition", _as_array("transition", transition), shape["transition"])
        gains = _with_time("reward", _as_array("reward", reward), shape["reward"])
        start = _as_array("initial", initial)
        if start.shape != shape["initial"]:
            raise ModelError(f"initial has shape {start.shape}, expected {shape['initial']}: one per state")
        first = None
        if initial_observation is not None:
            first = _as_array("initial_observation", initial_observation)
            if first.shape != (n_states, *n_obs):
                raise ModelError(
                    f"initial_observation has shape {first.shape}, expected {(n_states, *n_obs)}:"
                    " axes are state, observation of each agent"
                )
            first = sp.csr_array(first.reshape(n_states, -1))
        _check_time_axes(law.ndim % 2 == 0, laws, moves, gains, transition, reward)
        n_joint = int(np.prod(n_actions))
        self._assemble(
            n_actions=tuple(n_actions),
            n_observations=tuple(n_obs),
            transitions=[sp.csr_array(m.reshape(n_states * n_joint, n_states)) for m in moves],
            observation_laws=[sp.csr_array(o.reshape(n_joint * n_states, -1)) for o in laws],
            rewards=[g.reshape(n, n_states, n_joint) for g in gains],
            initial=start,
            initial_observation=first,
            labels=(agents, states, actions, observations),
            discount=discount,
            name=name,
        )

    @classmethod
    def from_matrices(
        cls,
        *,
        n_actions: Sequence[int],
        n_observations: Sequence[int],
        transitions: Sequence[SparseMatrix],
        observation_laws: Sequence[SparseMatrix],
        rewards: Sequence[FloatArray],
        initial: FloatArray,
        initial_observation: SparseMatrix | None = None,
        discount: float = 1.0,
        name: str = "game",
        agents: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        observations: Sequence[Sequence[str]] | None = None,
    ) -> Game:
        """Return a game given by sparse matrices with flattened joint indices (last agent fastest).

        Parameters
        ----------
        n_actions, n_observations : sequence of int
            Number of actions and of observations of each agent.
        transitions : sequence of sparse matrices, shape (S * A, S)
            One matrix, or one per step; row ``s * A + a``.
        observation_laws : sequence of sparse matrices, shape (A * S, O)
            One matrix, or one per step but the last; row ``a * S + s'``.
        rewards : sequence of float arrays, shape (n, S, A)
            One array, or one per step.
        initial : float array, shape (S,)
        initial_observation : sparse matrix, shape (S, O), optional

        Raises
        ------
        ModelError
            As the constructor.
        """
        game = cls.__new__(cls)
        game._assemble(
            n_actions=tuple(n_actions),
            n_observations=tuple(n_observations),
            transitions=transitions,
            observation_laws=observation_laws,
            rewards=rewards,
            initial=initial,
            initial_observation=initial_observation,
            labels=(agents, states, actions, observations),
            discount=discount,
            name=name,
        )
        return game

    def _assemble(
        self,
        *,
        n_actions: tuple[int, ...],
        n_observations: tuple[int, ...],
        transitions: Sequence[SparseMatrix],
        observation_laws: Sequence[SparseMatrix],
        rewards: Sequence[FloatArray],
        initial: FloatArray,
        initial_observation: SparseMatrix | None,
        labels: tuple[Any, Any, Any, Any],
        discount: float,
        name: str,
    ) -> None:
        put = object.__setattr__
        n, n_states = len(n_actions), len(initial)
        agents, states, actions, observations = labels
        put(self, "name", str(name))
        put(self, "discount", check_discount(discount))
        put(
            self, "agents", check_labels("agents", [f"agent{i + 1}" for i in range(n)] if agents is None else agents, n)
        )
        put(self, "states", check_labels("states", _numbers(n_states) if states is None else states, n_states))
        put(self, "actions", _labels_per_agent("actions", self.agents, actions, n_actions))
        put(self, "observations", _labels_per_agent("observations", self.agents, observations, n_observations))

        check_lengths(len(transitions), len(observation_laws), len(rewards))
        _check_shapes("transition", transitions, (n_states * self.n_joint_actions, n_states))
        _check_shapes("observation", observation_laws, (self.n_joint_actions * n_states, self.n_joint_observations))
        _check_shapes("reward", rewards, (n, n_states, self.n_joint_actions))

        start = sp.csr_array(np.asarray(initial, dtype=np.float64)[None])
        start = probability_rows(start, lambda _: "initial", self._state_text)
        put(self, "initial", frozen(start.toarray()[0]))
        put(self, "_transitions", tuple(self._checked_moves(transitions)))
        put(self, "_observations", tuple(self._checked_laws(observation_laws)))
        for h, gain in enumerate(rewards):
            self._check_rewards(_step(h, len(rewards)), np.asarray(gain))
        put(self, "_rewards", tuple(frozen(gain) for gain in rewards))
        first = initial_observation
        if first is not None:
            _check_shapes("initial_observation", [first], (n_states, self.n_joint_observations))
            first = probability_rows(
                first, lambda s: f"initial_observation in state {self.states[s]!r}", self._observation_text
            )
        put(self, "_initial_observation", first)

    def _check_rewards(self, step: str, reward: FloatArray) -> None:
        bad = np.argwhere(~(np.abs(reward) <= REWARD_LIMIT))
        if len(bad):
            agent, state, action = (int(i) for i in bad[0])
            raise ModelError(
                f"reward{step} of agent {self.agents[agent]!r} in state {self.states[state]!r} under joint action"
                f" {self.joint_action_label(action)} is {reward[agent, state, action]}, expected a finite number of"
                f" size at most {REWARD_LIMIT:g}"
            )

    def _checked_moves(self, matrices: Sequence[SparseMatrix]) -> list[SparseMatrix]:
        return [
            probability_rows(m, partial(self._move_text, _step(h, len(matrices))), self._state_text)
            for h, m in enumerate(matrices)
        ]

    def _checked_laws(self, matrices: Sequence[SparseMatrix]) -> list[SparseMatrix]:
        return [
            probability_rows(m, partial(self._law_text, _step(h, len(matrices))), self._observation_text)
            for h, m in enumerate(matrices)
        ]

    def _move_text(self, step: str, row: int) -> str:
        state, action = divmod(row, self.n_joint_actions)
        return (
            f"transition{step} from state {self.states[state]!r} under joint action {self.joint_action_label(action)}"
        )

    def _law_text(self, step: str, row: int) -> str:
        action, state = divmod(row, self.n_states)
        return (
            f"observation{step} in next state {self.states[state]!r} after joint action"
            f" {self.joint_action_label(action)}"
        )

    def _state_text(self, state: int) -> str:
        return f"state {self.states[state]!r}"

    def _observation_text(self, joint: int) -> str:
        return f"joint observation {self.joint_observation_label(joint)}"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Game is immutable; make a new one to change {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Game is immutable; {name!r} cannot be deleted")

    def __copy__(self) -> Game:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Game:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since numpy forgets on the way that an array is read-only.
        transitions, laws, rewards, (initial,), first = self.parts()
        labels = {
            key: getattr(self, key) for key in ("agents", "states", "actions", "observations", "discount", "name")
        }
        parts = {"transitions": transitions, "observation_laws": laws, "rewards": rewards, "initial": initial}
        sizes = {"n_actions": self.n_actions, "n_observations": self.n_observations}
        return _restored, (parts | sizes | labels | {"initial_observation": first[0] if first else None},)

    def __repr__(self) -> str:
        return (
            f"Game({self.name!r}, agents={self.n_agents}, states={self.n_states},"
            f" actions={self.n_actions}, observations={self.n_observations})"
        )

    # ---- sizes -------------------------------------------------------------------------------

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.agents)

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.states)

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return tuple(len(a) for a in self.actions)

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""
        return tuple(len(o) for o in self.observations)

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions."""
        return int(np.prod(self.n_actions))

    @property
    def n_joint_observations(self) -> int:
        """Number of joint observations."""
        return int(np.prod(self.n_observations))

    @property
    def has_initial_observation(self) -> bool:
        """Whether there is an observation before the first action."""
        return self._initial_observation is not None

    @property
    def max_horizon(self) -> int | None:
        """Number of steps the time-varying arrays cover; None when nothing varies with time."""
        known = [len(self._transitions), len(self._rewards)]
        if len(self._observations) > 1 or max(known) > 1:
            return max(*known, len(self._observations) + 1 if len(self._observations) > 1 else 1)
        return None

    # ---- one step, flattened, sparse: what the other rooms compute with -------------------------

    def transition_matrix(self, time: int) -> SparseMatrix:
        """Return the transition at step `time` (0-based): CSR, shape (S, A * S'), column ``a * S + s'``."""
        return self._wide_transitions[time if len(self._wide_transitions) > 1 else 0]

    def observation_matrix(self, time: int) -> SparseMatrix:
        """Return the law of the observation that ends step `time`: CSR, shape (A * S', O), row ``a * S + s'``."""
        return self._observations[time if len(self._observations) > 1 else 0]

    def reward_array(self, time: int) -> FloatArray:
        """Return the reward at step `time`, shape (n, S, A), in reward units."""
        return self._rewards[time if len(self._rewards) > 1 else 0]

    @property
    def initial_observation_matrix(self) -> SparseMatrix | None:
        """Law of the observation before the first action as CSR, shape (S, O), or None."""
        return self._initial_observation

    @cached_property
    def _wide_transitions(self) -> tuple[SparseMatrix, ...]:
        width = self.n_joint_actions * self.n_states
        return tuple(frozen_csr(sp.csr_array(m.tocoo().reshape((self.n_states, width)))) for m in self._transitions)

    # ---- the surface: dense arrays, one axis per agent ------------------------------------------

    @property
    def transition(self) -> FloatArray:
        """Transition probabilities, shape (S, A_1, ..., A_n, S), with a leading time axis if they vary."""
        return _stack(self._transitions, (self.n_states, *self.n_actions, self.n_states))

    @property
    def observation(self) -> FloatArray:
        """Observation probabilities, shape (A_1, ..., A_n, S, O_1, ..., O_n), time axis first if they vary."""
        return _stack(self._observations, (*self.n_actions, self.n_states, *self.n_observations))

    @property
    def reward(self) -> FloatArray:
        """Rewards, shape (n, S, A_1, ..., A_n), with a leading time axis if they vary."""
        return _stack(self._rewards, (self.n_agents, self.n_states, *self.n_actions))

    @property
    def initial_observation(self) -> FloatArray | None:
        """Law of the first joint observation, shape (S, O_1, ..., O_n), or None."""
        if self._initial_observation is None:
            return None
        return _stack((self._initial_observation,), (self.n_states, *self.n_observations))

    # ---- kind of game ------------------------------------------------------------------------

    @cached_property
    def reward_range(self) -> float:
        """Largest difference between two rewards of one agent at one step, in reward units."""
        return max(float(np.max(g.max(axis=(1, 2)) - g.min(axis=(1, 2)))) for g in self._rewards)

    @cached_property
    def is_common_reward(self) -> bool:
        """Whether all agents always receive the same reward (a Dec-POMDP)."""
        return all(bool(np.ptp(g, axis=0).max() <= self._reward_slack) for g in self._rewards)

    @cached_property
    def is_zero_sum(self) -> bool:
        """Whether there are two agents whose rewards always sum to the same number."""
        sums = [g.sum(axis=0) for g in self._rewards]
        return self.n_agents == 2 and all(bool(np.ptp(s) <= self._reward_slack) for s in sums)

    @property
    def _reward_slack(self) -> float:
        return REWARD_TOL * max(float(np.abs(g).max()) for g in self._rewards)

    # ---- labels ------------------------------------------------------------------------------

    def joint_action_label(self, joint_action: int) -> tuple[str, ...]:
        """Return the labels of the flat `joint_action`, one per agent."""
        return _joint_label(joint_action, self.actions)

    def joint_observation_label(self, joint_observation: int) -> tuple[str, ...]:
        """Return the labels of the flat `joint_observation`, one per agent."""
        return _joint_label(joint_observation, self.observations)

    # ---- comparison --------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether both games have the same labels and the same numbers; names of games do not count."""
        if not isinstance(other, Game):
            return NotImplemented
        labels = ("agents", "states", "actions", "observations", "discount")
        if any(getattr(self, key) != getattr(other, key) for key in labels):
            return False
        return all(
            len(mine) == len(theirs) and all(_same(a, b) for a, b in zip(mine, theirs, strict=True))
            for mine, theirs in zip(self.parts(), other.parts(), strict=True)
        )

    def __hash__(self) -> int:
        return hash((self.agents, self.states, self.actions, self.observations, self.discount))

    def parts(self) -> tuple[tuple[Any, ...], ...]:
        """Return what `from_matrices` takes: transitions, observation laws, rewards, (initial,), (first law,) or ()."""
        first = () if self._initial_observation is None else (self._initial_observation,)
        return (self._transitions, self._observations, self._rewards, (self.initial,), first)

    def with_discount(self, discount: float) -> Game:
        """Return the same game with another discount.

        Raises
        ------
        ModelError
            If `discount` is not in (0, 1].
        """
        twin = object.__new__(Game)
        twin.__dict__.update(self.__dict__)
        twin.__dict__["discount"] = check_discount(discount)
        return twin


def _restored(arguments: dict[str, Any]) -> Game:
    return Game.from_matrices(**arguments)


def _check_time_axes(
    law_varies: bool, laws: FloatArray, moves: FloatArray, gains: FloatArray, transition: ArrayLike, reward: ArrayLike
) -> None:
    """Raise ModelError if the time axes that were given, be they of length 1, do not cover the same steps."""
    steps = {"observation": len(laws) + 1} if law_varies else {}
    if np.ndim(transition) == moves.ndim:
        steps["transition"] = len(moves)
    if np.ndim(reward) == gains.ndim:
        steps["reward"] = len(gains)
    if len(set(steps.values())) > 1:
        raise ModelError(
            f"time axes disagree: steps covered are {steps}; give every part that varies one entry per step"
            " (observation: one fewer)"
        )


def check_lengths(n_transitions: int, n_laws: int, n_rewards: int) -> None:
    """Raise ModelError unless the parts that vary with time cover the same number of steps."""
    lengths = {"transition": n_transitions, "reward": n_rewards, "observation": n_laws + (n_laws > 1)}
    varying = {part: steps for part, steps in lengths.items() if steps > 1}
    if min(lengths.values()) < 1 or len(set(varying.values())) > 1:
        raise ModelError(
            f"time axes disagree: steps covered are {lengths};"
            " a part that varies has one entry per step (observation: one fewer)"
        )


def _check_shapes(what: str, arrays: Sequence[Any], expected: tuple[int, ...]) -> None:
    for array in arrays:
        if tuple(array.shape) != expected:
            raise ModelError(f"{what} has flattened shape {tuple(array.shape)}, expected {expected}")


def _as_array(what: str, value: ArrayLike) -> FloatArray:
    if np.iscomplexobj(value):
        raise ModelError(f"{what} holds complex numbers, expected real ones")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{what} is not an array of numbers: {error}") from None
    return array


def _with_time(what: str, array: FloatArray, expected: tuple[int, ...]) -> FloatArray:
    if array.shape == expected:
        return array[None]
    if array.shape[1:] == expected and len(array):
        return array
    axes = {
        "transition": "state, action of each agent, next state",
        "reward": "agent, state, action of each agent",
    }
    raise ModelError(
        f"{what} has shape {array.shape}, expected {expected} (or that with a leading time axis):"
        f" axes are {axes[what]}; the sizes are those of observation"
    )


def _labels_per_agent(
    kind: str, agents: tuple[str, ...], labels: Sequence[Sequence[str]] | None, counts: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    if labels is None:
        labels = [_numbers(count) for count in counts]
    if not isinstance(labels, Collection):
        raise ModelError(f"{kind}: {labels!r} given, expected a sequence of labels per agent")
    if len(labels) != len(counts):
        raise ModelError(f"{kind}: labels given for {len(labels)} agents, expected {len(counts)}")
    return tuple(
        check_labels(f"{kind} of {agent!r}", own, count)
        for agent, own, count in zip(agents, labels, counts, strict=True)
    )


def _numbers(count: int) -> list[str]:
    return [str(i) for i in range(count)]


def _step(h: int, length: int) -> str:
    return f" at step {h + 1}" if length > 1 else ""


def _joint_label(flat: int, labels: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    index = np.unravel_index(flat, tuple(len(own) for own in labels))
    return tuple(own[int(i)] for own, i in zip(labels, index, strict=True))


def _stack(parts: Sequence[Any], shape: tuple[int, ...]) -> FloatArray:
    dense = [(p.toarray() if sp.issparse(p) else p).reshape(shape) for p in parts]
    return frozen(dense[0] if len(dense) == 1 else np.stack(dense))


def _same(a: Any, b: Any) -> bool:
    if sp.issparse(a):
        return bool(a.shape == b.shape and a.nnz == b.nnz and (a != b).nnz == 0)
    return bool(np.array_equal(a, b))
