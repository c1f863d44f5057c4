"""Extensive games: trees of moves by agents and by chance, with information sets."""

from lp_posg.extensive.game import CHANCE, TERMINAL, ExtensiveGame, InformationSet

__all__ = ["CHANCE", "TERMINAL", "ExtensiveGame", "InformationSet"]
