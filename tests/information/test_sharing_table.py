"""The built-in structures against the table of sharing structures, recomputed from full histories.

Every observation and action of a history is a different number, so that a number tells its agent, kind and time.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from lp_posg import DelayedSharing
from lp_posg.errors import ModelError
from lp_posg.information import Data, sharing_names, sharing_structure
from lp_posg.information.names import SHARING

HORIZON = 7
SEEDS = (0, 1, 2)

Piece = tuple[int, str, int]  # (agent, "o" or "a", time); agents and times from 1, as in the table
Split = Callable[[int, int, int, int], tuple[set[Piece], set[Piece]]]


def o(agent: int, first: int, last: int) -> set[Piece]:
    return {(agent, "o", t) for t in range(max(first, 1), last + 1)}


def a(agent: int, first: int, last: int) -> set[Piece]:
    return {(agent, "a", t) for t in range(max(first, 1), last + 1)}


# What agent i contributes to the common information, and what it keeps, at step h with delay d: the rows of the table.
TABLE: dict[str, Split] = {
    "full": lambda i, h, d, n: (o(i, 1, h) | a(i, 1, h - 1), set()),
    "one-step-delay": lambda i, h, d, n: (o(i, 1, h - 1) | a(i, 1, h - 1), o(i, h, h)),
    "one-directional": lambda i, h, d, n: (
        (o(1, 1, h) | a(1, 1, h - 1), set()) if i == 1 else (o(i, 1, h - 1) | a(i, 1, h - 1), o(i, h, h))
    ),
    "controller": lambda i, h, d, n: (
        (o(1, 1, h) | a(1, 1, h - 1), set()) if i == 1 else (o(i, 1, h - d), o(i, h - d + 1, h))
    ),
    "uncontrolled": lambda i, h, d, n: (o(i, 1, h - d), o(i, h - d + 1, h)),
    "delay": lambda i, h, d, n: (
        o(i, 1, h - d) | a(i, 1, h - d),
        o(i, h - d + 1, h) | a(i, h - d + 1, h - 1),
    ),
    "none": lambda i, h, d, n: (set(), o(i, 1, h) | a(i, 1, h - 1)),
}
NAMES = [
    *((name, 0) for name in ("full", "one-step-delay", "one-directional", "none")),
    *((name, d) for name in ("controller", "uncontrolled", "delay") for d in (1, 2, 3)),
]


def test_the_table_has_a_row_for_every_structure():
    assert set(TABLE) == set(SHARING)
    assert {name for name, _ in NAMES} == set(TABLE)
    assert {name.partition(":")[0] for name in sharing_names()} == set(TABLE)


@pytest.mark.parametrize("first_observation", [True, False])
@pytest.mark.parametrize("n_agents", [2, 3])
@pytest.mark.parametrize(("name", "delay"), NAMES)
def test_common_and_private_are_the_slices_of_the_table(name: str, delay: int, n_agents: int, first_observation: bool):
    structure = sharing_structure(f"{name}:{delay}" if delay else name, n_agents)
    compared = 0
    for seed in SEEDS:
        rng = random.Random(seed)
        numbers = iter(rng.sample(range(10_000), 2 * n_agents * HORIZON))
        value: dict[Piece, int] = {}
        common: set[tuple[Piece, int]] = set()
        private: list = [()] * n_agents
        for h in range(1, HORIZON + 1):
            for i in range(1, n_agents + 1):
                action = observation = None
                if h > 1:
                    action = value[i, "a", h - 1] = next(numbers)
                if h > 1 or first_observation:
                    observation = value[i, "o", h] = next(numbers)
                news = structure.increment(i - 1, private[i - 1], action, observation)
                private[i - 1] = structure.retain(i - 1, private[i - 1], action, observation)
                shared = pieces(value, i, news)
                assert not shared & common, "shared twice"
                common |= shared
            slices = [TABLE[name](i, h, delay, n_agents) for i in range(1, n_agents + 1)]
            assert common == with_values(value, set().union(*(own for own, _ in slices)))
            for i, (_, kept) in enumerate(slices, start=1):
                assert pieces(value, i, private[i - 1]) == with_values(value, kept)
                compared += 1
    assert compared == len(SEEDS) * HORIZON * n_agents


def pieces(value: dict[Piece, int], agent: int, data: Data) -> set[tuple[Piece, int]]:
    """Return what the numbers in `data` are; they must be the agent's own, oldest first, each once."""
    found = []
    for kind, own in (("o", data.observations), ("a", data.actions)):
        matched = [(piece, number) for number in own for piece in value if value[piece] == number]
        assert len(matched) == len(own)
        assert all(piece[:2] == (agent, kind) for piece, _ in matched)
        times = [piece[2] for piece, _ in matched]
        assert times == sorted(set(times))
        found += matched
    return set(found)


def with_values(value: dict[Piece, int], wanted: set[Piece]) -> set[tuple[Piece, int]]:
    """Return the pieces that exist (there is no first observation in some games) with their numbers."""
    return {(piece, value[piece]) for piece in wanted if piece in value}


# ---- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["full", "one-step-delay", "one-directional", "none", "delay:1", "controller:12"])
def test_a_structure_keeps_the_name_it_was_asked_for_by(name: str):
    structure = sharing_structure(name, 3)
    assert (structure.name, structure.n_agents) == (name, 3)
    assert sharing_structure(f" {name} ", 3) == structure


@pytest.mark.parametrize("name", ["", " ", "Full", "fully", "one_step", "none:1", "full:2", ":2", "delays:2"])
def test_unknown_names_are_refused_with_those_there_are(name: str):
    with pytest.raises(ModelError) as caught:
        sharing_structure(name, 2)
    for word in [repr(name), *sharing_names()]:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", ["controller", "uncontrolled", "delay"])
@pytest.mark.parametrize("delay", ["", ":", ":0", ":-1", ":1.5", ":two", ": 2", ":2:3", ":²", ":٢", ":+1"])
def test_a_missing_or_wrong_delay_is_refused_with_an_example(name: str, delay: str):
    with pytest.raises(ModelError, match=f"expected {name}:D .* at least 1, as in '{name}:2'"):
        sharing_structure(name + delay, 2)


@pytest.mark.parametrize("name", ["full:", "none:"])
def test_a_colon_without_a_delay_is_refused(name: str):
    with pytest.raises(ModelError):
        sharing_structure(name, 2)


@pytest.mark.parametrize("wrong", [None, 3, object(), ("full",), DelayedSharing])
def test_what_is_neither_a_name_nor_a_structure_is_refused(wrong: object):
    with pytest.raises(ModelError, match="expected a name or an object with name"):
        sharing_structure(wrong, 2)


# ---- delays of one's own ----------------------------------------------------------------------


def test_forgotten_observations_are_refused():
    with pytest.raises(ModelError, match=r"'lossy'.*observations cannot be forgotten"):
        DelayedSharing("lossy", (1, "forgotten"), (1, 1))


@pytest.mark.parametrize(
    ("observations", "actions"), [((-1, 0), (1, 1)), ((0, 0), (1, -2)), ((1.0, 1), (1, 1)), (("soon", 1), (1, 1))]
)
def test_delays_that_are_not_counts_are_refused(observations: tuple, actions: tuple):
    with pytest.raises(ModelError, match=r"'odd'.*delay"):
        DelayedSharing("odd", observations, actions)


def test_delays_for_different_numbers_of_agents_are_refused():
    with pytest.raises(ModelError, match="as many observation delays as action delays"):
        DelayedSharing("uneven", (0, 0), (1, 1, 1))


@pytest.mark.parametrize(("made_for", "n_agents"), [(2, 3), (3, 2), (1, 2)])
def test_a_structure_for_another_number_of_agents_is_refused(made_for: int, n_agents: int):
    structure = DelayedSharing("own", (1,) * made_for, (1,) * made_for)
    assert sharing_structure(structure, made_for) is structure
    with pytest.raises(ModelError, match=f"'own' is made for {made_for} agents, the game has {n_agents}"):
        sharing_structure(structure, n_agents)


@pytest.mark.parametrize("delay", [0, 1])
def test_actions_at_once_and_one_step_late_are_the_same(delay: int):
    structure = DelayedSharing("own", (0,), (delay,))
    assert structure.increment(0, Data(), 4, 7) == Data((7,), (4,))
    assert structure.retain(0, Data(), 4, 7) == Data()


def test_forgotten_actions_are_neither_shared_nor_kept():
    structure = DelayedSharing("own", (2,), ("forgotten",))
    assert structure.increment(0, Data((1, 2)), 4, 7) == Data((1,))
    assert structure.retain(0, Data((1, 2)), 4, 7) == Data((2, 7))
