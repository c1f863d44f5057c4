"""Solutions on disk, and certified again from there."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import CertificateError, FormatError, ModelError, OptionError
from lp_posg.information import Data, sharing_structure
from lp_posg.planning import load_solution


@pytest.fixture(scope="module")
def solution():
    return posg.solve(posg.catalog("general-tiger"), 2, "one-step-delay", "ce")


def rewritten(path, target, **changes):
    """Copy an .npz file with some arrays replaced, or dropped where the replacement is None."""
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored.files} | changes
    np.savez(target, **{key: value for key, value in arrays.items() if value is not None})
    return target


def test_a_solution_comes_back_as_it_was(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    again = load_solution(tmp_path / "s.npz")
    assert again.game == solution.game
    assert again.summary() == solution.summary()
    assert again.labels == solution.labels
    assert dict(again.graph.nodes(data=True)) == dict(solution.graph.nodes(data=True))
    assert again.strategy(1, 0) == solution.strategy(1, 0)
    np.testing.assert_array_equal(posg.verify(again).values, solution.certificate.values)


def test_initial_observations_and_time_variation_are_stored(tmp_path):
    for game in (random_game(1, initial_observation=True), random_game(2, horizon=2), posg.catalog("access-channel")):
        solution = posg.solve(game, 2, "one-step-delay", "cce")
        solution.save(tmp_path / "s.npz")
        again = load_solution(tmp_path / "s.npz")
        assert again.game == game
        assert posg.verify(again, game).gap <= 1e-7


def test_nothing_is_pickled(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz", allow_pickle=False) as stored:
        assert len(stored.files) > 20
        assert all(stored[key].dtype != object for key in stored.files)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(solution, tmp_path, monkeypatch):
    target = tmp_path / "s.npz"
    target.write_bytes(b"old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(FormatError, match="No space left"):
        solution.save(target)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["s.npz"]


def test_saving_into_a_folder_that_is_not_there_is_one_error(solution, tmp_path):
    with pytest.raises(FormatError, match="cannot be written"):
        solution.save(tmp_path / "no" / "s.npz")


@pytest.mark.parametrize(
    "content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 50], ids=["empty", "text", "broken zip"]
)
def test_other_files_are_not_solutions(tmp_path, content):
    (tmp_path / "s.npz").write_bytes(content)
    with pytest.raises(FormatError, match=r"s\.npz"):
        load_solution(tmp_path / "s.npz")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(FormatError, match="cannot be read"):
            load_solution(path)


def test_an_npz_of_something_else(tmp_path):
    np.savez(tmp_path / "s.npz", a=np.arange(3))
    with pytest.raises(FormatError, match="not a stored solution"):
        load_solution(tmp_path / "s.npz")


def test_objects_are_never_unpickled(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        np.save(tmp_path / "meta.npy", np.array([{}], dtype=object), allow_pickle=True)
        archive.write(tmp_path / "meta.npy", "meta.npy")
    with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
        load_solution(tmp_path / "s.npz")


def test_a_future_format_is_refused(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        meta = json.loads(str(stored["meta"]))
    meta["format_version"] = 99
    bad = rewritten(tmp_path / "s.npz", tmp_path / "t.npz", meta=np.array(json.dumps(meta)))
    with pytest.raises(FormatError, match="version 99, expected"):
        load_solution(bad)


def test_every_missing_array_is_one_error(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        names = [n for n in stored.files if not n.startswith("node_values")]
    assert len(names) > 20
    for name in names:
        bad = rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: None})
        with pytest.raises(FormatError):
            load_solution(bad)


@pytest.mark.parametrize("factor", [0.5, -1.0, np.nan], ids=str)
def test_probabilities_that_are_none_are_damage(solution, tmp_path, factor):
    solution.save(tmp_path / "s.npz")
    name = "policy.steps.0.blocks.0.prescription.0"
    with np.load(tmp_path / "s.npz") as stored:
        changed = stored[name] * factor
    with pytest.raises(FormatError, match=r"damaged.*steps?( 1|\.0)"):
        load_solution(rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: changed}))


def test_a_tampered_strategy_fails_verification(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    name = "policy.steps.0.blocks.0.prescription.0"
    with np.load(tmp_path / "s.npz") as stored:
        changed = np.roll(stored[name], 1, axis=2)
    tampered = load_solution(rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: changed}))
    with pytest.raises(CertificateError):
        posg.verify(tampered)


def test_tampered_values_fail_verification(solution, tmp_path):
    solution.save(tmp_path / "s.npz")
    claimed = load_solution(
        rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{"certificate.values": solution.values + 1})
    )
    with pytest.raises(CertificateError, match="the stored solution says"):
        posg.verify(claimed)


def test_a_solution_of_another_game_is_refused(solution):
    with pytest.raises(ModelError, match="another game"):
        posg.verify(solution, posg.catalog("dectiger"))
    richer = posg.Game(
        solution.game.transition,
        solution.game.observation,
        solution.game.reward[::-1] * 2,
        solution.game.initial,
        agents=solution.game.agents,
        states=solution.game.states,
        actions=solution.game.actions,
        observations=solution.game.observations,
    )
    with pytest.raises(CertificateError):
        posg.verify(solution, richer)


class Late:
    """One-step delayed sharing, as a user would write it."""

    name = "late"

    def increment(self, agent, private, action, observation):
        return (private, action)

    def retain(self, agent, private, action, observation):
        return () if observation is None else (observation,)


def test_a_user_s_structure_is_stored_by_name_and_given_back_for_verification(tmp_path):
    game = posg.catalog("dectiger")
    solution = posg.solve(game, 3, Late())
    assert solution.values[0] == pytest.approx(8.815)
    solution.save(tmp_path / "s.npz")
    again = load_solution(tmp_path / "s.npz")
    assert again.sharing.name == "late"
    with pytest.raises(ModelError, match=r"'late', which is not built in; .* load\(path, sharing=\.\.\.\)"):
        posg.verify(again)
    given = posg.load(tmp_path / "s.npz", sharing=Late())
    assert posg.verify(given).gap <= 1e-9
    assert given.simulate(100).n_runs == 100
    with pytest.raises(OptionError, match="was computed with 'late', not with 'full'"):
        posg.load(tmp_path / "s.npz", sharing=sharing_structure("full", 2))
    assert Data((1,)).observations == (1,)


def with_meta(path, target, **changes):
    """Copy a stored solution with some of its options replaced."""
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
    meta["solution"] |= changes
    return rewritten(path, target, meta=np.array(json.dumps(meta)))


@pytest.mark.parametrize(
    "changes",
    [{"concept": 1}, {"tolerance": "1"}, {"horizon": 3}, {"horizon": "2"}, {"objective": "x"}, {"sharing": 1}],
    ids=str,
)
def test_options_that_solve_would_not_take_are_damage(solution, tmp_path, changes):
    solution.save(tmp_path / "s.npz")
    with pytest.raises(FormatError):
        load_solution(with_meta(tmp_path / "s.npz", tmp_path / "t.npz", **changes))


@pytest.mark.parametrize("wrong", [np.array([np.nan, 0.0]), np.zeros(3), np.array(["a", "b"])], ids=str)
def test_values_that_are_no_finite_numbers_are_damage(solution, tmp_path, wrong):
    solution.save(tmp_path / "s.npz")
    for name in ("certificate.values", "certificate.gaps", "model_values"):
        with pytest.raises(FormatError, match="finite numbers"):
            load_solution(rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: wrong}))


def test_a_solution_does_not_set_its_own_standard(tmp_path):
    """A cce that is no ce, relabelled as one with a tolerance of a million, is not verified."""
    game = posg.catalog("chicken")
    solution = posg.solve(game, 1, "full", "cce", objective="agent:1")
    team = posg.solve(game, 1, "full", "team")
    team.save(tmp_path / "s.npz")
    claimed = load_solution(with_meta(tmp_path / "s.npz", tmp_path / "t.npz", concept="ce", tolerance=1e6))
    with pytest.raises(CertificateError, match="the tolerance is 7e-07"):
        posg.verify(claimed)
    assert posg.verify(solution).gap <= 1e-9


def test_saving_to_a_device_is_refused(solution):
    with pytest.raises(FormatError, match="a device or a pipe"):
        solution.save("/dev/null")


def test_saving_through_a_link_keeps_the_link(solution, tmp_path):
    (tmp_path / "real.npz").write_bytes(b"old")
    (tmp_path / "link.npz").symlink_to(tmp_path / "real.npz")
    solution.save(tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert load_solution(tmp_path / "real.npz").horizon == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("policy.steps.0.child", lambda a: a[:0]),
        ("policy.steps.0.child", lambda a: a + 1000),
        ("policy.steps.0.increment", lambda a: a * np.nan),
        ("policy.steps.0.parent", lambda a: a[::-1] + 1),
        ("policy.start_node", lambda a: a.astype(str)),
        ("policy.start_node", lambda a: a + 7),
        ("policy.steps.0.blocks.0.private.0", lambda a: a[:0]),
        ("policy.steps.0.blocks.0.nodes", lambda a: a.astype(float)),
        ("game.observation.0.indices", lambda a: a + 10**6),
        ("game.transition.0.data", lambda a: a * np.nan),
        ("game.reward.0", lambda a: a * np.inf),
    ],
    ids=lambda own: own if isinstance(own, str) else "",
)
def test_damaged_arrays_are_named_as_damage(solution, tmp_path, name, change):
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        changed = change(stored[name].copy()) if name != "game.reward.0" else stored[name] + np.inf
    bad = rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: changed})
    with pytest.raises(FormatError, match="damaged"):
        load_solution(bad)


def test_an_npy_file_of_that_name_is_no_solution(tmp_path):
    with (tmp_path / "s.npz").open("wb") as stream:
        np.save(stream, np.arange(3))
    with pytest.raises(FormatError, match="not an"):
        load_solution(tmp_path / "s.npz")


@pytest.mark.parametrize("name", ["node_values.1", "certificate.gaps"])
def test_tampered_values_of_states_and_gaps_fail_verification(solution, tmp_path, name):
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        changed = stored[name] + 1
    claimed = load_solution(rewritten(tmp_path / "s.npz", tmp_path / "t.npz", **{name: changed}))
    with pytest.raises(CertificateError, match="not those of its strategy"):
        posg.verify(claimed)


def test_solutions_are_read_only_and_can_be_compared_and_hashed(solution):
    assert solution == solution
    assert len({solution, solution}) == 1
    for array in (solution.values, solution.node_values[0], solution.certificate.gaps):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    block = solution.policy.steps[0].blocks[0]
    with pytest.raises(ValueError, match="read-only"):
        block.prescription[0][...] = 0.0


def test_what_is_no_solution_and_no_game_is_told(solution):
    with pytest.raises(ModelError, match=r"solution is str, expected a Solution; load a file with"):
        posg.verify("s.npz")
    with pytest.raises(ModelError, match="whose observations are not those of 'dectiger'"):
        posg.verify(solution, "dectiger")
