"""Certificates of behaviour strategies over information sets, from the strategies alone."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.evaluate import Certificate, kind_named
from lp_posg.game import Game
from lp_posg.information import SharingStructure
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.trees import Tree
from lp_posg.trees.recall import Recall
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.trees.sequence.from_tree import tree_form
from lp_posg.trees.sequence.histories import HistoryGame, sequence_game
from lp_posg.trees.sequence.response import Exploitability, exploitability, plan_of
from lp_posg.types import FloatArray


def set_certificate(found: Exploitability, n_sets: int) -> Certificate:
    """Return what best responses over information sets prove: an exact certificate of a Nash equilibrium."""
    return Certificate("exact", kind_named("ne"), found.gaps, found.values, None, 0.0, n_sets)


def judged_histories(game: Game, structure: SharingStructure, horizon: int, sets: SetStrategy) -> Exploitability:
    """Return values and best responses of strategies over the private histories of a POSG, expanded anew.

    Raises
    ------
    ModelError
        If the game has other information sets than the strategies.
    """
    form = sequence_game(game, structure, horizon, lambda time, done, ahead: None)
    first, second = form.trees
    if (first.n_sets + second.n_sets, first.n_sequences + second.n_sequences) != (len(sets.owner), int(sets.first[-1])):
        raise ModelError(f"the solution does not have the information sets of game {game.name!r}: it is damaged")
    behaviour = np.split(sets.behaviour[0], [first.n_sequences])
    return _judged(form, (behaviour[0], behaviour[1]))


def judged_tree(game: Tree, sets: SetStrategy) -> Exploitability:
    """Return values and best responses of strategies in a game tree of two agents."""
    form = tree_form(game)
    owner, place = np.repeat(sets.owner, np.diff(sets.first)), form.number[:-1]
    # The first sequence of an agent's tree is the empty one, played for sure.
    behaviour = np.ones(form.trees[0].n_sequences), np.ones(form.trees[1].n_sequences)
    for agent, row in enumerate(behaviour):
        row[place[owner == agent]] = sets.behaviour[0, owner == agent]
    return _judged(form, behaviour)


def _judged(form: SequenceGame, behaviour: tuple[FloatArray, FloatArray]) -> Exploitability:
    return exploitability(form, (plan_of(form.trees[0], behaviour[0]), plan_of(form.trees[1], behaviour[1])))


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
