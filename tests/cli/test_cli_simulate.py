"""`simulate`: a stored solution is played, the same seed says the same, what is wrong ends in one line."""

from __future__ import annotations

import json

import pytest

import lp_posg as posg


@pytest.fixture
def stored(run):
    assert run("solve", "dectiger", "-H", "4", "--sharing", "one-step-delay", "--save", "tiger.npz")[0] == 0
    return "tiger.npz"


def facts(out):
    return dict(line.split(": ", 1) for line in out.split("\n\n")[0].splitlines())


@pytest.mark.parametrize("game", [(), ("dectiger",)])
def test_simulate_shows_what_the_library_finds(run, stored, game, tmp_path):
    status, out, err = run("simulate", stored, *game, "--runs", "5000", "--seed", "3")
    assert (status, err) == (0, "")
    shown = facts(out)
    played = posg.load(tmp_path / stored).simulate(5000, 3)
    assert [float(own) for own in shown["mean"].split()] == pytest.approx(played.mean.tolist())
    assert [float(own) for own in shown["standard_error"].split()] == pytest.approx(played.standard_error.tolist())
    assert (shown["runs"], shown["seed"], shown["level"]) == ("5000", "3", "0.95")
    assert shown["stored_values"] == "11.0154875 11.0154875"
    low, high = played.interval("bernstein")[0]
    first = shown["bernstein_interval"].split("] ")[0].strip("[]").split(", ")
    assert [float(end) for end in first] == pytest.approx([low, high])
    # The seed was fixed so that the exact value lies inside, as it does for most seeds.
    assert low < 11.0154875 < high


def test_simulate_as_json_is_the_summary_and_nothing_else(run, stored, tmp_path):
    status, out, err = run("simulate", stored, "--runs", "200", "--traces", "2", "--level", "0.9", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    played = posg.load(tmp_path / stored).simulate(200, 0, level=0.9, traces=2)
    summary = json.loads(json.dumps(played.summary()))
    assert {key: found[key] for key in summary} == summary
    assert len(found["traces"]) == 2
    assert [len(trace) for trace in found["traces"]] == [4, 4]
    assert found["traces"][0][0]["actions"] == ["listen", "listen"]
    assert found["stored_values"] == pytest.approx([11.0154875, 11.0154875])
    assert run("simulate", stored, "--runs", "200", "--json", "out.json")[0] == 0
    assert json.loads((tmp_path / "out.json").read_text())["mean"] == found["mean"]


def test_one_run_has_no_standard_error(run, stored):
    found = json.loads(run("simulate", stored, "--runs", "1", "--json", "-")[1])
    assert found["standard_error"] == [None, None]
    assert found["intervals"]["normal"] == found["bounds"]


def test_traces_are_told_run_by_run_step_by_step(run, stored):
    status, out, _ = run("simulate", stored, "--runs", "100", "--traces", "3")
    assert status == 0
    _, *told = out.split("\n\n")
    assert [part.splitlines()[0] for part in told] == ["run 1", "run 2", "run 3"]
    for part in told:
        heading, *steps = part.splitlines()[1:]
        assert heading.split("  ")[0] == "step"
        assert {"agent1 sees", "agent2 does", "agent1 gets"} <= {cell.strip() for cell in heading.split("  ")}
        assert [line.split()[0] for line in steps] == ["1", "2", "3", "4"]
        # Before anything is heard both listen: that is -2 each.
        assert steps[0].split()[2:] == ["-", "-", "nothing", "new", "listen", "listen", "-2", "-2"]


def test_simulate_plays_the_game_given(run, stored, tmp_path):
    """Every reward one larger: four steps are worth four more in each run."""
    game = posg.catalog("dectiger")
    other = posg.Game(
        game.transition, game.observation, game.reward + 1.0, game.initial,
        agents=game.agents, states=game.states, actions=game.actions, observations=game.observations,
    )  # fmt: skip
    posg.save(other, tmp_path / "other.posg")
    here, there = (
        json.loads(run("simulate", stored, *game, "--runs", "500", "--json", "-")[1])["mean"]
        for game in ((), ("other.posg",))
    )
    assert there == pytest.approx([own + 4 for own in here])


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("recycling",), 1, "computed for another game"),
        (("nowhere.posg",), 1, "no such file"),
        (("--runs", "0"), 2, "--runs"),
        (("--seed", "-1"), 2, "--seed"),
        (("--traces", "-1"), 2, "--traces"),
        (("--level", "1"), 2, "not in the range 0 < level < 1"),
        (("--level", "nan"), 2, "not in the range 0 < level < 1"),
        (("--json", "tiger.npz"), 2, "--json"),
    ],
)
def test_what_is_wrong_is_said(run, stored, arguments, status, words):
    found, out, err = run("simulate", stored, *arguments)
    assert (found, out) == (status, "")
    assert words in err
    assert "Traceback" not in err


def test_a_file_that_is_no_solution_is_refused(run, tmp_path):
    (tmp_path / "no.npz").write_bytes(b"prose")
    status, out, err = run("simulate", "no.npz")
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
