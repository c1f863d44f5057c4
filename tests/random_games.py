"""The structures that random games admit, each with the options that make them; and the games themselves."""

from __future__ import annotations

from lp_posg.testing import random_game

STRUCTURES: dict[str, dict[str, int]] = {
    "full": {},
    "one-step-delay": {},
    "one-directional": {},
    "controller:2": {"controlled_by": 1},
    "uncontrolled:2": {"controlled_by": 0},
}

__all__ = ["STRUCTURES", "random_game"]
