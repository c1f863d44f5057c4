"""How common information is compressed: the option ``compression``.

``exact`` keeps the belief itself, so that the model planned in is the original game.
"""

from __future__ import annotations

from lp_posg.errors import ModelError

COMPRESSIONS = ("exact",)


def check_compression(name: str) -> str:
    """Return the name of a compression.

    Raises
    ------
    ModelError
        If there is none of this name.
    """
    if name not in COMPRESSIONS:
        raise ModelError(f"unknown compression {name!r}; expected one of {', '.join(COMPRESSIONS)}")
    return name
