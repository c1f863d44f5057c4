"""Behaviour strategies over the information sets of all agents, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

from lp_posg.brevity import brief
from lp_posg.types import FloatArray, IntArray, read_only


@brief()
@dataclass(frozen=True, eq=False)
class SetStrategy:
    """M behaviour strategies over K information sets of all agents, with L sequences in all.

    Attributes
    ----------
    owner : int array, shape (K,)
        The agent of each set.
    first : int array, shape (K + 1,)
        The actions of set k are entries ``first[k]:first[k + 1]`` of a row of `behaviour`.
    atom_prob : float array, shape (M,)
        Probability of each atom; one atom where nothing is drawn for all.
    behaviour : float array, shape (M, L)
        Probability of each action at its set; uniform at sets that the agent's plan never reaches.
    own_reach : float array, shape (M, K)
        The owner's contribution to reaching a set: 0 if its plan never does.
    reach : float array, shape (M, K)
        Probability that play comes to a set if all follow.
    """

    owner: IntArray
    first: IntArray
    atom_prob: FloatArray
    behaviour: FloatArray
    own_reach: FloatArray
    reach: FloatArray

    def __post_init__(self) -> None:
        read_only(self.owner, self.first, self.atom_prob, self.behaviour, self.own_reach, self.reach)

    def law(self, k: int, atom: int = 0) -> FloatArray:
        """Return the probability of each action at a set."""
        row: FloatArray = self.behaviour[atom, self.first[k] : self.first[k + 1]]
        return row


@brief()
@dataclass(frozen=True)
class SetPlay:
    """What an agent does at one information set.

    Attributes
    ----------
    agent, information_set : str
    actions : mapping of action to probability
        Of the first atom, which is the only one unless a mediator draws; actions of probability 0 are left out.
    own_reach, reach : float
        As in `SetStrategy`.
    """

    agent: str
    information_set: str
    actions: dict[str, float]
    own_reach: float
    reach: float
