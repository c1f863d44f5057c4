"""ARCHITECTURE.md names the rooms and files that exist, and what it says of adding things holds."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from lp_posg.cli.application import COMMANDS
from lp_posg.evaluate import KINDS
from lp_posg.formats import FORMATS
from lp_posg.information import COMPRESSIONS, SHARING
from lp_posg.planning import METHODS
from lp_posg.plot import PICTURES
from lp_posg.stage import CONCEPTS
from lp_posg.stage.objective import OBJECTIVES

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_rooms_of_the_page_are_the_rooms_of_the_package():
    table = PAGE.split("## Rooms")[1].split("\n\n`docs/adr/`")[0]
    named = {name.rstrip("/") for name in re.findall(r"^\| `([a-z_]+/?)` ", table, flags=re.MULTILINE)}
    real = {
        path.stem
        for path in (ROOT / "lp_posg").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists())
        or (path.suffix == ".py" and not path.stem.startswith("__"))
    }
    assert named == real


def test_every_file_the_page_names_exists():
    """Paths from the package or the checkout on; a bare name is that of some file in it."""
    files = re.findall(r"`([a-z_/]+\.(?:py|html))`", PAGE)
    assert len(files) >= 80
    bare = {path.name for path in (ROOT / "lp_posg").rglob("*")}
    missing = [
        name
        for name in files
        if not ((ROOT / "lp_posg" / name).exists() or (ROOT / name).exists() or ("/" not in name and name in bare))
    ]
    assert missing == []


# ---- where to add things ---------------------------------------------------------------------------

ROWS = [
    [cell.strip() for cell in row.split(" | ")]
    for row in re.findall(r"^\| (an? .+|something .+) \|$", PAGE.split("## Where to add things")[1], flags=re.MULTILINE)
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_place_to_add_a_line_exists_and_all_are_counted(row):
    _, touched, _, places = row
    named = re.findall(r"`(\w+)` in `([\w/]+\.py)`", places)
    for name, path in named:
        file = next(f for f in (ROOT / "lp_posg" / path, ROOT / path) if f.exists())
        assert name in defined(file), f"{name} is not in {path}"
    count = re.search(r"(\d) (?:lines?|entry)", touched)
    toctree = "toctree" in places
    reference = "a line of `docs/reference/api/`" in row[2]
    key = row[0] == "an option of a run"
    if count is not None and not key:
        assert int(count[1]) == len(named) + toctree + reference


def defined(file: Path) -> set[str]:
    """Return the names that a file defines at its top."""
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_the_registries_are_dictionaries_by_name():
    for registry in (CONCEPTS, KINDS, SHARING, COMPRESSIONS, METHODS):
        assert {entry.name for entry in registry.values()} == set(registry)
    for registry in (OBJECTIVES, FORMATS, PICTURES, COMMANDS):
        assert isinstance(registry, dict)


def homes(entries: Iterable[object]) -> set[str]:
    """Return the files in which the classes of some objects are defined."""
    modules = {type(entry).__module__ for entry in entries}
    return {str(Path(str(sys.modules[name].__file__)).relative_to(ROOT / "lp_posg")) for name in modules}


# What stands in the help of the command line is compared with the registries in tests/cli/test_cli_help_names.py. Here:
# names that mean nothing else ("team", "none", "exact", "values" are words of other things too), the files where they
# may stand, and why.
LISTED: Mapping[str, tuple[Iterable[str], set[str], Mapping[str, str]]] = {
    "concepts": (
        set(CONCEPTS) - {"team"},
        homes(CONCEPTS.values()) | {"stage/concepts.py"},
        {
            "evaluate/kinds.py": "each kind of deviation has its concept's name",
            "learning/learn_options.py": "default concept",
            "planning/common_information.py": "default concept",
            "planning/comparing.py": "the concepts compared by default",
            "planning/regions.py": "default concept",
            "planning/sequence_form.py": "finds an ne and nothing else",
            "planning/set_certificates.py": "of that ne",
            "plot/looks.py": "a colour for each built-in concept; others get spare ones",
            "stage/nash/two_agents.py": "bounds an ne by the interim-cce",
            "testing/compression_checks.py": "plans with a cce",
            "trees/sequence/response.py": "judges an ne",
        },
    ),
    "sharing rules": (
        {form.name.partition(":")[0] for form in SHARING.values()} - {"none"},
        {"information/names.py", "information/sharing.py"},
        {
            "learning/laci.py": "default rule",
            "planning/comparing.py": "the rules compared by default",
            "planning/regions.py": "default rule",
            "planning/request.py": "default rule",
            "planning/strategic_form.py": "a game of one step, in which nothing is private",
            "plot/delay_curves.py": "rules whose delay is not in their name",
            "plot/pictures.py": "the rules drawn by default",
            "testing/compression_checks.py": "default rule",
            "testing/concept_checks.py": "the rules of the sample games",
            "testing/format_checks.py": "the rules of the sample trees",
        },
    ),
    "compressions": (
        {form.name for form in COMPRESSIONS.values()} - {"exact"},
        {"information/names.py", "information/finite_memory.py", "information/merge_within.py"},
        {},
    ),
    "objectives": (
        {"egalitarian", "weighted", "entropy"},
        {"stage/objective.py"},
        {
            "lp/__init__.py": "the function that is maximised",
            "testing/concept_checks.py": "objectives to try",
        },
    ),
    "methods": (
        METHODS,
        homes(METHODS.values()),
        {"cli/commands/solve.py": "refuses --ledger before any work"},
    ),
    "formats": (
        FORMATS,
        {str(path.relative_to(ROOT / "lp_posg")) for path in (ROOT / "lp_posg" / "formats").rglob("*.py")},
        {
            "catalogue/about.py": "what a model's file may be",
            "cli/targets.py": "where no JSON goes, and where solutions go",
            "induction/checkpoint.py": "parts of a checkpoint",
            "planning/export.py": "strategies as JSON",
            "planning/set_export.py": "strategies as JSON",
            "testing/format_checks.py": "a file to damage",
        },
    ),
    "pictures": (
        {"dag", "delays", "contraction"},
        {"plot/pictures.py", "plot/__init__.py"},
        {"plot/state_dag.py": "names itself in a message"},
    ),
}


@pytest.mark.parametrize("what", LISTED)
def test_nothing_else_lists_what_a_registry_holds(what):
    names, own, excused = LISTED[what]
    found = {
        str(path.relative_to(ROOT / "lp_posg"))
        for path in (ROOT / "lp_posg").rglob("*.py")
        if any(text.partition(":")[0] in names for text in texts(path))
    }
    assert found - own == set(excused)


def texts(path: Path) -> list[str]:
    """Return all texts of a file except docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_nothing_names_a_path_of_one_machine():
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home|tmp)/[a-z]")
    tracked = [p for folder in ("lp_posg", "models", "tests") for p in (ROOT / folder).rglob("*.py")]
    assert len(tracked) > 50
    found = [str(p) for p in tracked if pattern.search(p.read_text()) and p.name != Path(__file__).name]
    assert found == []
