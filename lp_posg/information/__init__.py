"""Who knows what: sharing structures, beliefs, merging, strategy independence, strategies."""

from lp_posg.information.compression import Compression, CompressionForm, CompressionRule, Ruled
from lp_posg.information.finite_memory import FiniteMemory
from lp_posg.information.forward import check_horizon, reachable_states
from lp_posg.information.merge_within import Exact, MergeWithin
from lp_posg.information.names import (
    COMPRESSIONS,
    SHARING,
    compression_named,
    compression_names,
    less_and_less_sharing,
    sharing_examples,
    sharing_names,
    sharing_structure,
)
from lp_posg.information.policy import Policy, PolicyBlock, PolicyStep
from lp_posg.information.sharing import Data, DelayedSharing, SharingForm, SharingStructure
from lp_posg.information.state_space import StateSpace

__all__ = [
    "COMPRESSIONS",
    "SHARING",
    "Compression",
    "CompressionForm",
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
    "SharingForm",
    "SharingStructure",
    "StateSpace",
    "check_horizon",
    "compression_named",
    "compression_names",
    "less_and_less_sharing",
    "reachable_states",
    "sharing_examples",
    "sharing_names",
    "sharing_structure",
]
