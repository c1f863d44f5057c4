"""Kinds of deviation that a user writes: what is refused when one is made, and when one is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate import KINDS, certify, kind_named
from lp_posg.stage import CONCEPTS

CE = KINDS["ce"]


class Own:
    name = "own"

    def __init__(self, kind):
        self.deviations = kind

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return CONCEPTS["ce"].solve(block, objective)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hears": "all"}, "kind of deviation 'mine': hears is 'all', expected 'nothing' or 'action' or"),
        ({"decides": "never"}, "kind of deviation 'mine': decides is 'never', expected 'interim' or 'ex-ante' or"),
        ({"independent": 1}, "kind of deviation 'mine': independent is 1, expected True or False"),
        ({"best": None}, "kind of deviation 'mine': best is None, expected a function"),
        ({"note": None}, "kind of deviation 'mine': note is None, expected a text"),
        ({"name": 3}, "the name of a kind of deviation is 3, expected a text"),
        ({"name": ""}, "the name of a kind of deviation is '', expected a text"),
    ],
)
def test_a_kind_is_checked_when_it_is_made(change, told):
    with pytest.raises(ModelError, match=told):
        replace(CE, **{"name": "mine"} | change)


def test_a_kind_under_the_name_of_a_built_in_one_is_refused():
    other = replace(CE, best=lambda view: CE.best(view))
    game = posg.catalog("chicken")
    with pytest.raises(ModelError, match=r"concept 'own': .*name 'ce' of a built-in kind.*name of its own"):
        posg.solve(game, 1, concept=Own(other))
    found = posg.solve(game, 1, concept="ce")
    with pytest.raises(ModelError, match="give it a name of its own"):
        certify(game, found.sharing, found.policy, other)
    assert kind_named(replace(CE)) == CE
    assert posg.solve(game, 1, concept=Own(replace(other, name="mine"))).certificate.kind.name == "mine"


def failing(view):
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("best", "told"),
    [
        (failing, "kind of deviation 'mine': best raised KeyError: 'lost'"),
        (lambda view: None, r"best returned NoneType, expected the values, shape \(1, 2\), and a Gain"),
        (lambda view: (CE.best(view)[0][:, :1], CE.best(view)[1]), r"expected the values, shape \(1, 2\)"),
    ],
)
def test_a_best_deviation_that_fails_is_told_with_the_kind(best, told):
    with pytest.raises(ModelError, match=told):
        posg.solve(posg.catalog("chicken"), 1, concept=Own(replace(CE, name="mine", best=best)))
