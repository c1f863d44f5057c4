"""A polygon from its support function.

The polygon is found by supports: the largest and smallest value of each agent first, then the outward normal of every
edge of the convex hull of the points so far, until no normal leads further. Then the polygon is the hull of these
points, and the half-planes ``n . v <= h(n)`` of its edges prove that nothing is missing: they are returned as `normals`
and `supports`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lp_posg.errors import SolveError
from lp_posg.types import FloatArray

EDGE_TOL = 1e-9  # a support beyond an edge by no more than this, in units of the agents' stakes, is rounding
CORNER_TOL = 1e-10  # a corner this close to the line through its neighbours is none
MOST_ROUNDS = 10_000  # each round finds all corners that the edges of the last one hide, so a few are usual
# A direction, shape (2,), to a point of the polygon that is furthest in it.
Support = Callable[[FloatArray], FloatArray]


def polygon_within(support: Support) -> tuple[FloatArray, FloatArray]:
    """Return the vertices of a polygon, counter-clockwise, and the outward normals that confine it."""
    axes = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    points = np.array([support(direction) for direction in axes])
    passed: set[bytes] = set()
    for _ in range(MOST_ROUNDS):
        points = _corners(points)
        if len(points) == 1:
            return points, axes
        following = np.roll(points, -1, axis=0)
        normals = _outward(points, following)
        further = []
        for near, far, normal in zip(points, following, normals, strict=True):
            edge = near.tobytes() + far.tobytes()
            if edge in passed:
                continue
            found = support(normal)
            if normal @ (found - near) > EDGE_TOL:
                further.append(found)
            else:
                passed.add(edge)
        if not further:
            return points, _with_ends(normals)
        points = np.concatenate([points, further])
    raise SolveError("the payoff region has more corners than can be, so this is a defect of lp_posg")


def _outward(near: FloatArray, far: FloatArray) -> FloatArray:
    """Return the unit normals to the right of each edge, shape (K, 2)."""
    along = far - near
    return np.asarray(np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True))


def _with_ends(normals: FloatArray) -> FloatArray:
    """Return the normals, and after each side of a segment that of the end it leads to."""
    if len(normals) > 2:
        return normals
    ends = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    return np.stack([normals, ends], axis=1).reshape(4, 2)


def _corners(points: FloatArray) -> FloatArray:
    """Return the corners of the convex hull, counter-clockwise, those within `CORNER_TOL` of a line dropped."""
    hull: FloatArray = _hull(points)
    while len(hull) > 2:
        before, after = np.roll(hull, 1, axis=0), np.roll(hull, -1, axis=0)
        away = _distance(hull, before, after)
        least = int(away.argmin())
        if away[least] > CORNER_TOL:
            return np.asarray(hull)
        hull = np.delete(hull, least, axis=0)
    if len(hull) == 2 and np.linalg.norm(hull[1] - hull[0]) <= EDGE_TOL:
        return np.asarray(hull[:1])
    return np.asarray(hull)


def _distance(points: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """Return the distance of each point to the line through its neighbours, or to one of them if these are one."""
    along = after - before
    length = np.linalg.norm(along, axis=1)
    offset = points - before
    across = np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0])
    alone = np.linalg.norm(offset, axis=1)
    return np.asarray(np.where(length > CORNER_TOL, across / np.maximum(length, CORNER_TOL), alone))


def _hull(points: FloatArray) -> FloatArray:
    """Return the convex hull by Andrew's monotone chain, counter-clockwise from the leftmost point."""
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return np.asarray(ordered)
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return np.array(lower[:-1] + upper[:-1])


def _chain(points: FloatArray) -> list[FloatArray]:
    chain: list[FloatArray] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
