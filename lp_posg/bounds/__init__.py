"""Bounds that theory needs of a game, computed: observability, memory, contraction of beliefs."""

from lp_posg.bounds.contraction import Contraction, belief_contraction, measured_memory
from lp_posg.bounds.memory import theoretical_memory
from lp_posg.bounds.observable import Observability, observability

__all__ = [
    "Contraction",
    "Observability",
    "belief_contraction",
    "measured_memory",
    "observability",
    "theoretical_memory",
]
