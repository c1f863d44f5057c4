"""Certificates of behaviour strategies over information sets, from the strategies alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import Certificate, kind_named
from lp_posg.game import Game
from lp_posg.information import SharingStructure
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.planning.state_plan import StatePlan
from lp_posg.trees import Tree
from lp_posg.trees.recall import Recall, recall_of
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.trees.sequence.from_tree import tree_form
from lp_posg.trees.sequence.histories import HistoryGame, HistoryTree, sequence_game
from lp_posg.trees.sequence.response import Exploitability, exploitability, plan_of
from lp_posg.trees.strategic import ReducedForm, plan_behaviour
from lp_posg.types import FloatArray

Judged = tuple[Exploitability, SetStrategy]
"""What best responses prove, and the strategy judged, with each set's reach computed anew."""


def set_certificate(found: Exploitability, n_sets: int) -> Certificate:
    """Return what best responses over information sets prove: an exact certificate of a Nash equilibrium."""
    return Certificate("exact", kind_named("ne"), found.gaps, found.values, None, 0.0, n_sets)


def check_gaps(certificate: Certificate, agents: Sequence[str], allowed: FloatArray, what: str, advice: str) -> None:
    """Raise CertificateError if an agent gains more by its best response than is allowed.

    `allowed` has shape (n,); `what` says of what it is no equilibrium then, and `advice` why, and what to do.
    """
    if (certificate.gaps <= allowed).all():
        return
    worst = int((certificate.gaps - allowed).argmax())
    raise CertificateError(
        f"agent {agents[worst]!r} gains {certificate.gaps[worst]:.6g} by its best response (tolerance"
        f" {allowed[worst]:.3g}), so this is not an equilibrium of {what}; {advice}",
        certificate=certificate,
    )


def judged_histories(
    game: Game,
    structure: SharingStructure,
    horizon: int,
    sets: SetStrategy,
    trees: tuple[HistoryTree, HistoryTree],
) -> Judged:
    """Return what is proven of strategies over the private histories of a POSG, which is expanded anew.

    Raises
    ------
    ModelError
        If the game has other information sets than `trees`, which the strategies are over.
    """
    form = sequence_game(game, structure, horizon, lambda time, done, ahead: None)
    same = all(
        np.array_equal(getattr(stored, part.name), getattr(found, part.name))
        for stored, found in zip(trees, form.trees, strict=True)
        for part in fields(HistoryTree)
    )
    if not same:
        raise ModelError(
            f"the information sets of the solution are not those of game {game.name!r}: it is damaged, or was"
            " computed for another game"
        )
    behaviour = np.split(sets.behaviour[0], [form.trees[0].n_sequences])
    found, plans = _judged(form, (behaviour[0], behaviour[1]))
    own_reach, reach = (row[None] for row in history_reaches(form, plans))
    return found, replace(sets, own_reach=own_reach, reach=reach)


def judged_tree(game: Tree, sets: SetStrategy) -> Judged:
    """Return what is proven of strategies in a game tree of two agents."""
    form = tree_form(game)
    owner, place = np.repeat(sets.owner, np.diff(sets.first)), form.number[:-1]
    # The first sequence of an agent's tree is the empty one, played for sure.
    behaviour = np.ones(form.trees[0].n_sequences), np.ones(form.trees[1].n_sequences)
    for agent, row in enumerate(behaviour):
        row[place[owner == agent]] = sets.behaviour[0, owner == agent]
    found, plans = _judged(form, behaviour)
    weights = np.ones(len(owner) + 1)
    for agent, plan in enumerate(plans):
        weights[:-1][owner == agent] = plan[place[owner == agent]]
    own_reach, reach = (row[None] for row in set_reaches(game, form.recall, weights))
    return found, replace(sets, own_reach=own_reach, reach=reach)


def plan_sets(game: Tree, form: ReducedForm, plan: StatePlan) -> SetStrategy:
    """Return the behaviour strategies that the atoms of a strategic form's equilibrium amount to."""
    recall = recall_of(game)
    (block,) = plan.policy.steps[0].blocks
    mixtures = [[law[m, 0] for law in block.prescription] for m in range(len(block.atom_prob))]
    weights, behaviour = zip(*(plan_behaviour(recall, form, laws) for laws in mixtures), strict=True)
    own_reach, reach = zip(*(set_reaches(game, recall, of_atom) for of_atom in weights), strict=True)
    owner = np.array([info.agent for info in game.sets], dtype=np.int64)
    rows = (np.stack(part) for part in (behaviour, own_reach, reach))
    return SetStrategy(owner, recall.first, np.array(block.atom_prob), *rows)


def plan_stakes(form: ReducedForm) -> FloatArray:
    """Return the size beside which a value of a strategic form is rounding, in units of payoffs, shape (n,)."""
    return np.asarray(np.abs(form.game.reward).reshape(form.game.n_agents, -1).max(axis=1))


def _judged(
    form: SequenceGame, behaviour: tuple[FloatArray, FloatArray]
) -> tuple[Exploitability, tuple[FloatArray, FloatArray]]:
    plans = plan_of(form.trees[0], behaviour[0]), plan_of(form.trees[1], behaviour[1])
    return exploitability(form, plans), plans


def history_reaches(form: HistoryGame, plans: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return each set's own reach, and its probability if both agents follow, both agents' sets, shape (K_1 + K_2,)."""
    own = [
        np.where(tree.parent < 0, 1.0, plan[np.maximum(tree.parent, 0)])
        for tree, plan in zip(form.trees, plans, strict=True)
    ]
    reach = [np.zeros(tree.n_sets) for tree in form.trees]
    for time, (pair, weight) in enumerate(zip(form.pairs, form.pair_weight, strict=True)):
        at = [tree.sets_at(time).start + pair[i] for i, tree in enumerate(form.trees)]
        chance = weight * own[0][at[0]] * own[1][at[1]]
        for i in range(2):
            np.add.at(reach[i], at[i], chance)
    return np.concatenate(own), np.concatenate(reach)


def set_reaches(game: Tree, recall: Recall, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each set's own reach, and its probability if all agents follow, shape (K,).

    Parameters
    ----------
    weights : float array, shape (L + 1,)
        The probability of each sequence if its agent follows and the others let it; 1 for the empty one, the last.
    """
    moves = np.flatnonzero(game.owner >= 0)
    chance = recall.reach[moves] * np.prod(weights[recall.sequence[:, moves]], axis=0)
    reached = np.zeros(len(game.sets))
    np.add.at(reached, game.information[moves], chance)
    return weights[recall.parent], reached
