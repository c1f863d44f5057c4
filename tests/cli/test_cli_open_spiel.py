"""OpenSpiel's games by name on the command line, where a file of a game tree may stand."""

from __future__ import annotations

import json
import sys

import pytest


def test_the_missing_extra_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    status, out, err = run("solve", "open_spiel:kuhn_poker")
    assert (status, out) == (1, "")
    assert "pip install 'lp-posg[interop]'" in err


def test_a_file_of_that_name_comes_first(run, tmp_path):
    (tmp_path / "open_spiel:chicken.nfg").write_text('NFG 1 R "mine" { "a" "b" } { 1 2 } 1 2 3 4\n')
    status, out, _ = run("info", "open_spiel:chicken.nfg")
    assert status == 0
    assert "game: open_spiel:chicken\nkind: general-sum" in out


@pytest.fixture
def _installed():
    pytest.importorskip("pyspiel", reason="OpenSpiel is not installed (it has wheels up to Python 3.14)")


@pytest.mark.usefixtures("_installed")
class TestInstalled:
    @pytest.mark.parametrize("prefix", ["open_spiel", "openspiel"])
    def test_kuhn_poker_is_solved_by_name(self, run, prefix):
        status, out, err = run("solve", f"{prefix}:kuhn_poker", "--json", "-")
        assert (status, err) == (0, "")
        assert json.loads(out)["values"] == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)

    def test_parameters_and_moves_at_once(self, run):
        status, out, err = run("check", "open_spiel:goofspiel(imp_info=True,num_cards=3,points_order=descending)")
        assert (status, err) == (0, "")
        assert "67 nodes, information sets 8 8" in out

    def test_a_prisoners_dilemma_has_its_one_equilibrium(self, run):
        """OpenSpiel's pays 5 to those who cooperate, 1 to those who defect, 10 and 0 if they differ."""
        found = json.loads(run("solve", "open_spiel:matrix_pd", "--concept", "cce", "--json", "-")[1])
        assert found["values"] == pytest.approx([1, 1], abs=1e-9)

    def test_it_is_converted_to_a_file_with_the_same_value(self, run, tmp_path):
        assert run("convert", "open_spiel:leduc_poker", "leduc.efg")[0] == 0
        found = json.loads(run("solve", "leduc.efg", "--json", "-")[1])
        assert found["values"] == pytest.approx([-0.085606424078, 0.085606424078], abs=1e-9)
        assert run("convert", "open_spiel:matrix_pd", "pd.nfg")[0] == 0
        assert '"Cooperate" "Defect"' in (tmp_path / "pd.nfg").read_text()

    @pytest.mark.parametrize(
        ("name", "words"), [("no_such_game", "OpenSpiel has no game 'no_such_game'"), ("phantom_ttt_ir", "recall")]
    )
    def test_other_names_are_refused(self, run, name, words):
        status, out, err = run("info", f"open_spiel:{name}")
        assert (status, out) == (1, "")
        assert err.startswith("error: ")
        assert words in err
