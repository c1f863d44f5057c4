"""How stage games were solved is counted, kept on disk and told; and does not change what is found."""

from __future__ import annotations

import json

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.stage.correlated import semi_compact


@pytest.fixture
def always_columns(monkeypatch):
    monkeypatch.setattr(semi_compact, "SMALL_ENTRIES", 0)
    monkeypatch.setattr(semi_compact, "FEW_EQUATIONS", -1.0)


@pytest.mark.parametrize("concept", ["ce", "interim-cce", "cce"])
def test_generated_columns_have_the_value_of_whole_programs_and_pass_the_certificate(
    concept, always_columns, monkeypatch
):
    game = posg.catalog("dectiger")
    found = posg.solve(game, 2, "one-step-delay", concept, "worst")
    monkeypatch.setattr(semi_compact, "SMALL_ENTRIES", 10**9)
    whole = posg.solve(game, 2, "one-step-delay", concept, "worst")
    assert found.stats.methods["columns"] > 0
    assert whole.stats.methods.get("program", 0) > 0
    assert "columns" not in whole.stats.methods
    assert found.certificate.gap <= 1e-7 * game.reward_range
    last = -1  # the stage games of the last depth are the same in both
    np.testing.assert_allclose(found.node_values[last].sum(axis=1), whole.node_values[last].sum(axis=1), atol=1e-6)


def test_methods_count_every_state_and_survive_disk_json_and_checkpoints(always_columns, tmp_path):
    game = posg.catalog("general-tiger")
    arguments = {"horizon": 2, "sharing": "one-step-delay", "concept": "cce", "checkpoint": tmp_path / "kept"}
    found = posg.solve(game, **arguments)
    assert sum(found.stats.methods.values()) == found.stats.states
    assert found.stats.methods.get("shortcut", 0) == found.stats.closed
    found.save(tmp_path / "found.npz")
    assert posg.load(tmp_path / "found.npz").stats.methods == found.stats.methods
    assert json.loads(json.dumps(found.summary()))["stats"]["methods"] == found.stats.methods
    assert posg.solve(game, **arguments).stats.methods == found.stats.methods


def test_teams_are_enumerated():
    found = posg.solve(posg.catalog("dectiger"), 2, "one-step-delay", "team")
    assert found.stats.methods == {"enumeration": found.stats.states}
