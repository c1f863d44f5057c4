"""Structures that a user writes: perfect recall is checked, and the values are those of the rule."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import random_game

from lp_posg import catalog, solve
from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.information import reachable_states, sharing_structure

VALUE_TOL = 1e-7


class OneStepDelay:
    """One-step delayed sharing in labels of its own, without anything of the package."""

    name = "handwritten"

    def increment(self, agent, private, action, observation):
        old = "" if private == () else private
        return old if action is None else f"{old}/{action}"

    def retain(self, agent, private, action, observation):
        return "nothing" if observation is None else f"saw {observation}"


class Forgetful(OneStepDelay):
    """Neither shares nor keeps anything."""

    name = "forgetful"

    def increment(self, agent, private, action, observation):
        return ()

    def retain(self, agent, private, action, observation):
        return ()


class ForgetsTheOld(Forgetful):
    """Keeps the newest observation, and loses the one before without sharing it."""

    name = "forgets-the-old"

    def retain(self, agent, private, action, observation):
        return observation


class ParityAtOnce:
    """Shares at once whether the observation is odd, the rest of it and the action one step late."""

    name = "parity-at-once"

    def increment(self, agent, private, action, observation):
        return (private, action, None if observation is None else observation % 2)

    def retain(self, agent, private, action, observation):
        return None if observation is None else observation // 2


class ParityOnly:
    """Shares whether the observation is odd and the action, and keeps the rest for ever."""

    name = "parity-only"

    def increment(self, agent, private, action, observation):
        return (action, None if observation is None else observation % 2)

    def retain(self, agent, private, action, observation):
        return (*private, None if observation is None else observation // 2)


class ParityAndNoActions(ParityOnly):
    """Shares only whether the observation is odd; keeps the rest of it and the action."""

    name = "parity-and-no-actions"

    def increment(self, agent, private, action, observation):
        return None if observation is None else observation % 2

    def retain(self, agent, private, action, observation):
        return (*private, action, None if observation is None else observation // 2)


@pytest.mark.parametrize("first_observation", [False, True])
def test_a_structure_that_forgets_everything_is_refused(first_observation: bool):
    game = random_game(0, initial_observation=first_observation)
    with pytest.raises(ModelError, match=r"'forgetful' has imperfect recall: agent 1 .*observation 0 .*observation 1"):
        solve(game, 2, Forgetful())


def test_a_structure_that_forgets_later_is_refused_when_it_does():
    # The private information is None, then o_2, then o_3 alone: o_2 is lost in the second step.
    reachable_states(random_game(0, n_actions=1), ForgetsTheOld(), 2)
    with pytest.raises(ModelError, match=r"'forgets-the-old' has imperfect recall: agent 1 .*keep or share"):
        reachable_states(random_game(0, n_actions=1), ForgetsTheOld(), 3)


def test_only_the_agent_that_forgets_is_named():
    class OneForgets(OneStepDelay):
        def retain(self, agent, private, action, observation):
            return "nothing" if agent == 1 else super().retain(agent, private, action, observation)

    with pytest.raises(ModelError, match="imperfect recall: agent 2"):
        reachable_states(random_game(0), OneForgets(), 2)


@pytest.mark.parametrize("method", ["increment", "retain"])
@pytest.mark.parametrize("label", [[1], {"a": 1}, np.zeros(2)])
def test_labels_that_are_not_hashable_are_refused(method: str, label: object):
    class Unhashable(OneStepDelay):
        name = "unhashable"

    setattr(Unhashable, method, lambda self, agent, private, action, observation: label)
    with pytest.raises(ModelError, match=r"'unhashable'.*not hashable; return tuples"):
        reachable_states(random_game(0), Unhashable(), 2)


@pytest.mark.parametrize("missing", ["name", "increment", "retain"])
def test_an_object_that_lacks_a_part_is_refused(missing: str):
    members = {"name": "partial", "increment": OneStepDelay.increment, "retain": OneStepDelay.retain}
    del members[missing]
    with pytest.raises(ModelError, match="expected a name or an object with name, increment"):
        solve(random_game(0), 2, type("Partial", (), members)())


@pytest.mark.parametrize("first_observation", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_handwritten_one_step_delay_is_the_built_in_one(seed: int, first_observation: bool):
    game = random_game(seed, initial_observation=first_observation)
    mine = solve(game, 3, OneStepDelay(), "cce")
    theirs = solve(game, 3, "one-step-delay", "cce")
    np.testing.assert_allclose(mine.values, theirs.values, atol=VALUE_TOL)
    assert mine.stats.states == theirs.stats.states
    assert mine.certificate.status == "exact"


def test_handwritten_one_step_delay_on_a_team_has_the_published_value():
    # dectiger, three steps, one-step delay: 8.815.
    found = solve(catalog("dectiger"), 3, OneStepDelay(), "team")
    np.testing.assert_allclose(found.values, [8.815, 8.815], atol=VALUE_TOL)
    assert found.stats.states == 7


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sharing_a_function_of_the_observation_lies_between_later_and_at_once(seed: int):
    game = random_game(seed, n_observations=4, common=True, initial_observation=True)
    late, parity, at_once = (
        solve(game, 2, sharing, "team").values[0] for sharing in ("one-step-delay", ParityAtOnce(), "full")
    )
    assert late < at_once - 1e-3  # the seeds are chosen so that sharing matters
    assert late - VALUE_TOL <= parity <= at_once + VALUE_TOL


def test_sharing_a_function_that_tells_all_is_full_sharing():
    # With two observations the parity is the observation.
    game = random_game(5, initial_observation=True)
    mine, full = solve(game, 3, ParityAtOnce(), "cce"), solve(game, 3, "full", "cce")
    np.testing.assert_allclose(mine.values, full.values, atol=VALUE_TOL)
    assert mine.stats.states == full.stats.states


def test_keeping_the_rest_for_ever_depends_on_play_where_it_was_used():
    """What the agents keep is correlated with their shared actions, so the first action already tells of it."""
    game = random_game(0, n_observations=4, initial_observation=True)
    with pytest.raises(StrategyDependenceError, match="'parity-only'"):
        reachable_states(game, ParityOnly(), 2)


def test_keeping_actions_depends_on_play():
    game = random_game(0, n_observations=4)
    with pytest.raises(StrategyDependenceError, match="'parity-and-no-actions'"):
        reachable_states(game, ParityAndNoActions(), 2)


def test_keeping_the_rest_is_fine_where_nothing_can_be_chosen():
    game = random_game(0, n_observations=4, n_actions=1, initial_observation=True)
    kept = solve(game, 2, ParityAndNoActions(), "cce").values
    np.testing.assert_allclose(kept, solve(game, 2, sharing_structure("full", 2), "cce").values, atol=VALUE_TOL)


@pytest.mark.parametrize("taken", ["full", "delay:2"])
def test_the_name_of_a_built_in_structure_is_taken(taken: str):
    class Taken(OneStepDelay):
        name = taken

    with pytest.raises(ModelError, match=rf"name is '{taken}', that of a built-in rule; give it another"):
        solve(random_game(0), 2, Taken())
    built_in = sharing_structure(taken, 2)
    assert sharing_structure(built_in, 2) is built_in


@pytest.mark.parametrize("wrong", [3, None, ""])
def test_a_name_that_is_no_text_is_refused(wrong):
    class Nameless(OneStepDelay):
        name = wrong

    with pytest.raises(ModelError, match=rf"the sharing rule's name is {wrong!r}, expected a text"):
        solve(random_game(0), 2, Nameless())


@pytest.mark.parametrize("method", ["increment", "retain"])
def test_a_structure_that_fails_is_told_with_its_name(method: str):
    def failing(*arguments):
        raise KeyError("lost")

    structure = OneStepDelay()
    setattr(structure, method, failing)
    with pytest.raises(ModelError, match=rf"sharing 'handwritten': {method} raised KeyError: 'lost'"):
        solve(random_game(0), 2, structure)
