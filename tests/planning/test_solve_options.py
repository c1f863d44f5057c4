"""The surface of `solve`: options, errors, progress, the graph, and what a solution says of itself."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import (
    CertificateError,
    FormatError,
    ModelError,
    OptionError,
    StrategyDependenceError,
    UnsupportedError,
)


@pytest.fixture(scope="module")
def tiger():
    return posg.catalog("dectiger")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "horizon is 0, expected a whole number"),
        ({"horizon": 2.5}, "horizon is 2.5"),
        ({"horizon": True}, "horizon is True"),
        ({"sharing": "some"}, "unknown sharing 'some'; expected one of full"),
        ({"sharing": "delay"}, "expected delay:D with a delay D of at least 1"),
        ({"sharing": "delay:0"}, "expected delay:D"),
        ({"sharing": "full:1"}, "unknown sharing 'full:1'"),
        ({"sharing": 3}, "sharing is 3, expected a name or an object"),
        ({"concept": "nash"}, "unknown concept 'nash'; expected one of team, ne, strategic-ce, ce, interim-cce, cce"),
        ({"objective": "best"}, "unknown objective 'best'"),
        ({"objective": "agent:3"}, "agent:k with k from 1 to 2"),
        ({"compression": "zip"}, "unknown compression 'zip'; expected one of exact"),
        ({"discount": 0}, "discount is 0.0, expected a number in"),
        ({"discount": "half"}, "discount is 'half'"),
        ({"tolerance": -1}, "tolerance is -1"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"workers": 0}, "workers is 0"),
    ],
    ids=str,
)
def test_bad_options_are_named_before_any_work(tiger, options, message):
    with pytest.raises(ModelError, match=message):
        posg.solve(tiger, **({"horizon": 2} | options))


def test_a_name_or_a_path_is_the_game_it_stands_for(tiger, tmp_path):
    file = tmp_path / "own.dpomdp"
    posg.save(tiger, file)
    for given in ("dectiger", "Dec_Tiger", file, str(file)):
        assert posg.solve(given, 2).values == pytest.approx([10.815, 10.815])
    with pytest.raises(FormatError, match=r"no such file, .*; did you mean 'dectiger'\?"):
        posg.solve("dectiger.dpomdp", 2)


@pytest.mark.parametrize(
    ("option", "wrong", "right"),
    [
        ("sharing", "oen-step-delay", "one-step-delay"),
        ("sharing", "delai:2", "delay:D"),
        ("concept", "strategic_cee", "strategic-ce"),
        ("objective", "wellfare", "welfare"),
        ("compression", "finte-memory:2", "finite-memory:L"),
        ("method", "sequence_from", "sequence-form"),
        ("certificate", "exakt", "exact"),
    ],
)
def test_a_misspelt_name_is_asked_after(option, wrong, right):
    with pytest.raises(OptionError, match=f"^unknown {option} '{wrong}'; did you mean '{right}") as caught:
        posg.solve("dectiger", 1, **{option: wrong})
    assert caught.value.facts["option"] == option


@pytest.mark.parametrize(
    ("option", "written", "meant"),
    [
        ("sharing", "one_step_delay", "one-step-delay"),
        ("concept", "interim_cce", "interim-cce"),
        ("compression", "finite_memory:1", "finite-memory:1"),
        ("method", "common_information", "common-information"),
    ],
)
def test_both_spellings_are_one_name(option, written, meant):
    found = getattr(posg.solve("dectiger", 1, **{option: written}), option)
    assert getattr(found, "name", found) == meant


def test_the_default_concept_is_team_for_a_common_reward_and_cce_else(tiger):
    assert posg.solve(tiger, 1).concept.name == "team"
    assert posg.solve(posg.catalog("chicken"), 1).concept.name == "cce"


def test_delayed_sharing_of_the_tiger_is_refused_with_a_counterexample(tiger):
    for sharing in ("delay:2", "none"):
        with pytest.raises(StrategyDependenceError, match="'open-left'"):
            posg.solve(tiger, 3, sharing)


def test_nash_of_three_agents_in_no_special_game_is_certified_if_small():
    solution = posg.solve(random_game(0, n_agents=3), 2, "full", "ne")
    assert solution.stats.methods["boxes"] > 0
    assert solution.certificate.gap <= 1e-9


def test_nash_of_three_agents_in_no_special_game_is_unsupported_if_large():
    with pytest.raises(UnsupportedError, match=r"3 agents.*step 1.*343 pairs.*no sum over pairs.*'cce'"):
        posg.solve(random_game(0, n_agents=3, n_actions=7), 1, "full", "ne", "worst")


def test_progress_tells_states_and_ends_complete(tiger):
    seen = []
    posg.solve(tiger, 3, "full", progress=seen.append)
    assert [p.phase for p in seen][:3] == ["expand"] * 3
    assert [p.states for p in seen if p.phase == "expand"] == [1, 4, 9]
    solved = [p for p in seen if p.phase == "solve"]
    assert (solved[-1].done, solved[-1].total) == (9, 9)
    assert seen[-1].phase == "certify"


def test_the_graph_is_a_dag_of_states_with_news_in_words(tiger):
    solution = posg.solve(tiger, 3, "one-step-delay")
    graph = solution.graph
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() == solution.stats.states == 7
    assert graph.nodes[0, 0]["values"] == pytest.approx((8.815, 8.815))
    words = {text for _, _, own in graph.edges(data="increments") for text in own}
    assert any("did listen" in text and "saw hear-left" not in text for text in words)  # step 1: no observation yet
    assert any("saw hear-left" in text for text in words)


def test_the_strategy_reads_in_labels(tiger):
    """Two steps of full sharing: listen, then open by the two observations."""
    solution = posg.solve(tiger, 2, "full")
    (first,) = solution.strategy(0, 0)
    assert first.prescriptions == {agent: {"nothing": {"listen": 1.0}} for agent in tiger.agents}
    actions = {
        tuple(next(iter(own["nothing"])) for own in solution.strategy(1, v)[0].prescriptions.values())
        for v in range(solution.policy.steps[1].n_nodes)
    }
    assert ("open-left", "open-left") in actions
    assert ("open-right", "open-right") in actions
    with pytest.raises(ModelError, match="no state 9 at time 1"):
        solution.strategy(1, 9)


def test_a_correlated_strategy_draws_several_atoms():
    """Best CE of chicken: three cells with probabilities 1/2, 1/4, 1/4 (Aumann 1974)."""
    solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
    atoms = solution.strategy(0, 0)
    joint = solution.policy.steps[0].blocks[0].joint().ravel()
    assert sum(atom.prob for atom in atoms) == pytest.approx(1)
    assert sorted(joint) == pytest.approx([0, 0.25, 0.25, 0.5])


def test_a_private_observation_is_acted_on():
    solution = posg.solve(posg.catalog("chicken-signals"), 1, "one-step-delay", "ce")
    (atom, *_) = solution.strategy(0, 0)
    known = [list(own) for own in atom.prescriptions.values()]
    assert all(len(own) == 2 and own[0].startswith("saw ") for own in known)


def test_an_equilibrium_beyond_the_tolerance_is_raised_unless_allowed(monkeypatch):
    """The planner is made to maximise the wrong thing; the certificate does not let that pass."""
    from lp_posg.induction import blocks

    right = blocks.cell_payoffs
    monkeypatch.setattr(blocks, "cell_payoffs", lambda *args: -right(*args))
    game = posg.catalog("general-tiger")
    with pytest.raises(CertificateError, match=r"gains .* not an equilibrium \(ce\)") as caught:
        posg.solve(game, 1, "full", "ce")
    assert caught.value.certificate.gap > 1


def test_every_agent_is_certified_in_its_own_units(monkeypatch):
    """Agent 1 plays for billions; agent 2, whose actions are all moved by one, loses what is much to itself."""
    from lp_posg.induction import backward as sweep

    plain = random_game(1)
    game = posg.Game(
        plain.transition, plain.observation, plain.reward * np.array([1e9, 1]).reshape(2, 1, 1, 1), plain.initial
    )
    right = sweep._solve_part

    def rolled(concept, objective, games):
        found, _ = right(concept, objective, games)
        moved = (found.prescription[0], np.roll(found.prescription[1], 1, axis=2))
        found = replace(found, prescription=moved)
        return found, found.values(games.payoff)

    assert posg.solve(game, 2, "full", "ce").certificate.gaps[1] <= 1e-6
    monkeypatch.setattr(sweep, "_solve_part", rolled)
    with pytest.raises(CertificateError, match="agent2"):
        posg.solve(game, 2, "full", "ce")


def test_planner_and_certificate_must_agree_on_values(monkeypatch):
    from lp_posg.stage import BlockStrategy

    right = BlockStrategy.values
    monkeypatch.setattr(BlockStrategy, "values", lambda *args: right(*args) + 0.5)
    with pytest.raises(CertificateError, match="the planner values its strategy at"):
        posg.solve(posg.catalog("chicken"), 1, "full", "ce", approximate=True)


def test_summary_has_the_documented_keys(tiger):
    summary = posg.solve(tiger, 2, "full").summary()
    options = {"game", "horizon", "discount", "sharing", "concept", "objective", "compression"}
    assert set(summary) >= options | {"values", "welfare", "certificate", "stats", "version"}
    assert summary["values"] == pytest.approx([10.815] * 2)
    assert summary["welfare"] == pytest.approx(2 * 10.815)
    assert set(summary["certificate"]) >= {"status", "gaps"}
    assert set(summary["stats"]) >= {"states", "stage_lps", "seconds"}


def test_merged_and_unmerged_states_give_the_same_values():
    from lp_posg.induction.backward import sweep
    from lp_posg.information import reachable_states, sharing_structure
    from lp_posg.stage import concept_named, parse_objective

    for seed, sharing in enumerate(("full", "one-step-delay", "one-directional")):
        game = posg.catalog("recycling") if seed == 2 else random_game(seed, n_states=1 + seed)
        structure = sharing_structure(sharing, 2)
        for concept in ("team", "cce"):
            found = []
            for merge in (True, False):
                space = reachable_states(game, structure, 3, merge=merge)
                swept = sweep(game, space, sharing, concept_named(concept), parse_objective("welfare", game.agents))
                found.append((space.n_states, swept.node_values[0].sum(axis=1)))
            np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-9)
            assert found[0][0] <= found[1][0]


@pytest.mark.parametrize("tolerance", [True, float("inf"), float("nan"), -1e-9, "1e-7", None])
def test_a_tolerance_is_a_finite_number(tolerance):
    game = posg.catalog("competitive-tiger")
    for method in ("auto", "sequence-form"):
        with pytest.raises(ModelError, match=r"tolerance is .*, expected a finite number of at least 0"):
            posg.solve(game, 1, "full", method=method, tolerance=tolerance)
    assert posg.solve(game, 1, "full", tolerance=np.float64(1e-7)).tolerance == 1e-7


def test_a_concept_is_a_name():
    game = posg.catalog("chicken")
    for ask in (lambda c: posg.solve(game, 1, "full", c), lambda c: posg.payoff_region(game, c)):
        for concept in (["ce"], 3, {"ce"}):
            with pytest.raises(ModelError, match=r"unknown concept|a correlated concept, one of"):
                ask(concept)
