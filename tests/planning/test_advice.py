"""What a message tells the user to do works when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import LpPosgError
from lp_posg.trees import unroll

GENERAL = random_game(1)
COMMON = random_game(2, common=True)
ZERO_SUM = random_game(3, zero_sum=True)
THREE = random_game(4, n_agents=3)
CONCEPTS_BESIDE_NE = ("ce", "interim-cce", "cce")
LINEAR = ("welfare", "worst", "agent:1", "weighted:1,2", "egalitarian")


def solved(game: Any, *args: Any, **options: Any) -> Callable[[], Any]:
    return lambda: posg.solve(game, *args, **options)


# (what goes wrong, what the message advises, all ways to follow that)
ADVICE = {
    "sequence form, general sum": (
        solved(GENERAL, 2, "none", method="sequence-form"),
        "use method 'common-information' with concept 'ne', 'ce' or 'cce', and a sharing structure that is"
        " strategy-independent, such as 'one-step-delay'",
        [solved(GENERAL, 2, "one-step-delay", c, method="common-information") for c in ("ne", "ce", "cce")],
    ),
    "sequence form, common rewards": (
        solved(COMMON, 2, "none", method="sequence-form"),
        "use method 'common-information' with concept 'team', and a sharing structure",
        [solved(COMMON, 2, "one-step-delay", "team", method="common-information")],
    ),
    "sequence form, three agents": (
        solved(THREE, 2, "none", method="sequence-form"),
        "use method 'common-information' with concept 'team', 'ce', 'interim-cce' or 'cce'",
        [
            solved(THREE, 2, "one-step-delay", c, method="common-information")
            for c in ("team", "ce", "interim-cce", "cce")
        ],
    ),
    "sequence form, a tree of general sum": (
        solved(unroll(GENERAL, 1, "none"), method="sequence-form"),
        "use method 'strategic-form' with concept 'ne', 'ce' or 'cce'",
        [solved(unroll(GENERAL, 1, "none"), concept=c, method="strategic-form") for c in ("ne", "ce", "cce")],
    ),
    "strategic form of a POSG": (
        solved(GENERAL, 2, method="strategic-form"),
        "use 'common-information' for a POSG",
        [solved(GENERAL, 2, method="common-information")],
    ),
    "dependent beliefs, zero sum": (
        solved(ZERO_SUM, 3, "none"),
        "share more, or sooner (see `lp-posg info` for the structures that fit), or use method 'sequence-form'",
        [solved(ZERO_SUM, 3, "none", method="sequence-form"), solved(ZERO_SUM, 3, "one-step-delay")],
    ),
    "dependent beliefs, general sum": (
        solved(GENERAL, 3, "none"),
        "share more, or sooner (see `lp-posg info` for the structures that fit)",
        [solved(GENERAL, 3, "one-step-delay")],
    ),
    "ne with a conic objective": (
        solved(GENERAL, 1, "full", "ne", objective="entropy"),
        "use welfare, worst, agent:k, weighted:... or egalitarian, or concept 'ce', 'interim-cce' or 'cce'",
        [
            *(solved(GENERAL, 1, "full", "ne", objective=o) for o in LINEAR),
            *(solved(GENERAL, 1, "full", c, objective="entropy") for c in CONCEPTS_BESIDE_NE),
        ],
    ),
    "bounds for deviations from whole prescriptions": (
        solved(GENERAL, 2, "one-step-delay", "strategic-ce", certificate="bounded"),
        "use certificate='exact', or concept 'ce'",
        [
            solved(GENERAL, 2, "one-step-delay", "strategic-ce", certificate="exact"),
            solved(GENERAL, 2, "one-step-delay", "ce", certificate="bounded", approximate=True),
        ],
    ),
    "a POSG without a horizon": (solved(GENERAL), "give a horizon", [solved(GENERAL, 2)]),
    "a tree with a horizon": (
        solved(unroll(ZERO_SUM, 1, "none"), 2),
        "leave it out, or make a POSG of the tree with lp_posg.trees.to_game",
        [
            solved(unroll(ZERO_SUM, 1, "none")),
            lambda: posg.solve(posg.trees.to_game(unroll(ZERO_SUM, 1, "none")), 2, "one-step-delay"),
        ],
    ),
    "too little memory for the sequence form": (
        solved(ZERO_SUM, 3, "none", method="sequence-form", memory_limit=1000),
        "allow more memory with memory_limit, plan fewer steps, or use method 'common-information'",
        [
            solved(ZERO_SUM, 3, "none", method="sequence-form", memory_limit=10**8),
            solved(ZERO_SUM, 3, "one-step-delay", method="common-information"),
        ],
    ),
    "too many states": (
        solved(GENERAL, 4, "one-step-delay", max_states=20),
        "plan fewer steps, or share more",
        [solved(GENERAL, 2, "one-step-delay", max_states=20)],
    ),
    "an objective for a checkpoint": (
        solved(GENERAL, 1, "full", "cce", objective=lambda values: values[0], checkpoint="unused"),
        "use an objective with a name",
        [solved(GENERAL, 1, "full", "cce", objective="agent:1", checkpoint="unused")],
    ),
}


@pytest.mark.parametrize("case", sorted(ADVICE))
def test_advice_works_when_it_is_followed(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong, advice, ways = ADVICE[case]
    with pytest.raises(LpPosgError) as caught:
        wrong()
    assert advice in str(caught.value)
    assert ways
    for follow in ways:
        assert follow().certificate.gap < float("inf")
