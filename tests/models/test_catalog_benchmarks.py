"""Equality with benchmark files as distributed, where a copy of them lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lp_posg.catalogue import catalog
from lp_posg.formats import load

FILES = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ATOL = 1e-12
BENCHMARKS = ["dectiger", "broadcastChannel", "recycling", "prisoners", "boxPushingUAI07"]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_equals_the_distributed_file(name: str):
    path = FILES / f"{name}.dpomdp"
    if not path.is_file():
        pytest.skip(f"no copy of {name}.dpomdp beside the checkout")
    ours, theirs = catalog(name), load(path)
    for part in ("transition", "observation", "reward", "initial"):
        np.testing.assert_allclose(getattr(ours, part), getattr(theirs, part), rtol=0, atol=ATOL, err_msg=part)
    assert ours.discount == pytest.approx(theirs.discount)
    assert theirs.initial_observation is None
    assert ours.initial_observation is None
    if name != "recycling":  # whose file numbers states and observations, and permutes the names of actions
        assert ours.states == theirs.states
        assert ours.actions == theirs.actions
        assert ours.observations == theirs.observations
