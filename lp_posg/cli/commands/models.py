"""``lp-posg models``: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.screen import is_terminal, show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.pieces import Column
from lp_posg.wording import counts, number, numbers

if TYPE_CHECKING:
    from lp_posg.catalogue import CatalogEntry, KnownValue

EXAMPLE = "lp-posg models dectiger"

Name: Any = shared.argument("NAME", "Describe this model.", str | None)


def run(
    name: Name = None,
    json: shared.Json = None,
) -> None:
    """List the models of the catalogue, or describe one."""
    check_json_target(json)
    from lp_posg.catalogue import catalog_entries, catalog_entry

    if name is not None:
        entry = catalog_entry(name)
        deliver(json, lambda: _summary(entry) | _more(entry), lambda: _show_one(entry))
        return
    entries = sorted(catalog_entries(), key=lambda entry: entry.is_tree)
    if json in [label for entry in entries for label in (entry.name, *entry.aliases)]:
        raise typer.BadParameter(f"{json!r} is a model; write `models {json} --json -`", param_hint="--json")
    deliver(json, lambda: list(map(_summary, entries)), lambda: _show_all(entries))


def _sizes(entry: CatalogEntry) -> dict[str, Any]:
    if entry.is_tree:
        return {"nodes": entry.n_nodes, "information_sets": list(entry.n_sets)}
    lists = {"actions": entry.n_actions, "observations": entry.n_observations, "sharing": entry.sharing}
    return {"states": entry.n_states, **{key: list(sizes) for key, sizes in lists.items()}}


def _in_words(entry: CatalogEntry) -> dict[str, str]:
    """Return the sizes as a screen shows them."""
    sizes = _sizes(entry)
    structures = {"structures": ", ".join(sizes.pop("sharing"))} if "sharing" in sizes else {}
    return {key: counts(size) if isinstance(size, list) else str(size) for key, size in sizes.items()} | structures


def _summary(entry: CatalogEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "title": entry.title,
        "form": "tree" if entry.is_tree else "posg",
        "kind": entry.kind,
        "agents": entry.n_agents,
        **_sizes(entry),
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
    _show_listed("name", [entry for entry in entries if not entry.is_tree])
    show_line()
    _show_listed("tree", [entry for entry in entries if entry.is_tree])
    if is_terminal():
        show_line()
        show_line("`lp-posg models NAME` gives the source in full, and the known values.")


def _show_listed(first: str, entries: list[CatalogEntry]) -> None:
    """Show models of one form in a table; `first` is the heading of their names."""
    columns = [Column(first), Column("kind"), Column("agents", right=True)]
    keys = _in_words(entries[0])
    columns += [Column(key, right=key in ("states", "nodes"), breaks=18 * (key == "structures")) for key in keys]
    rows = []
    for entry in entries:
        source = entry.path.parent.name if is_terminal() else entry.source
        rows.append([entry.name, entry.kind, str(entry.n_agents), *_in_words(entry).values(), source])
    show_table([*columns, Column("source")], rows)


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
                ("agents", str(entry.n_agents)),
                *(("game_states" if key == "states" else key, size) for key, size in _in_words(entry).items()),
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


def _values(known: KnownValue) -> str:
    return "-" if known.values is None else numbers(known.values)


def _show_known(entry: CatalogEntry) -> None:
    columns = [Column("sharing"), Column("concept"), Column("horizon", right=True), Column("discount", right=True)]
    common = entry.kind == "team"
    columns += [Column("value" if common else "values", right=True)]
    columns += [*([] if common else [Column("welfare", right=True)]), Column("source")]
    sources = list(dict.fromkeys(known.source for known in entry.known_values))
    rows = [
        [
            *(str(known.sharing), known.concept, str(known.horizon), number(known.discount)),
            *([number(known.welfare / entry.n_agents)] if common else [_values(known), number(known.welfare)]),
            f"[{sources.index(known.source) + 1}]",
        ]
        for known in entry.known_values
    ]
    show_table(columns, rows, keys=3)
    show_line()
    for mark, source in enumerate(sources, 1):
        show_line(f"[{mark}] {source}")
