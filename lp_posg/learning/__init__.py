"""Learning from a simulator: approximate models by counting, and equilibria of them."""

from lp_posg.learning.baselines import Exploration, QLearned, q_learning
from lp_posg.learning.environment import Actor, Environment, Episodes, GameEnvironment
from lp_posg.learning.simulators import Simulator, SimulatorEnvironment, environment

__all__ = [
    "Actor",
    "Environment",
    "Episodes",
    "Exploration",
    "GameEnvironment",
    "QLearned",
    "Simulator",
    "SimulatorEnvironment",
    "environment",
    "q_learning",
]
