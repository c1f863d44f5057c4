"""Information sharing: what becomes common knowledge, what stays private, and when.

A structure splits an agent's new private data in two. With ``p`` its private information, ``a``
its action and ``o`` its next observation, ``increment`` (the paper's chi) is what becomes common
and ``retain`` (the paper's xi) is what it still knows alone. At the start ``p`` is ``()``, ``a``
is None, and ``o`` is None unless the game has an observation before the first action.

To add a structure: write a class with these two methods in a new file, or use `DelayedSharing`, and list its
`SharingForm` in ``SHARING`` (see ``information/names``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from lp_posg.brevity import brief
from lp_posg.errors import ModelError

Delay = int | Literal["never", "forgotten"]
NEVER: Delay = "never"
FORGOTTEN: Delay = "forgotten"


@runtime_checkable
class SharingStructure(Protocol):
    """A rule of information sharing, as a user writes it.

    Both methods must be pure functions with hashable results, and together they must keep perfect
    recall: from (increment, retained) one can tell (private, observation), and the action too
    unless it is deliberately forgotten. The engine checks this, and checks strategy independence.
    """

    @property
    def name(self) -> str:
        """Shown in reports and stored with solutions."""

    def increment(self, agent: int, private: Hashable, action: int | None, observation: int | None) -> Hashable:
        """Return what becomes common; called once per (agent, private, action, observation) and depth."""

    def retain(self, agent: int, private: Hashable, action: int | None, observation: int | None) -> Hashable:
        """Return the agent's next private information; called as `increment`."""


@brief("written")
@dataclass(frozen=True)
class SharingForm:
    """A built-in structure by name.

    Attributes
    ----------
    written : str
        How it is written: its name, followed by ``:D`` if it takes a delay of at least one step.
    make : callable
        Given the number of agents and the delay (1 if it takes none), returns the structure.
    order : int or None
        Where it stands in the order of sharing: of two rules in it, under that of the lower number every agent
        learns everything at least as early. None if it is not compared.
    """

    written: str
    make: Callable[[int, int], SharingStructure]
    order: int | None = None

    @property
    def name(self) -> str:
        """The word before the colon."""
        return self.written.partition(":")[0]

    @property
    def takes_delay(self) -> bool:
        """Whether a delay belongs to it."""
        return self.written.endswith(":D")

    @property
    def example(self) -> str:
        """A name with a delay of two steps, if it takes one."""
        return self.written.replace(":D", ":2")


class Data(NamedTuple):
    """Own observations and own actions, oldest first (indices)."""

    observations: tuple[int, ...] = ()
    actions: tuple[int, ...] = ()


@dataclass(frozen=True)
class DelayedSharing:
    """Every agent's observations and actions become common after a delay.

    Parameters
    ----------
    name : str
        As the user asked for it, for instance ``"delay:2"``.
    observation_delays : tuple, one entry per agent
        0: at once; d: d steps late; ``"never"``.
    action_delays : tuple, one entry per agent
        d: d steps late (0 and 1 both mean before the next decision); ``"never"``;
        ``"forgotten"``: neither shared nor kept, for actions that influence nothing hidden.

    Raises
    ------
    ModelError
        If a delay is negative or not of this form, or observations are to be forgotten.

    Notes
    -----
    Source: the examples of information sharing in the paper; Nayyar, Mahajan and Teneketzis
    (2013), IEEE Trans. Automatic Control 58(7), 1644-1658.

    Examples
    --------
    >>> late = DelayedSharing("late", observation_delays=(1, 1), action_delays=(1, 1))
    >>> late.increment(0, Data((3,)), action=2, observation=5)
    Data(observations=(3,), actions=(2,))
    >>> late.retain(0, Data((3,)), action=2, observation=5)
    Data(observations=(5,), actions=())
    """

    name: str
    observation_delays: tuple[Delay, ...]
    action_delays: tuple[Delay, ...]

    def __post_init__(self) -> None:
        if len(self.observation_delays) != len(self.action_delays):
            raise ModelError(f"sharing {self.name!r}: as many observation delays as action delays expected")
        if "forgotten" in self.observation_delays:
            raise ModelError(f"sharing {self.name!r}: observations cannot be forgotten (perfect recall)")
        for delay in self.observation_delays + self.action_delays:
            if delay not in ("never", "forgotten") and (not isinstance(delay, int) or delay < 0):
                raise ModelError(f"sharing {self.name!r}: delay {delay!r}, expected 0, 1, 2, ... or 'never'")

    @property
    def n_agents(self) -> int:
        """Number of agents the structure is made for."""
        return len(self.observation_delays)

    def increment(self, agent: int, private: Hashable, action: int | None, observation: int | None) -> Data:
        """Return the observation and the action that reach their delay at this step."""
        seen, done = self._with_new(agent, private, action, observation)
        return Data(*(items[:shared] for items, shared in (seen, done)))

    def retain(self, agent: int, private: Hashable, action: int | None, observation: int | None) -> Data:
        """Return the data still younger than their delay."""
        seen, done = self._with_new(agent, private, action, observation)
        return Data(*(items[shared:] for items, shared in (seen, done)))

    def _with_new(
        self, agent: int, private: Hashable, action: int | None, observation: int | None
    ) -> tuple[tuple[tuple[int, ...], int], tuple[tuple[int, ...], int]]:
        """Return the observations and the actions, new ones included, each with how many of them are shared."""
        held = private if isinstance(private, Data) else Data()
        late, forgotten = self.action_delays[agent], self.action_delays[agent] == "forgotten"
        seen = held.observations + (() if observation is None else (observation,))
        done = held.actions + (() if action is None or forgotten else (action,))
        # The newest observation has age 0, the newest action age 1: it was taken one step ago.
        kept_done = len(done) if isinstance(late, str) else max(late - 1, 0)
        window = self.observation_delays[agent]
        kept_seen = len(seen) if isinstance(window, str) else window
        return (seen, max(len(seen) - kept_seen, 0)), (done, max(len(done) - kept_done, 0))
