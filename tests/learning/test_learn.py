"""Learning from end to end: same seed same answer, every concept, any environment, honest intervals, clear errors."""

from __future__ import annotations

from dataclasses import replace
from time import sleep

import numpy as np
import pytest
from learning_oracles import play_of
from memory_models import MemoryModel
from random_games import random_game

import lp_posg as posg
from lp_posg import load
from lp_posg.errors import LimitError, ModelError, SimulatorError, StrategyDependenceError, UnsupportedError
from lp_posg.evaluate import KINDS, certify
from lp_posg.information import DelayedSharing, sharing_structure
from lp_posg.learning import Episodes, GameEnvironment, LearningProgress, learn
from lp_posg.learning.fresh_episodes import best_deviations
from lp_posg.learning.model_planning import planned, rebased, rebased_values
from lp_posg.learning.stored import learnt_solution
from lp_posg.stage import concept_named, parse_objective

QUICK = {"episodes": 200, "rounds": 2, "evaluation_episodes": 50, "memory": 1}
CONCEPTS = ["team", "ne", "ce", "interim-cce", "cce"]
SIGMAS = 5.0


class Guess:
    """Not a `Game`: agent 1 sees a coin before it acts, both guess it; whoever is right earns 1 (agent 2: 2)."""

    n_actions, n_observations = (2, 2), (2, 1)

    def play(self, actor, n_runs, horizon, rng):
        coin = rng.integers(2, size=(horizon, n_runs))
        seen = [np.stack([own, np.zeros_like(own)], axis=1) for own in coin]
        actor.begin(n_runs, seen[0], rng)
        actions = np.empty((n_runs, horizon, 2), dtype=np.int64)
        for time in range(horizon):
            actions[:, time] = actor.act(time)
            if time + 1 < horizon:
                actor.observe(time, actions[:, time], seen[time + 1])
        observations = np.array(seen[1:], dtype=np.int64).reshape(horizon - 1, n_runs, 2).swapaxes(0, 1)
        rewards = (actions == coin.T[:, :, None]) * np.array([1.0, 2.0])
        return Episodes(seen[0], actions, observations, rewards)


def same(one, two) -> bool:
    """Whether two results are equal but for the time they took."""
    summaries = [{**found.summary(), "seconds": 0} for found in (one, two)]
    blocks = [[b for c in found.candidates for s in c.policy.steps for b in s.blocks] for found in (one, two)]
    laws = zip(*blocks, strict=True)
    return summaries[0] == summaries[1] and all(
        np.array_equal(a.atom_prob, b.atom_prob)
        and all(np.array_equal(x, y) for x, y in zip(a.prescription, b.prescription, strict=True))
        for a, b in laws
    )


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional", "uncontrolled:2"])
def test_every_concept_is_learnt_and_certified_and_depends_on_the_seed_alone(concept, sharing):
    game = random_game(
        1, zero_sum=concept == "ne", controlled_by=0 if sharing == "uncontrolled:2" else None, initial_observation=True
    )
    found = [learn(game, 3, sharing, concept, seed=seed, **QUICK) for seed in (4, 4, 5)]
    assert same(found[0], found[1])
    assert not same(found[0], found[2])
    told = found[0]
    assert (told.concept.name, told.sharing.name, told.horizon, told.memory) == (concept, sharing, 3, 1)
    assert told.samples["explore"] == 400
    assert told.samples["evaluate"] == 2 * (50 if concept == "team" else 50 + 2 * (50 + 200))
    assert [candidate.episodes for candidate in told.candidates] == [200, 400]
    for candidate in told.candidates:
        assert candidate.certificate.status == "exact"
        candidate.policy.check(game.n_actions)
        assert np.isnan(candidate.gaps).all() == (concept == "team")
    assert told.policy is told.best.policy


def test_three_agents():
    game = random_game(2, n_agents=3)
    found = learn(game, 2, "one-step-delay", "cce", **QUICK)
    assert found.best.values.shape == found.best.gaps.shape == (3,)
    assert found.best.certificate.gaps.shape == (3,)


def test_the_discount_is_the_games_unless_given():
    game = random_game(3).with_discount(0.5)
    one, other = learn(game, 2, **QUICK), learn(game, 2, discount=0.25, **QUICK)
    assert (one.discount, other.discount) == (0.5, 0.25)
    for found in (one, other):
        structure, policy = sharing_structure("full", 2), found.best.policy
        values = certify(game.with_discount(found.discount), structure, policy, "cce").values
        np.testing.assert_allclose(found.best.certificate.values, values, rtol=0, atol=1e-12)
        assert (abs(found.best.values - values) < 2.5 * found.best.value_errors).all()  # of 1.96 standard errors each


def test_an_environment_that_is_no_game_is_learnt_from_without_a_certificate():
    # Agent 1 knows the coin and earns 1 a step; shared, agent 2 knows it too and earns 2.
    for sharing, values in (("full", [3.0, 6.0]), ("one-directional", [3.0, 6.0])):
        found = learn(Guess(), 3, sharing, **{**QUICK, "evaluation_episodes": 500})
        assert found.concept.name == "cce"
        assert all(candidate.certificate is None for candidate in found.candidates)
        np.testing.assert_array_equal(found.best.values, values)
        np.testing.assert_array_equal(found.best.gaps, 0)
        assert found.summary()["candidates"][0]["certified"] is None
    # One step late, agent 2 guesses blindly.
    found = learn(Guess(), 3, "one-step-delay", **{**QUICK, "evaluation_episodes": 500})
    assert found.best.values[0] == pytest.approx(3.0)
    assert found.best.values[1] == pytest.approx(3.0, abs=SIGMAS * np.sqrt(3 / 500))


def test_a_game_that_is_hidden_in_an_environment_is_learnt_from_alike():
    game = random_game(4)
    known, hidden = learn(game, 2, concept="cce", **QUICK), learn(GameEnvironment(game), 2, concept="cce", **QUICK)
    assert known.errors is not None
    alone = tuple(replace(c, certificate=None) for c in known.candidates)
    assert same(replace(known, candidates=alone, errors=None), hidden)


def test_sharing_that_depends_on_strategies_is_refused_a_certificate_not_learning():
    game = posg.catalog("dectiger")
    with pytest.raises(StrategyDependenceError):
        learn(game, 2, "none", **QUICK)
    found = learn(GameEnvironment(game), 2, "none", "team", **QUICK)
    assert found.best.certificate is None


# ---- choice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_of_a_team_the_largest_mean_return_is_chosen_and_else_the_smallest_gap_with_its_error(seed):
    options = {"episodes": 30, "rounds": 4, "evaluation_episodes": 60, "memory": 1, "seed": seed}
    team = learn(random_game(seed, common=True), 3, **options)
    assert team.concept.name == "team"
    worth = [candidate.values.sum() for candidate in team.candidates]
    assert worth[team.chosen] == max(worth)
    other = learn(random_game(seed), 3, "one-step-delay", "cce", **options)
    worst = [(candidate.gaps + candidate.gap_errors).max() for candidate in other.candidates]
    assert worst[other.chosen] == min(worst)
    assert len(set(worst)) > 1


def test_of_equal_candidates_the_last_is_chosen():
    flat = learn(posg.catalog("combination-lock"), 2, episodes=5, rounds=3, evaluation_episodes=2)
    assert [candidate.values.tolist() for candidate in flat.candidates] == [[0.0, 0.0]] * 3
    assert flat.chosen == 2


# ---- strategies on other models ----------------------------------------------------------------------------------


def test_strategies_are_total_and_moved_without_change_to_windows_that_both_models_know():
    game, sharing = random_game(6, n_observations=3), "one-step-delay"
    few = learn(game, 4, sharing, "cce", episodes=8, rounds=1, evaluation_episodes=2, memory=2).model
    many = learn(game, 4, sharing, "cce", episodes=8, rounds=4, evaluation_episodes=2, memory=2).model
    old, _, values = planned(few, sharing, concept_named("cce"), parse_objective("welfare", game.agents))
    moved, moved_values = rebased(old, few, many), rebased_values(values, few, many)
    moved.check(game.n_actions)
    known = 0
    for time, (own, other) in enumerate(zip(few.steps, many.steps, strict=True)):
        before = {int(node): (b, row) for b in old.steps[time].blocks for row, node in enumerate(b.nodes)}
        (after,) = moved.steps[time].blocks
        for node, code in enumerate(other.index.codes):
            at = np.flatnonzero(own.index.codes == code)
            if len(at):
                known += 1
                block, row = before[int(at[0])]
                a, b = block.atom_start[row : row + 2], after.atom_start[node : node + 2]
                np.testing.assert_array_equal(block.atom_prob[slice(*a)], after.atom_prob[slice(*b)])
                for x, y in zip(block.prescription, after.prescription, strict=True):
                    np.testing.assert_array_equal(x[slice(*a)], y[slice(*b)])
                np.testing.assert_array_equal(moved_values[time][node], values[time][at[0]])
        for i, count in enumerate(many.frame.tables[time].n_next):
            np.testing.assert_array_equal(after.private[i], np.tile(np.arange(count), (len(other.index), 1)))
    assert sum(len(step.index) for step in many.steps) > known > 10
    # Eight episodes of 3^2 x 2^2 increments a step: most of what the game makes possible was never seen.
    for policy in (old, moved):
        assert certify(game, sharing_structure(sharing, 2), policy, "cce").status == "exact"
    for time in range(3):
        step = moved.steps[time]
        assert len(step.parent) == step.n_nodes * many.frame.n_increments[time + 1]


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional", "uncontrolled:2"])
@pytest.mark.parametrize("memory", [0, 1, 3])
def test_strategies_of_a_handful_of_episodes_can_be_certified(sharing, memory):
    game = random_game(memory, controlled_by=0, initial_observation=True)
    found = learn(game, 3, sharing, "ce", episodes=2, rounds=2, evaluation_episodes=5, memory=memory)
    assert all(np.isfinite(candidate.certificate.gaps).all() for candidate in found.candidates)


# ---- intervals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("learners", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_intervals_cover_what_they_estimate(learners):
    # Level 0.9, two candidates of two agents each. The four intervals of a learner are correlated, so they are
    # taken for one: the share that covers is 0.9 within 5 standard errors sqrt(0.09 / learners), up to the
    # normal approximation. Values are known from the certificate. Gains of the deviations that are played
    # are known exactly from histories; cutting them at 0 on both sides never makes them less covered.
    game = random_game(9, zero_sum=True)
    structure = sharing_structure("full", 2)
    oracle = MemoryModel(game, structure, 9)
    covered_values, covered_gains, positive = [], [], 0
    for seed in range(learners):
        found = learn(
            game, 1 + seed % 2, "full", "ne", episodes=4, rounds=2, evaluation_episodes=100, level=0.9, seed=seed,
            memory=1,
        )  # fmt: skip
        for candidate in found.candidates:
            true = candidate.certificate.values
            covered_values += (abs(candidate.values - true) <= candidate.value_errors).tolist()
            _, plans = best_deviations(found.model, candidate.policy, "ne")
            for i, plan in enumerate(plans):
                away = oracle.values(found.horizon, play_of(candidate.policy, found.model, plan))[i]
                gain = max(away - true[i], 0.0)
                positive += gain > 0.05
                covered_gains.append(abs(candidate.gaps[i] - gain) <= candidate.gap_errors[i] + 1e-12)
    assert len(covered_values) == len(covered_gains) == 4 * learners
    assert positive > learners / 2
    least = 0.9 - SIGMAS * np.sqrt(0.09 / learners)
    assert least < np.mean(covered_values) < 0.98
    assert least < np.mean(covered_gains)


def test_intervals_have_the_width_of_their_level():
    narrow, wide = (learn(random_game(1), 2, level=level, **QUICK).best for level in (0.6826894921, 0.9973002039))
    np.testing.assert_allclose(3 * narrow.value_errors, wide.value_errors, rtol=1e-6)  # one and three sigmas
    np.testing.assert_allclose(3 * narrow.gap_errors, wide.gap_errors, rtol=1e-6)


# ---- budget ----------------------------------------------------------------------------------------------------


def test_progress_and_the_numbers_of_episodes_and_plans():
    told: list[LearningProgress] = []
    game = random_game(5, n_states=3)
    found = learn(game, 3, concept="cce", progress=told.append, **{**QUICK, "rounds": 3})
    assert [(p.phase, p.round) for p in told] == [(w, r) for w in ("explore", "evaluate") for r in (1, 2, 3)]
    assert [p.episodes for p in told] == [0, 200, 400, 600, 1150, 1700]
    assert found.samples == {"explore": 600, "evaluate": 1650}
    assert found.candidates[0].plans == 1
    assert 1 < found.candidates[1].plans <= 1 + 2 * 4  # at most one per joint observation for each of two steps


def test_a_time_limit_ends_rounds_but_not_before_the_first():
    class Slow(Guess):
        def play(self, *how):
            sleep(0.01)
            return super().play(*how)

    found = learn(Slow(), 2, time_limit=0.05, **{**QUICK, "rounds": 50})
    assert 1 <= len(found.candidates) < 50  # fifty rounds would sleep for half a second at least
    assert found.stopped == f"the time limit was met after {len(found.candidates)} of 50 rounds"
    assert found.samples["explore"] == 200 * len(found.candidates)
    with pytest.raises(LimitError, match="first round"):
        learn(Guess(), 2, time_limit=1e-9, **QUICK)


def test_horizon_1_and_more_memory_than_steps():
    for game in (random_game(0), random_game(1, initial_observation=True)):
        found = learn(game, 1, **{**QUICK, "memory": 7})
        assert found.best.plans == 1  # there is nothing to explore for
        assert found.model.steps[0].law is None


# ---- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[(name, bad) for name in ("horizon", "episodes", "rounds") for bad in (0, -1, 1.5, True, "2", None)],
        *[("memory", bad) for bad in (-1, 0.5, None)],
        *[("evaluation_episodes", bad) for bad in (1, 2.5)],
        *[("seed", bad) for bad in (-1, None, "1")],
        *[("level", bad) for bad in (0, 1, -0.5, 95, float("nan"), "0.95", None, True)],
        *[("discount", bad) for bad in (0, 1.5, float("nan"), "x", [0.9])],
        *[("time_limit", bad) for bad in (0, -1, float("nan"), float("inf"), "x")],
        *[("exploration", bad) for bad in ("greedy", None, ["uniform"])],
        *[("sharing", bad) for bad in ("some", 3)],
        *[("concept", bad) for bad in ("some", 3)],
        *[("objective", bad) for bad in ("some", "agent:3")],
    ],
)
@pytest.mark.parametrize("source", [random_game(0), Guess()], ids=["game", "environment"])
def test_bad_options_raise_one_error_that_names_them_before_any_work(source, option, value):
    with pytest.raises(ModelError, match=option) as caught:
        learn(source, **{"horizon": 2, **QUICK, option: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [None, 3, Guess, object()])
def test_what_is_no_environment_is_refused(source):
    with pytest.raises(ModelError, match="cannot learn from"):
        learn(source, 2)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda e: vars(e), "returned dict, expected Episodes"),
        (lambda e: replace(e, rewards=e.rewards[..., :1]), r"rewards of shape \(1, 1, 1\), expected \(1, 1, 2\)"),
        (lambda e: replace(e, first=e.first[:0]), "first of shape"),
        (
            lambda e: replace(e, first=e.first + 2),
            "first with [23] for agent 1 in run 1, expected an index from 0 to 1",
        ),
        (lambda e: replace(e, actions=e.actions - 1), "actions with -1 for agent 1"),
        (lambda e: replace(e, actions=e.actions.astype(float)), "actions of type float64, expected whole numbers"),
        (lambda e: replace(e, rewards=e.rewards + np.nan), "reward nan for agent 1 at step 1 of run 1"),
        (lambda e: replace(e, weight=np.ones(len(e))), "leave weight None"),
    ],
)
def test_episodes_that_are_not_what_was_asked_for_are_refused(change, match):
    class Broken(Guess):
        def play(self, *how):
            return change(super().play(*how))

    with pytest.raises(SimulatorError, match=match) as caught:
        learn(Broken(), 2, **QUICK)
    assert caught.value.model is None


@pytest.mark.parametrize(("fails_at", "episodes"), [(2, None), (3, 200), (-3, 400), (-1, 400)])
def test_an_environment_that_breaks_later_leaves_the_model_of_the_rounds_done(fails_at, episodes):
    plays = []

    class Broken(Guess):
        def play(self, actor, n_runs, horizon, rng):
            found = super().play(actor, n_runs, horizon, rng)
            plays.append(n_runs)
            if len(plays) == wanted:
                found.rewards[3, 1, 1] = np.inf
            return found

    wanted = 0
    learn(Broken(), 2, **QUICK)
    wanted = fails_at if fails_at > 0 else len(plays) + 1 + fails_at
    plays.clear()
    with pytest.raises(SimulatorError, match="reward inf for agent 2 at step 2 of run 4") as caught:
        learn(Broken(), 2, **QUICK)
    assert (caught.value.model and caught.value.model.n_episodes) == episodes


def test_a_checkpoint_is_of_one_kind_of_environment_and_of_sharing(tmp_path):
    class Other(Guess):
        pass

    class Own:  # named like another, but agent 1 keeps what it sees to itself for ever
        name = "mine"

        def increment(self, agent, private, action, observation):
            return () if agent == 0 else (action, observation)

        def retain(self, agent, private, action, observation):
            return (*private, action, observation) if agent == 0 else ()

    whole = learn(Guess(), 2, **QUICK)
    assert same(learn(Guess(), 2, checkpoint=tmp_path / "kept", **{**QUICK, "rounds": 1}), learn(
        Guess(), 2, **{**QUICK, "rounds": 1}
    ))  # fmt: skip
    assert same(learn(Guess(), 2, checkpoint=tmp_path / "kept", **QUICK), whole)
    with pytest.raises(ModelError, match="checkpoint is of another run"):
        learn(Other(), 2, checkpoint=tmp_path / "kept", **QUICK)
    mine = DelayedSharing("mine", (0, 0), (1, 1))
    learn(Guess(), 2, mine, checkpoint=tmp_path / "mine", **{**QUICK, "rounds": 1})
    with pytest.raises(ModelError, match="same name but other rules"):
        learn(Guess(), 2, Own(), checkpoint=tmp_path / "mine", **QUICK)


def test_errors_of_the_model_fall_with_the_number_of_episodes():
    """A hundred times the episodes, about a tenth of the error; a fifth leaves room for chance."""
    game = posg.catalog("dectiger")
    few, many = (learn(game, 3, "one-step-delay", memory=2, rounds=1, episodes=n).errors for n in (1000, 100_000))
    assert few.transition_error[1] > 0.05
    assert many.transition_error[1] < few.transition_error[1] / 5
    assert many.reward_error[1] < few.reward_error[1] / 3
    assert [row["step"] for row in few.rows()] == [1, 2, 3]


# ---- what an environment may not do ---------------------------------------------------------------------------


class Spoilt:
    """An environment whose n-th play goes wrong in one way."""

    def __init__(self, game, number, way):
        self._inner, self._number, self._way, self._played = GameEnvironment(game), number, way, 0
        self.n_actions, self.n_observations = game.n_actions, game.n_observations

    def play(self, actor, n_runs, horizon, rng):
        self._played += 1
        found = self._inner.play(actor, n_runs, horizon, rng)
        return found if self._played < self._number else self._way(found)


def crash(found):
    raise RuntimeError("out of\ncoffee")


WRONG = {
    "raises": (crash, "play raised RuntimeError: out of coffee"),
    "no rewards": (lambda found: replace(found, rewards=None), "rewards as NoneType"),
    "lists": (lambda found: replace(found, observations=found.observations.tolist()), "observations as list"),
    "complex": (lambda found: replace(found, rewards=found.rewards * 1j), "rewards as an array of complex128"),
    "huge": (lambda found: replace(found, rewards=found.rewards + 1e300), "expected a finite number of size at most"),
}


@pytest.mark.parametrize("way", WRONG)
def test_an_environment_that_goes_wrong_is_blamed_and_what_was_learnt_is_kept(way):
    """The first play asks whether there is an observation at the start; the third is the second round."""
    spoil, message = WRONG[way]
    with pytest.raises(SimulatorError, match=message) as caught:
        learn(Spoilt(random_game(4), 3, spoil), 2, concept="cce", exploration="uniform", **QUICK)
    assert caught.value.model.n_episodes == QUICK["episodes"]
    assert [candidate.round for candidate in caught.value.candidates] == [1]


def test_gaps_are_estimated_in_models_that_the_strategy_was_not_planned_in():
    """After few episodes the strategy is far from an equilibrium, which the model it was planned in denies."""
    game = posg.catalog("general-tiger")
    estimated, denied, true = [], [], []
    for seed in range(4):
        found = learn(game, 2, "full", "cce", memory=1, episodes=1000, rounds=1, evaluation_episodes=4000, seed=seed)
        estimated.append(found.best.gaps.max())
        denied.append(best_deviations(found.model, found.policy, "cce")[0].max())
        true.append(found.best.certificate.gap)
    assert max(denied) <= 1e-6
    assert min(true) > 1
    assert np.mean(estimated) > np.mean(true) / 4


def test_a_memory_limit_is_met_before_the_model_is_planned():
    game = posg.catalog("dectiger")
    with pytest.raises(LimitError, match=r"beside the \d+ MiB held, more than the memory limit of 1 MiB") as met:
        learn(game, 2, **QUICK, memory_limit=2**20)
    assert (met.value.limit, met.value.phase) == ("memory", "plan")
    assert len(learn(game, 2, **QUICK, memory_limit=2**50).candidates) == 2
    with pytest.raises(ModelError, match="memory_limit is 0"):
        learn(game, 2, **QUICK, memory_limit=0)


def test_the_memory_of_a_spanner_counts(monkeypatch):
    monkeypatch.setattr("lp_posg.learning.exploring.spanner_bytes", lambda model: 2**60)
    with pytest.raises(LimitError) as met:
        learn(posg.catalog("dectiger"), 2, **QUICK, memory_limit=2**50)
    assert (met.value.limit, met.value.phase) == ("memory", "explore")
    assert learn(posg.catalog("dectiger"), 2, **QUICK, memory_limit=2**50, exploration="uniform").candidates


class Fair:
    """Correlated equilibria under another name."""

    name, deviations = "fair-ce", KINDS["ce"]

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return concept_named("ce").solve(block, objective)


def test_what_is_learnt_with_objects_of_ones_own_is_kept_stored_and_played(tmp_path):
    late, fair = DelayedSharing("late", (1, 1), (1, 1)), Fair()

    def total(values):
        return values[0] + values[1]

    game = random_game(7)
    found = learn(game, 2, late, fair, total, **QUICK)
    assert (found.sharing, found.concept, found.objective.name) == (late, fair, "own:total")
    assert [found.summary()[key] for key in ("sharing", "concept", "objective")] == ["late", "fair-ce", "own:total"]
    solution = learnt_solution(found, game)
    assert (solution.method, solution.compression.name) == ("learning", "learnt:1")
    solution.save(tmp_path / "s.npz")
    again = load(tmp_path / "s.npz", sharing=late, concept=fair, objective=total)
    certificate = again.verify(approximate=True)
    np.testing.assert_allclose(certificate.gaps, found.best.certificate.gaps, rtol=0, atol=1e-9)
    played = again.simulate(20_000, seed=3)
    assert (abs(played.mean - solution.values) < SIGMAS * played.standard_error).all()


def test_an_objective_that_the_concept_does_not_take_is_refused_before_any_work():
    with pytest.raises(UnsupportedError, match="entropy"):
        learn(random_game(7), 2, "full", "ne", "entropy", **QUICK)
