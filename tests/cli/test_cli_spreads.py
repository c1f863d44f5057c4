"""What `lp-posg compare` tells of all equilibria of a game of one step."""

from __future__ import annotations

import json

import pytest


def test_compare_shows_the_spread_of_welfare_below_the_table(run):
    status, out, err = run("compare", "prisoners-dilemma", "-H", "1", "--sharing", "full", "--concept", "team,ce,cce")
    assert (status, err) == (0, "")
    # Both confess, five years each; silent, they would have one each.
    text = "welfare of a ce from -10 to -10, team optimum -2; price of anarchy 5, price of stability 5"
    assert f"full: {text}" in out.splitlines()
    assert f"full: {text.replace(' ce ', ' cce ')}" in out.splitlines()
    assert "Values are of the selected equilibrium." in out


def test_compare_has_the_spread_in_its_json(run):
    found = json.loads(run("compare", "chicken", "-H", "1", "--sharing", "full", "--concept", "ce", "--json", "-")[1])
    (spread,) = found["spreads"]
    assert (spread["sharing"], spread["concept"], spread["reason"]) == ("full", "ce", None)
    assert spread["price_of_anarchy"] == pytest.approx(12 / 7.2)
    assert json.loads(run("compare", "chicken", "-H", "2", "--concept", "ce", "--json", "-")[1])["spreads"] == []
