"""Stand-ins for a user's own rule, compression or concept in a stored solution that was loaded without it."""

from __future__ import annotations

from typing import Any

from lp_posg.errors import OptionError


class Unknown:
    """An object of which only the name is known, and what is given: all else says how to pass the object.

    Parameters
    ----------
    what : {"sharing", "compression", "concept"}
    name : str
    **known
        Its members that are known.
    """

    def __init__(self, what: str, name: str, **known: Any) -> None:
        vars(self).update(known, what=what, name=name)

    def __getattr__(self, member: str) -> Any:
        if member.startswith("__"):
            raise AttributeError(member)
        what, name = vars(self)["what"], vars(self)["name"]
        raise OptionError(
            f"the solution was computed with {what} {name!r}, which is not built in; pass the object when you load it:"
            f" load(path, {what}=...)"
        )
