"""Checks that anyone can run on a concept, sharing rule, compression, simulator or file format of their own.

A check returns nothing if all is well. Else it raises a `ConformanceError` that says what is wrong and with what it was
found, or the `ModelError` or `SimulatorError` that using the object raises anyway.
"""

from lp_posg.testing.compression_checks import check_compression
from lp_posg.testing.concept_checks import check_concept
from lp_posg.testing.format_checks import check_format
from lp_posg.testing.random_games import random_game
from lp_posg.testing.sharing_checks import check_sharing
from lp_posg.testing.simulator_checks import check_simulator

__all__ = [
    "check_compression",
    "check_concept",
    "check_format",
    "check_sharing",
    "check_simulator",
    "random_game",
]
