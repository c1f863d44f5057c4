"""Stored games and solutions with other numbers in their arrays: what must never be read beyond its memory.

Run as a program, ``array_mutants.py KIND COUNT SEED FOLDER``, since a reader that trusts such numbers may kill the
process: it prints one JSON line of what became of the files, and the number of each is known from the seed.
"""

from __future__ import annotations

import faulthandler
import io
import json
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutants
import numpy as np

import lp_posg as posg
from lp_posg.errors import FormatError, LpPosgError
from lp_posg.planning.export import csv_text, graphml_text, json_text

KINDS = ("game", "solution")

Arrays = dict[str, Any]

_VALUES = [-(2**63), -(2**31), -1000, -5, -1, 0, 1, 2, 3, 7, 100, 10**6, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1]
_FLOATS = [float("nan"), float("inf"), -1.0, -1e-300, 1e308, 0.0, 0.5, 2.0, 1e-9]
_DTYPES = ["<i4", "<i8", "<u8", "<i1", "<f8", "<f4", "<f2", "<c16", "?", "<U5", "S3", ">f8", ">i8", "<M8[s]"]


def sound(folder: Path, kind: str) -> list[Arrays]:
    """Return the arrays of some sound files."""
    path, found = folder / "sound.npz", []
    if kind == "game":
        for name in ("noisy-pennies", "access-channel", "dectiger"):
            posg.save(posg.catalog(name), path)
            found.append(_arrays(path))
    else:
        for name, sharing in (("general-tiger", "one-step-delay"), ("dectiger", "full")):
            posg.solve(posg.catalog(name), 2, sharing, "cce").save(path)
            found.append(_arrays(path))
    return found


def changed(rng: random.Random, arrays: Arrays) -> Arrays:
    """Return arrays of which one to three were changed."""
    arrays = dict(arrays)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        names = sorted(set(arrays) - {"meta"})
        places = [name for name in names if name.endswith(("indptr", "indices", "shape", "start", "child", "nodes"))]
        name = rng.choice(places if rng.random() < 0.5 else names)
        arrays[name] = rng.choice(_CHANGES)(rng, arrays[name].copy(), arrays)
    if rng.random() < 0.1:
        arrays["meta"] = _other_meta(rng, arrays["meta"])
    return arrays


def _one_value(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    if not array.size or array.dtype.kind not in "iuf":
        return array
    value = rng.choice(_FLOATS if array.dtype.kind == "f" else _VALUES)
    with np.errstate(all="ignore"):
        places = [rng.randrange(array.size), array.size - 1, 0]
        array.reshape(-1)[rng.choice(places)] = np.array(value).astype(array.dtype)
    return array


def _shifted(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    return array + rng.choice([-1, 1, 5, -100]) if array.dtype.kind in "if" else array


def _swapped(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    flat = array.reshape(-1)
    if array.size > 1:
        i, j = rng.randrange(array.size), rng.randrange(array.size)
        flat[i], flat[j] = flat[j].copy(), flat[i].copy()
    return array


def _another_dtype(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return array.astype(rng.choice(_DTYPES))
        except (ValueError, TypeError):
            return array


def _another_shape(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    changes: list[Callable[[], Any]] = [
        lambda: array.reshape(-1),
        lambda: array[None],
        lambda: array[..., None],
        lambda: array[:0],
        lambda: array[:-1],
        lambda: np.repeat(array, 2, axis=0),
        lambda: array.T,
        lambda: array.reshape(-1)[0],
        lambda: array[::-1],
    ]
    return rng.choice(changes)() if array.ndim and array.size else array


def _of_another(rng: random.Random, array: Any, arrays: Arrays) -> Any:
    return arrays[rng.choice(sorted(set(arrays) - {"meta"}))].copy()


_CHANGES = (_one_value, _one_value, _one_value, _shifted, _swapped, _another_dtype, _another_shape, _of_another)


def _other_meta(rng: random.Random, meta: Any) -> Any:
    """Return the JSON text with one of its values replaced."""
    content = json.loads(str(meta))
    place = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        if not isinstance(place[key], (dict, list)) or not place[key] or rng.random() < 0.2:
            place[key] = rng.choice([None, True, -1, 0, 1, 2, 10**6, 10**30, 0.5, "", "a", [], ["a"], {}, [[]]])
            return np.array(json.dumps(content, ensure_ascii=False))
        place = place[key]


def _arrays(path: Path) -> Arrays:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def use_game(path: Path) -> None:
    """Read a game, and write it and read it again."""
    game = posg.load(path)
    again = path.with_name("again.npz")
    posg.save(game, again)
    assert posg.load(again) == game


def use_solution(path: Path) -> None:
    """Read a solution and do with it what is done with solutions; that it fails its checks is an answer."""
    solution = posg.load(path)
    for use in (lambda: solution.summary(), lambda: json_text(solution), lambda: csv_text(solution),
                lambda: graphml_text(solution), lambda: posg.verify(solution),
                lambda: solution.simulate(20, 1), lambda: dict(solution.graph.nodes)):  # fmt: skip
        try:
            use()
        except FormatError:
            raise AssertionError("a solution that was read is called damaged later") from None
        except LpPosgError:
            pass


def run(kind: str, count: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return what became of `count` files: how many were read and refused, what went wrong, and the messages."""
    rng, samples = random.Random(f"{kind} {seed}"), sound(folder, kind)
    path, use = folder / "changed.npz", use_game if kind == "game" else use_solution
    read, wrong, messages = 0, [], set()
    for number in range(count):
        arrays = changed(rng, rng.choice(samples))
        stream = io.BytesIO()
        np.savez(stream, **arrays)
        mutants.put(path, stream.getvalue())
        try:
            with mutants.memory_within(mutants.ROOM):
                use(path)
            read += 1
        except FormatError as error:
            text = str(error)
            messages.add(text[:200])
            if not text.startswith(f"{path}: ") or len(text) > mutants.LONGEST or "\n" in text or "memory" in text:
                wrong.append((number, f"says {text[:200]!r}"))
        except Exception as error:
            wrong.append((number, f"raised {type(error).__name__}: {str(error)[:200]}"))
    return {"read": read, "refused": count - read - len(wrong), "wrong": wrong, "messages": sorted(messages)}


if __name__ == "__main__":
    faulthandler.enable()
    sys.stdout.write(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))) + "\n")
