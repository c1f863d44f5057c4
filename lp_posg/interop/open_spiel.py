"""Games and strategies to and from OpenSpiel; the only module that imports it, and only when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import MissingExtraError, ModelError, UnsupportedError
from lp_posg.game import takes
from lp_posg.interop.spiel_policy import behaviour_of
from lp_posg.interop.spiel_text import efg_for_spiel, set_key, set_numbers
from lp_posg.interop.spiel_tree import SpielTree
from lp_posg.trees import Tree
from lp_posg.types import PROB_TOL, FloatArray

NODE_LIMIT = 1_000_000
"""Default of `max_nodes`: about 15 seconds and 300 MB."""


def from_open_spiel(game: Any, *, max_nodes: int = NODE_LIMIT) -> Tree:
    """Return the tree of an OpenSpiel game.

    Information sets are OpenSpiel's information states, and their labels its strings; agents are ``player0``,
    ``player1`` and so on, as OpenSpiel counts. Where agents move at once, they do so one after the other here,
    without hearing of each other. What the game pays on the way is paid at the end, as its returns. Numbers are
    exact: a payoff is the shortest decimal that reads as OpenSpiel's float, a law of chance consists of fractions
    that sum to 1 (simple ones if there are such within 1e-15, else the floats divided by their sum).

    Parameters
    ----------
    game : str or pyspiel.Game
        A name, with parameters if need be, as ``"leduc_poker(players=2)"``.
    max_nodes : int
        Most nodes of the tree.

    Raises
    ------
    ModelError
        If there is no such game, or its laws or returns are no numbers.
    ImperfectRecallError
        If an agent does not know at an information state what it knew and did before.
    UnsupportedError
        If it gives no information states, or chance is only sampled.
    LimitError
        If the tree has more nodes than allowed.
    MissingExtraError
        If OpenSpiel is not installed.

    Notes
    -----
    Lanctot et al. (2019), OpenSpiel: a framework for reinforcement learning in games, arXiv:1908.09453.
    """
    whole_number("max_nodes", max_nodes)
    spiel = _pyspiel()
    found = _loaded(spiel, game)
    name, kind = str(found).removesuffix("()"), found.get_type()
    if kind.chance_mode == spiel.GameType.ChanceMode.SAMPLED_STOCHASTIC:
        raise UnsupportedError(f"OpenSpiel's game {name!r} only samples chance; expected a game that tells its law")
    if kind.dynamics == spiel.GameType.Dynamics.MEAN_FIELD:
        raise UnsupportedError(f"OpenSpiel's game {name!r} is a mean field game; expected finitely many agents")
    if not kind.provides_information_state_string:
        raise UnsupportedError(
            f"OpenSpiel's game {name!r} gives no information states, so what agents remember is not known;"
            " expected a game that provides information_state_string"
        )
    agents = tuple(f"player{k}" for k in range(found.num_players()))
    try:
        return SpielTree(name, agents, max_nodes).build(found.new_initial_state())
    except spiel.SpielError as error:
        raise ModelError(f"OpenSpiel fails in its own game {name!r}: {_first_line(error)}") from error


@takes
def to_open_spiel(game: Tree) -> Any:
    """Return an extensive game as OpenSpiel's ``efg_game``.

    What inner nodes pay is paid at the end. The actions of a node are numbered in our order, whatever their numbers
    in OpenSpiel: its reader gives one number to equal labels. Labels are changed where it could not read them.

    Raises
    ------
    UnsupportedError
        If there are too many moves in a row.
    MissingExtraError
        If OpenSpiel is not installed.
    """
    return _pyspiel().load_efg_game(efg_for_spiel(game))


def open_spiel_policy(solution: Any, target: Any = None, *, max_nodes: int = NODE_LIMIT) -> Any:
    """Return the strategies of a solution as OpenSpiel's TabularPolicy, whose attribute ``game`` is what they are for.

    A POSG is unrolled into a tree (`trees.unroll`) and exported; its information sets are full private histories.
    OpenSpiel's NashConv of a Nash equilibrium is the sum of the gaps in its certificate.

    Parameters
    ----------
    solution : Solution
        Of a POSG or a game tree, with a concept whose agents draw independently: ``ne`` or ``team``.
    target : str or pyspiel.Game, optional
        For a game tree: the game it was made from, for the policy to be keyed by its information states.
    max_nodes : int
        Most nodes of the tree that a POSG is unrolled into.

    Raises
    ------
    UnsupportedError
        If a mediator draws for all agents (the correlated concepts).
    ModelError
        If it is no solution, or does not fit the target.
    LimitError
        If the tree has more nodes than allowed.
    MissingExtraError
        If OpenSpiel is not installed.
    """
    game, behaviour = behaviour_of(solution, max_nodes)
    return tabular_policy(game, behaviour, target)


@takes
def tabular_policy(game: Tree, behaviour: Sequence[FloatArray], target: Any = None) -> Any:
    """Return behaviour strategies of all agents as OpenSpiel's TabularPolicy.

    Parameters
    ----------
    game : Tree
    behaviour : one float array per information set
        Probability of each action, in the order of `game.sets`.
    target : str or pyspiel.Game, optional
        The game that `game` was made from (`from_open_spiel`); if not given, `to_open_spiel` makes one, which is
        the policy's attribute ``game``.

    Raises
    ------
    ModelError
        If there are other numbers of sets or actions, or a row is no law, or the target is another game.
    UnsupportedError
        If two agents have one information state string in the target: a table knows strings only.
    MissingExtraError
        If OpenSpiel is not installed.
    """
    _check_behaviour(game, behaviour)
    spiel = _pyspiel()
    if target is None:
        target = to_open_spiel(game)
        keys = [set_key(own.agent, k, own.label) for own, k in zip(game.sets, set_numbers(game), strict=True)]
    else:
        target = _loaded(spiel, target)
        keys = [own.label for own in game.sets]
    if len(set(keys)) < len(keys):
        raise UnsupportedError(
            f"two information sets of game {game.name!r} have one information state string, which OpenSpiel's table"
            " cannot tell apart; leave out the target to have a game made in which all differ"
        )
    from open_spiel.python.policy import TabularPolicy

    policy = TabularPolicy(target)
    if set(keys) != set(policy.state_lookup):
        raise ModelError(f"the target {target} has other information states than game {game.name!r}")
    for key, law in zip(keys, behaviour, strict=True):
        _set_law(policy, key, law)
    return policy


def _set_law(policy: Any, key: str, law: FloatArray) -> None:
    legal = np.flatnonzero(policy.legal_actions_mask[policy.state_lookup[key]])
    if len(legal) != len(law):
        raise ModelError(f"OpenSpiel has {len(legal)} actions at information state {key!r}, the strategy {len(law)}")
    policy.policy_for_key(key)[legal] = law


def _check_behaviour(game: Tree, behaviour: Sequence[FloatArray]) -> None:
    if len(behaviour) != len(game.sets):
        raise ModelError(
            f"there are laws for {len(behaviour)} information sets, game {game.name!r} has {len(game.sets)}"
        )
    for own, law in zip(game.sets, behaviour, strict=True):
        if np.shape(law) != (len(own.actions),) or not np.min(law) >= 0 or not abs(np.sum(law) - 1) <= PROB_TOL:
            raise ModelError(
                f"law of {game.agents[own.agent]} at information set {own.label!r} is {law!r}, expected"
                f" {len(own.actions)} probabilities that sum to 1"
            )


def _loaded(spiel: Any, game: Any) -> Any:
    """Return a pyspiel.Game by itself or by its name."""
    if isinstance(game, spiel.Game):
        return game
    if not isinstance(game, str):
        raise ModelError(f"game is {type(game).__name__}, expected a pyspiel.Game or the name of one")
    short = game.split("(")[0].strip()
    if short.startswith("python_"):
        import open_spiel.python.games  # noqa: F401  registers them
    if short not in spiel.registered_names():
        raise ModelError(f"OpenSpiel has no game {short!r}; pyspiel.registered_names() lists those it has")
    try:
        return spiel.load_game(game)
    except (spiel.SpielError, IndexError, ImportError) as error:
        raise ModelError(f"OpenSpiel cannot load {game!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _pyspiel() -> Any:
    try:
        import pyspiel
    except ImportError as error:
        raise MissingExtraError(
            "open_spiel is not installed; install it with: pip install 'lp-posg[interop]'"
        ) from error
    return pyspiel
