"""Pictures of results: each function returns a matplotlib Figure, which `save` writes; needs the extra ``plot``."""

from lp_posg.plot.belief_simplex import beliefs
from lp_posg.plot.canvas import SUFFIXES, save
from lp_posg.plot.contraction_curves import contraction
from lp_posg.plot.delay_curves import delays
from lp_posg.plot.deviation_map import deviations
from lp_posg.plot.learning_curves import learning
from lp_posg.plot.ledger_bars import ledger
from lp_posg.plot.payoff_polygons import payoffs
from lp_posg.plot.state_dag import dag
from lp_posg.plot.value_curves import values

__all__ = [
    "SUFFIXES",
    "beliefs",
    "contraction",
    "dag",
    "delays",
    "deviations",
    "learning",
    "ledger",
    "payoffs",
    "save",
    "values",
]
