"""A table needs numbers, not laws: it is the same from a game and from its sizes alone."""

from __future__ import annotations

import pytest
from random_games import random_game

from lp_posg.errors import UnsupportedError
from lp_posg.game.protocols import AgentSizes
from lp_posg.information import sharing_structure
from lp_posg.information.tables import TABLE_LIMIT, first_table, next_table, tables_digest


@pytest.mark.parametrize("sharing", ["full", "one-directional", "delay:2", "none"])
@pytest.mark.parametrize("initial_observation", [False, True])
def test_sizes_alone_give_the_tables_of_the_game(sharing, initial_observation):
    game = random_game(1, n_actions=2, n_observations=3, initial_observation=initial_observation)
    assert game.has_initial_observation == initial_observation
    sizes = AgentSizes((2, 2), (3, 3), initial_observation)
    structure = sharing_structure(sharing, 2)
    found = []
    for known in (game, sizes):
        tables = [first_table(known, structure)]
        for _ in range(3):
            tables.append(next_table(known, structure, tables[-1].next_private))
        found.append(tables)
    assert found[0][0].increment_index[0].shape == (1, 1, 3 if initial_observation else 1)
    assert tables_digest(found[0]) == tables_digest(found[1])


def test_a_table_too_large_names_the_agent_by_number():
    sizes = AgentSizes((1, TABLE_LIMIT + 1), (1, 1))
    structure = sharing_structure("full", 2)
    with pytest.raises(UnsupportedError, match="'agent2'"):
        next_table(sizes, structure, first_table(sizes, structure).next_private)
