"""Beliefs, edges and supports of every depth, against all full histories; batches change nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from full_histories import data, first_histories, grouped, joined, joint_actions, next_histories, split
from random_games import random_game

from lp_posg import Game, catalog
from lp_posg.information import StateSpace, levels, reachable_states, sharing_structure
from lp_posg.information.levels import batches, expand

PROB_TOL = 1e-12
HORIZON = 3

CASES = [
    ("full", {}),
    ("full", {"n_agents": 3, "sparse": True}),
    ("full", {"n_agents": 1, "n_actions": 3, "initial_observation": True}),
    ("one-step-delay", {"initial_observation": True}),
    ("one-step-delay", {"sparse": True, "n_states": 3}),
    ("one-step-delay", {"horizon": 3, "sparse": True, "initial_observation": True}),
    ("one-directional", {"initial_observation": True, "sparse": True}),
    ("one-directional", {"n_observations": 3}),
    ("controller:1", {"controlled_by": 1, "initial_observation": True}),
    ("controller:2", {"controlled_by": 1, "sparse": True, "initial_observation": True}),
    ("uncontrolled:1", {"controlled_by": 0, "n_agents": 3}),
    ("uncontrolled:2", {"controlled_by": 0, "initial_observation": True}),
    ("uncontrolled:3", {"controlled_by": 0, "sparse": True, "initial_observation": True}),
    ("delay:2", {"n_actions": 1, "initial_observation": True}),
    ("none", {"n_actions": 1, "sparse": True, "initial_observation": True}),
]
IDS = [f"{sharing}-{'-'.join(options)}" for sharing, options in CASES]


def expanded(sharing: str, options: dict, **more) -> tuple[Game, StateSpace]:
    game = random_game(7, **options)
    return game, reachable_states(game, sharing_structure(sharing, game.n_agents), HORIZON, **more)


def labels_of(depth, cell: int) -> tuple:
    """Return the private informations of a cell in the form that `split` uses."""
    return data(tuple(depth.private[i][int(p)] for i, p in enumerate(depth.level.cell_profile[:, cell])))


@pytest.mark.parametrize(("sharing", "options"), CASES, ids=IDS)
def test_states_beliefs_and_edges_are_those_of_all_histories(sharing: str, options: dict):
    game, found = expanded(sharing, options, merge=False)
    n_joint = game.n_joint_actions
    histories = first_histories(game)
    for time, depth in enumerate(found.depths):
        expected = grouped(sharing, histories, game.n_agents)
        common = [joined(found.history(time, node)) for node in range(depth.level.n_nodes)]
        assert len(set(common)) == len(common)
        assert set(common) == set(expected)
        mass = {c: sum(weight.sum() for weight in cells.values()) for c, cells in expected.items()}
        assert depth.level.n_cells == sum(len(cells) for cells in expected.values())
        belief = depth.level.belief.toarray()
        cell_at = {}
        for cell, node in enumerate(depth.level.cell_node):
            c, p = common[node], labels_of(depth, cell)
            cell_at[c, p] = cell
            np.testing.assert_allclose(belief[cell], expected[c][p] / mass[c], rtol=0, atol=PROB_TOL)
        assert len(cell_at) == depth.level.n_cells
        if time == 0:
            start = np.zeros(depth.level.n_nodes)
            np.add.at(start, found.start.child, found.start_prob)
            np.testing.assert_allclose(start, [mass[c] for c in common], rtol=0, atol=PROB_TOL)
        if time == HORIZON - 1:
            continue
        later = found.depths[time + 1].level.n_nodes
        node_at = {joined(found.history(time + 1, node)): node for node in range(later)}
        edges = np.zeros((depth.level.n_cells * n_joint, later))
        children = []
        for history in histories:
            c, p = split(sharing, history, game.n_agents)
            for number, action in enumerate(joint_actions(game)):
                for child in next_histories(game, history, action):
                    after = split(sharing, child, game.n_agents)[0]
                    edges[cell_at[c, p] * n_joint + number, node_at[after]] += child.weight.sum() / mass[c]
                    children.append(child)
        np.testing.assert_allclose(depth.edges.toarray(), edges, rtol=0, atol=PROB_TOL)
        histories = children
    assert time == HORIZON - 1


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize(("sharing", "options"), CASES, ids=IDS)
def test_invariants_of_levels(sharing: str, options: dict, merge: bool):
    game, found = expanded(sharing, options, merge=merge)
    assert len(found.depths) == HORIZON
    assert found.start_prob.sum() == pytest.approx(1.0, abs=PROB_TOL)
    for depth in found.depths:
        level = depth.level
        cell_prob = np.asarray(level.belief.sum(axis=1)).ravel()
        assert level.n_nodes > 0
        assert (level.belief.data > 0).all()
        sums = np.bincount(level.cell_node, weights=cell_prob, minlength=level.n_nodes)
        np.testing.assert_allclose(sums, 1.0, rtol=0, atol=PROB_TOL)
        # Ascending by state, then by private profile: each pair once.
        key = level.cell_node * int(np.prod(level.n_private)) + level.cell_private
        assert (np.diff(key) > 0).all()
        for agent, support in enumerate(level.supports):
            for node in range(level.n_nodes):
                mine = level.cell_profile[agent][level.cell_node == node]
                held = support.private[support.start[node] : support.start[node + 1]]
                assert held.tolist() == sorted(set(mine.tolist()))
                ranks = support.cell_rank[level.cell_node == node]
                assert held[ranks].tolist() == mine.tolist()
                assert level.counts[node, agent] == len(held)
        if depth.arcs is None:
            continue
        assert depth.edges.shape[0] == level.n_cells * game.n_joint_actions
        leaving = np.asarray(depth.edges.sum(axis=1)).reshape(level.n_cells, -1)
        np.testing.assert_allclose(leaving, np.repeat(cell_prob[:, None], leaving.shape[1], axis=1), atol=PROB_TOL)
        arcs = np.stack([depth.arcs.parent, depth.arcs.increment])
        assert (np.diff(arcs[0] * (arcs[1].max() + 1) + arcs[1]) > 0).all()
    assert [depth.arcs is None for depth in found.depths] == [False] * (HORIZON - 1) + [True]


# ---- batches ----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 50, 400, 4_000_000])
@pytest.mark.parametrize("name", ["dectiger", "chicken-signals", "recycling"])
def test_batches_are_all_states_in_turn(monkeypatch: pytest.MonkeyPatch, name: str, limit: int):
    monkeypatch.setattr(levels, "BATCH_ENTRIES", limit)
    game = catalog(name)
    found = reachable_states(game, sharing_structure("one-step-delay", 2), 4)
    level = found.depths[3].level
    parts = batches(game, 3, level)
    assert [node for part in parts for node in range(part.start, part.stop)] == list(range(level.n_nodes))
    assert all(part.stop > part.start for part in parts)
    if limit == 1:
        assert len(parts) == level.n_nodes > 1
    if limit == 4_000_000:
        assert len(parts) == 1


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize(("sharing", "options"), CASES, ids=IDS)
def test_batches_of_one_state_give_the_same_states(
    monkeypatch: pytest.MonkeyPatch, sharing: str, options: dict, merge: bool
):
    _, whole = expanded(sharing, options, merge=merge)
    monkeypatch.setattr(levels, "BATCH_ENTRIES", 1)
    game, parted = expanded(sharing, options, merge=merge)
    assert len(batches(game, 1, parted.depths[1].level)) == parted.depths[1].level.n_nodes
    compared = 0
    for one, other in zip(whole.depths, parted.depths, strict=True):
        assert one.private == other.private
        for field in ("cell_node", "cell_private"):
            np.testing.assert_array_equal(getattr(one.level, field), getattr(other.level, field))
        np.testing.assert_array_equal(one.level.belief.toarray(), other.level.belief.toarray())
        np.testing.assert_array_equal(one.origin, other.origin)
        if one.arcs is None:
            assert other.arcs is None
            continue
        for field in fields(one.arcs):
            np.testing.assert_array_equal(getattr(one.arcs, field.name), getattr(other.arcs, field.name))
        np.testing.assert_array_equal(one.edges.toarray(), other.edges.toarray())
        compared += 1
    assert compared == HORIZON - 1


def test_an_expansion_of_some_states_is_that_part_of_the_whole():
    game = random_game(3, initial_observation=True, n_states=3)
    found = reachable_states(game, sharing_structure("one-step-delay", 2), 3)
    depth = found.depths[1]
    assert depth.level.n_nodes >= 4
    whole = expand(game, 1, depth.table, depth.level, slice(0, depth.level.n_nodes))
    part = expand(game, 1, depth.table, depth.level, slice(1, 3))
    inside = (whole.parent >= 1) & (whole.parent < 3)
    np.testing.assert_array_equal(part.parent, whole.parent[inside])
    np.testing.assert_array_equal(part.increment, whole.increment[inside])
    np.testing.assert_allclose(part.rows.toarray(), whole.rows.toarray()[inside], rtol=0, atol=PROB_TOL)
    assert len(part.parent) == inside.sum() > 0
    assert part.entries.weight.sum() == pytest.approx(2 * game.n_joint_actions, abs=PROB_TOL * 100)
