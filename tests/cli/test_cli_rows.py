"""Tables and pages whose rows fail or are stopped: they come all the same, and one line says what failed."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.nash import nash_concept, two_agents

WHAT = ("chicken", "-H", "1", "--sharing", "full")


def fail_ce(monkeypatch):
    """Let the programs of `ce` fail."""
    real = Correlated.solve

    def solve(self, block, objective):
        if self.name == "ce":
            raise SolveError("no way of solving it")
        return real(self, block, objective)

    monkeypatch.setattr(Correlated, "solve", solve)


def stop_ne(monkeypatch):
    """Let the search for the best Nash equilibrium of two agents be stopped when it has found one."""
    real = two_agents.solve_program

    def solve_program(program, what, deadline):
        found = real(program, what, deadline)
        raise LimitError("stopped", limit="time", bound=-np.inf, incumbent=np.nan, x=found.x)

    monkeypatch.setattr(two_agents, "solve_program", solve_program)
    monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)  # else these games are enumerated


def test_the_table_comes_and_says_what_failed(run, monkeypatch):
    fail_ce(monkeypatch)
    status, out, err = run("compare", *WHAT, "--concept", "team,ce,cce")
    assert status == 1
    rows = {line.split()[1]: line.split()[2:] for line in out.splitlines() if line.startswith("full ")}
    assert (rows["team"][0], rows["ce"][:2], rows["cce"][0]) == ("exact", ["failed", "[1]"], "exact")
    assert (rows["team"][3], rows["cce"][3]) == ("12", "10.5")
    assert "[1] no way of solving it\n" in out
    assert err == "error: 1 of 3 rows failed: no way of solving it\n"


def test_the_report_comes_and_says_what_failed(run, monkeypatch, tmp_path):
    fail_ce(monkeypatch)
    page = tmp_path / "page.html"
    status, _, err = run("report", *WHAT, "--concept", "team,ce,cce", "--out", str(page))
    assert (status, err) == (1, "error: 1 of 3 rows failed: no way of solving it\n")
    text = page.read_text()
    assert 'failed <a href="#reason-1">[1]</a>' in text
    assert '<p id="reason-1" class="small">[1] no way of solving it</p>' in text
    assert '<td class="number">10.5</td>' in text


def test_the_best_found_has_a_row_with_its_bound(run, monkeypatch, tmp_path):
    stop_ne(monkeypatch)
    page = tmp_path / "page.html"
    call = (*WHAT, "--concept", "ne", "--time-limit", "1000")
    status, out, err = run("compare", *call)
    row = next(line for line in out.splitlines() if "best found [1]" in line)
    assert row.split()[5:9] == ["4.66666666667", "4.66666666667", "9.33333333333", "4.66666666667"]
    told = "no Nash equilibrium there exceeds 10.5, the best found has 9.3333333"
    assert told in out
    assert status == 1
    assert err.startswith("error: 1 of 1 rows stopped at a limit: ")
    assert err.count("\n") == 1
    assert run("report", *call, "--out", str(page))[0] == 1
    text = page.read_text()
    assert 'best found <a href="#reason-1">[1]</a></td>\n<td class="number">4.6666667</td>' in text
    assert told in text
