"""Other libraries: games to and from PettingZoo."""

from lp_posg.interop.pettingzoo import from_parallel_env, parallel_env

__all__ = ["from_parallel_env", "parallel_env"]
