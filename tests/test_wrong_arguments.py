"""Wrong arguments of every public function end in an error of ours, or in the TypeError of a wrong signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LpPosgError

ROOMS = ("lp_posg", *(f"lp_posg.{name}" for name in posg.NAMESPACES))

WRONG: tuple[Any, ...] = (
    None,
    3,
    -1,
    float("nan"),
    True,
    "dectigre",
    "",
    b"bytes",
    [],
    [None],
    {},
    object(),
    np.zeros((2, 3)),
    posg.Game,
)
"""What no argument, or hardly any, is meant to be."""


def functions() -> dict[str, Callable[..., Any]]:
    """Return the public functions of the package and of its rooms, each once."""
    found: dict[str, Callable[..., Any]] = {}
    for room in ROOMS:
        module = import_module(room)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isfunction(value) and value not in found.values():
                found[f"{room}.{name}"] = value
    return found


FUNCTIONS = functions()


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    """A sound value for each argument that has no default, by its name."""
    chicken, tiger, tree = posg.catalog("chicken"), posg.catalog("dectiger"), posg.trees.unroll("matching-pennies", 1)
    solution = posg.solve(tiger, 1)
    space = posg.information.reachable_states(tiger, solution.sharing, 1)
    table = posg.compare(chicken, 1, "full", ["ce"])
    learnt = posg.learn(chicken, 1, episodes=20, rounds=1, memory=0, evaluation_episodes=4)
    return {
        "game": tiger,
        "source": chicken,
        "horizon": 1,
        "solution": solution,
        "structure": solution.sharing,
        "policy": solution.policy,
        "model": space,
        "deviations": "ce",
        "gap": 0.0,
        "name": "chicken",
        "path": "unused.posg",
        "n_agents": 2,
        "kind": "ce",
        "compression": "exact",
        "sharing": "full",
        "max_memory": 1,
        "contraction": posg.bounds.belief_contraction(tiger, 1, n_samples=10),
        "observability": 0.5,
        "n_states": 2,
        "epsilon": 0.1,
        "n_runs": 2,
        "seed": 0,
        "level": 0.9,
        "traces": 0,
        "player": None,
        "tree": tree,
        "comparisons": table,
        "table": table,
        "costs": posg.solve(tiger, 1, compression="merge:0.1").ledger,
        "found": posg.bounds.belief_contraction(tiger, 1, n_samples=10),
        "regions": [posg.payoff_region(chicken, "ce")],
        "learnt": learnt,
        "concept": posg.solve(chicken, 1).concept,
        "objective": solution.objective,
        "figure": None,
        "agents": ("a", "b"),
        "start": 0,
        "rules": lambda position: posg.trees.End((0, 0)),
        "behaviour": [],
        "rule": "full",
        "simulator": None,
        "file_format": posg.formats.FORMATS[".posg"],
        "env": None,
    }


OF_TREES = ("to_game", "n_steps", "times", "strategic_form", "reduced_form", "has_perfect_recall", "to_open_spiel")
OF_TREES += ("check_perfect_recall", "tabular_policy")


QUICK = {"n_runs": 2, "evaluation_runs": 2, "n_games": 1, "n_samples": 2, "episodes": 4, "evaluation_episodes": 2}
"""Small values for arguments whose default is a lot of work."""


def calls(name: str, function: Callable[..., Any], sound: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield calls with one argument wrong, the others sound."""
    parameters = inspect.signature(function).parameters.values()
    named = [one for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    right = {one.name: sound[one.name] for one in named if one.default is one.empty}
    if name.endswith(OF_TREES) and "game" in right:
        right["game"] = sound["tree"]
    if name.endswith("learning.planned"):
        right["model"] = sound["learnt"].model
    right |= {key: least for key, least in QUICK.items() if key in inspect.signature(function).parameters}
    for one in named:
        for value in WRONG:
            yield right | {one.name: value}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_wrong_arguments_are_refused_in_our_words(name, sound, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, faults = FUNCTIONS[name], []
    for arguments in calls(name, function, sound):
        try:
            function(**arguments)
        except LpPosgError:
            continue
        except Exception as error:
            faults.append(f"{changed(arguments, sound)}: {type(error).__name__}: {error}")
    assert faults == []


def changed(arguments: dict[str, Any], sound: dict[str, Any]) -> str:
    """Return the arguments that differ from the sound ones."""
    return ", ".join(f"{name}={value!r:.60}" for name, value in arguments.items() if value is not sound.get(name))


def test_a_wrong_signature_is_pythons_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'memroy'"):
        posg.bounds.belief_contraction("dectiger", memroy=1)


def test_a_name_is_taken_wherever_a_game_is():
    assert posg.bounds.observability("dectiger").value == pytest.approx(0.0)
    assert posg.trees.has_perfect_recall("leduc-poker") is True
    assert posg.trees.unroll("matching-pennies", 1).n_nodes == 7
    assert posg.information.check_horizon("dectiger", 3) == 3
    assert posg.payoff_region("chicken", "ce").efficiency.best == pytest.approx(10.5)
    found = posg.learn("chicken", 1, episodes=20, rounds=1, memory=0, evaluation_episodes=4)
    assert found.best.certificate is not None
    with pytest.raises(LpPosgError, match=r"there is no such file, .* did you mean 'dectiger'"):
        posg.bounds.observability("dectigre")
