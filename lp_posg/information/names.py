"""Sharing structures and compressions by name: the registries, and what a user's object has to have."""

from __future__ import annotations

from lp_posg.checks import plain_name, unknown, whole_number
from lp_posg.errors import ModelError, OptionError
from lp_posg.information.compression import Compression, CompressionForm, CompressionRule, Ruled
from lp_posg.information.finite_memory import FINITE_MEMORY
from lp_posg.information.merge_within import EXACT, MERGE
from lp_posg.information.sharing import FORGOTTEN, NEVER, DelayedSharing, SharingForm, SharingStructure

_FORMS = (
    # Every observation and action is common at once: symmetric information.
    SharingForm("full", lambda n, _: DelayedSharing("full", (0,) * n, (1,) * n), order=0),
    # Agent 1's observations at once, the others' one step late.
    SharingForm("one-directional", lambda n, _: DelayedSharing("one-directional", (0, *(1,) * (n - 1)), (1,) * n), 1),
    # An agent alone knows its newest observation.
    SharingForm("one-step-delay", lambda n, _: DelayedSharing("one-step-delay", (1,) * n, (1,) * n), order=2),
    # One controller: agent 1's data at once, the others' observations D steps late.
    SharingForm(
        "controller:D",
        lambda n, d: DelayedSharing(f"controller:{d}", (0, *(d,) * (n - 1)), (1, *(FORGOTTEN,) * (n - 1))),
    ),
    # Observations alone, D steps late, for a state process that no action influences.
    SharingForm("uncontrolled:D", lambda n, d: DelayedSharing(f"uncontrolled:{d}", (d,) * n, (FORGOTTEN,) * n)),
    # Observations and actions D steps late.
    SharingForm("delay:D", lambda n, d: DelayedSharing(f"delay:{d}", (d,) * n, (d,) * n)),
    # No sharing at all: a Dec-POMDP's information.
    SharingForm("none", lambda n, _: DelayedSharing("none", (NEVER,) * n, (NEVER,) * n)),
)

SHARING: dict[str, SharingForm] = {form.name: form for form in _FORMS}
"""The built-in sharing structures by name."""

COMPRESSIONS: dict[str, CompressionForm] = {form.name: form for form in (EXACT, FINITE_MEMORY, MERGE)}
"""The built-in compressions by name: one line each."""


def sharing_names() -> tuple[str, ...]:
    """Return how the built-in structures are written, those with a delay as ``name:D``."""
    return tuple(form.written for form in SHARING.values())


def sharing_examples() -> tuple[str, ...]:
    """Return one name of each built-in structure, with a delay of two steps where it takes one."""
    return tuple(form.example for form in SHARING.values())


def less_and_less_sharing() -> tuple[str, ...]:
    """Return the structures in which, from right to left, every agent learns everything at least as early."""
    orders = {form.name: form.order for form in SHARING.values() if form.order is not None}
    return tuple(sorted(orders, key=lambda name: orders[name]))


def sharing_structure(sharing: str | SharingStructure, n_agents: int) -> SharingStructure:
    """Return the structure of this name for `n_agents` agents; a structure object as it is.

    Raises
    ------
    ModelError
        If the name is unknown, its delay is missing or not a positive number, or the object
        lacks a method, is made for another number of agents, or has the name of a built-in structure.
    """
    whole_number("n_agents", n_agents)
    if not isinstance(sharing, str):
        if isinstance(sharing, type) or not isinstance(sharing, SharingStructure):
            raise ModelError(
                f"sharing is {sharing!r}, expected a name or an object with name, increment() and retain()"
            )
        made_for = getattr(sharing, "n_agents", n_agents)
        if made_for != n_agents:
            raise ModelError(f"sharing {sharing.name!r} is made for {made_for} agents, the game has {n_agents}")
        _check_own_name(sharing, n_agents)
        return sharing
    name, colon, delay = sharing.strip().partition(":")
    form = SHARING.get(plain_name(name))
    if form is None or (colon and not form.takes_delay):
        raise unknown("sharing", sharing, sharing_names())
    if not form.takes_delay:
        return form.make(n_agents, 1)
    if not delay.isascii() or not delay.isdigit() or len(delay) > 6 or int(delay) < 1:
        raise OptionError(
            f"sharing {sharing!r}: expected {form.written} with a delay D of at least 1, as in {form.example!r}"
        )
    return form.make(n_agents, int(delay))


def _check_own_name(sharing: SharingStructure, n_agents: int) -> None:
    """Raise ModelError unless a structure's name is a text, and no built-in structure but itself has it."""
    name = sharing.name
    if not isinstance(name, str) or not name:
        raise ModelError(f"the sharing rule's name is {name!r}, expected a text")
    try:
        built_in = sharing_structure(name, n_agents)
    except OptionError:
        return
    if sharing != built_in:
        raise ModelError(f"the sharing rule's name is {name!r}, that of a built-in rule; give it another")


def compression_names() -> tuple[str, ...]:
    """Return how the built-in compressions are written."""
    return tuple(form.written for form in COMPRESSIONS.values())


def compression_named(compression: str | Compression | CompressionRule) -> Compression:
    """Return the compression of this name, or that a rule stands for; a compression object as it is.

    Raises
    ------
    ModelError
        If the name is unknown, a number in it is not valid, or the object lacks a method.
    """
    if isinstance(compression, str):
        name, colon, rest = compression.strip().partition(":")
        form = COMPRESSIONS.get(plain_name(name))
        if form is None:
            raise unknown("compression", compression, compression_names())
        try:
            return form.parse(colon + rest)
        except (ValueError, ModelError) as error:
            why = f" ({error})" if isinstance(error, ModelError) else ""
            raise OptionError(
                f"compression {compression!r}: expected {form.written}, as in {form.example!r}{why}"
            ) from None
    if isinstance(compression, type) or not isinstance(compression, Compression | CompressionRule):
        raise ModelError(
            f"compression is {compression!r}, expected a name or an object with name, first_state() and next_state()"
        )
    name = compression.name
    built_in = COMPRESSIONS.get(name.partition(":")[0]) if isinstance(name, str) else None
    if not isinstance(name, str) or not name or (built_in and not isinstance(compression, built_in.made)):
        raise ModelError(
            f"the compression's name is {name!r}, expected a text that is not the name of a built-in compression"
        )
    return compression if isinstance(compression, Compression) else Ruled(compression)
