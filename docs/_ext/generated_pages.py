"""Pages that are made from the package itself at every build: the commands, and one page per model.

They are written to docs/reference, where git does not see them, and left alone if they have not changed.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command
from typer.testing import CliRunner

from lp_posg.catalogue import CatalogEntry, KnownValue, catalog, catalog_entries
from lp_posg.catalogue.entries import generator
from lp_posg.cli.application import COMMANDS, app

if TYPE_CHECKING:
    from sphinx.application import Sphinx

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ROOT = REFERENCE.parents[1]


# ---- commands --------------------------------------------------------------------------------------


def help_text(*command: str) -> str:
    """Return what `lp-posg COMMAND --help` prints."""
    result = CliRunner().invoke(app, [*command, "--help"], prog_name="lp-posg", env={"COLUMNS": "100", "NO_COLOR": "1"})
    if result.exit_code != 0:
        raise RuntimeError(f"`lp-posg {' '.join(command)} --help` fails: {result.output}")
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def commands_page() -> str:
    """Return the page of all commands."""
    parts = [
        "# Commands",
        "This page is made from the program itself. FILE is the path of a game file or a name of the "
        "[catalogue](models/index.md). Results go to stdout, everything else to stderr; "
        "[exit status and environment](exit-status.md) are on a page of their own.",
        _block("lp-posg --help", help_text()),
    ]
    known = getattr(get_command(app), "commands", {})
    if set(known) != set(COMMANDS):
        raise RuntimeError(f"commands {sorted(known)} are not those of COMMANDS, {sorted(COMMANDS)}")
    for name in COMMANDS:
        parts += [f"({'command-' + name})=", f"## `{name}`", _block(f"lp-posg {name} --help", help_text(name))]
    return "\n\n".join(parts) + "\n"


def _block(command: str, output: str) -> str:
    return f"```text\n$ {command}\n{output}\n```"


# ---- models ----------------------------------------------------------------------------------------


def entries(*, trees: bool) -> list[CatalogEntry]:
    """Return the game trees of the catalogue, or its POSGs."""
    return [entry for entry in catalog_entries() if entry.is_tree == trees]


def solve_command(entry: CatalogEntry) -> str | None:
    """Return a command that solves the model, for a known value if there is one to compare with."""
    value = shown_value(entry)
    if value is None:
        return f"lp-posg solve {entry.name} --horizon 2 --sharing {entry.sharing[0]}"
    command = f"lp-posg solve {entry.name} --horizon {value.horizon} --sharing {value.sharing}"
    if not _is_fitting(entry, value.sharing):
        return f"{command} --method sequence-form"
    command += f" --concept {value.concept}"
    return command if catalog(entry.name).discount == value.discount else f"{command} --discount {value.discount:g}"


def shown_value(entry: CatalogEntry) -> KnownValue | None:
    """Return the known value that `solve_command` computes: one of few steps, but more than one where there is."""
    solvable = [value for value in entry.known_values if _is_fitting(entry, value.sharing) or entry.kind == "zero-sum"]
    few = [value for value in solvable if 2 <= value.horizon <= 3] or solvable
    return few[0] if few else None


def _is_fitting(entry: CatalogEntry, sharing: str) -> bool:
    return sharing in entry.sharing or f"{sharing.partition(':')[0]}:D" in entry.sharing


def model_page(entry: CatalogEntry) -> str:
    """Return the page of one model."""
    parts = [f"# {entry.title}: `{entry.name}`", entry.description, _facts(entry)]
    command = solve_command(entry)
    value = shown_value(entry)
    parts += ["## Solve it", f"```console\n$ {command}\n```"]
    if value is not None:
        whose = f"the welfare (sum of the values) is {_number(value.welfare)}"
        if value.values is not None:
            whose = f"the values are {', '.join(map(_number, value.values))}"
        parts.append(f"In this case {whose}; see below.")
    if entry.parameters:
        parts += ["## Parameters", _parameters(entry)]
    if entry.known_values:
        parts += ["## Known values", _known(entry.known_values)]
    return "\n\n".join([*parts, *_file(entry)]) + "\n"


def tree_page(entry: CatalogEntry) -> str:
    """Return the page of one game tree."""
    facts = {
        "Kind": f"{entry.kind}, a game tree: it has no horizon, and no sharing rule is needed",
        "Sizes": f"{entry.n_nodes} nodes; information sets {_sizes(entry.n_sets)}",
        "Other names": ", ".join(entry.aliases) or "none",
        "Source": entry.source,
    }
    parts = [f"# {entry.title}: `{entry.name}`", entry.description, _listed(facts)]
    parts += ["## Solve it", f"```console\n$ lp-posg solve {entry.name}\n```"]
    parts.append(
        f'In Python the tree is `posg.catalog("{entry.name}")`; '
        "[game trees](../../how-to/game-trees.md) shows what you can do with it."
    )
    if entry.parameters:
        parts += ["## Parameters", _parameters(entry)]
    lines = ["| concept | values | why |", "|---|---|---|"]
    lines += [
        f"| `{own.concept}` | {', '.join(map(_exact, own.values))} | {own.source} |" for own in entry.known_values
    ]
    parts += ["## Known values", "\n".join(lines)]
    return "\n\n".join([*parts, *_file(entry)]) + "\n"


def _file(entry: CatalogEntry) -> list[str]:
    path = os.path.relpath(entry.path, REFERENCE / "models")
    language = "python" if entry.path.suffix == ".py" else "text"
    shown = f"```{{literalinclude}} {path}\n:language: {language}\n```"
    return ["## The file", f"`{entry.path.relative_to(ROOT)}`:", shown]


def _facts(entry: CatalogEntry) -> str:
    discount = catalog(entry.name).discount
    facts = {
        "Kind": entry.kind,
        "Sizes": f"{entry.n_states} states; actions {_sizes(entry.n_actions)}; observations "
        f"{_sizes(entry.n_observations)}",
        "Discount of the file": f"{discount:g}",
        "Sharing rules that fit": ", ".join(f"`{name}`" for name in entry.sharing) or "none",
        "Other names": ", ".join(entry.aliases) or "none",
        "Source": entry.source,
    }
    return _listed(facts)


def _listed(facts: dict[str, str]) -> str:
    rows = "\n".join(f"* - {name}\n  - {text}" for name, text in facts.items())
    return f":::{{list-table}}\n:stub-columns: 1\n:widths: 25 75\n\n{rows}\n:::"


def _parameters(entry: CatalogEntry) -> str:
    given = "".join(f", {name}={default!r}" for name, default in entry.parameters.items())
    builder = generator(entry.path, entry.builder)
    documented = inspect.getdoc(builder)
    if not documented:
        raise RuntimeError(f"the builder of {entry.name!r} has no docstring")
    call = f'posg.catalog("{entry.name}"{given})'
    return f"With their defaults:\n\n```text\n{call}\n```\n\nWhat they mean:\n\n```text\n{documented}\n```"


def _known(values: Sequence[KnownValue]) -> str:
    lines = ["| sharing | concept | discount | steps | values | welfare | why |", "|---|---|---|---|---|---|---|"]
    reasons: dict[str, int] = {}
    for value in values:
        told = "not unique" if value.values is None else ", ".join(map(_number, value.values))
        why = reasons.setdefault(value.source, len(reasons) + 1)
        cells = (f"`{value.sharing}`", f"`{value.concept}`", f"{value.discount:g}", str(value.horizon), told)
        lines.append(f"| {' | '.join(cells)} | {_number(value.welfare)} | {why} |")
    return "\n".join(lines) + "\n\nWhy:\n\n" + "\n".join(f"{k}. {reason}" for reason, k in reasons.items())


def models_page() -> str:
    """Return the list of all models, with the pages below it."""
    lines = [
        "# Catalogue",
        "The models that come with the package, made from `models/*/about.toml`. "
        "`lp-posg models` lists them too, `lp-posg models NAME` describes one, and in Python it is "
        '`posg.catalog("dectiger")`.',
        "| model | kind | states | actions | observations | sharing rules that fit |\n|---|---|---|---|---|---|\n"
        + "\n".join(
            f"| [{entry.name}]({entry.name}.md) | {entry.kind} | {entry.n_states} | {_sizes(entry.n_actions)} | "
            f"{_sizes(entry.n_observations)} | {', '.join(f'`{name}`' for name in entry.sharing)} |"
            for entry in entries(trees=False)
        ),
        "A rule fits where beliefs do not depend on how the agents play "
        "([strategy independence](../../explanation/common-information.md)).",
        "## Game trees",
        "Solve them [as they are](../../how-to/game-trees.md), without a horizon.",
        "| tree | kind | nodes | information sets | values of an equilibrium |\n|---|---|---|---|---|\n"
        + "\n".join(
            f"| [{entry.name}]({entry.name}.md) | {entry.kind} | {entry.n_nodes} | {_sizes(entry.n_sets)} | "
            f"{'; '.join(', '.join(map(_exact, own.values)) for own in entry.known_values if own.concept == 'ne')} |"
            for entry in entries(trees=True)
        ),
        "```{toctree}\n:hidden:\n\n"
        + "\n".join(f"{entry.name} <{entry.name}>" for entry in (*entries(trees=False), *entries(trees=True)))
        + "\n```",
    ]
    return "\n\n".join(lines) + "\n"


def _sizes(counts: Sequence[int]) -> str:
    return " × ".join(map(str, counts))


def _exact(value: float) -> str:
    """Return a value as a fraction of a small denominator, if it is one, else with all its digits."""
    near = Fraction(value).limit_denominator(100)
    told = f"{near}" if abs(float(near) - value) < 1e-15 else f"{value:.12g}"
    return told.replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.9g}".replace("-", "−")


# ---- writing ---------------------------------------------------------------------------------------


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    models = REFERENCE / "models"
    found = {REFERENCE / "commands.md": commands_page(), models / "index.md": models_page()}
    return found | {
        models / f"{entry.name}.md": (tree_page if entry.is_tree else model_page)(entry) for entry in catalog_entries()
    }


def write_pages(app: Sphinx) -> None:
    """Write the pages that have changed, and remove those of models that are no more."""
    made = pages()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for stale in set((REFERENCE / "models").glob("*.md")) - set(made):
        stale.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the pages written before any page is read."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
