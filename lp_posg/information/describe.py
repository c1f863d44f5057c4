"""Common and private information in the user's labels, for messages and graphs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from lp_posg.game import Game
from lp_posg.information.independence import Counterexample
from lp_posg.information.sharing import Data
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, SparseMatrix


def private_text(game: Game, agent: int, private: Hashable) -> str:
    """Return an agent's private information in words; a label that is no `Data` as its repr."""
    if private == ():
        return "nothing"
    if not isinstance(private, Data):
        return repr(private)
    seen = [game.observations[agent][o] for o in private.observations]
    done = [game.actions[agent][a] for a in private.actions]
    parts = [f"did {', '.join(done)}"] if done else []
    parts += [f"saw {', '.join(seen)}"] if seen else []
    return " and ".join(parts) or "nothing"


def prescription_text(game: Game, agent: int, known: Sequence[Hashable], prescription: FloatArray) -> str:
    """Return an agent's prescription, shape (k, A), in words; `known` are the labels of its private informations."""
    parts = []
    for private, row in zip(known, prescription, strict=True):
        played = [(game.actions[agent][a], float(row[a])) for a in np.flatnonzero(row > 0)]
        draws = played[0][0] if len(played) == 1 else " or ".join(f"{label} ({prob:.3g})" for label, prob in played)
        text = private_text(game, agent, private)
        parts.append(draws if text == "nothing" else f"{draws} when it {text}")
    return "; ".join(parts)


def increment_text(game: Game, increment: Sequence[Hashable]) -> str:
    """Return a joint increment in words: what each agent's newly shared part is."""
    return "; ".join(_by_agent(game, increment)) or "nothing new"


def _by_agent(game: Game, labels: Sequence[Hashable]) -> list[str]:
    """Return in words what each agent knows, without those who know nothing."""
    texts = [private_text(game, agent, label) for agent, label in enumerate(labels)]
    return [f"{name} {text}" for name, text in zip(game.agents, texts, strict=True) if text != "nothing"]


def history_text(game: Game, increments: Sequence[Sequence[Hashable]]) -> str:
    """Return a common history in words, one part per step."""
    steps = [increment_text(game, own) for own in increments]
    return " | ".join(f"step {h + 1}: {text}" for h, text in enumerate(steps) if text != "nothing new") or "nothing"


def play_text(game: Game, table: SplitTable, switches: Sequence[tuple[int, int] | None]) -> str:
    """Return a profile of prescriptions that leaves the first action at most once per agent."""
    parts = []
    for agent, switch in enumerate(switches):
        text = f"{game.agents[agent]}: {game.actions[agent][0]!r}"
        if switch is not None:
            private, action = switch
            known = private_text(game, agent, table.private[agent][private])
            change = f"{game.actions[agent][action]!r}"
            text = f"{game.agents[agent]}: {change}" if known == "nothing" else f"{text}, but {change} when it {known}"
        parts.append(text)
    return "; ".join(parts)


def belief_text(game: Game, table: SplitTable, row: SparseMatrix, most: int = 2) -> str:
    """Return the likeliest entries of one belief over (state, next private profile)."""
    private, state = np.divmod(np.asarray(row.indices, dtype=np.int64), game.n_states)
    profile = np.unravel_index(private, table.n_next)
    ordered = np.lexsort((row.indices, -row.data))
    parts = []
    for k in ordered[:most]:
        known = [table.next_private[i][int(index[k])] for i, index in enumerate(profile)]
        parts.append(f"{row.data[k]:.6g}: " + ", ".join([game.states[int(state[k])], *_by_agent(game, known)]))
    more = len(ordered) - len(parts)
    return "{" + "; ".join(parts) + (f"; and {more} more" if more > 0 else "") + "}"


def dependence_text(
    game: Game,
    structure_name: str,
    time: int,
    table: SplitTable,
    example: Counterexample,
    history: Sequence[Sequence[Hashable]],
    compression: str = "exact",
) -> str:
    """Return the message of a failed check of strategy independence, with its counterexample.

    Attached beliefs may depend on play where the game's beliefs do not; the message then speaks of the model alone.
    """
    where, advice = f"game {game.name!r}", ""
    if compression != "exact":
        where = f"the model that compression {compression!r} makes of {where}"
        advice = ", or keep more of the common information: the game itself may well be"
    if game.n_agents == 2 and game.is_zero_sum and compression == "exact":
        advice = ", or use method 'sequence-form', which does not ask for it"
    first, second = (play_text(game, table, way) for way in example.switches)
    one, other = (belief_text(game, table, row) for row in example.beliefs)
    return (
        f"sharing {structure_name!r} is not strategy-independent in {where}: at step {time + 1}, with common"
        f" information [{history_text(game, history)}], the belief after the increment"
        f" [{increment_text(game, table.increment_label(example.increment))}] depends on how the agents played:"
        f" ({first}) leads to {one}, but ({second}) leads to {other}. Common-information planning is exact only"
        " for strategy-independent sharing; share more, or sooner (see `lp-posg info` for the structures that fit)"
        f"{advice}"
    )
