"""Compressions that a user writes: rules on single states, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest
from memory_models import MemoryModel, scaled
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, OptionError, UnsupportedError
from lp_posg.information import (
    COMPRESSIONS,
    CompressionForm,
    Exact,
    FiniteMemory,
    MergeWithin,
    compression_named,
    reachable_states,
    sharing_structure,
)

VALUE_TOL = 1e-8


class GrowlCount:
    """Dectiger, observations shared late: growls from the left minus from the right since the last door, within 3.

    An increment has what was heard before the last action; after a door nothing is heard that tells anything.
    """

    name = "growls"

    def first_state(self, increment):
        assert increment == (((), ()), ((), ()))  # nothing is seen before the first action
        return (0, False)

    def next_state(self, time, state, increment):
        assert time >= 0
        count, listened = state
        if any(own.actions != (0,) for own in increment):
            return (0, False)
        heard = [o for own in increment for o in own.observations] if listened else []
        return (max(-3, min(3, count + heard.count(0) - heard.count(1))), True)


class LastTwo:
    """The last two increments, and all of them (the start's included) in the first two steps."""

    name = "last two"

    def first_state(self, increment):
        return (increment,)

    def next_state(self, time, state, increment):
        longer = (*state, increment)
        return longer if time + 1 <= 2 else longer[-2:]


class Everything(LastTwo):
    name = "everything"

    def next_state(self, time, state, increment):
        return (*state, increment)


class Nothing(LastTwo):
    name = "nothing"

    def first_state(self, increment):
        return None

    def next_state(self, time, state, increment):
        return None


class Parity(LastTwo):
    """How many odd observations of agent 1 have become common, modulo 2."""

    name = "parity"

    def first_state(self, increment):
        return sum(increment[0].observations) % 2

    def next_state(self, time, state, increment):
        return (state + sum(increment[0].observations)) % 2


GAMES = [
    ("full", {"initial_observation": True, "sparse": True}),
    ("one-step-delay", {}),
    ("one-directional", {"initial_observation": True, "horizon": 4, "sparse": True}),
    ("controller:2", {"controlled_by": 1}),
    ("uncontrolled:2", {"controlled_by": 0, "initial_observation": True}),
]


@pytest.mark.parametrize(("sharing", "kind"), GAMES)
def test_a_rule_that_is_finite_memory_plans_the_same_model(sharing, kind):
    game = random_game(5, **kind)
    mine = posg.solve(game, 4, sharing, "cce", compression=LastTwo())
    theirs = posg.solve(game, 4, sharing, "cce", compression="finite-memory:2:prior")
    np.testing.assert_allclose(mine.model_values, theirs.model_values, atol=VALUE_TOL)
    np.testing.assert_allclose(mine.values, theirs.values, atol=VALUE_TOL)
    np.testing.assert_allclose(mine.certificate.gaps, theirs.certificate.gaps, atol=VALUE_TOL)
    # The rule keeps apart memories that finite memory finds to be equal.
    assert mine.stats.states >= theirs.stats.states
    assert (mine.compression.name, theirs.compression.name) == ("last two", "finite-memory:2:prior")


@pytest.mark.parametrize(("sharing", "kind"), GAMES)
@pytest.mark.parametrize("rule", [Parity(), Nothing()])
def test_attached_beliefs_are_conditional_laws_under_uniform_actions(sharing, kind, rule):
    game, structure = random_game(7, **kind), sharing_structure(sharing, 2)
    space = reachable_states(game, structure, 3, compression=posg.information.compression_named(rule))
    model = MemoryModel(game, structure, 0)
    for time, depth in enumerate(space.depths):
        laws = defaultdict(lambda: defaultdict(float))
        for common, law in model.commons(time).items():  # weights under uniform actions
            state = rule.first_state(common[0])
            for when, news in enumerate(common[1:]):
                state = rule.next_state(when, state, news)
            for (s, private), weight in law.items():
                place = [own.index(p) for own, p in zip(depth.private, private, strict=True)]
                laws[state][s, int(np.ravel_multi_index(place, [len(own) for own in depth.private]))] += weight
        wanted = sorted(tuple(sorted(scaled(law).items())) for law in laws.values())
        level, found = depth.level, []
        for node in range(level.n_nodes):
            law = {}
            for cell in np.flatnonzero(level.cell_node == node):
                row = level.belief[[cell]]
                law |= {(int(s), int(level.cell_private[cell])): b for s, b in zip(row.indices, row.data, strict=True)}
            found.append(tuple(sorted(law.items())))
        assert len(found) == len(wanted)
        for mine, theirs in zip(sorted(found), wanted, strict=True):
            assert [key for key, _ in mine] == [key for key, _ in theirs]
            np.testing.assert_allclose([b for _, b in mine], [b for _, b in theirs], atol=1e-12)


def test_counting_growls_is_exact_while_the_count_is_within_its_bounds():
    # The belief of dectiger is a function of the difference. Two growls a step, the first common at the third step:
    # over 3 steps the difference is -2, 0 or 2, over 4 it may be -4 or 4, which the rule takes for -3 and 3.
    game = posg.catalog("dectiger")
    exact, counted = (posg.solve(game, 3, "one-step-delay", compression=c) for c in ("exact", GrowlCount()))
    np.testing.assert_allclose(counted.values, exact.values, atol=VALUE_TOL)
    np.testing.assert_allclose(counted.model_values, exact.values, atol=VALUE_TOL)
    assert counted.certificate.gap <= 1e-7
    longer = posg.solve(game, 8, "one-step-delay", compression=GrowlCount())
    assert max(longer.stats.states_by_depth) <= 8  # -3..3 after listening, and a door
    # A team's gap is what is left to the optimum.
    best = posg.solve(game, 8, "one-step-delay").values[0]
    assert longer.values[0] + longer.certificate.gap == pytest.approx(best, abs=1e-6)
    assert longer.values[0] > best - 5


def test_remembering_everything_is_exact():
    game = random_game(8, initial_observation=True)
    mine = posg.solve(game, 3, "one-step-delay", "cce", compression=Everything())
    exact = posg.solve(game, 3, "one-step-delay", "cce")
    np.testing.assert_allclose(mine.values, exact.values, atol=VALUE_TOL)
    assert mine.certificate.gap <= 1e-7


def test_remembering_nothing_can_be_followed_in_long_games():
    # The first state is kept with probability 1e-9 and seen; its share of the one belief sinks below any number.
    transition = np.array([[[[1e-9, 1 - 1e-9]]], [[[0, 1.0]]]])
    observation = np.eye(2)[None, None, :, :, None]
    game = posg.Game(transition, observation, np.array([[[[1.0]], [[0.0]]]] * 2), np.array([1.0, 0.0]))
    solution = posg.solve(game, 40, "full", "cce", compression=Nothing())
    assert solution.stats.states == 40
    np.testing.assert_allclose(solution.values, 1, atol=1e-8)


def test_a_rule_is_told_the_step_that_is_taken():
    class Times(LastTwo):
        name = "times"

        def first_state(self, increment):
            return ()

        def next_state(self, time, state, increment):
            assert state == tuple(range(time))
            return (*state, time)

    assert posg.solve(random_game(0), 4, "full", compression=Times()).stats.states == 4


def test_workers_make_no_difference():
    game = random_game(9, n_states=3)
    one, two = (posg.solve(game, 4, "one-step-delay", "cce", compression=LastTwo(), workers=n) for n in (1, 2))
    for name in ("values", "model_values"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(one.certificate.gaps, two.certificate.gaps)
    for mine, theirs in zip(one.node_values, two.node_values, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("method", ["first_state", "next_state"])
@pytest.mark.parametrize("state", [[1], {"a": 1}, np.zeros(2)])
def test_states_that_are_not_hashable_are_refused(method, state):
    class Unhashable(LastTwo):
        name = "unhashable"

    setattr(Unhashable, method, lambda self, *arguments: state)
    with pytest.raises(ModelError, match=r"compression 'unhashable': a state is not hashable; return tuples"):
        posg.solve(random_game(0), 2, "full", compression=Unhashable())


@pytest.mark.parametrize("missing", ["name", "first_state", "next_state"])
def test_an_object_that_lacks_a_part_is_refused(missing):
    members = {"name": "partial", "first_state": LastTwo.first_state, "next_state": LastTwo.next_state}
    del members[missing]
    with pytest.raises(ModelError, match=r"expected a name or an object with name, first_state\(\) and next_state"):
        posg.solve(random_game(0), 2, compression=type("Partial", (), members)())


@pytest.mark.parametrize("compression", [LastTwo, FiniteMemory, 3, None, ["exact"]])
def test_what_is_no_compression_is_refused(compression):
    with pytest.raises(ModelError, match="expected a name or an object"):
        posg.solve(random_game(0), 2, compression=compression)


@pytest.mark.parametrize("name", ["exact", "", None, 3])
def test_a_rule_has_a_name_of_its_own(name):
    rule = LastTwo()
    rule.name = name
    with pytest.raises(ModelError, match=r"the compression's name is .*expected a text that is not the name"):
        posg.solve(random_game(0), 2, compression=rule)


def test_a_rule_cannot_be_kept_in_a_checkpoint(tmp_path):
    with pytest.raises(UnsupportedError, match=r"checkpoint cannot keep .*'last two'.*leave `checkpoint` out"):
        posg.solve(random_game(0), 3, compression=LastTwo(), checkpoint=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


class Squeezed:
    """A `Compression` on arrays: exact states, with something in what it remembers that is no array."""

    name = "squeezed"

    def first(self, step, children):
        return self.update(step, {}, [children])

    def update(self, step, state, children):
        found = Exact().update(step, {}, children)
        return type(found)(found.belief, found.member_of, found.representative, found.distance, {"note": "text"})


def test_a_compression_on_arrays(tmp_path):
    game = random_game(1)
    mine, exact = (posg.solve(game, 3, "full", "cce", compression=c) for c in (Squeezed(), "exact"))
    np.testing.assert_array_equal(mine.values, exact.values)
    with pytest.raises(UnsupportedError, match=r"checkpoint cannot keep 'state\.note' of the compression"):
        posg.solve(game, 3, "full", "cce", compression=Squeezed(), checkpoint=tmp_path / "kept")


def test_equal_within_a_tolerance_of_ones_own_is_not_called_exact():
    solution = posg.solve(posg.catalog("dectiger"), 5, "full", compression=Exact(0.02))
    assert solution.compression.name == "equal within 0.02"
    assert Exact().name == "exact"


NAMES = {
    "finite-memory": "finite-memory:L",
    "finite-memory:": "finite-memory:L",
    "finite-memory:x": "finite-memory:L",
    "finite-memory:-1": "finite-memory:L",
    "finite-memory:1.5": "finite-memory:L",
    "finite-memory:1:": "finite-memory:L",
    "finite-memory:1:foo": r"finite-memory:L.*unknown law 'foo'",
    "finite-memory:9999999": "finite-memory:L",
    "merge": "merge:EPS",
    "merge:": "merge:EPS",
    "merge:x": "merge:EPS",
    "merge:0_1": "merge:EPS",
    "merge:-1": r"merge:EPS.*from 0 to 1",
    "merge:2": r"merge:EPS.*from 0 to 1",
    "merge:nan": r"merge:EPS.*from 0 to 1",
    "merge:inf": r"merge:EPS.*from 0 to 1",
    "exact:": "exact",
    "exact:1": "exact",
    "": "one of exact, finite-memory:L",
    "zip": "one of exact, finite-memory:L",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_read_is_told_how_it_is_written(name):
    with pytest.raises(ModelError, match=NAMES[name]) as caught:
        posg.solve(random_game(0), 2, compression=name)
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["exact", "finite-memory:0", "finite-memory:12:stationary", "merge:0.25", "merge:0"])
def test_names_are_read_and_written_alike(name):
    assert posg.information.compression_named(f" {name} ").name == name


def test_a_compression_that_is_listed_passes_as_name_and_object_and_its_misspelling_is_an_option_error(monkeypatch):
    @dataclass(frozen=True)
    class Alike(MergeWithin):
        @property
        def name(self):
            return f"alike:{self.radius:g}"

    form = CompressionForm("alike:EPS", "alike:0.1", lambda rest: Alike(float(rest.removeprefix(":"))), Alike)
    monkeypatch.setitem(COMPRESSIONS, form.name, form)
    assert compression_named("alike:0.2") == compression_named(Alike(0.2)) == Alike(0.2)
    found = posg.solve(random_game(0), 2, compression=Alike(0.5))
    assert found.compression.name == "alike:0.5"
    with pytest.raises(OptionError, match=r"expected alike:EPS, as in 'alike:0\.1'"):
        compression_named("alike:much")
    with pytest.raises(OptionError, match=r"expected one of exact, .*, alike:EPS"):
        compression_named("alyke:0.1")


@pytest.mark.parametrize("method", ["first_state", "next_state"])
def test_a_rule_that_fails_is_told_with_its_name(method: str):
    def failing(*arguments):
        raise KeyError("lost")

    rule = Everything()
    setattr(rule, method, failing)
    with pytest.raises(ModelError, match=rf"compression 'everything': {method} raised KeyError: 'lost'"):
        posg.solve(posg.catalog("dectiger"), 3, "one-step-delay", compression=rule)
