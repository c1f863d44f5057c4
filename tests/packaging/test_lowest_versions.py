"""What `make lowest` installs covers the bounds of what users install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


@pytest.mark.parametrize("extra", ["distributed", "interop", "plot", "report"])
def test_the_bounds_of_an_extra_are_those_that_are_tested(extra):
    assert set(EXTRAS[extra]) <= set(EXTRAS["dev"])


def test_everything_has_a_lower_bound():
    wanted = [*PROJECT["dependencies"], *(each for extra in EXTRAS.values() for each in extra)]
    assert [each for each in wanted if not re.match(r"[\w-]+>=\d", each)] == []


def test_the_tests_for_the_lowest_versions_exist_and_are_run():
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    found = re.search(r"^LOWEST_TESTS := (.+)$", makefile, re.MULTILINE)
    assert found is not None
    paths = found[1].split()
    assert len(paths) >= 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert "make lowest" in (ROOT / ".ci/run").read_text().splitlines()
