"""The ``.osposg`` format of one-sided games: zero-sum, player 1 sees observations, player 2 sees everything.

Agent 1 becomes player 1, agent 2 player 2, who is shown after every step the new state, agent 1's action and agent
1's observation, and the first state before the first step. So the game is that of the file under the sharing rule
``none``: each remembers what it has seen and done. Its value over a finite horizon is found by
`solve_sequence_form`; as player 1's belief depends on how player 2 plays, no rule that shares more is the same game,
and ``none`` is not strategy-independent.

What a `Game` cannot say is arranged without changing the game. Where an observation depends on more than the joint
action and the next state, that state becomes one state per observation. Actions that cannot be played everywhere share
a slot with others that are never playable at the same place; a slot with nothing playable does what the first
playable action does.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.files import write_lines
from lp_posg.formats.osposg.osposg_game import START, game_of, one_sided_of
from lp_posg.formats.osposg.osposg_text import OneSided, osposg_lines, parse_osposg
from lp_posg.formats.registry import Format, check_holds, reader
from lp_posg.formats.source import Source, has_half_character
from lp_posg.game import Game


def parse(source: Source) -> Game:
    """Return the game in a ``.osposg`` file; the module says how it is arranged."""
    one_sided = parse_osposg(source)
    try:
        return game_of(one_sided, source.stem)
    except ModelError as error:
        raise source.error(_line(one_sided, error), str(error)) from None


def write(game: Game, path: Path) -> None:
    """Write a one-sided game to a ``.osposg`` file from which exactly this game is read.

    Any other game is an UnsupportedError: labels of agent 2's observations, too, have to be those that `parse` makes.
    """
    check_holds(path, _beyond(game))
    one_sided = one_sided_of(game)
    if one_sided is None or game_of(one_sided, game.name) != game:
        check_holds(path, "agent 2 is not shown just the state, agent 1's action and agent 1's observation")
    else:
        check_holds(path, _unwritable_name(one_sided))
        write_lines(path, osposg_lines(one_sided))


def _line(one_sided: OneSided, error: ModelError) -> int:
    """Return the line of the transition that an error blames, or the last of all transitions."""
    n_states, n_parts = len(one_sided.states), len(one_sided.playable[0])
    before = 1 + 2 * n_states + n_parts + sum(map(len, one_sided.actions)) + len(one_sided.observations)
    move = error.facts.get("move")
    return before + (len(one_sided.moves) if move is None else move + 1)


def _beyond(game: Game) -> str | None:
    """Return what shows at first sight that a game is not one-sided, or None."""
    if game.n_agents != 2:
        return f"the game has {game.n_agents} agents"
    if game.max_horizon is not None:
        return "the game varies with time"
    if game.initial_observation_matrix is None:
        return "agent 2 is not shown the first state"
    reward = game.reward_array(0)
    if not np.array_equal(reward[0], -reward[1]):
        return "the rewards do not sum to zero"
    if game.agents != ("agent1", "agent2") or game.observations[0][0] != START or game.n_observations[0] < 2:
        return f"the agents are not agent1 and agent2, or agent 1's first observation is not {START!r}"
    return None


def _unwritable_name(one_sided: OneSided) -> str | None:
    for name in one_sided.states:
        if name.split() != [name]:
            return f"the name of state {name!r} has spaces"
    for name in (*one_sided.states, *one_sided.actions[0], *one_sided.actions[1], *one_sided.observations):
        if name.strip() != name or "\n" in name or "\r" in name or has_half_character(name):
            return f"the name {name!r} begins or ends with a space, or has a line end or half a character in it"
    return None


FORMAT = Format(name="osposg", extensions=(".osposg",), read=reader(parse), write_game=write, packs=True)
