"""What `compare` takes to follow for concepts and kinds of deviation of a user's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

import lp_posg as posg
from lp_posg.evaluate import KINDS, Kind
from lp_posg.stage import CONCEPTS, parse_objective


class Own:
    """A concept that solves as another does, under a name of its own, for another objective if one is given."""

    def __init__(self, like: str, kind: Kind, instead: str | None = None):
        self.name, self.deviations, self.like, self.instead = f"own {like}", kind, like, instead

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        wanted = objective if self.instead is None else parse_objective(self.instead, ("1", "2"))
        return CONCEPTS[self.like].solve(block, wanted)


class Best(Own):
    """One that says that it selects the best."""

    selects_best = True


def own_best(view):
    """Do as the deviations of all agents together, as another function."""
    return KINDS["team"].best(view)


OWN_TEAM = replace(KINDS["team"], name="own team", best=own_best)


def texts(table: posg.Comparison) -> list[str]:
    assert all(check.holds for check in table.checks)
    return [check.text for check in table.checks]


def test_a_concept_that_does_not_select_the_best_has_no_place_in_the_order_of_welfare():
    worst = Own("ce", KINDS["ce"], "worst")
    found = texts(posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne", worst, "cce"]))
    assert "full: one stage, so the best welfare grows with the concept, ne <= cce" in found
    assert "full: the own ce found is also a cce" in found
    only = texts(posg.compare(posg.catalog("chicken"), 1, ["full"], [worst, Own("cce", KINDS["cce"])]))
    assert not any("best welfare" in text for text in only)


def test_a_concept_that_says_so_has_its_place():
    found = texts(posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne", Best("ce", KINDS["ce"]), "cce"]))
    assert "full: one stage, so the best welfare grows with the concept, ne <= own ce <= cce" in found
    lying = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne", Best("ce", KINDS["ce"], "worst")])
    assert [check.holds for check in lying.checks if "best welfare" in check.text] == [False]


def test_a_team_with_deviations_of_its_own_is_not_the_team_optimum():
    team = Own("team", OWN_TEAM)
    table = posg.compare(posg.catalog("recycling"), 2, ["full", "one-step-delay"], [team, "cce"])
    assert not any("team optimum" in text for text in texts(table))
    table = posg.compare(posg.catalog("recycling"), 2, ["full", "one-step-delay"], [team, "team", "cce"])
    assert sum("team optimum" in text for text in texts(table)) == 3


@pytest.mark.parametrize("own", [OWN_TEAM, replace(KINDS["cce"], name="odd", best=KINDS["team"].best)])
def test_a_kind_with_a_program_of_its_own_implies_itself_alone(own: Kind):
    assert [kind.name for kind in KINDS.values() if own.implies(kind)] == []
    assert own.implies(own)
    same = replace(KINDS["team"], name="same team")
    assert same.implies(KINDS["team"])
    assert KINDS["team"].implies(same)
