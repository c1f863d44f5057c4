"""What runs the examples of pages notices when a page is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_examples import has_examples, run_page


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(text: str) -> int:
        Path("page.md").write_text(text, encoding="utf-8")
        return run_page(Path("page.md"))

    return call


def console(*lines: str) -> str:
    return "\n".join(["```console", *lines, "```", ""])


def test_a_right_page_counts_its_commands_and_statements(run):
    page = console("$ lp-posg check chicken", "ok: chicken...", "$ pip install .", "$ lp-posg models chicken")
    page += "\n```python\n>>> 1 + 1\n2\n>>> x = 3\n```\n\n```python\nprint(x)\n```\n\n```text\n3\n```\n"
    assert has_examples(page)
    assert run(page) == 5


@pytest.mark.parametrize(
    "page",
    [
        console("$ lp-posg check chicken", "ok: chicken: zero-sum"),
        console("$ lp-posg check chicken", "error: no such game"),
        console("$ lp-posg check no-such-game"),
        console("$ rm chicken"),
        "```python\n>>> 1 + 1\n3\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
    ],
    ids=["output", "expected an error", "error not shown", "unknown command", "doctest", "script"],
)
def test_a_wrong_page_fails(run, page):
    with pytest.raises(AssertionError):
        run(page)


def test_only_seconds_rounding_and_spaces_may_differ(run):
    shown = "values: 5.25 5.25\nwelfare: 10.5\n...\nmerge_error: 0\n...\nseconds: 99.9\nversion: ..."
    assert run(console("$ lp-posg solve chicken --horizon 1 --concept ce", "...", *shown.split("\n"))) == 1
    with pytest.raises(AssertionError, match="in fact"):
        run(console("$ lp-posg solve chicken --horizon 1 --concept ce", "...", "values: 5.25 5.26", "..."))


def test_a_captioned_block_is_a_file(run):
    game = '```{code-block} text\n:caption: one.nfg\n\nNFG 1 R "one" { "a" } { 2 }\n\n1 2\n```\n\n'
    assert run(game + console("$ lp-posg solve one.nfg --horizon 1", "...", "values: 2", "...")) == 1
