"""Stand-ins for a user's own rule, compression or concept in a stored solution that was loaded without it.

What needs only the name works; what needs the object says how to pass it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from lp_posg.errors import ModelError
from lp_posg.evaluate import Kind


def _missing(what: str, name: str) -> ModelError:
    return ModelError(
        f"the solution was computed with {what} {name!r}, which is not built in; pass the object when you load it:"
        f" load(path, {what}=...)"
    )


@dataclass(frozen=True)
class UnknownSharing:
    """A sharing structure of which only the name is known."""

    name: str

    def increment(self, agent: int, private: Any, action: Any, observation: Any) -> NoReturn:
        """Raise ModelError."""
        raise _missing("sharing", self.name)

    def retain(self, agent: int, private: Any, action: Any, observation: Any) -> NoReturn:
        """Raise ModelError."""
        raise _missing("sharing", self.name)


@dataclass(frozen=True)
class UnknownCompression:
    """A compression of which only the name is known."""

    name: str

    def first(self, step: Any, children: Any) -> NoReturn:
        """Raise ModelError."""
        raise _missing("compression", self.name)

    def update(self, step: Any, state: Any, parts: Any) -> NoReturn:
        """Raise ModelError."""
        raise _missing("compression", self.name)


@dataclass(frozen=True)
class UnknownConcept:
    """A concept of which only the name and the kind of deviation are known."""

    name: str
    deviations: Kind

    def check_game(self, game: Any) -> None:
        """Raise ModelError."""
        raise _missing("concept", self.name)

    def check_objective(self, objective: Any) -> None:
        """Raise ModelError."""
        raise _missing("concept", self.name)

    def solve(self, block: Any, objective: Any) -> NoReturn:
        """Raise ModelError."""
        raise _missing("concept", self.name)
