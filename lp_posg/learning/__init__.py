"""Learning from a simulator: approximate models by counting, and equilibria of them."""

from lp_posg.learning.environment import Actor, Environment, Episodes, GameEnvironment
from lp_posg.learning.laci import Candidate, LearningProgress, Learnt, learn
from lp_posg.learning.model import LearntModel

__all__ = [
    "Actor",
    "Candidate",
    "Environment",
    "Episodes",
    "GameEnvironment",
    "LearningProgress",
    "Learnt",
    "LearntModel",
    "learn",
]
