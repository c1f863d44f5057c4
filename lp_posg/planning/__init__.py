"""Planning: `solve`, `compare`, `survey`, `verify`, and the solutions they return."""

from lp_posg.planning.comparing import compare
from lp_posg.planning.comparison import Check, Comparison, Row, Spread
from lp_posg.planning.fits import Fit, survey
from lp_posg.planning.gains import PlaceGain, StateGains
from lp_posg.planning.history_solution import HistorySolution
from lp_posg.planning.loading import load_solution
from lp_posg.planning.methods import METHODS, Method
from lp_posg.planning.regions import payoff_region
from lp_posg.planning.request import Request
from lp_posg.planning.run_options import Progress, RunOptions
from lp_posg.planning.set_solution import SetSolution
from lp_posg.planning.set_strategy import SetPlay, SetStrategy
from lp_posg.planning.solution import Atom, Solution, Stats
from lp_posg.planning.solving import solve
from lp_posg.planning.state_plan import Labels, StatePlan
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.tree_solution import TreeSolution
from lp_posg.planning.verification import verify
from lp_posg.stage import PayoffRegion

__all__ = [
    "METHODS",
    "Atom",
    "Check",
    "Comparison",
    "Fit",
    "HistorySolution",
    "Labels",
    "Method",
    "PayoffRegion",
    "PlaceGain",
    "Progress",
    "Request",
    "Row",
    "RunOptions",
    "SetPlay",
    "SetSolution",
    "SetStrategy",
    "Solution",
    "Spread",
    "StateGains",
    "StatePlan",
    "StateSolution",
    "Stats",
    "TreeSolution",
    "compare",
    "load_solution",
    "payoff_region",
    "solve",
    "survey",
    "verify",
]
