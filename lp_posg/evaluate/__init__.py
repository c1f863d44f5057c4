"""Certificates: what a strategy is worth and what deviating from it could gain."""

from lp_posg.evaluate.certificate import Certificate, Deviation, certify, pairs_of
from lp_posg.evaluate.deviations import DEVIATIONS

__all__ = ["DEVIATIONS", "Certificate", "Deviation", "certify", "pairs_of"]
