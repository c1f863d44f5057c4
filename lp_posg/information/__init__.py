"""Who knows what: sharing structures, beliefs, merging, strategy independence, strategies."""

from lp_posg.information.compression import Compression
from lp_posg.information.exact import Exact
from lp_posg.information.finite_memory import FiniteMemory
from lp_posg.information.forward import check_horizon, reachable_states
from lp_posg.information.merge_within import MergeWithin
from lp_posg.information.names import (
    COMPRESSIONS,
    compression_named,
    compression_names,
    sharing_names,
    sharing_structure,
)
from lp_posg.information.policy import Policy, PolicyBlock, PolicyStep
from lp_posg.information.rule import CompressionRule, Ruled
from lp_posg.information.sharing import Data, DelayedSharing, SharingStructure
from lp_posg.information.state_space import StateSpace

__all__ = [
    "COMPRESSIONS",
    "Compression",
    "CompressionRule",
    "Data",
    "DelayedSharing",
    "Exact",
    "FiniteMemory",
    "MergeWithin",
    "Policy",
    "PolicyBlock",
    "PolicyStep",
    "Ruled",
    "SharingStructure",
    "StateSpace",
    "check_horizon",
    "compression_named",
    "compression_names",
    "reachable_states",
    "sharing_names",
    "sharing_structure",
]
