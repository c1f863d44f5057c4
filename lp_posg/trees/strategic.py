"""The reduced strategic form of a game tree: every agent chooses a plan for the whole game at once.

A *reduced plan* says what an agent does at the information sets that its own earlier choices leave possible; plans that
differ elsewhere only are one. With perfect recall it is a set of sequences: the empty one, and at each information set
that follows one of them exactly one action. Sources: Kuhn (1953), Contributions to the Theory of Games II, 193-216;
von Stengel (1996), Games and Economic Behavior 14, 220-246, section 2.

Equilibria of this form are what their concepts say of whole plans: for `ne` that is a Nash equilibrium of the tree; for
`ce` a device recommends a whole plan, not one action after the other (that would be an extensive-form correlated
equilibrium).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.checks import whole_number
from lp_posg.deadline import check_time
from lp_posg.errors import LimitError, ModelError
from lp_posg.game import Game, takes
from lp_posg.trees.naming import action_words, distinct, set_words, sets_of
from lp_posg.trees.plan_payoffs import PlanPayoffs, payoffs_of_plans
from lp_posg.trees.recall import Recall, recall_of
from lp_posg.trees.tree import Tree
from lp_posg.types import BoolArray, FloatArray

PLAN_LIMIT = 1_000_000
"""Default of `max_profiles`: the table of payoffs takes 16 MB for two agents; the programs on it are the rest."""


@brief()
@dataclass(frozen=True, eq=False)
class ReducedForm:
    """A reduced strategic form, with the exact payoffs of its joint plans beside the rounded ones.

    Attributes
    ----------
    game : Game
        As `strategic_form` returns it.
    payoffs : PlanPayoffs
        In the order of the game's joint actions.
    plans : tuple of bool arrays, shape (P_i, L + 1)
        Whether each plan of an agent plays each sequence; the last is the empty one.
    """

    game: Game
    payoffs: PlanPayoffs
    plans: tuple[BoolArray, ...]


@takes
def strategic_form(game: Tree, *, max_profiles: int = PLAN_LIMIT) -> Game:
    """Return the reduced strategic form of a game tree, as a game of one state for horizon 1.

    Parameters
    ----------
    game : Tree
        Any number of agents with perfect recall.
    max_profiles : int
        Most joint plans; they are counted before any is built.

    Returns
    -------
    Game
        Its actions are the reduced plans, labelled by the choices made: ``information set: action, ...``, or the
        action alone where the agent has one information set. Rewards are expected payoffs of the tree, each summed
        exactly and rounded once, so that ties stay ties; in floats throughout where fractions get out of hand, with a
        common denominator of more than 4096 binary digits.

    Raises
    ------
    ImperfectRecallError
        If an agent forgets; the message names the information set.
    LimitError
        If there are more joint plans than the limit; the message says how many.

    Examples
    --------
    >>> import lp_posg as posg
    >>> game = posg.trees.strategic_form(posg.catalog("kuhn-poker-tree"))
    >>> game.n_actions, game.actions[0][0]
    ((27, 64), 'jack: pass, jack pb: pass, queen: pass, queen pb: pass, king: pass, king pb: pass')
    >>> posg.solve(game, 1, "full", "cce").values.round(6).tolist()
    [-0.055556, 0.055556]
    """
    return reduced_form(game, max_profiles=max_profiles).game


@takes
def reduced_form(game: Tree, *, max_profiles: int = PLAN_LIMIT) -> ReducedForm:
    """Return the reduced strategic form with exact payoffs; parameters and errors as of `strategic_form`."""
    if not isinstance(game, Tree):
        raise ModelError(f"game is {type(game).__name__}, expected a Tree")
    recall = recall_of(game)
    whole_number("max_profiles", max_profiles)
    _check_size(game, [plan_count(game, recall, agent) for agent in range(game.n_agents)], max_profiles)
    plans = [_plans(game, recall, agent) for agent in range(game.n_agents)]
    sizes = tuple(len(own) for own in plans)
    n_joint = int(np.prod(sizes))
    certain = sp.csr_array(np.ones((n_joint, 1)))
    payoffs = payoffs_of_plans(game, recall, plans)
    form = Game.from_matrices(
        n_actions=sizes,
        n_observations=(1,) * game.n_agents,
        transitions=[certain],
        observation_laws=[certain],
        rewards=[payoffs.values.reshape(game.n_agents, 1, n_joint)],
        initial=np.ones(1),
        name=game.name,
        agents=distinct(game.agents, "agent"),
        actions=[_labels(game, recall, agent, own) for agent, own in enumerate(plans)],
    )
    return ReducedForm(form, payoffs, tuple(plans))


def plan_behaviour(recall: Recall, form: ReducedForm, mixtures: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the behaviour strategies that mixtures of plans, one per agent of shape (P_i,), amount to (Kuhn 1953).

    Returns
    -------
    weights : float array, shape (L + 1,)
        Probability of each sequence if its agent follows and the others let it; 1 for the empty one, the last.
    behaviour : float array, shape (L,)
        Probability of each action at its information set; uniform at sets that the mixture never reaches.
    """
    weights = np.zeros(int(recall.first[-1]) + 1)
    for mixture, plans in zip(mixtures, form.plans, strict=True):
        weights[:-1] += mixture @ plans[:, :-1]
    weights[-1] = 1.0
    counts = np.diff(recall.first)
    total = np.add.reduceat(weights[:-1], recall.first[:-1]) if len(counts) else np.empty(0)
    reached, total = (np.repeat(part, counts) for part in (total > 0, np.where(total > 0, total, 1.0)))
    return weights, np.where(reached, weights[:-1] / total, 1.0 / np.repeat(counts, counts))


def plan_count(game: Tree, recall: Recall, agent: int) -> float:
    """Return an agent's number of reduced plans; exact below 2^53, and inf beyond the largest float.

    Backward: an information set has the sum over its actions of the product over the sets that follow each.
    """
    own = np.array(sets_of(game, agent), dtype=np.int64)
    worth = np.ones(int(recall.first[-1]) + 1)  # of each sequence; the last entry is the empty one's
    with np.errstate(over="ignore"):
        for depth in range(int(recall.depth[own].max(initial=-1)), -1, -1):
            sets = own[recall.depth[own] == depth]
            total = [worth[recall.first[k] : recall.first[k + 1]].sum() for k in sets.tolist()]
            np.multiply.at(worth, recall.parent[sets], total)
    return float(worth[-1])


def _check_size(game: Tree, counts: list[float], max_profiles: int) -> None:
    with np.errstate(over="ignore"):
        total = float(np.prod(counts))
    if total <= max_profiles:
        return
    each = ", ".join(f"{agent!r} {_count_text(count)}" for agent, count in zip(game.agents, counts, strict=True))
    raise LimitError(
        f"the reduced strategic form of game {game.name!r} has {_count_text(total)} joint plans ({each}), more than the"
        f" limit of {max_profiles}; make the game smaller, allow more with max_profiles in Python, or, if it is"
        " zero-sum with two agents, use method 'sequence-form'",
        limit="profiles",
        profiles=total,
    )


def _count_text(count: float) -> str:
    return f"{count:.0f}" if count < 2**53 else f"about {count:.3g}" if np.isfinite(count) else "over 1e308"


def _plans(game: Tree, recall: Recall, agent: int) -> BoolArray:
    """Return an agent's reduced plans, shape (P, L + 1): whether it plays each sequence; the last is the empty one.

    Plans are in the order of their choices: that at the agent's first information sets changes slowest.
    """
    plans = np.zeros((1, int(recall.first[-1]) + 1), dtype=bool)
    plans[:, -1] = True
    own = sets_of(game, agent)
    for number in sorted(own, key=lambda k: int(recall.depth[k])):
        check_time(f"listing the plans of game {game.name!r}")
        first, count = int(recall.first[number]), len(game.sets[number].actions)
        many = np.where(plans[:, recall.parent[number]], count, 1)
        row = np.repeat(np.arange(len(plans)), many)
        choice = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
        plans = plans[row]
        chosen = np.flatnonzero(plans[:, recall.parent[number]])
        plans[chosen, first + choice[chosen]] = True
    return plans


def _labels(game: Tree, recall: Recall, agent: int, plans: BoolArray) -> list[str]:
    own, names = sets_of(game, agent), set_words(game, agent)
    words: list[tuple[int, str]] = []
    for number, name in zip(own, names, strict=True):
        lead = f"{name}: " if len(own) > 1 else ""
        words += [(int(recall.first[number]) + a, lead + word) for a, word in enumerate(action_words(game, number))]
    choices = [", ".join(word for sequence, word in words if plan[sequence]) or "nothing" for plan in plans]
    return distinct(choices, "plan")
