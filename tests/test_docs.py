"""Every example of the pages in docs/ runs."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if ">>> " in page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page):
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert tried >= 3
    assert failed == 0


def test_pictures_and_tables_that_pages_name_are_there():
    named = [word.split(")")[0] for page in DOCS.glob("*.md") for word in page.read_text().split("](figures/")[1:]]
    assert len(named) >= 4
    assert [name for name in named if not (DOCS / "figures" / name).is_file()] == []
