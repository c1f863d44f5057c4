"""Other libraries: games to and from PettingZoo and OpenSpiel, strategies to OpenSpiel."""

from lp_posg.interop.open_spiel import from_open_spiel, open_spiel_policy, tabular_policy, to_open_spiel
from lp_posg.interop.pettingzoo import from_parallel_env, parallel_env

__all__ = [
    "from_open_spiel",
    "from_parallel_env",
    "open_spiel_policy",
    "parallel_env",
    "tabular_policy",
    "to_open_spiel",
]
