"""Where the welfare says nothing, or the same n times, pictures draw what does."""

from __future__ import annotations

import pytest

import lp_posg as posg
from lp_posg.plot.inputs import measure_of, measured


def test_of_a_zero_sum_game_the_first_agents_value_is_drawn():
    table = posg.compare("competitive-tiger", 2, ["full", "one-step-delay"], ["ne", "cce"])
    solved = [row for row in table.rows if row.solution is not None]
    assert len(solved) == 4
    values = {(2, row.sharing, row.concept): row.solution.values[0] for row in solved}
    assert measured([table]) == pytest.approx(values)
    name = table.game.agents[0]
    figure = posg.plot.values(table)
    assert figure.axes[0].get_ylabel() == f"value of {name}"
    heights = sorted(bar.get_height() for bar in figure.axes[0].patches)
    assert heights == pytest.approx(sorted(values.values()))
    assert posg.plot.delays(table).axes[0].get_ylabel() == f"value of {name}"


def test_of_a_common_reward_its_value_is_drawn():
    table = posg.compare("dectiger", 2, "full", "team")
    assert measured([table]) == {(2, "full", "team"): pytest.approx(10.815)}
    assert posg.plot.values(table).axes[0].get_ylabel() == "value"
    assert measure_of(posg.catalog("chicken")) == "welfare"


def test_rounding_is_drawn_as_nothing():
    table = posg.compare("matching-pennies", 2, ["full"], ["ne", "cce"])
    assert measured([table]) == {(2, "full", "ne"): 0.0, (2, "full", "cce"): 0.0}
