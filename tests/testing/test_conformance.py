"""The checks that users run: every registry entry passes them, and things broken on purpose do not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from random_games import STRUCTURES, random_game

import lp_posg as posg
from lp_posg.errors import ConformanceError, LpPosgError, ModelError, SimulatorError, UnsupportedError
from lp_posg.evaluate import KINDS
from lp_posg.information import COMPRESSIONS, SHARING, DelayedSharing, sharing_structure
from lp_posg.stage import CONCEPTS, BlockStrategy
from lp_posg.testing import check_compression, check_concept, check_sharing, check_simulator

# ---- concepts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_concept_passes(concept):
    check_concept(concept, n_games=3)


class Altered:
    """A built-in concept, altered on purpose."""

    name = "altered"
    deviations = KINDS["ce"]
    solved_as = "ce"

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return CONCEPTS[self.solved_as].solve(block, objective)


class TooWide(Altered):
    solved_as = "cce"


class Aloof(Altered):
    """Accepts every objective, and then refuses one."""

    def solve(self, block, objective):
        if objective.name == "worst":
            raise UnsupportedError("the worst is not for us")
        return super().solve(block, objective)


class Timid(Altered):
    """Returns the worst equilibrium whatever is asked for."""

    def solve(self, block, objective):
        return super().solve(block, posg.stage.parse_objective("worst", ("a", "b")))


class Fickle(Altered):
    """Returns one equilibrium and another in turns."""

    turn = 0

    def solve(self, block, objective):
        self.turn += 1
        return super().solve(block, posg.stage.parse_objective(("welfare", "worst")[self.turn % 2], ("a", "b")))


class Crooked(Altered):
    """Returns atoms whose probabilities do not sum to 1."""

    def solve(self, block, objective):
        found = super().solve(block, objective)
        return replace(found, atom_prob=found.atom_prob * 0.9)


class Failing(Altered):
    def solve(self, block, objective) -> BlockStrategy:
        raise KeyError("forgotten")


class Shy(Altered):
    def check_game(self, game):
        raise UnsupportedError("no game is good enough")


class Bold(Altered):
    """A team optimum that calls itself a coarse correlated equilibrium."""

    deviations = KINDS["cce"]
    solved_as = "team"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (TooWide, r"gains .* by deviating"),
        (Bold, r"gains .* by deviating"),
        (Timid, "welfare is below that of a narrower concept"),
        (Fickle, "solving twice gives two strategies"),
        (Crooked, "sum"),
        (Failing, "KeyError: 'forgotten'"),
        (Shy, "supports none of the sample games"),
        (Aloof, "accepted by check_objective, then refused"),
    ],
)
def test_a_broken_concept_is_found_out(broken, message):
    with pytest.raises(ConformanceError, match=message):
        check_concept(broken(), n_games=3)


def test_a_concept_that_does_not_claim_the_best_equilibrium_may_return_another():
    check_concept(Timid(), n_games=2, selects_best=False)


def test_a_concept_that_solves_a_narrower_one_passes_as_the_wider():
    narrow = type("Narrow", (Altered,), {"solved_as": "ne"})()
    check_concept(narrow, n_games=2, selects_best=False)


# ---- sharing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("form", SHARING.values(), ids=lambda form: form.name)
def test_every_sharing_rule_passes(form, first):
    independent = form.example in STRUCTURES
    game = random_game(3, initial_observation=first, **STRUCTURES.get(form.example, {}))
    check_sharing(form.example, game, strategy_independent=True if independent else None)
    check_sharing(form.example, random_game(4, horizon=3, sparse=True, **STRUCTURES.get(form.example, {})))


def test_three_agents_and_a_catalogued_game_pass():
    check_sharing("one-directional", random_game(1, n_agents=3), 2, strategy_independent=True)
    check_sharing("full", posg.catalog("dectiger"), strategy_independent=True)


class Late:
    """One-step delay, to be broken."""

    name = "late"

    def increment(self, agent, private, action, observation):
        return (private, action)

    def retain(self, agent, private, action, observation):
        return observation


class Forgetful(Late):
    def increment(self, agent, private, action, observation):
        return action


class Random(Late):
    calls = 0

    def increment(self, agent, private, action, observation):
        self.calls += 1
        return (private, action, self.calls % 7)


class Unhashable(Late):
    def retain(self, agent, private, action, observation):
        return [observation]


class Failed(Late):
    def retain(self, agent, private, action, observation):
        return 1 // (observation or 0)


def test_a_rule_of_one_s_own_passes():
    check_sharing(Late(), random_game(0, initial_observation=True), strategy_independent=True)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Forgetful, "imperfect recall"),
        (Random, "has to be pure"),
        (Unhashable, "hash"),
        (Failed, "ZeroDivisionError"),
    ],
)
def test_a_broken_rule_is_found_out(broken, message):
    with pytest.raises(ConformanceError, match=message):
        check_sharing(broken(), random_game(0, initial_observation=True))


def test_what_a_rule_claims_of_its_beliefs_is_checked():
    game = random_game(0)
    with pytest.raises(ConformanceError, match="depend on how the agents play"):
        check_sharing("delay:2", game, strategy_independent=True)
    with pytest.raises(ConformanceError, match="do not depend"):
        check_sharing("full", game, strategy_independent=False)
    with pytest.raises(ModelError, match="made for 3 agents"):
        check_sharing(DelayedSharing("three", (1, 1, 1), (1, 1, 1)), game)


def test_a_wrong_belief_is_found_out(monkeypatch):
    """The oracle writes histories out; it does not ask the engine that it judges."""
    from lp_posg.testing import sharing_checks

    engine = sharing_checks.reachable_states

    def wrong(game, structure, horizon):
        return engine(random_game(8, initial_observation=True), structure, horizon)

    monkeypatch.setattr(sharing_checks, "reachable_states", wrong)
    with pytest.raises(ConformanceError, match=r"step 1, .* from that of Bayes' rule"):
        check_sharing("one-step-delay", random_game(0, initial_observation=True))


# ---- compressions -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", COMPRESSIONS.values(), ids=lambda form: form.name)
def test_every_compression_passes(form):
    check_compression(form.example, random_game(2))
    check_compression(form.example, random_game(5, sparse=True, initial_observation=True), sharing="one-step-delay")


class LastOnly:
    """Remembers the last increment alone."""

    name = "last"

    def first_state(self, increment):
        return increment

    def next_state(self, time, state, increment):
        return increment


class Moody(LastOnly):
    """Another state for the same thing now and then."""

    rng = np.random.default_rng(0)

    def next_state(self, time, state, increment):
        return int(self.rng.integers(3))


class Raising(LastOnly):
    def next_state(self, time, state, increment):
        raise ValueError("no state for this")


@dataclass(frozen=True)
class Careless:
    """Attaches beliefs that forget what is unlikely."""

    name = "careless"

    def first(self, step, children):
        return self.update(step, {}, [children])

    def update(self, step, state, children):
        found = COMPRESSIONS["exact"].parse("").update(step, state, children)
        belief = found.belief.copy()
        belief.data = np.where(belief.data < 0.2, 0.0, belief.data)
        belief.eliminate_zeros()
        belief.data /= np.repeat(np.asarray(belief.sum(axis=1)).ravel(), np.diff(belief.indptr))
        return replace(found, belief=belief)


@dataclass(frozen=True)
class Unnormalised(Careless):
    name = "unnormalised"

    def update(self, step, state, children):
        found = COMPRESSIONS["exact"].parse("").update(step, state, children)
        return replace(found, belief=found.belief * 0.5)


def test_a_compression_of_one_s_own_passes():
    check_compression(LastOnly(), random_game(2))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Moody, "two models"),
        (Raising, "no state for this"),
        (Careless, "leave"),
        (Unnormalised, "no distribution"),
    ],
)
def test_a_broken_compression_is_found_out(broken, message):
    with pytest.raises(ConformanceError, match=message):
        check_compression(broken(), random_game(2))


# ---- simulators ---------------------------------------------------------------------------------


class Coin:
    """A coin is thrown at every step; its one agent sees it, and is paid for having guessed it."""

    n_actions, n_observations = (2,), (2,)

    def reset(self, seed):
        self.rng = np.random.default_rng(seed)
        return

    def step(self, actions):
        coin = int(self.rng.integers(2))
        return [coin], [float(actions[0] == coin)], False


class Unseeded(Coin):
    def reset(self, seed):
        self.rng = np.random.default_rng()


class Lasting(Coin):
    """What it pays depends on how many runs there were."""

    runs = 0

    def reset(self, seed):
        super().reset(seed)
        type(self).runs += 1
        return

    def step(self, actions):
        seen, rewards, done = super().step(actions)
        return seen, [rewards[0] + (self.runs > 45)], done


class Deaf(Coin):
    def step(self, actions):
        return [7], [0.0], False


def test_a_simulator_passes():
    check_simulator(Coin())


@pytest.mark.parametrize(
    ("broken", "error", "message"),
    [
        (Unseeded, ConformanceError, "another way the second time"),
        (Lasting, ConformanceError, "depends on what was played before"),
        (Deaf, SimulatorError, "observation 7"),
        (object, ModelError, "n_actions"),
    ],
)
def test_a_broken_simulator_is_found_out(broken, error, message):
    with pytest.raises(error, match=message):
        check_simulator(broken())


def test_conformance_errors_are_errors_of_this_package():
    assert issubclass(ConformanceError, LpPosgError)
    assert sharing_structure("full", 2).name == "full"
