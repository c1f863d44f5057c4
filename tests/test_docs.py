"""Every example of the pages in docs/ runs, and the reference is complete."""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from page_examples import has_examples, run_page
from typer.testing import CliRunner

import lp_posg
from lp_posg.cli import app
from lp_posg.cli.application import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATED = (DOCS / "reference" / "models", DOCS / "reference" / "commands.md")
WRITTEN = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if not any(made == page or made in page.parents for made in GENERATED) and "adr" not in page.parts
]
WITH_EXAMPLES = [page for page in WRITTEN if has_examples(page.read_text(encoding="utf-8"))]

NEEDED = {"openspiel.md": "pyspiel"}
"""What pages import that not every Python version can install."""


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(DOCS)))
def test_examples_run(page, tmp_path, monkeypatch):
    if page.name in NEEDED:
        pytest.importorskip(NEEDED[page.name], reason="OpenSpiel is not installed (it has wheels up to Python 3.14)")
    monkeypatch.chdir(tmp_path)
    assert run_page(page) >= 1


def test_the_pages_that_must_have_examples_have_them():
    named = {page.relative_to(DOCS).parts[0] for page in WITH_EXAMPLES}
    assert named >= {"tutorial", "how-to", "explanation", "reference"}
    assert len(WITH_EXAMPLES) >= 20


def test_pictures_and_tables_that_pages_name_are_there():
    named = [
        word.split(")")[0] for page in WRITTEN for word in page.read_text(encoding="utf-8").split("](../figures/")[1:]
    ]
    assert len(named) >= 4
    assert [name for name in named if not (DOCS / "figures" / name).is_file()] == []


def test_every_public_name_is_in_the_reference():
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference" / "api").glob("*.md"))
    documented = set(re.findall(r"^\.\. auto\w+:: lp_posg\.([\w.]+)", pages, flags=re.MULTILINE))
    public = {f"errors.{name}" for name in vars(lp_posg.errors) if name.endswith("Error")}
    rooms = {name for name in lp_posg.__all__ if isinstance(getattr(lp_posg, name), ModuleType)}
    public |= set(lp_posg.__all__) - {"__version__", "LpPosgError"} - rooms
    for room in ("bounds", "interop", "learning", "plot", "report", "testing"):
        names = set(import_module(f"lp_posg.{room}").__all__) - set(lp_posg.__all__)  # those are described once
        public |= {f"{room}.{name}" for name in names if not name.isupper()}
    assert public - documented == set()
    assert {name for name in lp_posg.NAMESPACES if f"`posg.{name}`" not in pages} == set()
    planning = {name for name in lp_posg.planning.__all__ if name not in lp_posg.__all__} - {"load_solution"}
    assert {
        name for name in planning if not re.search(rf"::? lp_posg\.planning\.{name}$", pages, re.MULTILINE)
    } == set()


# ---- the generated pages ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generated():
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        import generated_pages
    finally:
        sys.path.remove(str(DOCS / "_ext"))
    return generated_pages


def test_the_page_of_commands_has_every_option(generated):
    page = generated.commands_page()
    for name in COMMANDS:
        shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
        options = set(re.findall(r"--[a-z][a-z-]+", shown))
        section = page.split(f"## `{name}`")[1].split("\n## ")[0]
        assert len(options) >= 1
        assert {option for option in options if option not in section} == set()


def test_the_command_on_each_page_of_a_model_finds_the_value_it_names(generated, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compared = 0
    for entry in generated.entries(trees=False):
        command, value = generated.solve_command(entry), generated.shown_value(entry)
        result = CliRunner().invoke(app, command.split()[1:])
        assert result.exit_code == 0, f"{command}: {result.output}"
        facts = dict(line.split(": ", 1) for line in result.stdout.splitlines() if ": " in line)
        if value is not None:
            assert float(facts["welfare"]) == pytest.approx(value.welfare, abs=1e-6), command
            compared += 1
        if value is not None and value.values is not None:
            assert [float(x) for x in facts["values"].split()] == pytest.approx(value.values, abs=1e-6), command
    assert compared >= 20


def test_every_game_tree_has_a_page_with_the_values_that_its_command_finds(generated):
    pages = {path.name: text for path, text in generated.pages().items()}
    index, told = (
        pages["index.md"],
        {"kuhn-poker-tree": "−1/18, 1/18", "leduc-poker": "−0.085606424078, 0.085606424078"},
    )
    assert set(told) == {entry.name for entry in generated.entries(trees=True)}
    for entry in generated.entries(trees=True):
        page = pages[f"{entry.name}.md"]
        assert told[entry.name] in page
        assert told[entry.name] in index
        assert f"({entry.name}.md)" in index
        assert f"$ lp-posg solve {entry.name}" in page
        shown = CliRunner().invoke(app, ["solve", entry.name]).stdout
        facts = dict(line.split(": ", 1) for line in shown.splitlines() if ": " in line)
        assert [float(x) for x in facts["values"].split()] == pytest.approx(entry.known_values[0].values, abs=1e-10)


def test_no_summary_of_a_property_is_taken_for_a_type():
    """What stands before a colon in the first line of a property's docstring is rendered as its type."""
    garbled, found = [], 0
    for path in (ROOT / "lp_posg").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("property" in ast.unparse(d) for d in node.decorator_list):
                first = (ast.get_docstring(node) or "").split("\n")[0]
                found += bool(first)
                if ":" in re.sub("``.*?``", "", first):
                    garbled.append(f"{path.name}: {node.name}")
    assert found > 50
    assert garbled == []
