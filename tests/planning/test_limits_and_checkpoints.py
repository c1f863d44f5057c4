"""Limits stop a run with a clear word; a checkpoint takes it up again; workers change nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import FormatError, LimitError, MissingExtraError, ModelError
from lp_posg.induction import backward as sweep_module


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
    assert parts == ["depth-0.npz", "depth-1.npz", "solved-0-0-0.npz", "solved-1-0-0.npz", "solved-2-0-0.npz"]
    for name in parts:
        (tmp_path / "c" / name).write_bytes((tmp_path / "c" / name).read_bytes()[:100])
    same(whole, posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c"))


def test_what_lies_in_a_folder_that_is_no_checkpoint_stays_there(game, tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".depth-0.npz.1-ab.tmp").write_text("mine too")
    with pytest.raises(FormatError, match="not a checkpoint"):
        posg.solve(game, 1, checkpoint=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"mine", ".depth-0.npz.1-ab.tmp"}


def test_drafts_of_dead_processes_are_cleared_away_and_those_of_living_ones_left(game, tmp_path):
    posg.solve(game, 1, checkpoint=tmp_path / "c")
    dead, alive = (tmp_path / "c" / f".depth-0.npz.{pid}-ab.tmp" for pid in (2**22 + 1, os.getpid()))
    dead.write_text("")
    alive.write_text("")
    posg.solve(game, 1, checkpoint=tmp_path / "c")
    assert (dead.exists(), alive.exists()) == (False, True)


class Mine:
    """Two structures of one name: one-step delay, or full sharing."""

    name = "mine"

    def __init__(self, late):
        self.late = late

    def increment(self, agent, private, action, observation):
        return (private, action) if self.late else (action, observation)

    def retain(self, agent, private, action, observation):
        return () if observation is None or not self.late else (observation,)


def test_other_rules_of_sharing_under_the_same_name_are_told_apart(game, tmp_path):
    posg.solve(game, 3, Mine(True), "ce", checkpoint=tmp_path / "c")
    with pytest.raises(ModelError, match="its sharing has the same name but other rules"):
        posg.solve(game, 3, Mine(False), "ce", checkpoint=tmp_path / "c")


def test_parts_that_are_foreign_or_swapped_are_computed_again(game, tmp_path):
    whole = posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c")
    place = tmp_path / "c"
    np.savez(place / "depth-0.npz", a=np.ones(3))
    np.save(place / "solved-1-0-0.npz", np.ones(3))
    (place / "solved-1-0-0.npz.npy").replace(place / "solved-1-0-0.npz")
    os.replace(place / "solved-0-0-0.npz", place / "solved-2-0-0.npz")
    same(whole, posg.solve(game, 3, "full", "ce", checkpoint=place))


@pytest.mark.parametrize(
    ("part", "array", "value"),
    [("depth-0", "edges/indptr", -5), ("depth-0", "arcs.child", 10**9), ("solved-1-0-0", "atom_start", -1)],
    ids=str,
)
def test_parts_with_other_numbers_than_were_kept_are_computed_again(game, tmp_path, part, array, value):
    whole = posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c")
    file = tmp_path / "c" / f"{part}.npz"
    with np.load(file) as stored:
        arrays = {key: stored[key] for key in stored.files}
    arrays[array][-1] = value
    np.savez(file, **arrays)
    same(whole, posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c"))
    with np.load(file) as stored:
        assert stored[array][-1] != value


def test_a_checkpoint_that_cannot_be_written_costs_a_warning_not_the_run(game, tmp_path, monkeypatch):
    from lp_posg.induction import checkpoint as module

    right = module.write_whole

    def full(path, write):
        if str(path).endswith(".npz"):
            raise FormatError(f"{path}: cannot be written: No space left on device", path=str(path), line=None)
        right(path, write)

    monkeypatch.setattr(module, "write_whole", full)
    with pytest.warns(UserWarning, match="No space left on device; the run goes on") as told:
        found = posg.solve(game, 3, "full", "ce", checkpoint=tmp_path / "c")
    assert len(told) == 1
    same(found, posg.solve(game, 3, "full", "ce"))


@pytest.mark.parametrize("bad", [{"checkpoint": 3}, {"checkpoint": ""}, {"checkpoint": "a\0b"}, {"backend": 3},
                                 {"memory_limit": float("inf")}], ids=str)  # fmt: skip
def test_options_of_the_wrong_kind_are_named(game, bad):
    with pytest.raises(ModelError, match=next(iter(bad))):
        posg.solve(game, 1, **bad)


def test_numpy_integers_are_integers(game):
    assert posg.solve(game, 2, workers=np.int64(1), max_states=np.int64(100)).stats.states == 17


def test_blocks_in_pieces_give_the_same_answer(monkeypatch):
    game = random_game(3, n_states=3, sparse=True)
    whole = posg.solve(game, 4, "one-step-delay", "ce")
    monkeypatch.setattr(sweep_module, "PIECE_PARTS", 2)
    monkeypatch.setattr(sweep_module, "PART_MOST", 3)
    pieces = posg.solve(game, 4, "one-step-delay", "ce")
    assert max(whole.stats.states_by_depth) > 14
    np.testing.assert_allclose(whole.values, pieces.values, atol=1e-9)
    assert pieces.certificate.gap <= 1e-7


def test_a_limit_inside_a_program_is_told_with_how_far_it_got(game, monkeypatch):
    from lp_posg.lp import attempts

    monkeypatch.setattr(attempts, "attempt_program", lambda program, left, **_: attempts.LPResult(
        attempts.Status.LIMIT, np.empty(0), np.empty(0), float("nan")))  # fmt: skip
    monkeypatch.setattr(attempts, "GROUP_MOST", 1)
    with pytest.raises(LimitError, match=r"in phase 'solve' at step 2; states by depth so far: \[1, 16\]") as caught:
        posg.solve(game, 2, "full", "ce", objective="egalitarian")
    assert caught.value.phase == "solve"
    assert caught.value.limit == "time"


@pytest.mark.slow
def test_an_interrupt_inside_a_program_ends_cleanly(tmp_path):
    """A mixed-integer program that would take minutes: SIGINT ends the command line with 130 and one line."""
    rng = np.random.default_rng(0)
    game = posg.Game(np.ones((1, 80, 80, 1)), np.ones((80, 80, 1, 1, 1)), rng.uniform(-1, 1, (2, 1, 80, 80)), [1.0])
    posg.save(game, tmp_path / "hard.posg")
    command = [sys.executable, "-m", "lp_posg", "solve", str(tmp_path / "hard.posg"), "-H", "1", "--concept", "ne"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(5)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert (run.returncode, errors.decode().strip()) == (130, "error: interrupted")


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
    """Ten runs killed (SIGKILL) at random moments; one that ends first must be right, and then all starts anew."""

    def command(folder):
        return [sys.executable, "-c", SCRIPT, str(tmp_path / folder), os.path.dirname(os.path.dirname(__file__))]

    begun = time.perf_counter()
    whole = subprocess.run(command("whole"), capture_output=True, text=True, check=True).stdout
    needed = time.perf_counter() - begun
    moments, killed = random.Random(0), 0
    for _ in range(60):
        run = subprocess.Popen(command("c"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(moments.uniform(0.1, 0.6) * needed)
        stopped = run.poll() is None
        if stopped:
            run.send_signal(signal.SIGKILL)
        said, errors = run.communicate()
        assert "Error" not in errors
        killed += stopped and run.returncode == -signal.SIGKILL
        if killed == 10:
            break
        if run.returncode == 0:
            assert said == whole
            shutil.rmtree(tmp_path / "c")
    assert killed == 10
    assert subprocess.run(command("c"), capture_output=True, text=True, check=True).stdout == whole


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("concept", ["team", "ce", "cce"])
def test_backends_give_the_same_answer(concept, backend, monkeypatch):
    monkeypatch.setattr(sweep_module, "PART_MOST", 256)
    game = random_game(3, n_states=3, n_actions=3)
    serial = posg.solve(game, 3, "full", concept)
    assert max(serial.stats.states_by_depth) > 2 * sweep_module.part_size(2 * 9)
    same(serial, posg.solve(game, 3, "full", concept, workers=2, backend=backend))


def test_a_local_dask_cluster_gives_the_same_answer(monkeypatch):
    monkeypatch.setattr(sweep_module, "PART_MOST", 256)
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    game = random_game(3, n_states=3, n_actions=3)
    serial = posg.solve(game, 3, "full", "cce")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        same(serial, posg.solve(game, 3, "full", "cce", workers=2, backend="dask"))


def test_a_local_ray_cluster_gives_the_same_answer(monkeypatch):
    monkeypatch.setattr(sweep_module, "PART_MOST", 256)
    ray = pytest.importorskip("ray", reason="the extra lp-posg[ray] is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        game = random_game(3, n_states=3, n_actions=3)
        same(posg.solve(game, 3, "full", "cce"), posg.solve(game, 3, "full", "cce", workers=2, backend="ray"))
    finally:
        ray.shutdown()


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
