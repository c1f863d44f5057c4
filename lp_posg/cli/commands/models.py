"""``lp-posg models``: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options
from lp_posg.cli.games import complete_game, tree_entry_named
from lp_posg.cli.screen import Column, is_terminal, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, write_json
from lp_posg.wording import counts, number, numbers

if TYPE_CHECKING:
    from lp_posg.catalogue import CatalogEntry, TreeEntry

EXAMPLE = "lp-posg models dectiger"


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", autocompletion=complete_game, help="Tell all about this model.", show_default=False
        ),
    ] = None,
    json: options.Json = None,
) -> None:
    """List the models of the catalogue, or tell all about one."""
    check_json_target(json)
    from lp_posg.catalogue import catalog_entries, extensive_entries
    from lp_posg.catalogue.entries import catalog_entry

    if name is None:
        entries, trees = catalog_entries(), extensive_entries()
        labels = [label for entry in entries for label in (entry.name, *entry.aliases)]
        labels += [label for tree in trees for label in (tree.name, *tree.aliases)]
        if json in labels:
            raise typer.BadParameter(f"{json!r} is a model; write `models {json} --json -`", param_hint="--json")
        if json is not None:
            write_json(json, [*map(_summary, entries), *map(_tree_summary, trees)])
        if json != STDOUT:
            _show_all(entries, trees)
        return
    tree = tree_entry_named(name)
    if tree is not None:
        if json is not None:
            write_json(json, _tree_summary(tree) | _more(tree))
        if json != STDOUT:
            _show_tree(tree)
        return
    entry = catalog_entry(name)
    if json is not None:
        write_json(json, _summary(entry) | _more(entry))
    if json != STDOUT:
        _show_one(entry)


def _summary(entry: CatalogEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "title": entry.title,
        "form": "posg",
        "kind": entry.kind,
        "agents": len(entry.n_actions),
        "states": entry.n_states,
        "actions": list(entry.n_actions),
        "observations": list(entry.n_observations),
        "sharing": list(entry.sharing),
        "source": entry.source,
    }


def _tree_summary(entry: TreeEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "title": entry.title,
        "form": "tree",
        "kind": entry.kind,
        "agents": len(entry.n_sets),
        "nodes": entry.n_nodes,
        "information_sets": list(entry.n_sets),
        "source": entry.source,
    }


def _more(entry: CatalogEntry | TreeEntry) -> dict[str, Any]:
    return {
        "description": entry.description,
        "path": str(entry.path),
        "parameters": entry.parameters,
        "known_values": [vars(known) for known in entry.known_values],
    }


def _show_all(entries: tuple[CatalogEntry, ...], trees: tuple[TreeEntry, ...]) -> None:
    columns = [Column("name"), Column("kind"), Column("agents", right=True), Column("states", right=True)]
    columns += [Column("actions"), Column("observations"), Column("structures", breaks=18), Column("source")]
    show_table(
        columns,
        [
            [
                entry.name,
                entry.kind,
                str(len(entry.n_actions)),
                str(entry.n_states),
                counts(entry.n_actions),
                counts(entry.n_observations),
                ", ".join(entry.sharing),
                entry.path.parent.name if is_terminal() else entry.source,
            ]
            for entry in entries
        ],
    )
    show_line()
    columns = [Column("tree"), Column("kind"), Column("agents", right=True), Column("nodes", right=True)]
    columns += [Column("information_sets"), Column("source")]
    show_table(columns, [_tree_row(tree) for tree in trees])
    if is_terminal():
        show_line()
        show_line("`lp-posg models NAME` gives the source in full, and the known values.")


def _tree_row(tree: TreeEntry) -> list[str]:
    sizes = [str(len(tree.n_sets)), str(tree.n_nodes), counts(tree.n_sets)]
    return [tree.name, tree.kind, *sizes, tree.path.parent.name if is_terminal() else tree.source]


def _show_tree(tree: TreeEntry) -> None:
    show_facts(
        tree.name,
        [
            [
                ("name", tree.name),
                ("title", tree.title),
                ("aliases", ", ".join(tree.aliases) or "none"),
                ("description", tree.description),
                ("source", tree.source),
                ("path", str(tree.path)),
            ],
            [
                ("kind", tree.kind),
                ("agents", str(len(tree.n_sets))),
                ("nodes", str(tree.n_nodes)),
                ("information_sets", counts(tree.n_sets)),
                ("parameters", ", ".join(f"{key}={value!r}" for key, value in tree.parameters.items()) or "none"),
            ],
        ],
    )
    show_line()
    show_line("Known values:" if tree.known_values else "No values are known.")
    for known in tree.known_values:
        show_line(f"{known.concept}: {numbers(known.values)} ({known.source})")


def _show_one(entry: CatalogEntry) -> None:
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
                ("agents", str(len(entry.n_actions))),
                ("game_states", str(entry.n_states)),
                ("actions", counts(entry.n_actions)),
                ("observations", counts(entry.n_observations)),
                ("structures", ", ".join(entry.sharing)),
                ("parameters", ", ".join(f"{key}={value!r}" for key, value in entry.parameters.items()) or "none"),
            ],
        ],
    )
    show_line()
    show_line("Known values:" if entry.known_values else "No values are known.")
    if entry.known_values:
        _show_known(entry)


def _show_known(entry: CatalogEntry) -> None:
    columns = [Column("sharing"), Column("concept"), Column("horizon", right=True), Column("discount", right=True)]
    columns += [Column("values", right=True), Column("welfare", right=True), Column("source")]
    sources = list(dict.fromkeys(known.source for known in entry.known_values))
    show_table(
        columns,
        [
            [
                known.sharing,
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
