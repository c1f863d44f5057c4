"""The `repr` of a result is short, whatever it holds."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.brevity import LONGEST, shown


def results():
    tiger, chicken, poker = posg.catalog("dectiger"), posg.catalog("chicken"), posg.catalog("leduc-poker")
    solution, merged = posg.solve(tiger, 4, "one-step-delay"), posg.solve(tiger, 3, compression="merge:0.1")
    yield from (tiger, poker, solution, solution.certificate, solution.policy, solution.labels, solution.stats)
    yield from (*solution.policy.steps, *(block for step in solution.policy.steps for block in step.blocks))
    yield from (posg.solve(poker), posg.solve(poker).sets, posg.solve("matching-pennies", 1, "none", "ne"))
    yield from (merged, merged.ledger, merged.simulate(50), merged.simulate(9, traces=9).traces[0])
    table = posg.compare(chicken, 1, "full", ["ce", "cce"])
    yield from (table, *table.rows, *table.checks, *table.spreads, *posg.survey(tiger, 2))
    yield from (posg.payoff_region(chicken, "ce"), posg.bounds.observability(tiger))
    yield posg.bounds.belief_contraction(tiger, 2, n_samples=20)
    learnt = posg.learn(chicken, 1, episodes=50, rounds=1, memory=0, evaluation_episodes=4)
    yield from (learnt, learnt.best, learnt.model, posg.information.reachable_states(tiger, solution.sharing, 3))
    yield from (*posg.catalogue.catalog_entries(), posg.trees.reduced_form(posg.trees.unroll(chicken, 1)))
    yield from posg.evaluate.KINDS.values()


def test_every_result_is_shown_in_a_line():
    texts = [repr(result) for result in results()]
    assert len(texts) >= 70
    assert [text for text in texts if len(text) > LONGEST + 60 or "\n" in text] == []


def test_a_solution_says_what_it_is_of_and_what_is_proven():
    text = repr(posg.solve("dectiger", 3, "one-step-delay"))
    assert text == (
        "StateSolution(game='dectiger', horizon=3, sharing='one-step-delay', concept='team', objective='welfare',"
        " method='common-information', values=[8.815, 8.815], status='exact', gap=0)"
    )


@pytest.mark.parametrize("room", posg.NAMESPACES)
def test_no_public_record_shows_an_array_number_by_number(room):
    """A record with an array, or with parts that may hold some, has the short form."""
    module = import_module(f"lp_posg.{room}")
    records = [getattr(module, name) for name in module.__dict__.get("__all__", ())]
    long = [
        one.__name__
        for one in records
        if isinstance(one, type)
        and any(
            "Array" in str(text) for text in getattr(one, "__dataclass_fields__", {}) and one.__annotations__.values()
        )
        and "brevity" not in one.__repr__.__code__.co_filename
    ]
    assert [name for name in long if name not in SMALL] == []


SMALL = {"FiniteMemory"}
"""Has one array, of a distribution that its user gave."""


def test_labels_of_any_length_and_kind_keep_to_the_line():
    assert shown("a" * 10_000) == "'" + "a" * 86 + "..."
    assert "\n" not in shown("two\nlines\x1b[31m")
    assert "\x1b" not in shown("two\nlines\x1b[31m")
    assert shown(np.array([1.0, 1 / 3])) == "[1, 0.333333]"
