"""The immutable partially observable stochastic game."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from lp_posg.game.derived import Derived
from lp_posg.game.labels import labelled
from lp_posg.game.matrices import Matrices, check_discount, checked_matrices, matrices_of
from lp_posg.types import FloatArray, SparseMatrix

_LABELS = ("agents", "states", "actions", "observations")


class Game(Derived):
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
        Law of a joint observation made before the first action. None: there is none, as in ``.dpomdp`` files.
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
        matrices = matrices_of(transition, observation, reward, initial, initial_observation)
        self._assemble(matrices, (agents, states, actions, observations), discount, name)

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
        sizes, laws = (tuple(n_actions), tuple(n_observations)), (transitions, observation_laws)
        game = cls.__new__(cls)
        matrices = Matrices(*sizes, *laws, rewards, initial, initial_observation)
        game._assemble(matrices, (agents, states, actions, observations), discount, name)
        return game

    def _assemble(self, given: Matrices, labels: tuple[Any, Any, Any, Any], discount: float, name: str) -> None:
        discount = check_discount(discount)
        known = labelled(len(given.initial), given.n_actions, given.n_observations, *labels)
        checked = checked_matrices(given, known)
        self.__dict__.update(vars(known))
        self.__dict__.update(
            name=str(name),
            discount=discount,
            initial=checked.initial,
            _transitions=checked.transitions,
            _observations=checked.observation_laws,
            _rewards=checked.rewards,
            _initial_observation=checked.initial_observation,
        )

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
        keys = ("n_actions", "n_observations", "initial", "discount", "name", *_LABELS)
        transitions, laws, rewards, _, _ = self.parts()
        parts: dict[str, Any] = {"transitions": transitions, "observation_laws": laws, "rewards": rewards}
        parts["initial_observation"] = self._initial_observation
        return _restored, (parts | {key: getattr(self, key) for key in keys},)

    def __repr__(self) -> str:
        return (
            f"Game({self.name!r}, agents={self.n_agents}, states={self.n_states},"
            f" actions={self.n_actions}, observations={self.n_observations})"
        )

    # ---- comparison --------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether both games have the same labels and the same numbers; names of games do not count."""
        if not isinstance(other, Game):
            return NotImplemented
        if any(getattr(self, key) != getattr(other, key) for key in (*_LABELS, "discount")):
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


def _same(a: Any, b: Any) -> bool:
    if sp.issparse(a):
        return bool(a.shape == b.shape and a.nnz == b.nnz and (a != b).nnz == 0)
    return bool(np.array_equal(a, b))
