"""Extensive games: trees of moves by agents and by chance, with information sets."""

from lp_posg.extensive.game import CHANCE, TERMINAL, ExtensiveGame, InformationSet
from lp_posg.extensive.rules import Chance, End, Move, game_from_rules
from lp_posg.extensive.strategic import strategic_form
from lp_posg.extensive.unrolling import extensive_game

__all__ = [
    "CHANCE",
    "TERMINAL",
    "Chance",
    "End",
    "ExtensiveGame",
    "InformationSet",
    "Move",
    "extensive_game",
    "game_from_rules",
    "strategic_form",
]
