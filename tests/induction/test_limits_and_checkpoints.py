"""Limits stop a run with a clear word; a checkpoint takes it up again; workers change nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import FormatError, LimitError, MissingExtraError, ModelError
from lp_posg.induction import sweep as sweep_module


@pytest.fixture(scope="module")
def game():
    return random_game(0, n_states=3)


def same(one, other):
    """Assert that two solutions agree bit for bit."""
    np.testing.assert_array_equal(one.values, other.values)
    assert one.stats.states_by_depth == other.stats.states_by_depth
    for mine, theirs in zip(one.policy.steps, other.policy.steps, strict=True):
        assert len(mine.blocks) == len(theirs.blocks) >= 1
        for a, b in zip(mine.blocks, theirs.blocks, strict=True):
            np.testing.assert_array_equal(a.atom_prob, b.atom_prob)
            for x, y in zip(a.prescription, b.prescription, strict=True):
                np.testing.assert_array_equal(x, y)


def test_too_many_states_stop_the_run_and_say_how_far_it_got(game):
    with pytest.raises(LimitError, match=r"more than 100 common-information states.*\[1, 16.*max_states") as caught:
        posg.solve(game, 4, "full", max_states=100)
    assert caught.value.states_by_depth[:2] == (1, 16)
    assert posg.solve(game, 2, "full", max_states=17).stats.states == 17


def test_time_runs_out_in_every_phase(game):
    with pytest.raises(LimitError, match="time limit"):
        posg.solve(game, 4, "full", time_limit=1e-9)
    from lp_posg.evaluate import certify
    from lp_posg.information import sharing_structure
    from lp_posg.information.resources import Resources

    solution = posg.solve(game, 2, "full")
    late = Resources(deadline=time.time() - 1, phase="certify")
    with pytest.raises(LimitError, match="'certify'"):
        certify(game, sharing_structure("full", 2), solution.policy, "cce", resources=late)


def test_a_step_that_needs_too_much_memory_is_not_begun(game):
    with pytest.raises(LimitError, match=r"the next step needs about .* MiB .* memory limit of 1 MiB"):
        posg.solve(game, 3, "full", memory_limit=2**20)


@pytest.mark.parametrize(
    "bad",
    [{"max_states": 0}, {"max_states": 1.5}, {"time_limit": 0}, {"time_limit": "1"}, {"memory_limit": -1},
     {"backend": "no-such-thing"}],
    ids=str,
)  # fmt: skip
def test_bad_limits_are_named(game, bad):
    with pytest.raises(ModelError, match=next(iter(bad))):
        posg.solve(game, 1, **bad)


def test_a_stopped_run_is_taken_up_again(game, tmp_path, monkeypatch):
    """Stopped after each depth in turn, the second run loads what is there and ends with the same answer."""
    whole = posg.solve(game, 3, "full", "ce")
    right = sweep_module._solved
    for stop in range(3):
        calls = []

        def failing(*args, calls=calls, stop=stop):
            calls.append(1)
            if len(calls) > stop:
                raise KeyboardInterrupt
            return right(*args)

        place = tmp_path / str(stop)
        monkeypatch.setattr(sweep_module, "_solved", failing)
        with pytest.raises(KeyboardInterrupt):
            posg.solve(game, 3, "full", "ce", checkpoint=place)
        counted = []
        monkeypatch.setattr(sweep_module, "_solved", lambda *args, counted=counted: counted.append(1) or right(*args))
        again = posg.solve(game, 3, "full", "ce", checkpoint=place)
        same(whole, again)
        assert len(counted) == 3 - stop
        assert again.stats.stage_lps == whole.stats.stage_lps


def test_a_finished_checkpoint_solves_nothing_again(game, tmp_path, monkeypatch):
    first = posg.solve(game, 2, "one-step-delay", "cce", checkpoint=tmp_path / "c")

    def never(*args):
        raise AssertionError("solved again")

    monkeypatch.setattr(sweep_module, "_solved", never)
    same(first, posg.solve(game, 2, "one-step-delay", "cce", checkpoint=tmp_path / "c"))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"horizon": 3}, "horizon"),
        ({"sharing": "one-step-delay"}, "sharing"),
        ({"concept": "ce"}, "concept"),
        ({"objective": "worst"}, "objective"),
        ({"discount": 0.5}, "game"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_run_is_refused(game, tmp_path, change, word):
    posg.solve(game, 2, "full", "cce", checkpoint=tmp_path / "c")
    with pytest.raises(ModelError, match=f"of another run: its {word} is"):
        posg.solve(game, **({"horizon": 2, "sharing": "full", "concept": "cce", "checkpoint": tmp_path / "c"} | change))


def test_a_checkpoint_of_another_game_is_refused(game, tmp_path):
    posg.solve(game, 2, checkpoint=tmp_path / "c")
    with pytest.raises(ModelError, match="its game is 'another'"):
        posg.solve(random_game(1, n_states=3), 2, checkpoint=tmp_path / "c")


def test_a_folder_with_something_else_is_left_alone(game, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="not a checkpoint, yet not empty"):
        posg.solve(game, 1, checkpoint=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(FormatError, match="cannot be used"):
        posg.solve(game, 1, checkpoint=tmp_path / "notes.txt")


def test_a_damaged_part_is_computed_again(game, tmp_path):
    whole = posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c")
    parts = sorted(p.name for p in (tmp_path / "c").glob("*.npz"))
    assert parts == ["depth-0.npz", "depth-1.npz", "solved-0.npz", "solved-1.npz", "solved-2.npz"]
    for name in parts:
        (tmp_path / "c" / name).write_bytes((tmp_path / "c" / name).read_bytes()[:100])
    same(whole, posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c"))


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
import lp_posg as posg
from random_games import random_game
solution = posg.solve(random_game(0, n_states=3), 5, "full", "ce", checkpoint=sys.argv[1])
print(repr(solution.values.tolist()))
"""


@pytest.mark.slow
def test_a_run_killed_at_random_moments_resumes_to_the_same_answer(tmp_path):
    """Ten runs, each killed (SIGKILL) after a random part of the time a whole run takes, then one to the end."""

    def command(folder):
        return [sys.executable, "-c", SCRIPT, str(tmp_path / folder), os.path.dirname(os.path.dirname(__file__))]

    begun = time.perf_counter()
    whole = subprocess.run(command("whole"), capture_output=True, text=True, check=True).stdout
    needed = time.perf_counter() - begun
    moments = random.Random(0)
    killed = 0
    for _ in range(10):
        run = subprocess.Popen(command("c"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(moments.uniform(0.1, 0.6) * needed)
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
            killed += 1
        _, errors = run.communicate()
        assert b"Error" not in errors
    assert killed >= 5
    assert subprocess.run(command("c"), capture_output=True, text=True, check=True).stdout == whole


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("concept", ["team", "ce", "cce"])
def test_backends_give_the_same_answer(concept, backend):
    game = random_game(3, n_states=3, n_actions=3)
    serial = posg.solve(game, 3, "full", concept)
    assert max(serial.stats.states_by_depth) > 2 * sweep_module.PART
    same(serial, posg.solve(game, 3, "full", concept, workers=2, backend=backend))


def test_a_local_dask_cluster_gives_the_same_answer():
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    game = random_game(3, n_states=3, n_actions=3)
    serial = posg.solve(game, 3, "full", "cce")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        same(serial, posg.solve(game, 3, "full", "cce", workers=2, backend="dask"))


def test_a_backend_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"lp-posg\[ray\]"):
        posg.solve(random_game(0), 1, workers=2, backend="ray")


def test_progress_has_rate_and_time_left(game):
    seen = []
    posg.solve(game, 3, "full", "ce", progress=seen.append)
    solving = [p for p in seen if p.phase == "solve"]
    assert solving[-1].seconds_left == 0.0
    assert solving[0].seconds_left > 0
    assert solving[-1].programs > 0
