"""The help of the command line and the README name everything that the registries hold.

Help texts are written out, since reading them from the registries would load numpy and scipy for ``--help``.
"""

from pathlib import Path
from typing import Any, get_args

import pytest

import lp_posg.planning.comparing as comparing
from lp_posg.cli.commands import compare, plot
from lp_posg.cli.options import COMPLETED, HOW, LISTS, OPTIONS, WHAT
from lp_posg.information import COMPRESSIONS, SHARING
from lp_posg.planning import METHODS, RunOptions, solve
from lp_posg.planning.request import CERTIFICATES
from lp_posg.plot import PICTURES
from lp_posg.stage import CONCEPTS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def help_of(option: Any) -> str:
    return str(get_args(option)[1].help)


def words(option: Any) -> list[str]:
    return help_of(option).replace(",", " ").replace(";", " ").replace(":", " ").rstrip(".").split()


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
    rules, concepts = ",".join(comparing.SHARING), ",".join(comparing.CONCEPTS)
    assert f"the rules are {rules} and the concepts {concepts}." in " ".join(str(compare.run.__doc__).split())
    assert f"several all of {concepts} if none is given" in " ".join(str(plot.run.__doc__).split())
    assert f"for delays {','.join(PICTURES['delays'].sharing)}." in " ".join(str(plot.run.__doc__).split())


def test_the_options_are_those_of_the_library():
    assert set(HOW) == set(RunOptions.__annotations__) - {"progress"}
    mine = set(solve.__annotations__) - {"game", "horizon", "run", "return"}
    assert {*WHAT, "method"} == mine
    assert set(OPTIONS) == mine | set(HOW)


@pytest.mark.parametrize("table", [OPTIONS, LISTS], ids=["one", "several"])
def test_a_shell_completes_what_the_registries_hold(table):
    complete = {name: get_args(table[name])[1].autocompletion for name in table if name in COMPLETED}
    assert set(complete) == {*COMPLETED} & {*table}
    assert complete["concept"]("") == list(CONCEPTS)
    assert complete["concept"]("team,strat") == ["team,strategic-ce"]
    assert complete["sharing"]("one_s") == ["one-step-delay"]
    assert complete["sharing"]("del") == ["delay:"]


def test_a_shell_completes_what_has_more_to_follow_up_to_the_colon():
    complete = {name: get_args(OPTIONS[name])[1].autocompletion for name in COMPLETED}
    assert complete["objective"]("") == ["welfare", "egalitarian", "agent:", "weighted:", "worst", "entropy"]
    assert complete["compression"]("finite_") == ["finite-memory:"]
    assert complete["method"]("seq") == ["sequence-form"]
    assert complete["certificate"]("b") == ["bounded"]
