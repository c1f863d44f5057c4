"""Sharing structures and compressions by name: the registries, and what a user's object has to have."""

from __future__ import annotations

from collections.abc import Callable

from lp_posg.errors import ModelError, OptionError
from lp_posg.information.compression import Compression
from lp_posg.information.exact import Exact
from lp_posg.information.finite_memory import LAWS, FiniteMemory
from lp_posg.information.merge_within import MergeWithin
from lp_posg.information.rule import CompressionRule, Ruled
from lp_posg.information.sharing import (
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

# A compression by the word before the colon: how it is written, and what makes it of the rest, colon included.
COMPRESSIONS: dict[str, tuple[str, Callable[[str], Compression]]] = {
    "exact": ("exact", lambda rest: _exact(rest)),
    "finite-memory": ("finite-memory:L[:LAW]", lambda rest: _finite_memory(rest)),
    "merge": ("merge:EPS", lambda rest: _merge(rest)),
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
            raise OptionError(f"sharing {sharing!r}: expected {name}:D with a delay D of at least 1, as in '{name}:2'")
        return SHARING_WITH_DELAY[name](n_agents, int(delay))
    raise OptionError(f"unknown sharing {sharing!r}; expected one of {', '.join(sharing_names())}")


def compression_names() -> tuple[str, ...]:
    """Return how the built-in compressions are written."""
    return tuple(form for form, _ in COMPRESSIONS.values())


def compression_named(compression: str | Compression | CompressionRule) -> Compression:
    """Return the compression of this name, or that a rule stands for; a compression object as it is.

    Raises
    ------
    ModelError
        If the name is unknown, a number in it is not valid, or the object lacks a method.
    """
    if isinstance(compression, str):
        name, colon, rest = compression.strip().partition(":")
        form, make = COMPRESSIONS.get(name, ("", None))
        if make is None:
            raise OptionError(f"unknown compression {compression!r}; expected one of {', '.join(compression_names())}")
        try:
            return make(colon + rest)
        except (ValueError, ModelError) as error:
            why = f" ({error})" if isinstance(error, ModelError) else ""
            raise OptionError(f"compression {compression!r}: expected {form}, as in {EXAMPLES[name]!r}{why}") from None
    if isinstance(compression, type) or not isinstance(compression, Compression | CompressionRule):
        raise ModelError(
            f"compression is {compression!r}, expected a name or an object with name, first_state() and next_state()"
        )
    name = compression.name
    taken = isinstance(name, str) and name.partition(":")[0] in COMPRESSIONS
    if (
        not isinstance(name, str)
        or not name
        or (taken and not isinstance(compression, Exact | FiniteMemory | MergeWithin))
    ):
        raise ModelError(
            f"the compression's name is {name!r}, expected a text of its own, not one of a built-in compression"
        )
    return compression if isinstance(compression, Compression) else Ruled(compression)


EXAMPLES = {"exact": "exact", "finite-memory": "finite-memory:3", "merge": "merge:0.05"}


def _exact(rest: str) -> Exact:
    if rest:
        raise ValueError
    return Exact()


def _finite_memory(rest: str) -> FiniteMemory:
    memory, colon, law = rest.removeprefix(":").partition(":")
    if not memory.isascii() or not memory.isdigit() or len(memory) > 6 or (colon and not law):
        raise ValueError
    return FiniteMemory(int(memory), law or LAWS[0])


def _merge(rest: str) -> MergeWithin:
    radius = rest.removeprefix(":")
    if "_" in radius:
        raise ValueError
    return MergeWithin(float(radius))
