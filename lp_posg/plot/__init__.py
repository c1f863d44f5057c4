"""Pictures of results: each function returns a matplotlib Figure, which `save` writes; needs the extra ``plot``."""

from lp_posg.plot.beliefs import beliefs
from lp_posg.plot.canvas import SUFFIXES, save
from lp_posg.plot.contraction import contraction
from lp_posg.plot.dag import dag
from lp_posg.plot.delays import delays
from lp_posg.plot.deviations import deviations
from lp_posg.plot.learning import learning
from lp_posg.plot.ledger import ledger
from lp_posg.plot.payoffs import payoffs
from lp_posg.plot.values import values

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
