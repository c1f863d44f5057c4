"""Learning from a simulator: approximate models by counting, and equilibria of them."""

from lp_posg.learning.baselines import EpsilonSchedule, QLearned, q_learning
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.environments import Actor, Environment, Episodes, GameEnvironment
from lp_posg.learning.laci import learn
from lp_posg.learning.model_planning import planned
from lp_posg.learning.result import Candidate, LearningProgress, Learnt
from lp_posg.learning.simulator_runs import Simulator
from lp_posg.learning.simulators import SimulatorEnvironment, environment

__all__ = [
    "Actor",
    "Candidate",
    "Environment",
    "Episodes",
    "EpsilonSchedule",
    "GameEnvironment",
    "LearningProgress",
    "Learnt",
    "LearntModel",
    "QLearned",
    "Simulator",
    "SimulatorEnvironment",
    "environment",
    "learn",
    "planned",
    "q_learning",
]
