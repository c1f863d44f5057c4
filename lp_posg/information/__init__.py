"""Who knows what: sharing structures, beliefs, merging, strategy independence, strategies."""

from __future__ import annotations

from collections.abc import Callable

from lp_posg.errors import ModelError
from lp_posg.information.compression import COMPRESSIONS, check_compression
from lp_posg.information.forward import Unrolled, check_horizon, unroll
from lp_posg.information.policy import Policy, PolicyBlock, PolicyStep
from lp_posg.information.sharing import (
    Data,
    DelayedSharing,
    SharingStructure,
    controller,
    delayed,
    full,
    no_sharing,
    one_directional,
    one_step_delay,
    uncontrolled,
)

# A structure by name: one line each. Those after a colon take a delay of at least one step.
SHARING: dict[str, Callable[[int], SharingStructure]] = {
    "full": full,
    "one-step-delay": one_step_delay,
    "one-directional": one_directional,
    "none": no_sharing,
}
SHARING_WITH_DELAY: dict[str, Callable[[int, int], SharingStructure]] = {
    "controller": controller,
    "uncontrolled": uncontrolled,
    "delay": delayed,
}


def sharing_names() -> tuple[str, ...]:
    """Return the names of the built-in structures, those with a delay as ``name:D``."""
    return (*SHARING, *(f"{name}:D" for name in SHARING_WITH_DELAY))


def sharing_structure(sharing: str | SharingStructure, n_agents: int) -> SharingStructure:
    """Return the structure of this name for `n_agents` agents; a structure object as it is.

    Raises
    ------
    ModelError
        If the name is unknown, its delay is missing or not a positive number, or the object
        lacks a method or is made for another number of agents.
    """
    if not isinstance(sharing, str):
        if isinstance(sharing, type) or not isinstance(sharing, SharingStructure):
            raise ModelError(
                f"sharing is {sharing!r}, expected a name or an object with name, increment() and retain()"
            )
        made_for = getattr(sharing, "n_agents", n_agents)
        if made_for != n_agents:
            raise ModelError(f"sharing {sharing.name!r} is made for {made_for} agents, the game has {n_agents}")
        return sharing
    name, colon, delay = sharing.strip().partition(":")
    if name in SHARING and not colon:
        return SHARING[name](n_agents)
    if name in SHARING_WITH_DELAY:
        if not delay.isascii() or not delay.isdigit() or len(delay) > 6 or int(delay) < 1:
            raise ModelError(f"sharing {sharing!r}: expected {name}:D with a delay D of at least 1, as in '{name}:2'")
        return SHARING_WITH_DELAY[name](n_agents, int(delay))
    raise ModelError(f"unknown sharing {sharing!r}; expected one of {', '.join(sharing_names())}")


__all__ = [
    "COMPRESSIONS",
    "Data",
    "DelayedSharing",
    "Policy",
    "PolicyBlock",
    "PolicyStep",
    "SharingStructure",
    "Unrolled",
    "check_compression",
    "check_horizon",
    "sharing_names",
    "sharing_structure",
    "unroll",
]
