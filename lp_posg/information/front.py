"""The deepest states of a forward pass, and a finished step as plain arrays, for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import UnsupportedError
from lp_posg.information.compression import Compressed
from lp_posg.information.state_space import Arcs
from lp_posg.types import FloatArray, IntArray, SparseMatrix


@dataclass(frozen=True)
class Front:
    """The states of the deepest depth so far, before they are expanded.

    Attributes
    ----------
    found : Compressed
    tag : int array, shape (N,)
    weight : float array, shape (N,)
        Probability of each state under actions drawn uniformly.
    distance : float
        As `Depth.merge_distance`.
    """

    found: Compressed
    tag: IntArray
    weight: FloatArray
    distance: float


def front_of(found: Compressed, tag: IntArray, weight: FloatArray, spread: float) -> Front:
    """Return the front that children make; `tag` and `weight` have one entry per child."""
    n_states = len(found.representative)
    mass = np.bincount(found.member_of, weights=weight, minlength=n_states).astype(np.float64)
    return Front(found, tag[found.representative], mass, found.distance + spread)


def packed_step(arcs: Arcs, edges: SparseMatrix, front: Front) -> dict[str, Any]:
    """Return a finished step as plain arrays.

    Raises
    ------
    UnsupportedError
        If the compression's state is not made of arrays.
    """
    found = front.found
    parts = {f"arcs.{part}": getattr(arcs, part) for part in ("parent", "increment", "child")}
    parts |= {"edges": edges, "belief": found.belief, "tag": front.tag, "weight": front.weight}
    parts |= {"representative": found.representative, "distance": np.array(front.distance)}
    parts |= {f"state.{key}": value for key, value in found.state.items()}
    packed: dict[str, Any] = {}
    for name, part in parts.items():
        if sp.issparse(part):
            packed |= {f"{name}/{field}": getattr(part, field) for field in ("data", "indices", "indptr")}
            packed[f"{name}/shape"] = np.array(part.shape)
        elif isinstance(part, np.ndarray):
            packed[name] = part
        else:
            raise UnsupportedError(
                f"a checkpoint cannot keep {name!r} of the compression, which is no array; leave `checkpoint` out"
            )
    return packed


def unpacked_step(kept: Mapping[str, Any]) -> tuple[Arcs, SparseMatrix, Front]:
    """Return the step that `packed_step` took apart."""
    parts: dict[str, Any] = {name: part for name, part in kept.items() if "/" not in name}
    for name in {key.partition("/")[0] for key in kept if "/" in key}:
        numbers = tuple(kept[f"{name}/{field}"] for field in ("data", "indices", "indptr"))
        parts[name] = sp.csr_array(numbers, shape=tuple(kept[f"{name}/shape"]))
    arcs = Arcs(*(parts[f"arcs.{part}"] for part in ("parent", "increment", "child")))
    state = {key.removeprefix("state."): part for key, part in parts.items() if key.startswith("state.")}
    distance = float(parts["distance"])
    found = Compressed(parts["belief"], arcs.child, parts["representative"], distance, state)
    return arcs, parts["edges"], Front(found, parts["tag"], parts["weight"], distance)
