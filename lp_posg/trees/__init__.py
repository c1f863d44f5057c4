"""Extensive games: trees of moves by agents and by chance, with information sets."""

from lp_posg.trees.as_game import to_game
from lp_posg.trees.nodes import CHANCE, TERMINAL, InformationSet
from lp_posg.trees.recall import check_perfect_recall, has_perfect_recall
from lp_posg.trees.rules import Chance, End, Move, from_rules
from lp_posg.trees.strategic import ReducedForm, reduced_form, strategic_form
from lp_posg.trees.timing import n_steps, times
from lp_posg.trees.tree import Tree
from lp_posg.trees.unrolling import unroll

__all__ = [
    "CHANCE",
    "TERMINAL",
    "Chance",
    "End",
    "InformationSet",
    "Move",
    "ReducedForm",
    "Tree",
    "check_perfect_recall",
    "from_rules",
    "has_perfect_recall",
    "n_steps",
    "reduced_form",
    "strategic_form",
    "times",
    "to_game",
    "unroll",
]
