"""Learning from a simulator: approximate models by counting, and equilibria of them."""

from lp_posg.learning.environment import Actor, Environment, Episodes, GameEnvironment

__all__ = ["Actor", "Environment", "Episodes", "GameEnvironment"]
