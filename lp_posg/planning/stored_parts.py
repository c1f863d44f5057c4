"""Checks of a stored solution's parts before anything is made of them; every error names the part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from lp_posg.errors import ModelError

_COUNTS = ("states", "stage_lps", "closed")
_WORDS = ("agent", "common_info", "private_info", "action")


def check_common(meta: Mapping[str, Any]) -> None:
    """Raise ModelError unless sizes and certificate of a stored solution are of their kind."""
    _check_stats(meta["stats"])
    _check_certificate(meta["certificate"])


def check_finite(arrays: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ModelError unless arrays hold finite numbers in these shapes."""
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
            raise ModelError(f"{name} is not an array of finite numbers of shape {shape}")


def check_stored(meta: Mapping[str, Any], arrays: Mapping[str, Any], n_actions: Sequence[int]) -> None:
    """Raise ModelError unless all parts of a stored solution are of their kind and all indices in their range.

    Whether the parts of the strategy fit together is for `Policy.check` to say.

    Parameters
    ----------
    meta : mapping
        The stored options, labels and sizes.
    arrays : mapping of str to arrays
    n_actions : sequence of int
        Number of actions of each agent, of a game that is right.
    """
    horizon, n = meta["options"]["horizon"], len(n_actions)
    _check(_is_count(horizon) and horizon >= 1, "horizon", "a whole number of at least 1")
    private, increments = (_check_labels(meta["labels"][key], key, horizon, n) for key in ("private", "increments"))
    for key in ("n_nodes", "n_blocks"):
        sizes = meta[key]
        is_right = isinstance(sizes, list) and len(sizes) == horizon and all(_is_count(k) and k >= 1 for k in sizes)
        _check(is_right, key, f"{horizon} whole numbers of at least 1")
    n_nodes = [*meta["n_nodes"], 0]
    check_index(arrays, "start.increment", 1, prod(increments[0]))
    check_index(arrays, "start.node", 1, n_nodes[0])
    for h in range(horizon):
        news = prod(increments[h + 1]) if h + 1 < horizon else 0
        for part, size in (("parent", n_nodes[h]), ("increment", news), ("child", n_nodes[h + 1])):
            check_index(arrays, f"step.{h}.{part}", 1, size)
        for b in range(meta["n_blocks"][h]):
            _check_block(arrays, f"step.{h}.block.{b}", n_nodes[h], private[h])


def _check_block(arrays: Mapping[str, Any], at: str, n_nodes: int, n_private: Sequence[int]) -> None:
    check_index(arrays, f"{at}.nodes", 1, n_nodes)
    _check_floats(arrays, f"{at}.atom_prob", 1)
    check_index(arrays, f"{at}.atom_start", 1, len(arrays[f"{at}.atom_prob"]) + 1)
    _check((np.diff(arrays[f"{at}.nodes"]) > 0).all(), f"{at}.nodes", "states in order, each once")
    for i, size in enumerate(n_private):
        check_index(arrays, f"{at}.private.{i}", 2, size)
        rows = arrays[f"{at}.private.{i}"]
        _check((np.diff(rows, axis=1) > 0).all(), f"{at}.private.{i}", "private informations in order, each once")
        _check_floats(arrays, f"{at}.prescription.{i}", 3)


def check_index(arrays: Mapping[str, Any], name: str, n_axes: int, size: int) -> None:
    """Raise ModelError unless an array holds whole numbers from 0 to `size` - 1."""
    array = arrays[name]
    is_right = array.dtype == np.int64 and array.ndim == n_axes
    is_right = is_right and (array.size == 0 or 0 <= array.min() <= array.max() < size)
    _check(is_right, name, f"int64 numbers on {n_axes} axes, from 0 to below {size}")


def _check_floats(arrays: Mapping[str, Any], name: str, n_axes: int) -> None:
    array = arrays[name]
    is_right = array.dtype == np.float64 and array.ndim == n_axes and bool(np.isfinite(array).all())
    _check(is_right, name, f"finite float64 numbers on {n_axes} axes; probabilities sum to 1")


def _check_labels(found: Any, key: str, horizon: int, n_agents: int) -> list[list[int]]:
    """Return how many labels there are per step and agent, or raise ModelError."""
    is_right = isinstance(found, list) and len(found) == horizon
    for step in found if is_right else ():
        is_right = is_right and isinstance(step, list) and len(step) == n_agents
        for own in step if is_right else ():
            is_right = is_right and isinstance(own, list) and all(isinstance(word, str) for word in own)
    _check(is_right, f"labels of {key}", f"lists of texts for {horizon} steps and {n_agents} agents")
    return [[len(own) for own in step] for step in found]


def _check_stats(stats: Mapping[str, Any]) -> None:
    for key in _COUNTS:
        _check(_is_count(stats[key]), key, "a whole number of at least 0")
    _check(_is_number(stats["seconds"]), "seconds", "a finite number")
    _check(all(map(_is_number, dict(stats["phases"]).values())), "phases", "finite numbers")
    _check(all(map(_is_count, dict(stats["methods"]).values())), "methods", "whole numbers of at least 0")
    sizes = stats["states_by_depth"]
    _check(isinstance(sizes, list) and all(map(_is_count, sizes)), "states_by_depth", "whole numbers of at least 0")
    more = [size if isinstance(size, list) else [size] for size in dict(stats["sizes"]).values()]
    _check(all(_is_count(size) for group in more for size in group), "sizes", "whole numbers of at least 0")


def _check_certificate(certificate: Mapping[str, Any]) -> None:
    _check(certificate["status"] in ("exact", "bounded"), "status", "exact or bounded")
    _check(isinstance(certificate["deviations"], str), "deviations", "a text")
    _check(_is_number(certificate["merge_error"]), "merge_error", "a finite number")
    _check(_is_count(certificate["states"]), "states", "a whole number of at least 0")
    deviation = certificate["deviation"]
    if deviation is None:
        return
    is_right = all(isinstance(deviation[key], str) for key in _WORDS) and _is_count(deviation["time"])
    is_right = is_right and (deviation["recommendation"] is None or isinstance(deviation["recommendation"], str))
    is_right = is_right and all(_is_number(deviation[key]) for key in ("gain", "local_gain"))
    _check(is_right, "deviation", "an agent, a time, texts and gains")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _check(is_right: Any, part: str, expected: str) -> None:
    if not is_right:
        raise ModelError(f"{part} is not what it has to be, expected {expected}")
