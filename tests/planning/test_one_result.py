"""Every method returns a `Solution` with the same members, and each of them works."""

from __future__ import annotations

import copy
import csv
import inspect
import json

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import CertificateError, FormatError, MissingMemberError, ModelError, OptionError
from lp_posg.evaluate import StepPlay
from lp_posg.planning import METHODS, HistorySolution, StateSolution, TreeSolution

CASES = {
    "states": lambda: posg.solve(posg.catalog("chicken-signals"), 2, "one-step-delay", "ce"),
    "histories": lambda: posg.solve(posg.catalog("kuhn-poker"), 3, "none", method="sequence-form"),
    "tree": lambda: posg.solve(posg.catalog("kuhn-poker-tree")),
    "plans": lambda: posg.solve(posg.catalog("kuhn-poker-tree"), concept="cce"),
}

KINDS = {"states": StateSolution, "histories": HistorySolution, "tree": TreeSolution, "plans": TreeSolution}


@pytest.fixture(scope="module", params=list(CASES))
def case(request):
    return request.param, CASES[request.param]()


def test_the_members_are_those_of_the_protocol(case):
    name, solution = case
    assert isinstance(solution, posg.Solution)
    assert type(solution) is KINDS[name]
    assert solution.method in METHODS
    assert bool(solution.reason) == (name != "histories")  # the method was named there
    assert solution.welfare == pytest.approx(solution.values.sum())
    assert (solution.certificate.gaps <= solution.allowed_gaps).all()
    assert solution.certificate.status == "exact"
    assert solution.to_play.endswith(solution.certificate.kind.to_play)
    assert ("whole plan" in solution.to_play) == (name == "plans")
    assert (solution.horizon is None) == (solution.sharing is None) == isinstance(solution.game, posg.Tree)
    assert solution.scale > 0
    keys = {"game", "horizon", "discount", "sharing", "concept", "objective", "method", "compression", "values"}
    assert keys | {"welfare", "certificate", "stats", "version"} <= set(solution.summary())
    json.dumps(solution.summary(), allow_nan=False)


def test_it_is_stored_verified_and_simulated(case, tmp_path):
    _, solution = case
    solution.save(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz")
    assert type(again) is type(solution)
    assert again.summary() == solution.summary()
    assert again.strategy(0, 0) == solution.strategy(0, 0)
    for checked in (solution, again):
        certificate = posg.verify(checked)
        np.testing.assert_allclose(certificate.values, solution.values, atol=1e-12)
        np.testing.assert_allclose(certificate.gaps, solution.certificate.gaps, atol=1e-12)
    played = again.simulate(20_000, seed=7)
    assert (abs(played.mean - solution.values) < 5 * played.standard_error).all()
    assert played.standard_error.max() < 0.2
    np.testing.assert_array_equal(again.simulate(500, seed=7).returns, played.returns[:500])


def test_what_was_stored_with_other_numbers_is_refused(case, tmp_path):
    _, solution = case
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    (values,) = [key for key in arrays if key.endswith("certificate.values") and not key.startswith("plan.")]
    spoilt = arrays | {key: arrays[key] + 0.5 for key in arrays if key.endswith("certificate.values")}
    np.savez(tmp_path / "t.npz", **spoilt)
    with pytest.raises(CertificateError, match="the stored solution says"):
        posg.verify(posg.load(tmp_path / "t.npz"))
    np.savez(tmp_path / "t.npz", **(arrays | {values: np.array([np.nan, 0.0])}))
    with pytest.raises(FormatError, match="damaged"):
        posg.load(tmp_path / "t.npz")


def test_no_stored_number_that_play_or_screens_use_passes_unseen(case, tmp_path):
    """Each array is spoilt alone: what is played, reached, stated or named is then not what `verify` certifies."""
    name, solution = case
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    passed = []
    for key, value in arrays.items():
        if key == "meta" or key.startswith("game.") or not value.size or value.dtype.kind not in "fi":
            continue
        other = value + 0.3 if value.dtype.kind == "f" else value + 1
        np.savez(tmp_path / "t.npz", **(arrays | {key: other}))
        try:
            posg.verify(posg.load(tmp_path / "t.npz"), approximate=True)
        except (CertificateError, FormatError, ModelError):
            continue
        passed.append(key)
    assert passed == [], name


@pytest.mark.parametrize("part", ["private", "parent"])
def test_histories_in_another_order_are_refused(part, tmp_path):
    """Behaviour belongs to sets by their place, so sets that changed places are other strategies."""
    posg.solve(posg.catalog("competitive-tiger"), 3, "none", method="sequence-form").save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    start, turned = arrays["trees.0.start"], arrays[f"trees.0.{part}"].copy()
    turned[start[1] : start[2]] = turned[start[1] : start[2]][::-1]
    np.savez(tmp_path / "t.npz", **(arrays | {f"trees.0.{part}": turned}))
    with pytest.raises(ModelError, match="information sets"):
        posg.verify(posg.load(tmp_path / "t.npz"))


def test_histories_are_not_verified_in_a_game_where_others_are_learnt():
    """Same labels and as many sets, but agent 1 sees one of the last two signals instead of one of the first two."""

    def game(seen):
        reward = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
        first = np.zeros((1, 3, 1))
        first[0, seen[0], 0] = first[0, seen[1], 0] = 0.5
        return posg.Game(
            transition=np.ones((1, 2, 2, 1)),
            observation=np.broadcast_to(first[0], (2, 2, 1, 3, 1)),
            reward=np.stack([reward, -reward]),
            initial=[1.0],
            initial_observation=first,
        )

    solution = posg.solve(game((0, 1)), 2, "none", method="sequence-form")
    posg.verify(solution, game((0, 1)))
    with pytest.raises(ModelError, match="information sets of the solution are not those"):
        posg.verify(solution, game((1, 2)))


def test_a_damaged_strategy_is_not_put_down_to_the_solver(tmp_path):
    CASES["tree"]().save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    np.savez(tmp_path / "t.npz", **(arrays | {"sets.behaviour": np.full_like(arrays["sets.behaviour"], 0.5)}))
    with pytest.raises(CertificateError, match="damaged") as caught:
        posg.verify(posg.load(tmp_path / "t.npz"))
    assert "solver" not in str(caught.value)
    assert caught.value.certificate.status == "exact"


@pytest.mark.parametrize("tolerance", ["a", -1, float("nan"), None])
def test_the_tolerance_of_verify_is_checked(case, tolerance):
    with pytest.raises(ModelError, match="tolerance"):
        posg.verify(case[1], tolerance=tolerance)


def test_its_strategy_is_exported(case, tmp_path):
    name, solution = case
    solution.export(tmp_path / "s.csv")
    solution.export(tmp_path / "s.json")
    content = json.loads((tmp_path / "s.json").read_text())
    assert content["values"] == pytest.approx(solution.values.tolist())
    with (tmp_path / "s.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    if name == "states":
        return
    atoms = content.get("atoms", [{"probability": 1.0, "information_sets": content.get("information_sets")}])
    assert sum(atom["probability"] for atom in atoms) == pytest.approx(1)
    assert len(atoms) == len(solution.sets.atom_prob)
    assert len(rows) == sum(len(entry["actions"]) for atom in atoms for entry in atom["information_sets"])
    for m, atom in enumerate(atoms):
        assert [entry["agent"] for entry in atom["information_sets"]] == sorted(
            entry["agent"] for entry in atom["information_sets"]
        )
        for entry in atom["information_sets"]:
            k = solution.information_sets(entry["agent"]).index(entry["information_set"])
            number = int(solution.sets_of(entry["agent"])[k])
            assert list(entry["actions"].values()) == solution.sets.law(number, m).tolist()


def test_a_posg_is_played_step_by_step():
    """What play does is what the strategy says; news that cannot be, and a step too many, are refused."""
    solution = CASES["states"]()
    play = solution.play(seed=4)
    assert isinstance(play, StepPlay)
    seen = {"driver1": "looks dry", "driver2": "looks icy"}
    with pytest.raises(ModelError, match="what each agent saw"):
        play.act()
    with pytest.raises(ModelError, match="what each agent saw"):
        play.act({"driver1": "looks dry"})
    with pytest.raises(ModelError, match="cannot see 'thunder'"):
        play.act(seen | {"driver2": "thunder"})
    first = play.act(seen)
    laws = [atom.prescriptions for atom in solution.strategy(0, 0)]
    assert any(all(first[who] in law[who][f"saw {seen[who]}"] for who in seen) for law in laws)
    second = play.act({"driver1": 1, "driver2": 0})
    assert set(second) == {"driver1", "driver2"}
    assert play.is_over
    with pytest.raises(ModelError, match="over after 2 steps"):
        play.act(seen)
    again = solution.play(seed=4)
    assert (again.act(seen), again.act({"driver1": 1, "driver2": 0})) == (first, second)


@pytest.mark.parametrize("name", ["states", "histories"])
def test_play_and_simulation_are_the_same_strategy(name):
    """Frequencies of first actions by what is seen agree with the law of the strategy."""
    solution = CASES[name]() if name == "histories" else posg.solve(posg.catalog("chicken-signals"), 1, "full", "ce")
    game = solution.game
    seen = {agent: game.observations[i][0] for i, agent in enumerate(game.agents)}
    counts: dict[str, float] = {}
    for seed in range(600):
        action = solution.play(seed).act(seen if game.has_initial_observation else None)[game.agents[0]]
        counts[action] = counts.get(action, 0) + 1 / 600
    node = 0
    law: dict[str, float] = {}
    for atom in solution.strategy(0, node):
        known = atom.prescriptions[game.agents[0]]
        mine = [own for text, own in known.items() if game.observations[0][0] in text] or list(known.values())
        for action, prob in mine[0].items():
            law[action] = law.get(action, 0) + atom.prob * prob
    assert counts == pytest.approx(law, abs=0.1)


def test_a_tree_is_played_set_by_set():
    solution = CASES["tree"]()
    counts = {"bet": 0, "pass": 0}
    for seed in range(600):
        counts[solution.play(seed).act({"player1": "queen pb"})["player1"]] += 1
    assert counts["bet"] / 600 == pytest.approx(solution.at("player1", "queen pb").actions.get("bet", 0.0), abs=0.08)
    both = solution.play().act({"player1": "king pb", "player2": 0})
    assert set(both) == {"player1", "player2"}
    for wrong in (None, {}, {"player3": 0}, {"player1": "ace"}, {"player1": 6}, {"player1": True}):
        with pytest.raises(ModelError):
            solution.play().act(wrong)


def test_auto_says_what_it_chose_and_why():
    chosen = {name: (make().method, make().reason) for name, make in CASES.items()}
    assert chosen["states"] == ("common-information", "a POSG")
    assert chosen["tree"][0] == "sequence-form"
    assert "linear program" in chosen["tree"][1]
    assert chosen["plans"][0] == "strategic-form"
    assert chosen["histories"] == ("sequence-form", "")


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"method": "magic"}, OptionError, "unknown method 'magic'; expected one of auto, "),
        ({"method": "strategic-form"}, OptionError, "for game trees"),
        ({"method": "sequence-form", "concept": "ce"}, OptionError, "concept does not apply to method 'sequence-form'"),
        ({"method": "sequence-form", "objective": "worst"}, OptionError, "objective does not apply"),
        ({"method": "sequence-form", "compression": "merge:0.1"}, OptionError, "compression does not apply"),
        ({"method": "sequence-form", "workers": 2}, OptionError, "workers does not apply"),
        ({"speed": 3}, TypeError, "'speed'; options of a run are progress, workers"),
    ],
)
def test_what_does_not_fit_a_posg_is_refused(options, error, match):
    with pytest.raises(error, match=match):
        posg.solve(posg.catalog("competitive-tiger"), 2, "full", **options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"horizon": 3}, "horizon does not apply to a game tree"),
        ({"sharing": "full"}, "sharing does not apply to a game tree"),
        ({"discount": 0.5}, "discount does not apply to a game tree"),
        ({"method": "common-information"}, "is for POSGs"),
        ({"method": "strategic-form", "compression": "merge:0.1"}, "compression does not apply"),
    ],
)
def test_what_does_not_fit_a_tree_is_refused(options, match):
    with pytest.raises(OptionError, match=match):
        posg.solve(posg.catalog("kuhn-poker-tree"), **options)


@pytest.mark.parametrize("seed", [-1, "a", 1.5, None, True])
def test_a_seed_of_play_is_checked_as_that_of_simulate(case, seed):
    for use in (case[1].play, lambda seed: case[1].simulate(10, seed)):
        with pytest.raises(ModelError, match=f"seed is {seed!r}, expected a whole number of at least 0"):
            use(seed)


def test_a_place_that_is_no_number_is_told(case):
    for place in (("a", 0), (0, "a"), (0.5, 0), (-1, 0), (0, -1)):
        with pytest.raises(ModelError, match=r"there is no|a game tree has no steps"):
            case[1].strategy(*place)


def test_what_play_cannot_see_is_told(case):
    with pytest.raises(ModelError, match=r"seen is 3, expected|nobody sees anything before the first action"):
        case[1].play().act(3)


@pytest.mark.parametrize("path", [3, None, b"s.npz"])
def test_what_is_no_path_is_told(case, path):
    for write in (case[1].save, case[1].export, lambda path: posg.save(posg.catalog("chicken"), path), posg.load):
        with pytest.raises(FormatError, match="is not a path; give the name of a"):
            write(path)


def test_members_of_other_kinds_say_why_they_are_missing(case):
    name, solution = case
    told = {
        "states": (("at", "information_sets", "behaviour"), r"over common-information states.*see `strategy"),
        "histories": (("ledger", "advantages", "gains", "graph"), "solve with method 'common-information', where"),
        "tree": (("ledger", "advantages", "gains", "history"), "over information sets.*see `certificate`"),
    }
    members, match = told.get(name, told["tree"])
    for member in members:
        assert not hasattr(solution, member)
        with pytest.raises(MissingMemberError, match=match):
            getattr(solution, member)
    with pytest.raises(AttributeError, match="object has no attribute 'nonsense'"):
        solution.nonsense()
    assert copy.copy(solution).welfare == solution.welfare


def test_simulate_takes_the_same_arguments(case):
    _, solution = case
    names = ["n_runs", "seed", "game", "level", "traces"]
    assert list(inspect.signature(solution.simulate).parameters) == names
    own, given = solution.simulate(50), solution.simulate(50, game=solution.game, traces=0)
    np.testing.assert_array_equal(own.returns, given.returns)
    with pytest.raises(ModelError, match=r"expected a Game|expected a Tree"):
        solution.simulate(50, game=3)
    if isinstance(solution, TreeSolution):
        with pytest.raises(OptionError, match="traces does not apply to a solution of a game tree"):
            solution.simulate(50, traces=1)
    else:
        assert len(solution.simulate(50, traces=1).traces) == 1
