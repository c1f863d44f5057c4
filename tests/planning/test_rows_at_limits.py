"""Rows of a comparison that fail or meet a limit cost the others nothing."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import CertificateError, LimitError, LpPosgError, ModelError, SolveError, UnsupportedError
from lp_posg.evaluate import KINDS
from lp_posg.information import resources
from lp_posg.planning import comparing, relations
from lp_posg.stage import concept_named
from lp_posg.stage.nash import box_search, nash_concept, two_agents


class Own:
    """A concept of one's own, solved by `cce` once `before` has been called with the stage games."""

    deviations = KINDS["cce"]

    def __init__(self, name, before) -> None:
        self.name, self.before = name, before

    def check_game(self, game) -> None: ...

    def check_objective(self, objective) -> None: ...

    def solve(self, block, objective):
        self.before(block)
        return concept_named("cce").solve(block, objective)


@pytest.fixture
def now(monkeypatch):
    """The time of a clock that stands still until it is set, in a list."""
    held = [1e9]
    monkeypatch.setattr(time, "time", lambda: held[0])
    return held


def endless(now, ends=None):
    """Return a concept that takes all the time it may."""

    def before(block):
        if ends is not None:
            ends.append(block.deadline)
        now[0] = block.deadline + 1e-3
        block.check_deadline()

    return Own("endless", before)


def statuses(table):
    return [row.status for row in table.rows]


def test_the_time_left_is_shared_among_the_rows_left(now):
    ends = []
    rules, concepts = ["full", "one-step-delay"], ["team", endless(now, ends), "cce"]
    table = posg.compare(posg.catalog("dectiger"), 2, rules, concepts, time_limit=100)
    assert statuses(table) == ["exact", "stopped at a limit", "exact"] * 2
    # Of 100 s a fifth is for the second of six rows, and half of the 80 s left for the fifth.
    assert [end - 1e9 for end in ends] == pytest.approx([20, 60], abs=0.01)


def test_the_last_row_has_all_the_time_left(now):
    ends = []
    posg.compare(posg.catalog("dectiger"), 2, ["full"], [endless(now, ends)], time_limit=100)
    assert ends[0] - 1e9 == pytest.approx(100)


def test_the_states_of_a_rule_may_take_the_time_of_its_rows(now, monkeypatch):
    """They are made once for all of them; where that takes too long, the rules after it have their share."""
    seen, real = [], comparing.states_of

    def states_of(request, use):
        seen.append(use.deadline - now[0])
        now[0] += 40 if len(seen) == 1 else 0
        return real(request, use)

    monkeypatch.setattr(comparing, "states_of", states_of)
    rules, concepts = ["full", "one-step-delay"], ["team", "cce"]
    table = posg.compare(posg.catalog("dectiger"), 2, rules, concepts, time_limit=100)
    assert seen == pytest.approx([50, 60])
    assert statuses(table) == ["exact"] * 4
    now[0] += 1e6
    seen.clear()
    monkeypatch.setattr(resources.clock, "time", lambda: now[0] + 51 * (len(seen) == 1))
    assert statuses(posg.compare(posg.catalog("dectiger"), 2, rules, concepts, time_limit=100)) == [
        "stopped at a limit", "stopped at a limit", "exact", "exact"
    ]  # fmt: skip


def test_what_is_said_beside_the_rows_costs_no_row_its_time(now, monkeypatch):
    """The range of the first rule's equilibria takes all the time there is: the rows of the second are there."""

    def endless_range(solved, deadline):
        now[0] += 1000
        return iter(())

    monkeypatch.setattr(comparing, "spreads", endless_range)
    table = posg.compare("chicken", 1, ["full", "one-step-delay"], ["team", "cce"], time_limit=100)
    assert statuses(table) == ["exact"] * 4


def failing(error):
    def before(block):
        raise error

    return Own("failing", before)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SolveError("no way of solving it"), "failed"),
        (CertificateError("no equilibrium"), "not certified"),
        (LimitError("too long", limit="time"), "stopped at a limit"),
        (UnsupportedError("too large"), "unsupported"),
        (ModelError("not what it has to be"), "failed"),
        (LpPosgError("something else"), "failed"),
        (MemoryError(), "stopped at a limit"),
    ],
)
def test_a_row_that_fails_says_why_and_the_others_are_solved(error, status):
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["team", failing(error), "cce"])
    assert statuses(table) == ["exact", status, "exact"]
    assert [row.solution.welfare for row in table.rows if row.solution is not None] == pytest.approx([12, 10.5])
    assert (str(error) or "memory ran out") in table.reasons[0]
    told = json.loads(json.dumps(table.summary()))["rows"][1]
    assert (str(error) or "memory ran out") in told["error"]["message"]
    assert "values" not in told


def test_what_is_wrong_in_every_row_is_raised():
    with pytest.raises(ModelError, match="not what it has to be"):
        posg.compare(posg.catalog("chicken"), 1, ["full"], [failing(ModelError("not what it has to be"))] * 2)


def test_relations_that_meet_a_limit_are_not_checked(now, monkeypatch):
    real = relations.certify

    def late(*arguments, **options):
        now[0] += 200
        return real(*arguments, **options)

    monkeypatch.setattr(relations, "certify", late)
    table = posg.compare(posg.catalog("dectiger"), 2, ["full"], ["team", "ce", "cce"], time_limit=100)
    assert statuses(table) == ["exact"] * 3
    verdicts = {check.text: check.verdict for check in table.checks}
    assert verdicts["full: the ce found is also a cce"] == "not checked"
    assert verdicts["full: no equilibrium has more welfare than the team optimum"] == "holds"
    assert table.summary()["checks"][0]["holds"] is None


# ---- searches that are stopped -------------------------------------------------------------------


@pytest.fixture
def stopped(monkeypatch):
    """The search for the best Nash equilibrium of two agents is stopped when it has found one, and has no bound."""
    real = two_agents.solve_program

    def solve_program(program, what, deadline):
        found = real(program, what, deadline)
        raise LimitError("stopped", limit="time", bound=-np.inf, incumbent=np.nan, x=found.x)

    monkeypatch.setattr(two_agents, "solve_program", solve_program)
    monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)  # else these games are enumerated


def chicken():
    """Payoffs 1.5 times those of the catalogue: the best Nash equilibrium has 14, the best interim-cce 15.75."""
    game = posg.catalog("chicken")
    return posg.Game(game.transition, game.observation, 1.5 * game.reward, game.initial)


def test_a_stopped_search_makes_a_row_of_its_own(stopped):
    table = posg.compare(chicken(), 1, ["full"], ["team", "ne", "ce"], time_limit=1000)
    assert statuses(table) == ["exact", "best found", "exact"]
    row = table.rows[1]
    assert row.solution.certificate.status == "exact"
    assert row.solution.certificate.gap <= 1e-9
    assert row.solution.welfare == pytest.approx(14)
    assert isinstance(row.error, LimitError)
    assert (row.error.incumbent, row.error.bound) == pytest.approx((14, 15.75))
    told = json.loads(json.dumps(table.summary()))["rows"][1]
    assert sum(told["values"]) == pytest.approx(14)
    assert told["search"]["status"] == "best found"
    assert (told["search"]["incumbent"], told["search"]["bound"]) == pytest.approx((14, 15.75))
    assert all(check.holds for check in table.checks)


def test_solve_hands_over_what_a_stopped_search_has_found(stopped):
    with pytest.raises(LimitError, match=r"no Nash equilibrium there exceeds 15.75, the best found has 14") as caught:
        posg.solve(chicken(), 1, "full", "ne", time_limit=1000)
    assert caught.value.solution.welfare == pytest.approx(14)
    assert posg.verify(caught.value.solution).gap <= 1e-9


def test_what_is_found_after_the_first_step_is_no_strategy(stopped):
    """The games before it are not solved yet."""
    row = posg.compare(chicken(), 2, ["full"], ["ne"], time_limit=1000).rows[0]
    assert (row.status, row.solution) == ("stopped at a limit", None)
    assert row.error.time == 1
    assert row.error.incumbent == pytest.approx(14)


def test_a_search_over_boxes_hands_over_what_it_found(monkeypatch):
    game = posg.catalog("nau-section-4")
    best = posg.compare(game, 1, ["full"], ["ne"]).rows[0].solution.welfare
    monkeypatch.setattr(box_search, "NODE_LIMIT", 8)
    row = posg.compare(game, 1, ["full"], ["ne"]).rows[0]
    assert row.status == "best found"
    assert isinstance(row.error, UnsupportedError)
    assert row.solution.certificate.gap <= 1e-9
    assert row.error.incumbent == pytest.approx(row.solution.welfare)
    assert row.solution.welfare <= best + 1e-9 <= row.error.bound + 2e-9


def test_what_is_no_equilibrium_is_not_handed_over(monkeypatch):
    """The certificate decides, not the search."""
    real = two_agents.solve_program

    def solve_program(program, what, deadline):
        x = real(program, what, deadline).x.copy()
        x[:4] = [1, 0, 1, 0]  # both swerve
        x[4:8] = 1 - x[:4]
        raise LimitError("stopped", limit="time", bound=-np.inf, incumbent=np.nan, x=x)

    monkeypatch.setattr(two_agents, "solve_program", solve_program)
    monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)  # else these games are enumerated
    monkeypatch.setattr(two_agents, "attempt_program", lambda program: SimpleNamespace(status=None))
    row = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne"]).rows[0]
    assert (row.status, row.solution) == ("stopped at a limit", None)
