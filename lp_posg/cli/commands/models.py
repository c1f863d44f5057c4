"""``lp-posg models``: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.games import complete_game
from lp_posg.cli.screen import Column, is_terminal, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, write_json
from lp_posg.wording import counts, number, numbers

if TYPE_CHECKING:
    from lp_posg.catalogue import CatalogEntry

EXAMPLE = "lp-posg models dectiger"


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", autocompletion=complete_game, help="Tell all about this model.", show_default=False
        ),
    ] = None,
    json: shared.Json = None,
) -> None:
    """List the models of the catalogue, or tell all about one."""
    check_json_target(json)
    from lp_posg.catalogue import catalog_entries, catalog_entry

    if name is not None:
        entry = catalog_entry(name)
        if json is not None:
            write_json(json, _summary(entry) | _more(entry))
        if json != STDOUT:
            _show_one(entry)
        return
    entries = sorted(catalog_entries(), key=lambda entry: entry.is_tree)
    if json in [label for entry in entries for label in (entry.name, *entry.aliases)]:
        raise typer.BadParameter(f"{json!r} is a model; write `models {json} --json -`", param_hint="--json")
    if json is not None:
        write_json(json, list(map(_summary, entries)))
    if json != STDOUT:
        _show_all(entries)


def _summary(entry: CatalogEntry) -> dict[str, Any]:
    if entry.is_tree:
        sizes = {"nodes": entry.n_nodes, "information_sets": list(entry.n_sets)}
    else:
        sizes = {
            "states": entry.n_states,
            "actions": list(entry.n_actions),
            "observations": list(entry.n_observations),
            "sharing": list(entry.sharing),
        }
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "title": entry.title,
        "form": "tree" if entry.is_tree else "posg",
        "kind": entry.kind,
        "agents": entry.n_agents,
        **sizes,
        "source": entry.source,
    }


def _more(entry: CatalogEntry) -> dict[str, Any]:
    return {
        "description": entry.description,
        "path": str(entry.path),
        "parameters": entry.parameters,
        "known_values": [vars(known) for known in entry.known_values],
    }


def _show_all(entries: list[CatalogEntry]) -> None:
    columns = [Column("name"), Column("kind"), Column("agents", right=True), Column("states", right=True)]
    columns += [Column("actions"), Column("observations"), Column("structures", breaks=18), Column("source")]
    show_table(
        columns,
        [
            [
                entry.name,
                entry.kind,
                str(entry.n_agents),
                str(entry.n_states),
                counts(entry.n_actions),
                counts(entry.n_observations),
                ", ".join(entry.sharing),
                _short_source(entry),
            ]
            for entry in entries
            if not entry.is_tree
        ],
    )
    show_line()
    columns = [Column("tree"), Column("kind"), Column("agents", right=True), Column("nodes", right=True)]
    columns += [Column("information_sets"), Column("source")]
    show_table(
        columns,
        [
            [
                entry.name,
                entry.kind,
                str(entry.n_agents),
                str(entry.n_nodes),
                counts(entry.n_sets),
                _short_source(entry),
            ]
            for entry in entries
            if entry.is_tree
        ],
    )
    if is_terminal():
        show_line()
        show_line("`lp-posg models NAME` gives the source in full, and the known values.")


def _short_source(entry: CatalogEntry) -> str:
    return entry.path.parent.name if is_terminal() else entry.source


def _show_one(entry: CatalogEntry) -> None:
    if entry.is_tree:
        sizes = [("nodes", str(entry.n_nodes)), ("information_sets", counts(entry.n_sets))]
    else:
        sizes = [
            ("game_states", str(entry.n_states)),
            ("actions", counts(entry.n_actions)),
            ("observations", counts(entry.n_observations)),
            ("structures", ", ".join(entry.sharing)),
        ]
    show_facts(
        entry.name,
        [
            [
                ("name", entry.name),
                ("title", entry.title),
                ("aliases", ", ".join(entry.aliases) or "none"),
                ("description", entry.description),
                ("source", entry.source),
                ("path", str(entry.path)),
            ],
            [
                ("kind", entry.kind),
                ("agents", str(entry.n_agents)),
                *sizes,
                ("parameters", ", ".join(f"{key}={value!r}" for key, value in entry.parameters.items()) or "none"),
            ],
        ],
    )
    show_line()
    show_line("Known values:" if entry.known_values else "No values are known.")
    if entry.is_tree:
        for known in entry.known_values:
            show_line(f"{known.concept}: {numbers(known.values or ())} ({known.source})")
    elif entry.known_values:
        _show_known(entry)


def _show_known(entry: CatalogEntry) -> None:
    columns = [Column("sharing"), Column("concept"), Column("horizon", right=True), Column("discount", right=True)]
    columns += [Column("values", right=True), Column("welfare", right=True), Column("source")]
    sources = list(dict.fromkeys(known.source for known in entry.known_values))
    show_table(
        columns,
        [
            [
                str(known.sharing),
                known.concept,
                str(known.horizon),
                number(known.discount),
                "-" if known.values is None else numbers(known.values),
                number(known.welfare),
                f"[{sources.index(known.source) + 1}]",
            ]
            for known in entry.known_values
        ],
        keys=3,
    )
    show_line()
    for mark, source in enumerate(sources, 1):
        show_line(f"[{mark}] {source}")
