"""What starting loads: the package and its commands import a library, or a room, when they use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

COMMAND = """
import sys
from lp_posg.cli import main
sys.argv = ["lp-posg", *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""
SOLVE = 'import lp_posg; lp_posg.solve(lp_posg.catalog("dectiger"), 4)'

HEAVY = {
    *("cvxpy", "jinja2", "joblib", "lark", "matplotlib", "multiprocessing", "networkx", "rich"),
    *("scipy.linalg", "scipy.optimize", "scipy.sparse.csgraph", "scipy.spatial", "scipy.special"),
}
"""Needed by some solves, by some files or on a terminal."""

UNUSED = {"bounds", "interop", "learning", "plot", "report"}
"""Rooms that a solve has no use for."""


def loaded(code: str) -> set[str]:
    """Return the modules that are loaded after `code` ran in an interpreter of its own."""
    shown = code + "\nimport sys\nprint('\\n' + ' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(result.stdout.splitlines()[-1].split())


def ours(modules: set[str]) -> set[str]:
    """Return the rooms and ground modules of lp_posg among `modules`."""
    return {name.split(".")[1] for name in modules if name.startswith("lp_posg.")}


def test_importing_the_package_loads_only_its_version():
    modules = loaded("import lp_posg")
    assert ours(modules) == {"version"}
    assert modules & {"numpy", "scipy", "typer", "pydantic", "highspy", *HEAVY} == set()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"]])
def test_version_and_help_load_no_numbers_and_no_command(arguments):
    modules = loaded(COMMAND.format(arguments=arguments))
    assert ours(modules) == {"version", "cli", "errors", "wording"}
    assert {name for name in modules if name.startswith("lp_posg.cli.commands.")} == set()
    assert modules & {"numpy", "scipy", "highspy", *HEAVY} == set()


@pytest.mark.parametrize("code", [COMMAND.format(arguments=["solve", "dectiger", "--horizon", "4"]), SOLVE])
def test_a_simple_solve_loads_only_what_it_uses(code):
    modules = loaded(code)
    assert {"planning", "catalogue"} <= ours(modules)
    assert ours(modules) & UNUSED == set()
    assert modules & HEAVY == {"networkx"}  # the DAG of blocks is a graph of it
    if code == SOLVE:
        assert modules & {"pydantic", "typer", "lp_posg.cli"} == set()


def test_what_a_start_leaves_out_is_loaded_when_it_is_used():
    """Otherwise the tests above would hold of a library that is never imported."""
    more = 'import lp_posg; lp_posg.solve(lp_posg.catalog("chicken"), 1, workers=2, backend="threading").graph'
    assert {"multiprocessing", "networkx"} <= loaded(more)
