"""Comparison tables with their checks, and the survey of sharing structures."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LimitError, ModelError, UnsupportedError
from lp_posg.information import forward
from lp_posg.planning import comparing, relations
from lp_posg.planning import fits as admissibility


def test_a_table_has_a_row_per_sharing_and_concept_in_order():
    table = posg.compare(posg.catalog("dectiger"), 3, ["full", "one-step-delay"], ["team", "cce"])
    assert [(r.sharing, r.concept) for r in table.rows] == [
        ("full", "team"), ("full", "cce"), ("one-step-delay", "team"), ("one-step-delay", "cce"),
    ]  # fmt: skip
    assert [r.solution.values[0] for r in table.rows] == pytest.approx([13.0154875, 13.0154875, 8.815, 8.815])
    assert table.row("full", "cce").solution.concept.name == "cce"
    with pytest.raises(ModelError, match="no row"):
        table.row("none", "cce")


def test_checks_hold_where_theory_says_so_and_say_what_was_compared():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["team", "ne", "ce", "interim-cce", "cce"])
    texts = {check.text: check for check in table.checks}
    assert all(check.holds for check in table.checks)
    assert "full: the ne found is also a ce and an interim-cce and a cce" in texts
    order = next(c for text, c in texts.items() if "ne <= ce <= interim-cce <= cce" in text)
    assert order.detail == "9.33333333 <= 10.5 <= 10.5 <= 10.5"


def test_zero_sum_games_are_checked_for_one_value():
    table = posg.compare(posg.catalog("competitive-tiger"), 2, ["full", "one-step-delay"], ["ne", "ce", "cce"])
    assert sum("one value" in check.text for check in table.checks) == 2
    assert all(check.holds for check in table.checks)


def test_over_several_stages_no_order_is_claimed():
    table = posg.compare(posg.catalog("general-tiger"), 2, ["full"], ["ce", "cce"])
    assert not any("one stage" in check.text for check in table.checks)
    assert "stage by stage" in table.note


def test_a_wrong_order_is_reported(monkeypatch):
    """Values are swapped behind the checks' back: each check that compares them must fail."""
    right = comparing.plan_over

    def shifted(*given):
        solution = right(*given)
        values = solution.values + (1.0 if solution.concept.name == "ne" else 0.0)
        return replace(solution, certificate=replace(solution.certificate, values=values))

    monkeypatch.setattr(comparing, "plan_over", shifted)
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["team", "ne", "ce"])
    assert [c.holds for c in table.checks if "one stage" in c.text] == [False]
    table = posg.compare(posg.catalog("matching-pennies"), 1, ["full"], ["team", "ne", "ce"])
    assert [c.holds for c in table.checks if "one value" in c.text] == [False]
    assert [c.holds for c in table.checks if "no equilibrium has more" in c.text] == [False]


def test_more_sharing_is_checked_to_help_a_team():
    table = posg.compare(posg.catalog("recycling"), 2, ["one-step-delay", "full", "one-directional"], ["team"])
    found = [c for c in table.checks if "at least that under" in c.text]
    assert [c.holds for c in found] == [True, True]


def test_what_is_ruled_out_becomes_a_row_with_its_reason():
    table = posg.compare(posg.catalog("dectiger"), 2, ["none", "full"], ["team", "cce"])
    assert [type(r.error).__name__ for r in table.rows] == ["StrategyDependenceError"] * 2 + ["NoneType"] * 2
    summary = table.summary()
    assert summary["rows"][0]["error"]["kind"] == "StrategyDependenceError"
    assert "values" not in summary["rows"][0]
    assert summary["rows"][2]["values"][0] == pytest.approx(10.815)


@pytest.mark.parametrize("name", ["sharing", "concept", "concepts"])
def test_an_empty_list_is_refused(name):
    with pytest.raises(ModelError, match=f"{name.removesuffix('s')} is empty, expected at least one"):
        posg.compare(posg.catalog("chicken"), 1, **{name: []})


def test_one_value_stands_for_a_list_of_it_and_a_name_for_its_game():
    table = posg.compare("chicken", 1, "one_step_delay", concepts="interim_cce")
    assert [(row.sharing, row.concept, row.status) for row in table.rows] == [
        ("one-step-delay", "interim-cce", "exact")
    ]
    assert table.rows[0].solution.welfare == pytest.approx(10.5)
    (fit,) = posg.survey("chicken", 1, "none")
    assert (fit.sharing, fit.admissible) == ("none", True)
    (fit,) = posg.survey("chicken", 1, posg.information.sharing_structure("full", 2))
    assert (fit.sharing, fit.admissible) == ("full", True)


def test_concept_and_concepts_are_one_argument():
    with pytest.raises(ModelError, match="concept and concepts are one argument; give one of them"):
        posg.compare("chicken", 1, "full", "ce", concepts=["cce"])


def test_bad_names_are_raised_not_tabulated():
    with pytest.raises(ModelError, match="unknown concept"):
        posg.compare(posg.catalog("chicken"), 1, ["full"], ["nope"])


def test_survey_tells_which_structures_fit():
    fits = {f.sharing: f for f in posg.survey(posg.catalog("dectiger"), 3)}
    assert {name for name, fit in fits.items() if fit.admissible} == {"full", "one-directional", "one-step-delay"}
    assert fits["full"].states == (1, 3, 5)
    assert "depends on how the agents played" in fits["none"].reason
    fits = {f.sharing: f for f in posg.survey(posg.catalog("uncontrolled"), 3)}
    assert fits["uncontrolled:2"].admissible
    fits = {f.sharing: f for f in posg.survey(posg.catalog("single-controller"), 3)}
    assert fits["controller:2"].admissible


def test_survey_gives_up_where_it_would_take_too_long(monkeypatch):
    monkeypatch.setattr(admissibility, "STATE_LIMIT", 2)
    (fit,) = posg.survey(posg.catalog("dectiger"), 4, ["full"])
    assert fit.admissible is None
    assert "more than 2 states" in fit.reason


def test_a_row_that_meets_a_limit_says_so_and_the_rest_is_solved():
    """Two steps of dectiger have 4 states under full sharing and 3 under one-step delay."""
    table = posg.compare(posg.catalog("dectiger"), 2, ["full", "one-step-delay"], ["team", "ce"], max_states=3)
    assert [type(row.error) for row in table.rows] == [LimitError, LimitError, type(None), type(None)]
    late = posg.compare(posg.catalog("dectiger"), 2, ["full"], ["team"], time_limit=1e-9)
    assert "time limit" in str(late.rows[0].error)


def test_the_states_of_a_rule_are_expanded_once(monkeypatch):
    """Six concepts, their certificates and all relations between them share one expansion of each rule."""
    calls = []
    right = forward.reachable_states

    def counted(game, structure, *rest, **options):
        calls.append(structure.name)
        return right(game, structure, *rest, **options)

    for module in [
        m for name, m in sys.modules.items() if name.startswith("lp_posg.") and hasattr(m, "reachable_states")
    ]:
        monkeypatch.setattr(module, "reachable_states", counted)
    concepts = ["team", "ne", "strategic-ce", "ce", "interim-cce", "cce"]
    table = posg.compare(posg.catalog("chicken-signals"), 1, ["full", "one-step-delay"], concepts)
    assert all(row.error is None and row.solution.certificate.status == "exact" for row in table.rows)
    assert len(table.checks) == 15
    assert calls == ["full", "one-step-delay"]


def test_a_stopped_comparison_is_taken_up_again(tmp_path, monkeypatch):
    game = posg.catalog("general-tiger")
    call = {"horizon": 2, "sharing": ["full", "one-step-delay"], "concept": ["ce", "cce"]}
    whole = posg.compare(game, **call)
    stopped = posg.compare(game, **call, checkpoint=tmp_path / "c", max_states=6)
    assert [row.error is None for row in stopped.rows] == [True, True, False, False]
    expanded = []
    right = comparing.states_of
    monkeypatch.setattr(comparing, "states_of", lambda *given: expanded.append(given) or right(*given))
    again = posg.compare(game, **call, checkpoint=tmp_path / "c")
    assert len(expanded) == 2
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "full-cce", "full-ce", "one-step-delay-cce", "one-step-delay-ce",
    ]  # fmt: skip
    for one, other in zip(whole.rows, again.rows, strict=True):
        assert one.solution.values.tolist() == other.solution.values.tolist()


def test_approximate_rows_are_judged_by_their_own_gaps():
    """Forgetting everything costs each row its gap, which contradicts nothing that theory demands."""
    table = posg.compare(
        posg.catalog("general-tiger"), 3, ["full", "one-step-delay"], ["team", "ne", "ce", "cce"],
        compression="finite-memory:0",
    )  # fmt: skip
    assert max(row.solution.certificate.gap for row in table.rows) > 1
    assert len(table.checks) >= 4
    assert [check.text for check in table.checks if not check.holds] == []


def matrix_game(*payoff, name="matrix"):
    payoff = np.array(payoff, dtype=float)
    actions, n = payoff.shape[1:], len(payoff)
    return posg.Game(np.ones((1, *actions, 1)), np.ones((*actions, 1, *(1,) * n)), payoff[:, None], [1.0], name=name)


def bayesian_game(prior, *payoff):
    """Return the game in which each agent sees its own coordinate of a state drawn from `prior` and then acts once."""
    size, n_types = prior.size, prior.shape
    rewards = np.stack([own.reshape(size, *own.shape[prior.ndim :]) for own in payoff])
    actions = rewards.shape[2:]
    told = np.eye(size).reshape(size, *n_types)
    transition = np.broadcast_to(np.eye(size).reshape(size, *(1,) * len(actions), size), (size, *actions, size))
    observation = np.full((*actions, size, *n_types), 1.0 / size)
    return posg.Game(transition, observation, rewards, prior.ravel(), told)


def test_games_too_large_to_write_down_have_their_rows_and_spreads_all_the_same():
    """6 by 6 privates and 4 by 4 actions: the whole program of a ce would have seven million entries."""
    rng = np.random.default_rng(0)
    shape = (6, 6, 4, 4)
    game = bayesian_game(np.full((6, 6), 1 / 36), rng.normal(size=shape), rng.normal(size=shape))
    table = posg.compare(game, 1, ["one-step-delay"], ["ce", "cce"])
    ce, cce = (row.solution.welfare for row in table.rows)
    assert [spread.efficiency.best for spread in table.spreads] == pytest.approx([ce, cce], abs=1e-7)
    assert all(spread.efficiency.worst < spread.efficiency.best < spread.efficiency.optimum for spread in table.spreads)


@pytest.mark.parametrize("error", [UnsupportedError("too large by far"), LimitError("the time limit was met")])
def test_a_spread_out_of_reach_says_why_and_keeps_the_rows(monkeypatch, error):
    def refuse(concept, games):
        raise error

    monkeypatch.setattr(relations, "efficiency_of", refuse)
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce", "interim-cce"])
    assert [row.solution.welfare for row in table.rows] == pytest.approx([10.5, 10.5])
    assert [spread.efficiency for spread in table.spreads] == [None, None]
    assert table.spreads[0].text == f"full: welfare of a ce: best and worst are not available ({error})"
    assert table.spreads[1].text.startswith("full: welfare of an interim-cce:")
    told = table.summary()["spreads"][0]
    assert (told["welfare_best"], told["price_of_anarchy"], told["reason"]) == (None, None, str(error))


def test_the_time_limit_counts_for_spreads(monkeypatch):
    seen = []

    def look(concept, games):
        seen.extend(games)
        raise LimitError("the time limit was met")

    monkeypatch.setattr(relations, "efficiency_of", look)
    begun = time.time()
    posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce"], time_limit=50)
    assert seen
    assert all(begun + 50 <= block.deadline <= time.time() + 50 for block in seen)


def test_near_ties_and_improbable_types_are_no_broken_order():
    """An incentive of 1e-10 forbids (top, left) to every ce; the Nash equilibrium there is one within any tolerance."""
    tie = matrix_game([[1, 0], [1 + 1e-10, 0]], [[1, 0], [0, 0.5]])
    prior = np.array([[1e-12, 3 / 7], [1 / 7, 3 / 7]])
    first = np.array([[[[0], [2]], [[2], [2]]], [[[1], [2]], [[0], [2]]]], dtype=float)
    second = np.array([[[[0], [2]], [[2], [0]]], [[[2], [2]], [[1], [0]]]], dtype=float)
    rare = bayesian_game(prior / prior.sum(), first, second)
    # A row is missed by 1e-9 of its size, which certificates do not see and the program of strategic-ce does not allow.
    prior = np.array([[1e-9 / 3, 1e-9], [1 / 3, 2 / 3]])
    first = [[[[0, 0], [2, 0]], [[2, 2], [2, 1]]], [[[1, 1], [1, 0]], [[0, 1], [2, 1]]]]
    second = [[[[1, 2], [2, 0]], [[2, 1], [0, 0]]], [[[1, 2], [0, 0]], [[2, 1], [1, 2]]]]
    scarce = bayesian_game(prior / prior.sum(), np.array(first, dtype=float), np.array(second, dtype=float))
    for game, sharing, concepts, is_exact in (
        (tie, "full", ["ne", "ce", "cce"], True),
        (scarce, "one-step-delay", ["ne", "strategic-ce", "ce"], True),
        (rare, "one-step-delay", ["ne", "strategic-ce", "ce", "interim-cce", "cce"], False),
    ):
        table = posg.compare(game, 1, [sharing], concepts)
        order = next(check for check in table.checks if "best welfare grows" in check.text)
        assert order.holds
        assert ("within the tolerance, not exactly" in order.detail) == (not is_exact)
        assert all(check.holds for check in table.checks)


def test_an_exact_equilibrium_with_more_welfare_is_a_broken_order(monkeypatch):
    """Were the best ce of chicken lost, the Nash equilibrium would still be exact: that must show."""
    worst = posg.solve(posg.catalog("chicken"), 1, "full", "ce", "worst")
    real = comparing.plan_over

    def lost(request, *rest):
        return worst if request.concept.name == "ce" else real(request, *rest)

    monkeypatch.setattr(comparing, "plan_over", lost)
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne", "ce", "cce"])
    order = next(check for check in table.checks if "best welfare grows" in check.text)
    assert (order.holds, order.detail) == (False, "9.33333333 <= 7.2 <= 10.5")


def test_what_is_no_game_is_told():
    for function in (posg.compare, posg.survey):
        with pytest.raises(ModelError, match=r"game is int, expected a Game; load a file"):
            function(3, 1)
    tree = posg.trees.unroll(posg.catalog("chicken"), 1)
    with pytest.raises(ModelError, match=r"is a game tree, expected a Game of steps; lp_posg\.trees\.to_game\(tree\)"):
        posg.survey(tree, 3)
    assert posg.survey(posg.trees.to_game(tree), 1, ["none"])


def in_range(table):
    return next(check for check in table.checks if "lies in the range" in check.text)


def test_selected_values_lie_in_the_range_printed_beside_them():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["team", "ne", "ce", "cce"], "worst")
    check = in_range(table)
    assert check.holds
    assert check.text == "full: the selected welfare lies in the range of its concept, ce, cce"
    assert check.detail == "ce 7.2 <= 7.2 <= 10.5; cce 7.2 <= 7.2 <= 10.5"


@pytest.mark.parametrize(("best", "worst"), [(10.4999, 7.2), (12.0, 10.5001)])
def test_a_selected_value_outside_its_range_fails(monkeypatch, best, worst):
    """The range is made to say something else than what was selected, 10.5."""
    real = relations.efficiency_of
    monkeypatch.setattr(relations, "efficiency_of", lambda *of: replace(real(*of), best=best, worst=worst))
    check = in_range(posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce", "cce"]))
    assert check.verdict == "FAILS"


def test_a_range_is_not_judged_by_penalties(monkeypatch):
    """A value that misses its range by 1, where 1e9 is forbidden: 1e-9 of the largest payoff, but not of the usual."""
    game = matrix_game([[6, 2], [7, -1e9]], [[6, 7], [2, -1e9]])
    real = relations.efficiency_of
    monkeypatch.setattr(relations, "efficiency_of", lambda *of: replace(real(*of), best=real(*of).best - 1))
    check = in_range(posg.compare(game, 1, ["full"], ["ce"]))
    assert check.verdict == "FAILS"


def test_ranges_of_several_rules_are_apart():
    table = posg.compare(posg.catalog("chicken-signals"), 1, ["full", "one-step-delay"], ["ce"])
    texts = [check.text for check in table.checks if "lies in the range" in check.text]
    assert [text.split(":")[0] for text in texts] == ["full", "one-step-delay"]
