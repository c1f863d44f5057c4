"""The help of the command line and the README name everything that the registries hold.

Help texts are written out, since reading them from the registries would load numpy and scipy for ``--help``.
"""

from pathlib import Path
from typing import Any, get_args

import pytest

import lp_posg.planning.comparing as comparing
from lp_posg.cli.options import HOW, LISTS, OPTIONS, WHAT
from lp_posg.information import COMPRESSIONS, SHARING
from lp_posg.planning import METHODS, RunOptions, solve
from lp_posg.planning.request import CERTIFICATES
from lp_posg.stage import CONCEPTS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def help_of(option: Any) -> str:
    return str(get_args(option)[1].help)


def words(option: Any) -> list[str]:
    return help_of(option).replace(",", " ").replace(";", " ").replace(":", " ").split()


@pytest.mark.parametrize("form", SHARING.values(), ids=lambda form: form.name)
def test_sharing_rules_are_named(form):
    assert form.written in help_of(OPTIONS["sharing"])
    assert form.written in help_of(LISTS["sharing"])
    assert f"| `{form.written}` |" in README


@pytest.mark.parametrize("form", COMPRESSIONS.values(), ids=lambda form: form.name)
def test_compressions_are_named(form):
    written = form.written.partition("[")[0]
    assert written in help_of(OPTIONS["compression"])
    assert f"| `{written}` |" in README


@pytest.mark.parametrize("name", CONCEPTS)
def test_concepts_are_named(name):
    assert name in words(OPTIONS["concept"])
    assert name in words(LISTS["concept"])
    assert f"| `{name}` |" in README


def test_methods_and_certificates_are_named():
    assert {"auto", *METHODS} <= set(words(OPTIONS["method"]))
    assert set(CERTIFICATES) <= set(words(OPTIONS["certificate"]))


def test_defaults_of_a_comparison_are_named():
    assert f"{','.join(comparing.SHARING)} if not given" in help_of(LISTS["sharing"])
    assert f"{','.join(comparing.CONCEPTS)} if not given" in help_of(LISTS["concept"])


def test_the_options_are_those_of_the_library():
    assert set(HOW) == set(RunOptions.__annotations__) - {"progress"}
    mine = set(solve.__annotations__) - {"game", "horizon", "run", "return"}
    assert {*WHAT, "method"} == mine
    assert set(OPTIONS) == mine | set(HOW)
