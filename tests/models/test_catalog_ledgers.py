"""On every model, under every structure it admits: the gap measured is within the bound that the ledger proves."""

from __future__ import annotations

import pytest

from lp_posg import solve
from lp_posg.catalogue import catalog, catalog_entries
from lp_posg.errors import UnsupportedError

STRUCTURES = ("full", "one-step-delay", "one-directional", "controller:2", "uncontrolled:2")


def check(name: str, horizon: int, concepts: tuple[str, ...]) -> int:
    game = catalog(name)
    horizon, checked = min(horizon, game.max_horizon or horizon), 0
    for sharing in STRUCTURES:
        for concept in concepts:
            try:
                found = solve(game, horizon, sharing, concept, compression="finite-memory:1")
            except UnsupportedError:
                continue
            costs = found.ledger
            assert costs.gap <= costs.bound + 1e-9
            assert costs.bound <= costs.paper_bound + 1e-9
            assert found.certificate.status == "exact"
            checked += 1
    return checked


@pytest.mark.parametrize("name", [entry.name for entry in catalog_entries() if not entry.is_tree])
def test_gaps_are_within_the_bound(name):
    assert check(name, 2, ("cce", "team")) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in catalog_entries() if not entry.is_tree])
def test_gaps_are_within_the_bound_over_three_steps(name):
    assert check(name, 3, ("team", "ne", "ce", "cce")) >= 9
