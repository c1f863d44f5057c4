"""`plot`: the pictures of the plot room, from games and stored solutions; what is wrong ends in one line."""

from __future__ import annotations

import os
import sys

import pytest

pytest.importorskip("matplotlib")

import lp_posg as posg
from lp_posg import plot

STARTS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


def compared(name, horizons, sharing, concepts):
    return [posg.compare(posg.catalog(name), h, sharing, concepts) for h in horizons]


def expected_dag():
    return plot.dag(posg.solve(posg.catalog("dectiger"), 3, "one-step-delay"))


def expected_values():
    return plot.values(compared("dectiger", (1, 2), ["full", "one-step-delay"], ["team"]))


def expected_payoffs():
    regions = [posg.payoff_region(posg.catalog("chicken"), concept) for concept in ("ce", "cce")]
    return plot.payoffs(regions, compared("chicken", (1,), ["full"], ["team", "ne", "ce", "cce"])[0])


def expected_ledger():
    return plot.ledger(posg.solve(posg.catalog("dectiger"), 3, "full", compression="finite-memory:1").ledger)


def expected_beliefs():
    return plot.beliefs(posg.solve(posg.catalog("uncontrolled"), 2, "full", "cce"))


def expected_deviations():
    return plot.deviations(posg.solve(posg.catalog("chicken-signals"), 2, "one-step-delay", "ce"))


def expected_delays():
    (table,) = compared("uncontrolled", (3,), ["full", "uncontrolled:1", "uncontrolled:2"], ["team", "cce"])
    return plot.delays(table)


def expected_contraction():
    return plot.contraction(posg.bounds.belief_contraction(posg.catalog("recycling"), 3, time=1, prior="worst"))


def expected_forgetting_of_the_law():
    return plot.contraction(posg.bounds.belief_contraction(posg.catalog("recycling"), 3, time=1))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("deviations", "chicken-signals", "-H", "2", "--sharing", "one-step-delay", "--concept", "ce"),
            expected_deviations,
        ),
        (
            (
                "delays",
                "uncontrolled",
                "-H",
                "3",
                "--sharing",
                "full,uncontrolled:1,uncontrolled:2",
                "--concept",
                "team,cce",
            ),
            expected_delays,
        ),
        (("contraction", "recycling", "--memory", "3", "--step", "2"), expected_contraction),
        (
            ("contraction", "recycling", "--memory", "3", "--step", "2", "--prior", "law"),
            expected_forgetting_of_the_law,
        ),
        (("dag", "dectiger", "-H", "3", "--sharing", "one-step-delay"), expected_dag),
        (("values", "dectiger", "-H", "2", "--sharing", "full,one-step-delay", "--concept", "team"), expected_values),
        (("payoffs", "chicken"), expected_payoffs),
        (("ledger", "dectiger", "-H", "3", "--compression", "finite-memory:1"), expected_ledger),
        (("beliefs", "uncontrolled", "-H", "2", "--concept", "cce"), expected_beliefs),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_the_picture_is_that_of_the_library(run, tmp_path, arguments, expected):
    """The same picture is the same file: so the whole content is compared."""
    status, out, err = run("plot", *arguments, "--out", "picture.svg")
    assert (status, out, err) == (0, "written: picture.svg\n", "")
    plot.save(expected(), tmp_path / "expected.svg")
    assert (tmp_path / "picture.svg").read_bytes() == (tmp_path / "expected.svg").read_bytes()


@pytest.mark.parametrize("suffix", sorted(STARTS))
def test_the_suffix_says_the_kind(run, tmp_path, suffix):
    assert run("plot", "payoffs", "chicken", "-o", f"p{suffix}")[0] == 0
    assert (tmp_path / f"p{suffix}").read_bytes().startswith(STARTS[suffix])


def test_learning_curves_are_those_of_the_runs(run, tmp_path):
    """From the JSON of one run or of several, whatever they were learnt from."""
    options = {"memory": 1, "episodes": 100, "rounds": 2, "evaluation_episodes": 50}
    given = [text for key, value in options.items() for text in (f"--{key.replace('_', '-')}", str(value))]
    game = posg.catalog("general-tiger")
    runs = [posg.learn(game, 2, "full", "cce", seed=seed, **options) for seed in (1, 2)]
    for seed in (1, 2):
        arguments = ("general-tiger", "-H", "2", "--concept", "cce", "--seed", str(seed), *given)
        assert run("learn", *arguments, "--json", f"{seed}.json")[0] == 0
    for names, found in ((["1.json"], runs[0]), (["1.json", "2.json"], runs)):
        assert run("plot", "learning", *names, "-o", "p.svg")[0] == 0
        # The JSON has the game's name, which what `learn` returns does not know.
        told = [found] if names == ["1.json"] else found
        figure = plot.learning([{"game": "general-tiger", **one.summary()} for one in told])
        plot.save(figure, tmp_path / "expected.svg")
        assert (tmp_path / "p.svg").read_bytes() == (tmp_path / "expected.svg").read_bytes()


@pytest.mark.parametrize("text", ["{", "3", "[]", '{"rows": []}', '{"level": 0.95, "chosen": 2, "candidates": []}'])
def test_other_json_is_no_learning_run(run, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    status, out, err = run("plot", "learning", "run.json", "-o", "p.png")
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "lp-posg learn --json" in err
    assert not (tmp_path / "p.png").exists()


def test_a_stored_solution_is_drawn_as_it_is(run, tmp_path):
    assert run("solve", "chicken-signals", "-H", "2", "--concept", "ce", "--save", "s.npz")[0] == 0
    assert run("plot", "dag", "s.npz", "--out", "p.svg")[0] == 0
    plot.save(plot.dag(posg.load(tmp_path / "s.npz")), tmp_path / "expected.svg")
    assert (tmp_path / "p.svg").read_bytes() == (tmp_path / "expected.svg").read_bytes()
    status, _, err = run("plot", "dag", "s.npz", "-H", "3", "--out", "q.svg")
    assert status == 2
    assert "the solution is stored, with all its options" in " ".join(err.split())
    for what, told in (("values", "compares several solutions"), ("contraction", "contraction is of no solution")):
        status, _, err = run("plot", what, "s.npz", *(("-H", "2") if what == "values" else ()), "-o", "q.svg")
        assert status == 2
        assert f"{told}; give the game" in " ".join(err.split())
    assert not (tmp_path / "q.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("dag", "dectiger", "-H", "2", "-o", "p.jpg"), 2, "a picture is written as .png, .svg, .pdf"),
        (("dag", "dectiger", "-H", "2", "-o", "p"), 2, "ends in no suffix"),
        (("dag", "dectiger", "-H", "2", "-o", "-"), 2, "not written to stdout"),
        (("dag", "dectiger", "-H", "2", "-o", "nowhere/p.png"), 1, "there is no directory 'nowhere'"),
        (("dag", "dectiger", "-H", "2"), 2, "--out"),
        (("dag", "dectiger", "-o", "p.png"), 2, "--horizon: a POSG is planned for a number of steps"),
        (("dag", "dectiger", "-H", "2", "--sharing", "full,none", "-o", "p.png"), 2, "of one solution; give one"),
        (("values", "dectiger", "-o", "p.png"), 2, "--horizon: a POSG is planned for a number of steps"),
        (("payoffs", "chicken", "-H", "2", "-o", "p.png"), 2, "payoffs are of one step"),
        (("payoffs", "chicken", "--sharing", "full,none", "-o", "p.png"), 2, "of one sharing rule"),
        (("payoffs", "chicken", "--concept", "ne", "-o", "p.png"), 2, "strategic-ce, ce, interim-cce, cce"),
        (("beliefs", "chicken", "-H", "1", "-o", "p.png"), 1, "has 1 state; beliefs are drawn for 2 or 3"),
        (("dag", "dectigre", "-H", "2", "-o", "p.png"), 1, "did you mean 'dectiger'?"),
        (("deviations", "dectiger", "-o", "p.png"), 2, "--horizon: a POSG is planned for a number of steps"),
        (("dag", "dectiger", "chicken", "-H", "2", "-o", "p.png"), 2, "dag is of one game; give one"),
        (("delays", "dectiger", "-o", "p.png"), 2, "--horizon: a POSG is planned for a number of steps"),
        (("delays", "dectiger", "-H", "2", "--sharing", "full", "-o", "p.png"), 1, "fewer than two delays"),
        (("contraction", "dectiger", "-H", "2", "-o", "p.png"), 2, "nothing is solved for this picture"),
        (("learning", "run.json", "-o", "p.png"), 1, "'run.json' cannot be read: No such file"),
        (("learning", "run.json", "-H", "2", "-o", "p.png"), 2, "learning is done already"),
        (("circle", "dectiger", "-H", "2", "-o", "p.png"), 2, "WHAT"),
    ],
)
def test_what_is_wrong_ends_in_one_message_and_no_file(run, tmp_path, arguments, status, message):
    found, out, err = run("plot", *arguments)
    assert (found, out) == (status, "")
    assert message in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_instead_of_a_run_is_refused_and_not_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "run.json")
    status, _, err = run("plot", "learning", "run.json", "-o", "p.png")
    assert status == 1
    assert "run.json: cannot be read: it is a device or a pipe; write it to a file first" in " ".join(err.split())


def test_the_input_is_never_overwritten(run, tmp_path):
    """Whatever it is called."""
    posg.save(posg.catalog("dectiger"), tmp_path / "game.posg")
    kept = (tmp_path / "game.posg").read_bytes()
    (tmp_path / "game.png").symlink_to(tmp_path / "game.posg")
    for given in ("game.posg", "game.png"):
        status, _, err = run("plot", "dag", given, "-H", "1", "--out", "game.png")
        assert status == 2
        assert "is the input itself" in " ".join(err.split())
    assert (tmp_path / "game.posg").read_bytes() == kept


def test_without_the_extra_there_is_one_clear_error_before_any_work(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, out, err = run("plot", "dag", "dectiger", "-H", "2", "--out", "p.png")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        "error: matplotlib is not installed, and pictures need it; install it with: pip install 'lp-posg[plot]'"
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_game_tree_without_steps_is_drawn_in_its_strategic_form(run, tmp_path):
    tree = posg.trees.unroll(posg.catalog("chicken"), 1)
    posg.save(tree, tmp_path / "chicken.efg")
    for what in ("values", "payoffs"):
        assert run("plot", what, "chicken.efg", "-o", "p.svg") == (0, "written: p.svg\n", "")
        plot.save(getattr(plot, what)(posg.compare(posg.load("chicken.efg"))), tmp_path / "expected.svg")
        assert (tmp_path / "p.svg").read_bytes() == (tmp_path / "expected.svg").read_bytes()
    status, out, err = run("plot", "dag", "chicken.efg", "-o", "q.svg")
    assert (status, out) == (1, "")
    assert "over information sets" in err
