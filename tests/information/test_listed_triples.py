"""Tables that list only what can happen give the answers of complete ones."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from random_games import STRUCTURES, random_game

import lp_posg as posg
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game import Game
from lp_posg.information import sharing_structure, tabulation
from lp_posg.information.tracking import check_same_indices, tables_of
from lp_posg.trees import unroll


@pytest.fixture
def list_all_never(monkeypatch):
    monkeypatch.setattr(tabulation, "TABLE_LIMIT", 0)


def moving(first: int = 1, second: int = 2) -> Game:
    """Two states, of which agent 1 sees by one of four observations which was entered; agent 2 sees nothing."""
    observation = np.zeros((2, 2, 2, 4, 1))
    observation[:, :, 0, first], observation[:, :, 1, second] = 1.0, 1.0
    reward = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 3.0], [1.0, 0.0]]])
    return Game(
        transition=np.full((2, 2, 2, 2), 0.5),
        observation=observation,
        reward=np.stack([reward, -reward]),
        initial=np.array([0.5, 0.5]),
        name=f"sees-{first}-{second}",
    )


def brute_force_triples(game: Game, structure, horizon: int) -> list[list[set]]:
    """Per step and agent the (private information, action, observation) of some joint history."""
    some = game.initial_observation
    seen = [(None, None)] if some is None else list(product(*map(range, game.n_observations)))
    front = {
        (s, tuple(structure.retain(i, (), None, o[i]) for i in range(2)))
        for s, o in product(range(game.n_states), seen)
        if game.initial[s] > 0 and (some is None or some[(s, *o)] > 0)
    }
    found = []
    for _ in range(horizon - 1):
        triples, after = [set(), set()], set()
        for (s, own), a in product(front, product(*map(range, game.n_actions))):
            for t, o in product(range(game.n_states), product(*map(range, game.n_observations))):
                if game.transition[(s, *a, t)] > 0 and game.observation[(*a, t, *o)] > 0:
                    for i in range(2):
                        triples[i].add((own[i], a[i], o[i]))
                    after.add((t, tuple(structure.retain(i, own[i], a[i], o[i]) for i in range(2))))
        found.append(triples)
        front = after
    return found


@pytest.mark.usefixtures("list_all_never")
@pytest.mark.parametrize("sharing", ["none", "delay:2", "one-directional"])
@pytest.mark.parametrize("initial_observation", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_listed_are_the_triples_of_joint_histories(sharing, initial_observation, seed):
    game = sparse_game(seed, initial_observation)
    structure = sharing_structure(sharing, 2)
    tables = tables_of(game, structure, 3)
    listed = []
    for table in tables[1:]:
        parts = [np.unravel_index(triples.code, triples.shape) for triples in table.listed]
        listed.append(
            [
                {(table.private[i][p], int(a), int(o)) for p, a, o in zip(*part, strict=True)}
                for i, part in enumerate(parts)
            ]
        )
    assert listed == brute_force_triples(game, structure, 3)
    assert all(triples.code.size < np.prod(triples.shape) for table in tables[1:] for triples in table.listed)


def sparse_game(seed: int, initial_observation: bool = False) -> Game:
    """A zero-sum game in which much cannot happen."""
    rng = np.random.default_rng(seed)

    def laws(*shape: int, after: int) -> np.ndarray:
        size = int(np.prod(shape[-after:]))
        rows = np.zeros((int(np.prod(shape[:-after])), size))
        for row in rows:
            row[rng.choice(size, 2, replace=False)] = [0.25, 0.75]
        return rows.reshape(shape)

    reward = rng.integers(-9, 10, (3, 2, 2)).astype(float)
    return Game(
        transition=laws(3, 2, 2, 3, after=1),
        observation=laws(2, 2, 3, 8, 8, after=2),
        reward=np.stack([reward, -reward]),
        initial=np.array([0.5, 0.5, 0.0]),
        initial_observation=laws(3, 8, 8, after=2) if initial_observation else None,
    )


@pytest.mark.parametrize("sharing", sorted(STRUCTURES))
@pytest.mark.parametrize("concept", ["ne", "ce"])
def test_common_information_gives_the_same_answer_to_the_last_digit(monkeypatch, sharing, concept):
    game = random_game(5, zero_sum=True, **STRUCTURES[sharing])
    found = [posg.solve(game, 3, sharing, concept)]
    monkeypatch.setattr(tabulation, "TABLE_LIMIT", 0)
    found.append(posg.solve(game, 3, sharing, concept))
    whole, listed = found
    assert not any(table.is_complete for table in tables_of(game, listed.sharing, 3)[1:])
    assert listed.values.tolist() == whole.values.tolist()
    assert listed.certificate.gaps.tolist() == whole.certificate.gaps.tolist()
    assert listed.stats.states_by_depth == whole.stats.states_by_depth
    n_states = whole.stats.states_by_depth[2]
    assert [listed.strategy(2, v) for v in range(n_states)] == [whole.strategy(2, v) for v in range(n_states)]
    assert listed.simulate(500, seed=2).mean.tolist() == whole.simulate(500, seed=2).mean.tolist()
    assert listed.verify().values.tolist() == whole.verify().values.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sequence_form_gives_the_same_answer_to_the_last_digit(monkeypatch, tmp_path, seed):
    game = sparse_game(seed, initial_observation=seed == 3)
    whole = posg.solve(game, 3, "none", method="sequence-form")
    tree = unroll(game, 2, "none")
    monkeypatch.setattr(tabulation, "TABLE_LIMIT", 0)
    listed = posg.solve(game, 3, "none", method="sequence-form")
    assert listed.values.tolist() == whole.values.tolist()
    assert listed.sets.behaviour.tolist() == whole.sets.behaviour.tolist()
    assert listed.information_sets("agent1") == whole.information_sets("agent1")
    assert unroll(game, 2, "none") == tree
    listed.save(tmp_path / "listed.npz")
    again = posg.load(tmp_path / "listed.npz")
    assert again.verify(game).values.tolist() == whole.values.tolist()
    assert again.simulate(500, seed=2).mean.tolist() == whole.simulate(500, seed=2).mean.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_private_information_is_passed_on_the_order_may_change_but_nothing_else(monkeypatch, seed):
    game = sparse_game(seed, initial_observation=seed == 3)
    whole = posg.solve(game, 3, "delay:2", method="sequence-form")
    monkeypatch.setattr(tabulation, "TABLE_LIMIT", 0)
    listed = posg.solve(game, 3, "delay:2", method="sequence-form")
    assert listed.values.tolist() == pytest.approx(whole.values.tolist(), abs=1e-12)
    assert listed.stats.sizes == whole.stats.sizes
    for agent in game.agents:
        assert sorted(listed.information_sets(agent)) == sorted(whole.information_sets(agent))


@pytest.mark.usefixtures("list_all_never")
@pytest.mark.parametrize("method", ["sequence-form", "common-information"])
def test_a_strategy_is_not_taken_for_one_of_a_game_where_other_things_are_seen(method):
    # Indices count what can be seen: observation 1 here has the number of observation 0 there.
    solution = posg.solve(moving(1, 2), 2, "one-directional", "ne", method=method)
    assert solution.verify(moving(1, 2)).gap == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ModelError, match=r"'sees-0-2'.*solve 'sees-0-2'"):
        solution.verify(moving(0, 2))
    with pytest.raises(ModelError):
        solution.simulate(100, game=moving(0, 2))


def test_complete_tables_are_the_same_in_all_games_of_one_size():
    check_same_indices(moving(1, 2), moving(0, 2), sharing_structure("none", 2), 3)


@pytest.mark.usefixtures("list_all_never")
def test_what_cannot_happen_is_refused_in_play():
    game = moving(1, 2)
    play = posg.solve(game, 2, "none", method="sequence-form").play()
    play.act()
    with pytest.raises(ModelError, match="cannot happen"):
        play.act({"agent1": game.observations[0][0], "agent2": game.observations[1][0]})


@pytest.mark.usefixtures("list_all_never")
@pytest.mark.parametrize(("limit", "value"), [("LISTED_LIMIT", 3), ("WAYS_LIMIT", 3), ("INDEX_LIMIT", 3)])
def test_too_much_that_can_happen_is_refused_by_name(monkeypatch, limit, value):
    tables_of(moving(), sharing_structure("none", 2), 2)
    monkeypatch.setattr(tabulation, limit, value)
    with pytest.raises(UnsupportedError, match=r"'none': agent 'agent1' has .* private informations"):
        tables_of(moving(), sharing_structure("none", 2), 2)
