"""Concepts as objects: a user's own is solved, compared, certified and shown as the built-in ones are."""

from dataclasses import replace
from itertools import combinations

import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, OptionError, UnsupportedError
from lp_posg.evaluate import KINDS, Kind, advantages, certify, certify_bounds
from lp_posg.information import reachable_states
from lp_posg.stage import CONCEPTS, Concept, concept_named


class Fair:
    """Correlated equilibria, by their name in some paper."""

    name = "fair-ce"
    deviations = KINDS["ce"]
    selects_best = True

    def check_game(self, game):
        if game.n_agents == 1:
            raise UnsupportedError("one agent alone is always fair")

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return CONCEPTS["ce"].solve(block, objective)


def test_a_concept_object_is_solved_and_shown(tmp_path):
    game = posg.catalog("chicken")
    found, built_in = posg.solve(game, 1, "full", Fair()), posg.solve(game, 1, "full", "ce")
    assert (found.concept.name, found.certificate.deviations) == ("fair-ce", "ce")
    assert found.values.tolist() == built_in.values.tolist() == pytest.approx([5.25, 5.25])
    assert found.to_play == built_in.to_play
    assert posg.verify(found).gap == posg.verify(built_in).gap
    assert found.ledger.bound == built_in.ledger.bound
    for suffix in ("json", "graphml", "npz"):
        (found.save if suffix == "npz" else found.export)(tmp_path / f"s.{suffix}")


def test_a_concept_object_takes_part_in_the_relations_of_a_comparison():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], [Fair(), "ne", "cce", "team"])
    assert [row.concept for row in table.rows] == ["fair-ce", "ne", "cce", "team"]
    texts = [check.text for check in table.checks]
    assert "full: the ne found is also a fair-ce and a cce" in texts
    assert "full: one stage, so the best welfare grows with the concept, ne <= fair-ce <= cce" in texts
    assert all(check.holds for check in table.checks)


def test_a_concept_object_checks_the_game_before_any_work():
    with pytest.raises(UnsupportedError, match="always fair"):
        posg.solve(random_game(0, n_agents=1), 1, "full", Fair())


def without(member):
    return type("Lacking", (), {key: value for key, value in vars(Fair).items() if key != member and key[0] != "_"})()


@pytest.mark.parametrize("member", ["name", "deviations", "check_game", "check_objective", "solve"])
def test_what_a_concept_object_lacks_is_named(member):
    with pytest.raises(ModelError, match=f"has no {member}; a concept has name, deviations"):
        concept_named(without(member))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "ce"}, "'ce', that of a built-in"),
        ({"name": ""}, "expected a text"),
        ({"deviations": "ce"}, "expected a Kind"),
    ],
)
def test_what_is_wrong_of_a_concept_object_is_named(changed, message):
    with pytest.raises(ModelError, match=message):
        concept_named(type("Changed", (Fair,), changed)())


@pytest.mark.parametrize("nothing", ["fair", "", None, 3, Kind])
def test_what_is_no_concept_is_refused_with_those_there_are(nothing):
    with pytest.raises((OptionError, ModelError), match="concept"):
        concept_named(nothing)


def test_built_in_concepts_pass_as_objects():
    assert all(isinstance(own, Concept) and concept_named(own) is own for own in CONCEPTS.values())
    with pytest.raises(ModelError, match="the class Fair"):
        concept_named(Fair)


def test_the_order_of_inclusion_is_that_of_the_literature():
    """Nash is strategic CE, that is CE, that is interim CCE, that is CCE; a team optimum need be none of them."""
    chain = ["ne", "strategic-ce", "ce", "interim-cce", "cce"]
    assert set(chain) == {name for name, kind in KINDS.items() if not kind.together}
    assert sorted(chain, key=lambda name: KINDS[name].width) == chain
    for narrow, wide in combinations(chain, 2):
        assert KINDS[narrow].implies(KINDS[wide])
        assert not KINDS[wide].implies(KINDS[narrow])
    assert all(kind.implies(kind) for kind in KINDS.values())
    assert not any(KINDS["team"].implies(KINDS[name]) or KINDS[name].implies(KINDS["team"]) for name in chain)


def test_kinds_that_are_no_part_of_each_other_are_in_no_order():
    """Who hears its action but decides before it knows anything private gains neither more nor less in general."""
    early = replace(KINDS["ce"], name="early", decides="ex-ante")
    assert not early.implies(KINDS["interim-cce"])
    assert not KINDS["interim-cce"].implies(early)
    assert early.implies(KINDS["cce"])
    assert KINDS["ce"].implies(early)


def test_a_concept_object_is_drawn_reported_and_learnt_with():
    from lp_posg import plot, report

    game = posg.catalog("chicken")
    table = posg.compare(game, 1, ["full"], [Fair(), "team"])
    axes = plot.payoffs([posg.payoff_region(game, "ce")], table).axes[0]
    assert {"fair-ce selected", "team optimum", "all ce"} <= set(axes.get_legend_handles_labels()[1])
    assert "fair-ce" in report.page(table)
    learnt = posg.learn(game, 1, "full", Fair(), episodes=200, rounds=1, evaluation_episodes=50)
    assert learnt.best.certificate.kind is KINDS["ce"]


@pytest.mark.parametrize("name", ["team", "ne", "strategic-ce", "ce", "interim-cce", "cce"])
def test_a_kind_of_one_s_own_is_certified_as_the_built_in_one_that_it_copies(name):
    game = random_game(3, initial_observation=True)
    solution = posg.solve(game, 2, "one-step-delay", "ne")
    mine = replace(KINDS[name], name="mine")
    gaps = [certify(game, solution.sharing, solution.policy, kind).gaps.tolist() for kind in (name, mine)]
    assert gaps[0] == gaps[1]
    gains = [advantages(game, solution.sharing, solution.policy, kind) for kind in (name, mine)]
    assert all((one.gain == other.gain).all() for one, other in zip(*gains, strict=True))


def test_bounds_are_refused_where_options_at_hidden_states_do_not_say_it():
    game = random_game(3)
    solution = posg.solve(game, 2, "full", "ne")
    early = replace(KINDS["ce"], name="early", decides="ex-ante")
    for kind in (early, KINDS["strategic-ce"]):
        with pytest.raises(UnsupportedError, match="neither bounds on gaps nor learning"):
            certify_bounds(game, solution.policy, reachable_states(game, solution.sharing, 2), kind)


def failing(*arguments):
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("solve", "told"),
    [
        (failing, r"concept 'fair-ce' at step 1, state 1: solve raised KeyError: 'lost'"),
        (lambda block, objective: None, r"solve returned NoneType, expected a BlockStrategy of 1 stage games"),
    ],
)
def test_a_solve_that_fails_is_told_with_the_concept(solve, told):
    concept = Fair()
    concept.solve = solve
    with pytest.raises(ModelError, match=told):
        posg.solve(posg.catalog("chicken"), 1, "full", concept)
