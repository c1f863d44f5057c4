"""`policy`: a stored strategy is told state by state, or written for other programs."""

from __future__ import annotations

import csv
import json

import pytest

import lp_posg as posg


@pytest.fixture
def stored(run):
    arguments = ("solve", "chicken-signals", "-H", "2", "--concept", "ce", "--save", "drivers.npz")
    assert run(*arguments)[0] == 0
    return "drivers.npz"


def test_policy_tells_a_state(run, stored, tmp_path):
    status, out, err = run("policy", stored, "--step", "2", "--state", "1")
    assert (status, err) == (0, "")
    solution = posg.load(tmp_path / stored)
    facts, told, _ = out.split("\n\n")
    assert "concept: ce" in facts.splitlines()
    assert f"to_play: {solution.to_play}" in facts.splitlines()
    head, after, columns, *rows = told.splitlines()
    assert head.startswith("step 2, state 1: worth ")
    assert [float(own) for own in head.split("worth ")[1].split()] == pytest.approx(solution.node_values[1][0].tolist())
    assert after == "after: " + " | ".join(solution.history(1, 0))
    assert columns.split("  ")[0] == "atom"
    atoms = solution.strategy(1, 0)
    # Two agents without private information: one line for each of them and each atom.
    assert len(rows) == 2 * len(atoms)
    assert float(rows[0].split()[1]) == pytest.approx(atoms[0].prob)
    (known,) = atoms[0].prescriptions["driver1"].values()
    assert rows[0].split("nothing")[1].strip().split(" ")[0] == next(iter(known))


def test_policy_tells_as_many_states_as_asked_for(run, stored):
    status, out, _ = run("policy", stored, "--max", "3")
    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("step ")] != []
    assert out.count("\nstep ") == 3
    # All of the two times, as `solve` counts them.
    total = sum(posg.solve(posg.catalog("chicken-signals"), 2, "full", "ce").stats.states_by_depth)
    assert out.splitlines()[-1] == f"{total - 3} more states; --max shows more of them, --export writes all"
    assert "more states" not in run("policy", stored, "--max", str(total))[1]


def test_policy_as_json_has_histories_values_and_atoms(run, stored, tmp_path):
    status, out, err = run("policy", stored, "--step", "1", "--json")
    assert (status, err) == (0, "")
    found, solution = json.loads(out), posg.load(tmp_path / stored)
    assert found["n_states"] == len(found["states"]) == solution.policy.steps[0].n_nodes
    for v, state in enumerate(found["states"]):
        assert (state["time"], state["state"]) == (0, v)
        assert state["history"] == list(solution.history(0, v))
        assert state["values"] == solution.node_values[0][v].tolist()
        assert [atom["prescriptions"] for atom in state["atoms"]] == [
            atom.prescriptions for atom in solution.strategy(0, v)
        ]


def test_policy_tells_what_was_asked_for_beside_an_export(run, stored):
    status, out, _ = run("policy", stored, "--step", "2", "--max", "1", "--export", "all.json")
    assert status == 0
    assert out.startswith("wrote: all.json\n")
    assert out.count("\nstep 2") == 1
    status, out, _ = run("policy", stored, "--json", "-", "--export", "all.json")
    assert json.loads(out)["n_states"] > 1


def test_policy_exports_all_of_it_whatever_is_shown(run, stored, tmp_path):
    assert run("policy", stored, "--export", "all.csv") == (0, "wrote: all.csv\n", "")
    with (tmp_path / "all.csv").open(newline="") as file:
        states = {(int(row["time"]), int(row["state"])) for row in csv.DictReader(file)}
    assert states == set(posg.load(tmp_path / stored).graph.nodes)


def test_policy_says_why_no_one_gains(run):
    """Chicken's best correlated equilibrium: (swerve, swerve) 1/2, one dares 1/4 each.

    Told to swerve, the other swerves with 2/3: 6 * 2/3 + 2 * 1/3 = 14/3, and daring gives 7 * 2/3, as much. Told to
    dare, the other swerves for sure: 7, and 6 for swerving.
    """
    assert run("solve", "chicken", "-H", "1", "--concept", "ce", "--save", "chicken.npz")[0] == 0
    _, out, _ = run("policy", "chicken.npz")
    head, columns, *rows = out.split("\n\n")[-1].splitlines()
    assert head == "why no one gains by deviating: at this state the best deviation gains 0 0"
    assert columns.split("  ")[0] == "agent"
    assert [row.split() for row in rows] == [
        [agent, "nothing", *own]
        for agent in ("driver1", "driver2")
        for own in (["swerve", "4.6666667", "dare", "0"], ["dare", "7", "swerve", "-1"])
    ]
    (state,) = json.loads(run("policy", "chicken.npz", "--json")[1])["states"]
    assert state["best_gains"] == pytest.approx([0, 0], abs=1e-9)
    first = state["gains"][0]
    assert (first["agent"], first["private_info"], first["recommended"]) == ("driver1", "nothing", "swerve")
    assert (first["following"], first["gain"], first["chance"]) == pytest.approx((14 / 3, 0, 3 / 4), abs=1e-9)
    assert "by deviating: at" not in run("policy", "chicken.npz", "--no-gains")[1]
    quiet = json.loads(run("policy", "chicken.npz", "--no-gains", "--json")[1])
    assert quiet["states"][0]["gains"] is None
    assert quiet["gains_unknown"] is None


def test_policy_says_why_it_cannot_tell(run, tmp_path):
    assert run("solve", "general-tiger", "-H", "2", "--certificate", "bounded", "--compression", "merge:0.01",
               "--approximate", "--save", "bounded.npz")[0] == 0  # fmt: skip
    status, out, _ = run("policy", "bounded.npz", "--max", "1")
    assert status == 0
    assert out.splitlines()[-3].startswith("why no one gains by deviating is not known: the solution's gaps are bounds")
    own = posg.DelayedSharing("my own rule", (1, 1), (1, 1))
    posg.solve(posg.catalog("chicken"), 1, own, "cce").save(tmp_path / "own.npz")
    status, out, _ = run("policy", "own.npz")
    assert status == 0
    assert "is not known: the solution was computed with sharing 'my own rule', which is not built in" in out
    found = json.loads(run("policy", "own.npz", "--json")[1])
    assert "not built in" in found["gains_unknown"]
    assert found["states"][0]["gains"] is None


def test_what_is_no_equilibrium_is_not_called_one(run, tmp_path):
    """Planned with a memory of 1, the team of the tiger could gain by deviating; the gaps are exact."""
    arguments = ("dectiger", "-H", "4", "--compression", "finite-memory:1", "--approximate")
    assert run("solve", *arguments, "--save", "short.npz")[0] == 0
    stored = posg.load(tmp_path / "short.npz")
    out = run("policy", "short.npz")[1]
    assert stored.certificate.gap > 1e-3
    assert "what is gained by deviating: at this state" in out
    assert "why no one gains" not in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--state", "1"), 2, "give --step too"),
        (("--step", "3"), 2, "there is no step 3: the solution has 2 steps"),
        (
            ("--step", "2", "--state", "99"),
            2,
            "there is no state 99 at step 2, which has 9; `lp-posg policy drivers.npz --step 2`",
        ),
        (("--export", "all.xml"), 2, "ends in '.xml'; a strategy is written as .csv"),
        (("--export", "nowhere/all.csv"), 1, "there is no directory 'nowhere'"),
        (("--max", "0"), 2, "--max"),
        (("--export", "same.json", "--json", "same.json"), 2, "two files of one name"),
    ],
)
def test_what_is_wrong_ends_in_one_line(run, stored, tmp_path, arguments, status, message):
    before = sorted(path.name for path in tmp_path.iterdir())
    found, out, err = run("policy", stored, *arguments)
    assert (found, out) == (status, "")
    assert message in " ".join(err.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_policy_never_overwrites_the_solution(run, stored, tmp_path):
    kept = (tmp_path / stored).read_bytes()
    (tmp_path / "same.csv").symlink_to(tmp_path / stored)
    assert run("policy", stored, "--export", "same.csv")[0] == 2
    assert run("policy", stored, "--json", stored)[0] == 2
    assert (tmp_path / stored).read_bytes() == kept
