"""What every single action would gain at every place where an agent decides: why no one gains by deviating."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lp_posg.brevity import brief
from lp_posg.evaluate.best_deviations import StepView
from lp_posg.evaluate.exact_gaps import RANGE_ENTRIES, Programs, pairs_of, reach_of
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.game import Game, takes
from lp_posg.information import Policy, SharingStructure, StateSpace
from lp_posg.information.describe import private_text
from lp_posg.information.levels import ranges_of
from lp_posg.information.resources import Resources
from lp_posg.types import FloatArray, IntArray, read_only

LEAST_MASS = 1e-12
"""Recommendations of less probability are rounding, and no places."""


@brief()
@dataclass(frozen=True, eq=False)
class Advantages:
    """What one agent would gain by each action at one step, place by place.

    A place is a common-information state with a private information of the agent, and for correlated
    equilibrium the action recommended there.

    Attributes
    ----------
    time, agent : int
        0-based.
    words : tuple of str
        The agent's private informations in words, by index.
    state : int array, shape (R,)
        The strategy's state, as in `Solution.graph`.
    private : int array, shape (R,)
        Index of the private information.
    recommended : int array, shape (R,)
        The action recommended; -1 for kinds of deviation that do not hear it.
    chance : float array, shape (R,)
        Probability of the place if everybody follows.
    following : float array, shape (R,)
        What following is worth from the place on, given the place, if the best deviation goes on; in reward
        units. For a team, the sum of rewards (the reward, if all have it in common).
    gain : float array, shape (R, A_i)
        What the action gains over following, given the place, if the best deviation goes on; in reward
        units. For a team, what the sum of rewards gains (the reward, if all have it in common).
    played : float array, shape (R, A_i)
        The strategy's probability of each action at the place.
    best : float array, shape (R,)
        What the best deviation gains at the common-information state, in reward units: at least 0, and 0
        wherever nobody gains.
    """

    time: int
    agent: int
    words: tuple[str, ...]
    state: IntArray
    private: IntArray
    recommended: IntArray
    chance: FloatArray
    following: FloatArray
    gain: FloatArray
    played: FloatArray
    best: FloatArray

    def __post_init__(self) -> None:
        read_only(self.state, self.private, self.recommended, self.chance)
        read_only(self.following, self.gain, self.played, self.best)


@takes
def advantages(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    deviations: str | Kind,
    *,
    space: StateSpace | None = None,
    resources: Resources | None = None,
) -> tuple[Advantages, ...]:
    """Return what each action of each agent gains at each place, by step and then by agent.

    Parameters
    ----------
    game, structure, policy, deviations, space, resources
        As in `certify`.

    Raises
    ------
    ModelError
        If the strategy does not fit the game.
    StrategyDependenceError
        If the sharing is not strategy-independent in this game.

    Notes
    -----
    These numbers can be compared with the certificate: for ``ne``, ``interim-cce`` and ``ce`` the best deviation
    at a state gains the sum, weighted by chance, of the largest positive gains. For ``cce`` an agent decides
    before it knows its private information, so that one gain above 0 is no gain of the whole state; for
    ``strategic-ce`` a deviator hears more than the action, for a team all change their actions together.
    """
    pairs = space if space is not None else pairs_of(game, structure, policy, resources)
    programs = Programs(game, policy, pairs, kind_named(deviations), resources or Resources())
    tables: list[Advantages] = []
    reach = reach_of(game, policy, pairs)
    for time in reversed(range(policy.horizon)):
        programs.step(time)
        tables = [_of_agent(programs, time, agent, reach[time]) for agent in range(game.n_agents)] + tables
    return tuple(tables)


def _of_agent(programs: Programs, time: int, agent: int, reach: FloatArray) -> Advantages:
    game, depth = programs.game, programs.pairs.depths[time]
    parts = []
    for nodes in ranges_of(depth.level.cells_per_node * game.n_joint_actions, RANGE_ENTRIES):
        node, *rest = _places(programs, programs.view(time, nodes), agent)
        parts.append((node + nodes.start, *rest))
    node, private, recommended, mass, following, gain, played = map(np.concatenate, zip(*parts, strict=True))
    words = tuple(private_text(game, agent, label) for label in depth.private[agent])
    best = programs.amount[time][agent][node] * programs.scale
    state, chance = depth.tag[node], reach[node] * mass
    return Advantages(time, agent, words, state, private, recommended, chance, following, gain, played, best)


def _places(
    programs: Programs, view: StepView, agent: int
) -> tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return state, private information, recommendation, P(place | state), worth, gains and play, a row per place."""
    if programs.kind.together:
        payoff = view.deviating.mean(axis=0) * programs.scale
        view = replace(view, deviating=np.broadcast_to(payoff, view.deviating.shape))
    worth, follow = view.instead(agent)
    law = view.own_law(agent)
    node, private = view.level.supports[agent].node, view.level.supports[agent].private
    if programs.kind.hears == "nothing":
        mass = law.sum(axis=1)
        gain = (worth.sum(axis=1) - follow[:, None]) / mass[:, None]
        return node, private, np.full(len(node), -1), mass, follow / mass, gain, law / mass[:, None]
    group, heard = np.nonzero(law > LEAST_MASS)
    mass = law[group, heard]
    obeyed = worth[group, heard, heard]
    gain = (worth[group, heard] - obeyed[:, None]) / mass[:, None]
    return node[group], private[group], heard, mass, obeyed / mass, gain, np.eye(view.n_actions[agent])[heard]
