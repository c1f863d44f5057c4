"""Extensive games: trees of moves by agents and by chance, with information sets."""

from lp_posg.extensive.as_game import to_posg
from lp_posg.extensive.game import ExtensiveGame, InformationSet
from lp_posg.extensive.perfect_recall import check_perfect_recall, has_perfect_recall
from lp_posg.extensive.rules import Chance, End, Move, game_from_rules
from lp_posg.extensive.strategic import ReducedForm, reduced_form, strategic_form
from lp_posg.extensive.timing import n_steps, times
from lp_posg.extensive.unrolling import extensive_game
from lp_posg.extensive.validation import CHANCE, TERMINAL

__all__ = [
    "CHANCE",
    "TERMINAL",
    "Chance",
    "End",
    "ExtensiveGame",
    "InformationSet",
    "Move",
    "ReducedForm",
    "check_perfect_recall",
    "extensive_game",
    "game_from_rules",
    "has_perfect_recall",
    "n_steps",
    "reduced_form",
    "strategic_form",
    "times",
    "to_posg",
]
