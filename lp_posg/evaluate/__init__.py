"""Certificates and ledgers: what a strategy is worth and what deviating from it could gain."""

from lp_posg.evaluate.certificate import Certificate, Deviation, certify, pairs_of
from lp_posg.evaluate.deviations import DEVIATIONS
from lp_posg.evaluate.ledger import Ledger, error_ledger

__all__ = ["DEVIATIONS", "Certificate", "Deviation", "Ledger", "certify", "error_ledger", "pairs_of"]
