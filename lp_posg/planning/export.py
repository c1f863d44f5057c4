"""A strategy as a file that other programs can follow: a table, one object, or a graph.

Every format has the states' numbers, as in `Solution.graph`, and the game's labels:

    .csv              one line per (time, state, atom, agent, private information, action) that has a chance;
                      where news leads is not in it: a table to look at, or to play from beside one of the others
    .json             the same, nested, with the state that each shared news leads to, from the start on
    .graphml, .dot    the DAG of states, with values, what is played, and the news on its edges; the values of a .dot
                      file have six digits, its probabilities all

To follow the strategy, a program finds the state of time 0 by the first news (`start`), draws one of its atoms
and, from each agent's entry for its private information, an action, and goes where the news of the step leads
(`next`). Who draws, and who hears what, depends on the concept; the file says it (`to_play`; a table has no room for
it). An agent that hears more than that, say the atom of a correlated equilibrium, may gain by deviating.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import FormatError
from lp_posg.files import path_of, write_whole
from lp_posg.information.policy import PolicyBlock
from lp_posg.planning.state_plan import StatePlan, parts_of
from lp_posg.types import FloatArray, IntArray
from lp_posg.version import __version__
from lp_posg.wording import clean

COLUMNS = ("time", "state", "atom", "atom_probability", "agent", "private_information", "action", "probability")

_FORMULA = re.compile(r"\s*[=+@\-＝＋＠－]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

JSON_FORMAT, JSON_VERSION = "lp-posg strategy", 1


def checked_suffix(path: str | PathLike[str], what: str, suffixes: Iterable[str]) -> str:
    """Return the suffix of a file, or raise FormatError if it is none of those that `what` is written with."""
    suffix = path_of(path).suffix.lower()
    if suffix in suffixes:
        return suffix
    raise FormatError(
        f"{str(path)!r} ends in {suffix or 'no suffix'!r}; {what} is written as {', '.join(suffixes)}",
        path=str(path),
        line=None,
    )


def table_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with comma-separated values; every such table of the package is made here.

    Numbers stay numbers. A text is made harmless to spreadsheets and terminals: control characters but line ends are
    written out as escapes, and before what a spreadsheet would run as a formula stands an apostrophe.
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(columns)
    table.writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Return what stands in a table for a value."""
    if not isinstance(value, str):
        return value
    text = "\n".join(map(clean, value.split("\n")))
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def object_text(name: str, content: Mapping[str, Any]) -> str:
    """Return a JSON object that says first what it is."""
    whole = {"format": name, "format_version": JSON_VERSION, "version": __version__, **content}
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text to a file, or raise FormatError; an older file is then left as it was."""
    write_whole(path, lambda stream: stream.writelines([text.encode()]))


def export_plan(plan: StatePlan, path: str | PathLike[str]) -> None:
    """Write the whole strategy to a file, whose suffix says how.

    Parameters
    ----------
    plan : StatePlan
    path : str or PathLike
        Ends in ``.csv``, ``.json``, ``.graphml`` or ``.dot``.

    Raises
    ------
    FormatError
        If the suffix is none of these, or the file cannot be written; an older file is then left as it was.
    """
    write_text(path, writer_for(path)(plan))


def writer_for(path: str | PathLike[str]) -> Callable[[StatePlan], str]:
    """Return what makes the text of a file from a solution, by the file's suffix; FormatError if that is unknown."""
    return WRITERS[checked_suffix(path, "a strategy", WRITERS)]


def csv_text(plan: StatePlan) -> str:
    """Return what is played as a table without where news leads.

    It is sorted by time, state, atom, agent, private information and action.
    """
    rows = (
        (time, state, atom, repr(atom_prob), *words, repr(prob))
        for time in range(plan.horizon)
        for state, atom, atom_prob, words, prob in _plays(plan, time)
    )
    return table_text(COLUMNS, rows)


def _plays(plan: StatePlan, time: int) -> Iterator[tuple[int, int, float, tuple[str, str, str], float]]:
    """Yield (state, atom, its probability, (agent, private information, action), probability), sorted."""
    game, private = plan.game, [_distinct(words) for words in plan.labels.private[time]]
    agents = range(game.n_agents)
    parts = [_block_entries(block, agent) for block in plan.policy.steps[time].blocks for agent in agents]
    index, chance = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    order = np.lexsort(index.T[::-1])
    entries = zip(index[order].tolist(), chance[order].tolist(), strict=True)
    for (state, atom, agent, known, action), (atom_prob, prob) in entries:
        words = (game.agents[agent], private[agent][known], game.actions[agent][action])
        yield state, atom, atom_prob, words, prob


def _block_entries(block: PolicyBlock, agent: int) -> tuple[IntArray, FloatArray]:
    """Return (state, atom, agent, private, action), shape (R, 5), and their two probabilities, shape (R, 2)."""
    row_of = np.repeat(np.arange(len(block.nodes)), np.diff(block.atom_start))
    atom, known, action = np.nonzero(block.prescription[agent])
    row = row_of[atom]
    place = (block.nodes[row], atom - block.atom_start[row], np.full_like(atom, agent))
    chances = (block.atom_prob[atom], block.prescription[agent][atom, known, action])
    return np.stack([*place, block.private[agent][row, known], action], axis=1), np.stack(chances, axis=1)


def json_text(plan: StatePlan) -> str:
    """Return the strategy as one JSON object: what is played at each state, and where each news leads."""
    policy, game = plan.policy, plan.game
    start = np.stack([policy.start_increment, policy.start_node], axis=1).tolist()
    content = {
        "game": game.name,
        "agents": list(game.agents),
        "actions": [list(own) for own in game.actions],
        "horizon": plan.horizon,
        "discount": plan.discount,
        "sharing": plan.sharing.name,
        "concept": plan.concept.name,
        "compression": plan.compression.name,
        "to_play": plan.to_play,
        "values": plan.values.tolist(),
        "start": [{"news": _news(plan, 0, increment), "state": state} for increment, state in start],
        "steps": [{"time": time, "states": _states(plan, time)} for time in range(plan.horizon)],
    }
    return object_text(JSON_FORMAT, content)


def _states(plan: StatePlan, time: int) -> list[dict[str, Any]]:
    """Return all states of a time as JSON-ready objects, by number."""
    states: list[dict[str, Any]] = [
        {"state": v, "values": own, "atoms": [], "next": []} for v, own in enumerate(plan.node_values[time].tolist())
    ]
    for v, atom, atom_prob, (agent, known, action), prob in _plays(plan, time):
        atoms = states[v]["atoms"]
        if atom == len(atoms):
            atoms.append({"probability": atom_prob, "prescriptions": {}})
        atoms[atom]["prescriptions"].setdefault(agent, {}).setdefault(known, {})[action] = prob
    step = plan.policy.steps[time]
    for parent, increment, child in np.stack([step.parent, step.increment, step.child], axis=1).tolist():
        states[parent]["next"].append({"news": _news(plan, time + 1, increment), "state": child})
    return states


def _news(plan: StatePlan, when: int, joint: int) -> list[str]:
    """Return what each agent's part of a joint increment is, in words; empty where nothing becomes common."""
    return parts_of(joint, [_distinct(words) for words in plan.labels.increments[when]])


def _distinct(words: Sequence[str]) -> Sequence[str]:
    """Return words that are all different: where two are not, all are followed by their number."""
    return words if len(set(words)) == len(words) else [f"{word} [{k}]" for k, word in enumerate(words)]


def graphml_text(plan: StatePlan) -> str:
    """Return the DAG of states as GraphML; the attribute ``strategy`` of a state is the JSON of its atoms."""
    import networkx as nx

    graph = nx.DiGraph(**{key: clean(str(word)) for key, word in plan.graph.graph.items()})
    graph.graph["to_play"] = plan.to_play
    for time in range(plan.horizon):
        for state in _states(plan, time):
            values = dict(zip((f"value {agent}" for agent in plan.game.agents), state["values"], strict=True))
            words = {clean(key): value for key, value in values.items()}
            # In ASCII, JSON's own escapes stand for what XML cannot hold.
            play = json.dumps(state["atoms"])
            graph.add_node(f"{time}.{state['state']}", time=time, state=state["state"], strategy=play, **words)
    for node, news in plan.graph.nodes(data="news"):
        if news is not None:
            graph.nodes[_name(node)]["news"] = clean(" | ".join(news))
    for parent, child, news in plan.graph.edges(data="increments"):
        graph.add_edge(_name(parent), _name(child), news=clean(" | ".join(news)))
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def dot_text(plan: StatePlan) -> str:
    """Return the DAG of states for Graphviz: labels are number and value, tooltips what is played."""
    lines = ["digraph strategy {", "  rankdir=LR;", "  node [shape=box];", f"  to_play={_quoted(plan.to_play)};"]
    for time in range(plan.horizon):
        for state in _states(plan, time):
            label = f"{time}.{state['state']}\n" + ", ".join(f"{value:.6g}" for value in state["values"])
            play = "\n".join(_atom_words(atom) for atom in state["atoms"])
            lines.append(f'  "{time}.{state["state"]}" [label={_quoted(label)}, tooltip={_quoted(play)}];')
    for parent, child, news in plan.graph.edges(data="increments"):
        words = _quoted("\n".join(news))
        lines.append(f'  "{_name(parent)}" -> "{_name(child)}" [edgetooltip={words}, news={words}];')
    return "\n".join([*lines, "}"]) + "\n"


def _atom_words(atom: dict[str, Any]) -> str:
    parts = [
        f"{agent}, knowing {known}: " + " or ".join(f"{action} ({prob!r})" for action, prob in drawn.items())
        for agent, own in atom["prescriptions"].items()
        for known, drawn in own.items()
    ]
    return f"with probability {atom['probability']!r}: " + "; ".join(parts)


def _name(node: tuple[int, int]) -> str:
    return f"{node[0]}.{node[1]}"


def _quoted(text: str) -> str:
    """Return text as a quoted string of the DOT language, its line breaks as the language has them."""
    lines = [clean(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'


WRITERS: dict[str, Callable[[StatePlan], str]] = {
    ".csv": csv_text,
    ".json": json_text,
    ".graphml": graphml_text,
    ".dot": dot_text,
}
