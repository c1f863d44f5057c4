"""`report`: the page of the library, and the options and exit status of `compare`."""

from __future__ import annotations

import re
import shlex
import sys

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

import lp_posg as posg
from lp_posg import report
from lp_posg.catalogue import catalog_entry
from lp_posg.cli.commands import report as write_report
from lp_posg.planning import Check


def command_of(text):
    (found,) = re.findall(r"<pre><code>(lp-posg report .*?)</code></pre>", text)
    return found


def test_the_page_is_that_of_the_library(run, tmp_path):
    """The command is told in one form; without times the same comparison is the same page."""
    arguments = (
        "chicken",
        "--horizon",
        "1",
        "--out",
        "r.html",
        "--concept",
        "ce,cce",
        "--sharing",
        "full",
        "--no-times",
    )
    assert run("report", *arguments) == (0, "written: r.html\n", "")
    text = (tmp_path / "r.html").read_text()
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce", "cce"])
    command = "lp-posg report chicken --out r.html --horizon 1 --sharing full --concept ce,cce --no-times"
    assert text == report.page(table, command=command, entry=catalog_entry("chicken"), times=False)


def test_the_command_on_the_page_makes_the_same_page(run, tmp_path):
    posg.save(posg.catalog("dectiger"), tmp_path / "my game.posg")
    arguments = ("my game.posg", "-H", "2", "-o", "a.html", "--sharing", "full", "--sharing", "one-step-delay")
    more = ("--concepts", "team", "--discount", "0.5", "--compression", "merge:0.1", "--approximate", "--no-times")
    assert run("report", *arguments, *more)[0] == 0
    first = (tmp_path / "a.html").read_text()
    command = shlex.split(command_of(first).replace("&#39;", "'"))
    assert command[:3] == ["lp-posg", "report", "my game.posg"]
    (tmp_path / "a.html").unlink()
    assert run(*command[1:])[0] == 0
    assert (tmp_path / "a.html").read_text() == first
    assert "<dd>0.5</dd>" in first


def test_a_file_is_never_taken_for_a_model_of_the_catalogue(run, tmp_path):
    game = posg.catalog("dectiger")
    posg.save(game, tmp_path / "dectiger.posg")
    assert run("report", "dectiger.posg", "-H", "1", "--sharing", "full", "--concept", "team", "-o", "r.html")[0] == 0
    text = (tmp_path / "r.html").read_text()
    assert catalog_entry("dectiger").title not in text
    assert "posg.load(FILE)" in text


def test_a_check_that_fails_is_on_the_page_and_in_the_status(run, tmp_path, monkeypatch):
    broken = Check("two is three", False, "2 = 3")
    monkeypatch.setattr("lp_posg.planning.relations._inclusions", lambda *given: [broken])
    status, out, err = run("report", "chicken", "-H", "1", "--sharing", "full", "--concept", "ce,cce", "-o", "r.html")
    assert (status, out) == (1, "written: r.html\n")
    assert "checks fail: two is three (2 = 3)" in err
    text = (tmp_path / "r.html").read_text()
    assert '<strong class="fails">FAILS</strong> two is three' in text
    assert "consistency checks fail: see below." in text


def test_a_row_that_stopped_at_a_limit_is_on_the_page_and_in_the_status(run, tmp_path):
    status, _, err = run(
        "report", "dectiger", "-H", "4", "--sharing", "full", "--concept", "team", "--max-states", "3", "-o", "r.html"
    )
    assert status == 1
    assert "1 of 1 rows stopped at a limit" in err
    assert "stopped at a limit" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("chicken", "-H", "1"), 2, "--out"),
        (("chicken", "-o", "r.html"), 2, "--horizon"),
        (("chicken", "-H", "1", "-o", "-"), 2, "not written to stdout"),
        (("chicken", "-H", "1", "-o", "r.pdf"), 2, "is no name for a page; give one that ends in .html or .htm"),
        (("chicken", "-H", "1", "-o", "nowhere/r.html"), 1, "there is no directory 'nowhere'"),
        (("chikken", "-H", "1", "-o", "r.html"), 1, "did you mean 'chicken' or"),
        (("chicken", "-H", "1", "--concept", "peace", "-o", "r.html"), 2, "peace"),
    ],
)
def test_what_is_wrong_ends_in_one_message_and_no_file(run, tmp_path, arguments, status, message):
    found, out, err = run("report", *arguments)
    assert (found, out) == (status, "")
    assert message in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_there_is_one_clear_error_before_any_work(run, tmp_path, monkeypatch):
    monkeypatch.setattr(write_report, "open_game", lambda *given: pytest.fail("work was done"))
    monkeypatch.setitem(sys.modules, "jinja2", None)
    status, out, err = run("report", "chicken", "-H", "1", "-o", "r.html")
    assert (status, out) == (1, "")
    assert (
        err == "error: jinja2 is not installed, and reports need it; install it with: pip install 'lp-posg[report]'\n"
    )
    assert list(tmp_path.iterdir()) == []
