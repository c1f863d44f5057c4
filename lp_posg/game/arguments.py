"""`takes`: a function's arguments are checked against its annotations, and names of games become games."""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Callable
from functools import cache, wraps
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game.opening import opened

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_UNJUDGED = (Any, int, float, np.ndarray)
"""Annotations of which nothing is said here: a number has bounds, an array a shape, which the function knows."""
_GAMES = ("Game", "Tree")
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def takes(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a public function refuse arguments that are not what its annotations say, with `ModelError`.

    Where a game or game tree is expected, the name of one or its file will do.
    """
    signature = inspect.signature(function)
    hints = cache(lambda: get_type_hints(function))
    plain = cache(lambda: {name: _plain(hints().get(name, Any)) for name in signature.parameters})

    @wraps(function)
    def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            given = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # raises it, in Python's words
        for name, value in given.arguments.items():
            if type(value) not in plain()[name] and signature.parameters[name].kind not in _VARIABLE:
                given.arguments[name] = _taken(name, value, hints().get(name, Any))
        return function(*given.args, **given.kwargs)

    return checked


def _plain(hint: Any) -> frozenset[Any]:
    """Return the classes of an annotation whose values need no further look; a text may name a game."""
    kinds = {kind for kind in _kinds(hint) if isinstance(kind, type) and get_origin(kind) is None}
    return frozenset(kinds - {str} if _is_of_game(hint) else kinds)


def _is_of_game(hint: Any) -> bool:
    return bool({getattr(kind, "__name__", "") for kind in _kinds(hint)} & {*_GAMES})


def _taken(name: str, value: Any, hint: Any) -> Any:
    """Return an argument, opened if it names a game; raise ModelError unless it is what `hint` says."""
    is_game = _is_of_game(hint)
    if is_game:
        value = opened(value)
    if _is(value, hint):
        return value
    advice = "; lp_posg.load(path) and lp_posg.catalog(name) return games" if is_game else ""
    shown = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    raise ModelError(f"{name} is {shown}, expected {' or '.join(map(_words, _kinds(hint)))}{advice}")


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the parts of a union; of anything else, itself."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    plain = get_origin(hint) or hint
    if plain is NoneType:
        return "None"
    name = "function" if plain is collections.abc.Callable else plain.__name__
    return f"a{'n' * (name[0] in 'AEIOaeio')} {name}"


def _is(value: Any, hint: Any) -> bool:
    """Whether a value is what an annotation says, as far as it can be judged by that."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_is(value, part) for part in parts)
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if origin is collections.abc.Callable:
        return callable(value) and not isinstance(value, type)
    if origin in (collections.abc.Sequence, tuple, list):
        several = isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes))
        return several and all(_is(one, parts[0]) for one in value)
    kind = origin or hint
    if kind in _UNJUDGED or not isinstance(kind, type):
        return True
    return isinstance(value, kind) and not (isinstance(value, type) and kind is not object)
