"""Team values and numbers of states by sharing rule and horizon, undiscounted, against published ones.

The numbers are the optimal values listed for these problems in the literature and by the MADP
toolbox; the numbers of states are cumulative over the depths.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lp_posg as posg

TOL = 1e-7
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "values.json"

VALUES = {
    ("dectiger", "full"): [-2.0, 10.815, 13.0154875, 22.701124312, 26.810324887, 35.073970459, 40.242554508],
    ("dectiger", "one-step-delay"): [-2.0, -4.0, 8.815, 11.0154875, 10.676063438, 19.124571177, 22.918303838],
    ("dectiger", "one-directional"): [-2.0, 7.5, 11.7475, 15.0, 19.2475, 23.495, 27.1280875],
    ("broadcast-channel", "full"): [1.0, 2.0, 2.99, 3.89, 4.79],
    ("broadcast-channel", "one-step-delay"): [1.0, 2.0, 2.99, 3.89, 4.79],
    ("broadcast-channel", "one-directional"): [1.0, 2.0, 2.99, 3.89, 4.79],
    ("recycling", "full"): [5.0, 7.29, 11.1225, 14.069625],
    ("recycling", "one-step-delay"): [5.0, 7.0, 10.775, 13.51625],
    ("recycling", "one-directional"): [5.0, 7.0, 10.93125, 13.6606875],
    ("prisoners", "full"): [0.0, 0.0, 0.0],
    ("prisoners", "one-step-delay"): [0.0, 0.0, 0.0],
    ("prisoners", "one-directional"): [0.0, 0.0, 0.0],
    ("box-pushing", "full"): [-0.2, 17.6, 66.81],
    ("box-pushing", "one-step-delay"): [-0.2, 17.6, 66.081],
    ("box-pushing", "one-directional"): [-0.2, 17.6, 66.4455],
}
STATES = {
    ("dectiger", "full"): [1, 4, 9, 16, 25, 36, 49],
    ("dectiger", "one-step-delay"): [1, 3, 7, 13, 21, 31, 43],
    ("dectiger", "one-directional"): [1, 4, 9, 16, 25, 36, 49],
    ("broadcast-channel", "full"): [1, 5, 14, 30, 55],
    ("broadcast-channel", "one-step-delay"): [1, 5, 14, 30, 55],
    ("broadcast-channel", "one-directional"): [1, 5, 14, 30, 55],
    ("recycling", "full"): [1, 5, 9, 13],
    ("recycling", "one-step-delay"): [1, 10, 35, 60],
    ("recycling", "one-directional"): [1, 7, 17, 27],
    ("prisoners", "full"): [1, 2, 3],
    ("prisoners", "one-step-delay"): [1, 5, 9],
    ("prisoners", "one-directional"): [1, 3, 5],
    ("box-pushing", "full"): [1, 18, 122],
    ("box-pushing", "one-step-delay"): [1, 17, 229],
    ("box-pushing", "one-directional"): [1, 18, 170],
}


@pytest.mark.parametrize(("name", "sharing"), list(VALUES), ids="-".join)
def test_team_values_and_states(name, sharing):
    game = posg.catalog(name)
    for horizon, (value, states) in enumerate(zip(VALUES[name, sharing], STATES[name, sharing], strict=True), start=1):
        solution = posg.solve(game, horizon, sharing, discount=1)
        assert solution.values == pytest.approx([value, value], abs=TOL)
        assert solution.stats.states <= states
        assert solution.certificate.status == "exact"
        assert solution.certificate.gap <= 1e-9


@pytest.mark.parametrize("concept", ["ne", "ce", "interim-cce", "cce"])
@pytest.mark.parametrize(
    ("name", "sharing"), [key for key in VALUES if key[0] in ("dectiger", "recycling")], ids="-".join
)
def test_with_a_common_reward_every_concept_finds_the_team_optimum(name, sharing, concept):
    """The team optimum is an equilibrium of each concept, stage by stage, and no value is larger."""
    solution = posg.solve(posg.catalog(name), 4, sharing, concept, discount=1)
    assert solution.values[0] == pytest.approx(VALUES[name, sharing][3], abs=TOL)


def test_the_table_covers_the_shared_numbers():
    if not SHARED.exists():
        pytest.skip("the shared numbers are not beside this checkout")
    alias = {"broadcastChannel": "broadcast-channel", "boxPushingUAI07": "box-pushing"}
    shared = json.loads(SHARED.read_text())
    found = {
        (alias.get(name, name), sharing): numbers["values"]
        for name, rules in shared.items()
        for sharing, numbers in rules.items()
    }
    assert found == VALUES


def test_a_hundred_steps_of_full_sharing():
    solution = posg.solve(posg.catalog("dectiger"), 100, "full")
    assert solution.values[0] == pytest.approx(644.374035, abs=1e-6)
    assert solution.stats.states <= 1444


def test_box_pushing_over_five_steps():
    solution = posg.solve(posg.catalog("box-pushing"), 5, "full")
    assert solution.values[0] == pytest.approx(109.092506, abs=1e-6)


def test_the_discount_of_the_game_counts_unless_it_is_replaced():
    # Recycling, two steps: searching big together twice gives 5 at once, then 0.9 times the rest of 7.29 - 5.
    game = posg.catalog("recycling")
    assert game.discount == 0.9
    assert posg.solve(game, 1).values[0] == pytest.approx(5.0)
    undiscounted = posg.solve(game, 2, discount=1)
    assert undiscounted.values[0] == pytest.approx(7.29, abs=TOL)
    assert posg.solve(game, 2).values[0] < undiscounted.values[0]
