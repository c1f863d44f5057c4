"""Concepts as objects: a user's own is solved, compared, certified and shown as the built-in ones are."""

from dataclasses import replace
from itertools import combinations

import pytest

import lp_posg as posg
from lp_posg.errors import ModelError, OptionError, UnsupportedError
from lp_posg.evaluate import KINDS
from lp_posg.information import SHARING, compression_named, compression_names, sharing_structure
from lp_posg.information.names import COMPRESSIONS
from lp_posg.stage import CONCEPTS, Concept, concept_named


class Fair:
    """Correlated equilibria, by their name in some paper."""

    name = "fair-ce"
    deviations = KINDS["ce"]

    def check_game(self, game):
        if game.n_agents == 1:
            raise UnsupportedError("one agent alone is always fair")

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return CONCEPTS["ce"].solve(block, objective)


def test_a_concept_object_is_solved_and_shown(tmp_path):
    game = posg.catalog("chicken")
    found, built_in = posg.solve(game, 1, "full", Fair()), posg.solve(game, 1, "full", "ce")
    assert (found.concept, found.certificate.deviations) == ("fair-ce", "ce")
    assert found.values.tolist() == built_in.values.tolist() == pytest.approx([5.25, 5.25])
    assert found.to_play == built_in.to_play
    assert found.verify().gap == built_in.verify().gap
    assert found.ledger.bound == built_in.ledger.bound
    for suffix in ("json", "graphml", "npz"):
        (found.save if suffix == "npz" else found.export)(tmp_path / f"s.{suffix}")


def test_a_concept_object_takes_part_in_the_relations_of_a_comparison():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], [Fair(), "ne", "cce", "team"])
    assert [row.concept for row in table.rows] == ["fair-ce", "ne", "cce", "team"]
    texts = [check.text for check in table.checks]
    assert "full: the ne found is also a fair-ce and a cce" in texts
    assert "full: one stage, so the best welfare grows with the concept, ne <= fair-ce <= cce" in texts
    assert all(check.holds for check in table.checks)


def test_a_concept_object_checks_the_game_before_any_work():
    with pytest.raises(UnsupportedError, match="always fair"):
        posg.solve(posg.Game.single_stage([[1.0, 0.0]]) if hasattr(posg.Game, "single_stage") else one_agent(), 1, "full", Fair())


def one_agent():
    return posg.Game.from_arrays(
        transition=[[[1.0], [1.0]]], observation=[[[1.0], [1.0]]], reward=[[[1.0, 0.0]]], initial=[1.0], n_actions=(2,)
    )
