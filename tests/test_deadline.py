"""The time limit of a call, by clocks that count how often they are asked and jump when they are told to."""

import time
from math import inf
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import lp_posg as posg
from lp_posg import deadline
from lp_posg.cli.application import COMMANDS, app
from lp_posg.deadline import check_time, current_deadline, until
from lp_posg.errors import LimitError
from lp_posg.evaluate import certify
from lp_posg.evaluate.bounded_gaps import certify_bounds
from lp_posg.information import reachable_states, sharing_structure
from lp_posg.information.resources import Resources
from lp_posg.learning.actors import Follower
from lp_posg.learning.environments import GameEnvironment, played
from lp_posg.learning.spanner import spanner_plans
from lp_posg.trees.sequence.from_tree import tree_form
from lp_posg.trees.sequence.histories import sequence_game

QUICK = {"memory": 1, "episodes": 100, "rounds": 2, "evaluation_episodes": 50}


EFG = """EFG 2 R "tree" { "one" "two" } ""
c "" 1 "" { "h" 1/2 "t" 1/2 } 0
p "" 1 1 "" { "a" "b" } 0
t "" 1 "" { 1 -1 }
t "" 2 "" { 2 -2 }
p "" 2 1 "" { "a" "b" } 0
t "" 1
t "" 2
"""


class Clock:
    """Stands at 0 until it has been asked so often, then at 100."""

    def __init__(self, jump_after=inf):
        self.asked, self.jump_after = 0, jump_after

    def time(self):
        self.asked += 1
        return 100.0 if self.asked > self.jump_after else 0.0


def a_learnt_model():
    return posg.learn(posg.catalog("dectiger"), 3, "full", concept="cce", **QUICK)


# ---- the limit itself ------------------------------------------------------------------------------------------


def test_an_inner_limit_never_outlasts_an_outer_one():
    assert current_deadline() is None
    with until(5.0):
        with until(9.0):
            assert current_deadline() == 5.0
        with until(3.0):
            assert current_deadline() == 3.0
        with until(None):
            assert current_deadline() == 5.0
            assert Resources().deadline == 5.0
        assert current_deadline() == 5.0
    assert current_deadline() is None
    assert Resources().deadline is None


def test_the_message_says_what_was_being_done_and_what_helps():
    with until(0.0), pytest.raises(LimitError) as caught:
        check_time("reading a file", phase="read")
    assert str(caught.value) == "the time limit was met while reading a file; allow more time with time_limit"
    assert (caught.value.limit, caught.value.phase) == ("time", "read")


# ---- what asks, and how often ----------------------------------------------------------------------------------


def rules(done):
    if len(done) == 2:
        return posg.trees.End([int(done[0] == done[1]), 0])
    return posg.trees.Move(len(done), "start", [(side, (*done, side)) for side in ("heads", "tails")])


def unrolled():
    posg.trees.unroll(posg.catalog("dectiger"), 2)


def histories():
    game = posg.catalog("competitive-tiger")
    sequence_game(game, sharing_structure("none", 2), 2, lambda *_: None)


TREE = posg.trees.from_rules("g", ("a", "b"), (), rules)

CALLS = {
    # One for each of the 7 nodes, and for five checks of the tree.
    "building the tree of game 'g' from its rules": (
        lambda: posg.trees.from_rules("g", ("a", "b"), (), rules),
        7 + 5,
    ),
    # Two steps, then the tree; and one for each agent at the information sets of each step.
    "numbering information sets, which unrolling begins with": (unrolled, 3 + 4 + 5),
    "bringing game 'g' into sequence form": (lambda: tree_form(TREE), 3),
    # Two information sets, and the payoffs of two agents together in one part.
    "listing the plans of game 'g'": (lambda: posg.trees.strategic_form(TREE), 3),
    # Step 1 to 2: three; the sets of two steps: two agents and the pairs, twice; the end: one.
    "numbering information sets": (histories, 3 + 6 + 1),
}


@pytest.mark.parametrize("doing", CALLS)
def test_each_part_of_a_long_phase_asks_the_clock(doing, monkeypatch):
    call, asks = CALLS[doing]
    clock = Clock()
    monkeypatch.setattr("lp_posg.deadline.clock", clock)
    with until(50.0):
        call()
    assert clock.asked == asks
    late = Clock(jump_after=0)
    monkeypatch.setattr("lp_posg.deadline.clock", late)
    with until(50.0), pytest.raises(LimitError) as caught:
        call()
    assert str(caught.value).startswith(f"the time limit was met while {doing.split(', which')[0]}")
    assert late.asked == 1
    last = Clock(jump_after=asks - 1)
    monkeypatch.setattr("lp_posg.deadline.clock", last)
    with until(50.0), pytest.raises(LimitError):
        call()


def test_episodes_ask_the_clock_at_every_step(monkeypatch):
    found = a_learnt_model()
    actor, clock = Follower(found.model.frame, found.policy), Clock()
    monkeypatch.setattr("lp_posg.deadline.clock", clock)
    with until(50.0):
        played(GameEnvironment(posg.catalog("dectiger")), actor, 10, 3, np.random.default_rng(0))
    assert clock.asked == 3


def test_the_search_for_exploring_plans_asks_the_clock(monkeypatch):
    model = a_learnt_model().model
    monkeypatch.setattr("lp_posg.deadline.clock", Clock(jump_after=1))
    with until(50.0), pytest.raises(LimitError, match="looking for plans that explore"):
        spanner_plans(model)


# ---- the passes over states ------------------------------------------------------------------------------------


def limits_met(monkeypatch, call):
    """Return limit, phase and step of the error for a clock that jumps at its first, second, ... question."""
    found = []
    for jump_after in range(100):
        clock = Clock(jump_after)
        monkeypatch.setattr("lp_posg.information.resources.clock", clock)
        try:
            call(Resources(deadline=50.0))
        except LimitError as error:
            found.append((error.limit, error.phase, error.time))
        else:
            assert clock.asked == jump_after
            return found
    raise AssertionError("the clock is asked too often for this test")


def test_the_forward_pass_asks_the_clock_at_every_step(monkeypatch):
    game, structure = posg.catalog("dectiger"), sharing_structure("full", 2)
    met = limits_met(monkeypatch, lambda use: reachable_states(game, structure, 4, resources=use))
    assert met == [("time", "expand", 0), ("time", "expand", 1), ("time", "expand", 2)]


def test_certify_asks_the_clock_at_every_step_of_both_passes(monkeypatch):
    plan = posg.solve(posg.catalog("dectiger"), 3, "full", "team")
    met = limits_met(monkeypatch, lambda use: certify(plan.game, plan.sharing, plan.policy, "team", resources=use))
    assert met == [
        ("time", "expand", 0),
        ("time", "expand", 1),
        ("time", "certify", 2),
        ("time", "certify", 1),
        ("time", "certify", 0),
    ]


def test_bounds_on_gaps_ask_the_clock_at_every_step(monkeypatch):
    plan = posg.solve(posg.catalog("dectiger"), 3, "full", "team")
    game, model = plan.game, reachable_states(plan.game, plan.sharing, 3)
    met = limits_met(monkeypatch, lambda use: certify_bounds(game, plan.policy, model, "team", resources=use))
    assert met == [("time", "certify", time) for time in (2, 2, 1, 1, 0, 0)]  # before a step, and in each of its parts


# ---- learning and surveys --------------------------------------------------------------------------------------


def test_learning_keeps_the_rounds_before_one_that_the_limit_ends(monkeypatch):
    def never(model):
        raise LimitError("the time limit was met", limit="time")

    monkeypatch.setattr("lp_posg.learning.exploring.spanner_plans", never)
    found = posg.learn(posg.catalog("dectiger"), 2, "full", **QUICK)
    assert found.stopped == "the time limit was met after 1 of 2 rounds"
    assert len(found.candidates) == 1
    assert found.samples["explore"] == 100
    assert found.best.certificate is not None


def test_learning_without_time_to_evaluate_returns_the_candidates_and_says_so(monkeypatch):
    def never(*_):
        raise LimitError("the time limit was met", limit="time")

    monkeypatch.setattr("lp_posg.learning.laci.evaluated", never)
    monkeypatch.setattr("lp_posg.learning.laci.model_errors", never)
    found = posg.learn(posg.catalog("dectiger"), 2, "full", **QUICK)
    assert found.stopped == "the time limit was met with 0 of 2 candidates evaluated"
    assert found.chosen == 1
    assert found.best.certificate is None
    assert found.errors is None
    assert found.samples == {"explore": 200, "evaluate": 0}
    assert found.summary()["candidates"][1]["values"] == [None, None]


def test_another_limit_than_time_is_an_error_of_learning(monkeypatch):
    def too_large(*_):
        raise LimitError("too much memory", limit="memory")

    monkeypatch.setattr("lp_posg.learning.exploring.spanner_plans", too_large)
    with pytest.raises(LimitError, match="too much memory"):
        posg.learn(posg.catalog("dectiger"), 2, "full", **QUICK)


def test_a_survey_past_its_limit_says_what_is_not_known(monkeypatch):
    monkeypatch.setattr("lp_posg.planning.fits.clock", SimpleNamespace(time=lambda: 0.0))
    fits = posg.survey(posg.catalog("dectiger"), 3, ["full", "one-step-delay"], time_limit=1.0)
    assert [(fit.admissible, fit.reason) for fit in fits] == [(None, "the time limit was met at step 1")] * 2


def test_verify_past_its_limit_certifies_nothing(monkeypatch):
    plan = posg.solve(posg.catalog("dectiger"), 2, "full", "team")
    monkeypatch.setattr("lp_posg.planning.verification.clock", SimpleNamespace(time=lambda: 0.0))
    with pytest.raises(LimitError, match="the time limit was met, in phase 'expand' at step 1"):
        posg.verify(plan, time_limit=1.0)


# ---- the command line ------------------------------------------------------------------------------------------


def test_a_tree_file_is_asked_for_time_at_every_node_it_reads_and_makes(monkeypatch, tmp_path):
    """Seven nodes: whichever of the first fourteen questions finds the time over, reading ends there."""
    path = tmp_path / "t.efg"
    path.write_text(EFG)
    for spent in range(14):
        monkeypatch.setattr(deadline, "clock", Clock(jump_after=spent))
        with until(50.0), pytest.raises(LimitError, match="game tree"):
            posg.load(path)


def test_programs_are_handed_the_time_that_is_left(monkeypatch):
    from lp_posg.lp import attempts

    seen, run = [], attempts.run
    monkeypatch.setattr(attempts, "run", lambda *given, **more: seen.append(given[2]) or run(*given, **more))
    with until(time.time() + 50):
        posg.solve(posg.catalog("kuhn-poker-tree"))
    assert seen
    assert all(0 < left <= 50 for left in seen)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"models"}))
def test_every_command_takes_a_limit(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert "--time-limit" in result.output
