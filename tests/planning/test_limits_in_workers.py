"""A stage program that a limit stops in a worker ends the run with one line, wherever the worker is."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

import lp_posg as posg
from lp_posg import errors
from lp_posg.errors import LimitError
from lp_posg.induction.backward import sweep
from lp_posg.information import reachable_states, sharing_structure
from lp_posg.information.resources import Resources
from lp_posg.stage import concept_named, parse_objective


def slow_game(n_signals: int = 8, n_actions: int = 50) -> posg.Game:
    """Nearly zero-sum games, too many for one part; which of them is played both see, and `ne` takes minutes."""
    shape = (n_signals, n_actions, n_actions)
    first, other = np.random.default_rng(1).uniform(-1, 1, (2, *shape))
    transition = np.zeros((*shape, n_signals))
    transition[..., 0] = 1.0
    observation = np.zeros((*shape[1:], n_signals, n_signals, n_signals))
    seen = np.zeros((n_signals,) * 3)
    for s in range(n_signals):
        observation[..., s, s, s] = seen[s, s, s] = 1.0
    reward = np.stack([first, 0.1 * other - 0.9 * first])
    initial = np.full(n_signals, 1 / n_signals)
    return posg.Game(transition, observation, reward, initial, initial_observation=seen)


@pytest.fixture(scope="module")
def game():
    return slow_game()


def solved(game, run, deadline):
    space = reachable_states(game, sharing_structure("full", 2), 1)
    goal = parse_objective("welfare", game.agents)
    return sweep(game, space, "full", concept_named("ne"), goal, resources=Resources(run, deadline=deadline))


def test_a_worker_hands_a_limit_over_and_raises_nothing(game, monkeypatch):
    """What a worker raises, a cluster logs with a traceback; this one takes what it is given through pickle."""
    begun, calls = time.time(), []

    def run(function, parts):
        monkeypatch.setattr(time, "time", lambda: begun + 2000)  # when the parts are sent, there was time
        for part in parts:
            calls.append(pickle.loads(pickle.dumps(function(part))))
            yield calls[-1]

    with pytest.raises(LimitError, match=r"the time limit was met, in phase 'solve' at step 1; .*time_limit") as caught:
        solved(game, run, begun + 1000)
    assert len(calls) == 1  # the parts after it are not begun
    assert isinstance(calls[0][1], LimitError)
    assert caught.value.limit == "time"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["LimitError", "SolveError", "UnsupportedError", "CertificateError", "ModelError"])
def test_errors_cross_processes_with_their_facts(name):
    error = getattr(errors, name)("stopped here", limit="time", bound=2.5, incumbent=1.5, x=np.arange(3.0))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == "stopped here"
    assert (again.limit, again.bound, again.facts["incumbent"]) == ("time", 2.5, 1.5)
    np.testing.assert_array_equal(again.x, [0, 1, 2])


def test_a_limit_met_in_processes_is_one_line(game, tmp_path):
    """Wherever the limit is met on a busy machine: it takes minutes to solve the first of these games."""
    posg.save(game, tmp_path / "slow.npz")
    what = ["solve", "slow.npz", "--horizon", "1", "--sharing", "full", "--concept", "ne"]
    call = [sys.executable, "-m", "lp_posg", *what, "--workers", "2", "--time-limit", "2"]
    ended = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert "--time-limit" in ended.stderr


def test_a_limit_met_in_dask_is_one_line(game, capfd):
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        capfd.readouterr()
        with pytest.raises(LimitError) as caught:
            posg.solve(game, 1, "full", "ne", time_limit=2, workers=2, backend="dask")
        told = capfd.readouterr()
    assert "\n" not in str(caught.value)
    assert (told.out, told.err) == ("", "")
