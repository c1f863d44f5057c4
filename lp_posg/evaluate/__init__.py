"""Certificates, ledgers and simulations: what a strategy is worth, and what deviating from it could gain."""

from lp_posg.evaluate.advantage_table import Advantages, advantages
from lp_posg.evaluate.bounded_gaps import certify_bounds
from lp_posg.evaluate.certificate import Certificate, Deviation
from lp_posg.evaluate.error_ledgers import Ledger, error_ledger, estimated_ledger
from lp_posg.evaluate.exact_gaps import certify, pairs_of
from lp_posg.evaluate.kinds import KINDS, Kind, kind_named
from lp_posg.evaluate.playing import Play, PolicyPlayer, StepPlay
from lp_posg.evaluate.sampling import GameSampler
from lp_posg.evaluate.simulation import Simulation, simulate, simulate_player
from lp_posg.evaluate.traces import Trace, TraceStep

__all__ = [
    "KINDS",
    "Advantages",
    "Certificate",
    "Deviation",
    "GameSampler",
    "Kind",
    "Ledger",
    "Play",
    "PolicyPlayer",
    "Simulation",
    "StepPlay",
    "Trace",
    "TraceStep",
    "advantages",
    "certify",
    "certify_bounds",
    "error_ledger",
    "estimated_ledger",
    "kind_named",
    "pairs_of",
    "simulate",
    "simulate_player",
]
