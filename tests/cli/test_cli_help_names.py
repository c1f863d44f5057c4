"""The help of the command line and the README name everything that the registries hold.

Help texts are written out, since reading them from the registries would load numpy and scipy for ``--help``.
"""

from pathlib import Path
from typing import Any, get_args

import pytest

from lp_posg.cli import options
from lp_posg.information import COMPRESSIONS, SHARING
from lp_posg.stage import CONCEPTS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def help_of(option: Any) -> str:
    return str(get_args(option)[1].help)


@pytest.mark.parametrize("form", SHARING.values(), ids=lambda form: form.name)
def test_sharing_rules_are_named(form):
    assert form.written in help_of(options.Sharing)
    assert f"| `{form.written}` |" in README


@pytest.mark.parametrize("form", COMPRESSIONS.values(), ids=lambda form: form.name)
def test_compressions_are_named(form):
    written = form.written.partition("[")[0]
    assert written in help_of(options.Compression)
    assert f"| `{written}` |" in README


@pytest.mark.parametrize("name", CONCEPTS)
def test_concepts_are_named(name):
    assert name in help_of(options.Concept).replace(",", " ").replace(";", " ").split()
    assert f"| `{name}` |" in README
