"""How a check says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lp_posg.errors import ConformanceError, LimitError, LpPosgError, UnsupportedError


def expect(holds: bool, problem: str) -> None:
    """Raise ConformanceError with `problem` unless something holds."""
    if not holds:
        raise ConformanceError(problem)


@contextmanager
def blamed(what: str) -> Iterator[None]:
    """Turn whatever fails within into a ConformanceError about `what`; refusals and limits pass."""
    try:
        yield
    except (ConformanceError, UnsupportedError, LimitError):
        raise
    except LpPosgError as error:
        raise ConformanceError(f"{what}: {error}") from error
    except Exception as error:
        raise ConformanceError(f"{what}: {type(error).__name__}: {error}") from error
