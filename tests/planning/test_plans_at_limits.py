"""A plan that is complete is not lost to a limit that is met while it is certified."""

from __future__ import annotations

import time

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LimitError
from lp_posg.information import resources

CALL = {"horizon": 4, "sharing": "full", "concept": "cce"}
SHORT = CALL | {"compression": "finite-memory:1"}


class Clock:
    """A clock that stands still, but for one leap when something is first told of a phase."""

    def __init__(self, monkeypatch, seconds: float, phase: str = "certify") -> None:
        self.now, self.seconds, self.phase = 1e9, seconds, phase
        monkeypatch.setattr(time, "time", lambda: self.now)

    def __call__(self, told) -> None:
        if told.phase == self.phase:
            self.now, self.seconds = self.now + self.seconds, 0.0


@pytest.fixture(scope="module")
def game():
    return posg.catalog("general-tiger")


def test_time_that_is_up_for_exact_gaps_is_left_for_bounds(game, monkeypatch):
    exact = posg.solve(game, **SHORT)
    assert exact.certificate.status == "exact"
    found = posg.solve(game, **SHORT, time_limit=100, progress=Clock(monkeypatch, 80))
    assert found.certificate.status == "bounded"
    np.testing.assert_allclose(found.values, exact.values, rtol=0, atol=1e-10)
    bounds = posg.solve(game, **SHORT, certificate="bounded").certificate
    np.testing.assert_array_equal(found.certificate.gaps, bounds.gaps)


def test_exact_gaps_have_most_of_the_time(game, monkeypatch):
    assert posg.solve(game, **SHORT, time_limit=100, progress=Clock(monkeypatch, 70)).certificate.status == "exact"


def test_exact_states_have_bounds_too(game, monkeypatch):
    found = posg.solve(game, **CALL, approximate=True, time_limit=100, progress=Clock(monkeypatch, 80))
    exact = posg.solve(game, **CALL)
    assert found.certificate.status == "bounded"
    assert (found.certificate.gaps >= exact.certificate.gaps - 1e-9).all()
    np.testing.assert_allclose(found.values, exact.values, rtol=0, atol=1e-10)


def test_a_memory_limit_leaves_bounds(game, monkeypatch):
    """What the attempt at exact gaps held is free again when the bounds begin."""
    held = [0]

    def told(progress):
        if progress.phase == "certify" and not held[0]:
            held[0] = 1 << 41

    def resident():
        now, held[0] = held[0], -1 if held[0] > 0 else held[0]
        return max(now, 0)

    monkeypatch.setattr(resources, "resident_bytes", resident)
    found = posg.solve(game, **SHORT, memory_limit=2**40, progress=told)
    assert held[0] == -1
    assert found.certificate.status == "bounded"


def test_without_time_even_for_bounds_an_approximate_plan_is_uncertified(game, monkeypatch, tmp_path):
    exact = posg.solve(game, **SHORT)
    with monkeypatch.context() as within:
        found = posg.solve(game, **SHORT, time_limit=100, progress=Clock(within, 200))
    certificate = found.certificate
    assert certificate.status == "uncertified"
    np.testing.assert_allclose(found.values, exact.model_values, rtol=0, atol=1e-10)
    np.testing.assert_allclose(certificate.gaps, 4 * np.ptp(game.reward[:, 0], axis=(1, 2)))  # four steps, no discount
    assert certificate.found_gains.tolist() == [0.0, 0.0]
    assert certificate.deviation is None
    found.save(tmp_path / "plan.npz")
    stored = posg.load(tmp_path / "plan.npz")
    assert stored.certificate.status == "uncertified"
    again = posg.verify(stored, approximate=True)  # in time of its own
    assert again.status == "bounded"
    np.testing.assert_allclose(again.values, exact.values, rtol=0, atol=1e-10)


def test_a_plan_that_may_not_be_approximate_comes_with_the_error(game, monkeypatch):
    with monkeypatch.context() as within, pytest.raises(LimitError, match=r"'certify'.*allow approximate") as caught:
        posg.solve(game, **CALL, time_limit=100, progress=Clock(within, 80))
    plan, exact = caught.value.solution, posg.solve(game, **CALL)
    assert caught.value.limit == "time"
    assert plan.certificate.status == "bounded"
    assert posg.verify(plan).status == "exact"  # in time of its own
    assert plan.values == pytest.approx(exact.values)
    with pytest.raises(LimitError, match=r"nothing is proven of the plan; allow approximate"):
        posg.solve(game, **CALL, time_limit=100, progress=Clock(monkeypatch, 200))


def test_where_there_are_no_bounds_the_plan_is_uncertified(monkeypatch):
    """A deviator that hears its whole prescription has none; so it has all the time for exact gaps."""
    game, call = posg.catalog("chicken-signals"), {"horizon": 2, "sharing": "full", "concept": "strategic-ce"}
    with monkeypatch.context() as within:
        found = posg.solve(game, **call, time_limit=100, progress=Clock(within, 90))
    assert found.certificate.status == "exact"
    late = posg.solve(game, **call, approximate=True, time_limit=100, progress=Clock(monkeypatch, 110))
    assert late.certificate.status == "uncertified"
    np.testing.assert_allclose(late.values, found.values, rtol=0, atol=1e-9)


def test_what_the_model_promises_of_an_uncertified_plan_is_not_held_against_it(monkeypatch):
    game = posg.catalog("general-tiger")
    call = SHORT | {"horizon": 3, "sharing": "one-step-delay"}
    exact = posg.solve(game, **call)
    assert abs(exact.model_values - exact.values).max() > 1
    with monkeypatch.context() as within:
        plan = posg.solve(game, **call, time_limit=100, progress=Clock(within, 110))
    assert plan.certificate.status == "uncertified"
    np.testing.assert_allclose(posg.verify(plan, approximate=True).values, exact.values, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["exact", "bounded"])
def test_a_certificate_that_was_named_is_not_replaced(game, monkeypatch, kind):
    with pytest.raises(LimitError, match="'certify'"):
        posg.solve(game, **SHORT, certificate=kind, time_limit=100, progress=Clock(monkeypatch, 110))


def test_the_most_that_a_team_can_gain_is_the_range_of_the_sum(monkeypatch):
    game = posg.catalog("general-tiger")
    clock = Clock(monkeypatch, 110)
    team = posg.solve(game, 2, "full", "team", approximate=True, time_limit=100, progress=clock)
    assert team.certificate.status == "uncertified"
    span = 2 * np.ptp(game.reward[:, 0].sum(axis=0))
    assert team.certificate.gaps == pytest.approx([span, span])
