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
    status, out, err = run("policy", stored, "--time", "1", "--node", "0")
    assert (status, err) == (0, "")
    solution = posg.Solution.load(tmp_path / stored)
    facts, told = out.split("\n\n")
    assert "concept: ce" in facts.splitlines()
    head, after, columns, *rows = told.splitlines()
    assert head.startswith("time 1, state 0: worth ")
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
    assert [line for line in out.splitlines() if line.startswith("time ")] != []
    assert out.count("\ntime ") == 3
    # All of the two times, as `solve` counts them.
    total = sum(posg.solve(posg.catalog("chicken-signals"), 2, "full", "ce").stats.states_by_depth)
    assert out.splitlines()[-1] == f"{total - 3} more states; --max shows more of them, --export writes all"
    assert "more states" not in run("policy", stored, "--max", str(total))[1]


def test_policy_as_json_has_histories_values_and_atoms(run, stored, tmp_path):
    status, out, err = run("policy", stored, "--time", "0", "--json")
    assert (status, err) == (0, "")
    found, solution = json.loads(out), posg.Solution.load(tmp_path / stored)
    assert found["n_states"] == len(found["states"]) == solution.policy.steps[0].n_nodes
    for v, state in enumerate(found["states"]):
        assert (state["time"], state["state"]) == (0, v)
        assert state["history"] == list(solution.history(0, v))
        assert state["values"] == solution.node_values[0][v].tolist()
        assert [atom["prescriptions"] for atom in state["atoms"]] == [
            atom.prescriptions for atom in solution.strategy(0, v)
        ]


def test_policy_tells_what_was_asked_for_beside_an_export(run, stored):
    status, out, _ = run("policy", stored, "--time", "1", "--max", "1", "--export", "all.json")
    assert status == 0
    assert out.startswith("wrote: all.json\n")
    assert out.count("\ntime 1") == 1
    status, out, _ = run("policy", stored, "--json", "-", "--export", "all.json")
    assert json.loads(out)["n_states"] > 1


def test_policy_exports_all_of_it_whatever_is_shown(run, stored, tmp_path):
    assert run("policy", stored, "--export", "all.csv") == (0, "wrote: all.csv\n", "")
    with (tmp_path / "all.csv").open(newline="") as file:
        states = {(int(row["time"]), int(row["state"])) for row in csv.DictReader(file)}
    assert states == set(posg.Solution.load(tmp_path / stored).graph.nodes)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--node", "0"), 2, "give --time too"),
        (("--time", "2"), 2, "there is no time 2: the solution has 2 steps"),
        (("--time", "1", "--node", "99"), 2, "there is no state 99 at time 1"),
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
