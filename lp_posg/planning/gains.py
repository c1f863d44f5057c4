"""Why no one gains by deviating, state by state: following against the best other action."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.brevity import brief
from lp_posg.errors import UnsupportedError
from lp_posg.evaluate import Advantages, advantages
from lp_posg.game import Game
from lp_posg.planning.state_plan import StatePlan
from lp_posg.wording import gained, short

ALWAYS = 1 - 1e-9
"""What is played with more than this probability is no other action."""


@brief()
@dataclass(frozen=True)
class PlaceGain:
    """What following is worth to an agent at one place, and what the best other action would gain.

    Attributes
    ----------
    agent, private_info : str
    recommended : str or None
        The action that the agent hears; None where a deviator does not hear it.
    chance : float
        Probability of the place if everybody follows.
    following : float
        What following is worth from here on, given the place, in reward units; to a team, the sum of its rewards
        (the reward, if all have it in common).
    other : str or None
        The best action but the one that is played for sure; None if there is no other.
    gain : float or None
        What it gains over following, in reward units.
    """

    agent: str
    private_info: str
    recommended: str | None
    chance: float
    following: float
    other: str | None
    gain: float | None


@brief()
@dataclass(frozen=True)
class StateGains:
    """What deviating at one state brings.

    Attributes
    ----------
    places : tuple of PlaceGain
        By agent and private information (and recommended action). A compressed state has one for each belief
        that it stands for. Empty if the state cannot be reached.
    best : tuple of float, one per agent
        What the best deviation that the concept allows gains at the state: at least 0. For a team, what all
        gain together by changing their actions at once.
    """

    places: tuple[PlaceGain, ...]
    best: tuple[float, ...]


def advantages_of(plan: StatePlan) -> tuple[Advantages, ...]:
    """Return what each action of each agent gains at each place, by step and then by agent.

    Raises
    ------
    UnsupportedError
        If the gaps are not known exactly, since exact states are out of reach.
    """
    if not plan.has_exact_gaps:
        raise UnsupportedError(
            "the solution's gaps are bounds, since exact states are out of reach; what single actions gain is known"
            " only where the certificate is exact: choose a shorter horizon"
        )
    return advantages(plan.game, plan.sharing, plan.policy, plan.certificate.kind)


def state_gains(plan: StatePlan, found: tuple[Advantages, ...], time: int, node: int) -> StateGains:
    """Return what deviating at a state brings, from what `advantages_of` found."""
    n = plan.game.n_agents
    rows = [(step, np.flatnonzero(step.state == node)) for step in found[time * n : (time + 1) * n]]
    places = tuple(_place(plan.game, step, row) for step, own in rows for row in own.tolist())
    return StateGains(places, tuple(float(step.best[own].max(initial=0.0)) for step, own in rows))


def nobody_gains(plan: StatePlan, found: StateGains) -> bool:
    """Whether no deviation at a state gains more than the tolerance allows.

    In a compressed model something may be left to gain where nobody comes who follows, whatever the gap.
    """
    return plan.certificate.is_within(plan.allowed_gaps) and bool((found.best <= plan.allowed_gaps).all())


def gain_lines(plan: StatePlan, found: StateGains) -> list[tuple[str, ...]]:
    """Return agent, private information, recommendation, worth of following, best other action and what it gains."""
    most = dict(zip(plan.game.agents, plan.allowed_gaps.tolist(), strict=True))
    return [
        (
            *(place.agent, place.private_info, place.recommended or "-"),
            *(short(place.following, plan.scale), place.other or "-", gained(place.gain, most[place.agent])),
        )
        for place in found.places
    ]


def _place(game: Game, step: Advantages, row: int) -> PlaceGain:
    actions, heard = game.actions[step.agent], int(step.recommended[row])
    gain = np.where(step.played[row] > ALWAYS, -np.inf, step.gain[row])
    other = int(gain.argmax()) if np.isfinite(gain).any() else None
    return PlaceGain(
        agent=game.agents[step.agent],
        private_info=step.words[int(step.private[row])],
        recommended=None if heard < 0 else actions[heard],
        chance=float(step.chance[row]),
        following=float(step.following[row]),
        other=None if other is None else actions[other],
        gain=None if other is None else float(gain[other]),
    )
