"""Solves with compressed common information: model values, true values and gaps, by plain recomputation."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from memory_models import MemoryModel
from oracles import Oracle, Play, best_team_value
from random_games import random_game

import lp_posg as posg
from lp_posg.catalogue import catalog_entries
from lp_posg.errors import CertificateError, LimitError, ModelError
from lp_posg.information import FiniteMemory, sharing_structure

VALUE_TOL = 1e-8


class Followed(Oracle):
    """The strategy of a solution, as a law of actions at each memory."""

    def __init__(self, solution, structure, model):
        super().__init__(solution, structure)
        self.node = {}
        for news in model.start():
            self.node[0, (news,)] = self.lead(-1, 0, news)
        for time in range(self.horizon - 1):
            for (when, memory), node in list(self.node.items()):
                if when != time:
                    continue
                for s, private in model.attached(time, memory):
                    for action in model.actions:
                        for _, news, _, _ in model.ways(time, s, private, action):
                            after = model.grown(time, memory, news)
                            reached = self.lead(time, node, news)
                            assert self.node.setdefault((time + 1, after), reached) == reached

    def lead(self, time, node, news):
        policy = self.solution.policy
        table = self.start_table if time < 0 else self.tables[time]
        flat = 0
        for own, labels in zip(news, table.increments, strict=True):
            flat = flat * len(labels) + labels.index(own)
        if time < 0:
            return int(policy.start_node[np.flatnonzero(policy.start_increment == flat)[0]])
        step = policy.steps[time]
        return int(step.child[np.flatnonzero((step.parent == node) & (step.increment == flat))[0]])

    def play(self, time, memory):
        return lambda private: self.law(time, Play(np.empty(0), private, self.node[time, memory], ()))

    def best_ex_ante(self, agent, time=0, plays=None):
        """Return the best value of an agent who decides at each common history, before it knows anything private,
        whether to follow there or to play a prescription of its own."""
        plays = [(play, 1.0) for play in self.roots()] if plays is None else plays
        groups = defaultdict(list)
        for play, chance in plays:
            groups[tuple(news for _, _, news in play.own[agent])].append((play, chance))
        total = 0.0
        for group in groups.values():
            ways = [(p, a, chance * prob) for p, chance in group for a, prob in self.law(time, p).items()]
            known = sorted({play.own[agent] for play, _ in group}, key=repr)
            options = [self.went(agent, time, ways)]
            for chosen in product(range(self.game.n_actions[agent]), repeat=len(known)):
                own = dict(zip(known, chosen, strict=True))
                mine = [(p, (*a[:agent], own[p.own[agent]], *a[agent + 1 :]), c) for p, a, c in ways]
                options.append(self.went(agent, time, mine))
            total += max(options)
        return total

    def went(self, agent, time, ways):
        value, later = 0.0, []
        for play, action, chance in ways:
            value += chance * float(self.reward(time)[(agent, slice(None), *action)] @ play.weight)
            if time + 1 < self.horizon:
                later += [(child, chance) for child in self.children(time, play, action)]
        return value + (self.game.discount * self.best_ex_ante(agent, time + 1, later) if later else 0.0)


# sharing, concept, memory, law, horizon, game
CASES = [
    ("full", "cce", 1, "uniform", 3, {}),
    ("full", "ce", 0, "prior", 3, {"sparse": True, "initial_observation": True}),
    ("one-step-delay", "cce", 1, "uniform", 3, {"sparse": True}),
    ("one-step-delay", "ce", 1, "stationary", 3, {"n_states": 3}),
    ("one-step-delay", "cce", 0, "prior", 2, {"horizon": 3, "initial_observation": True}),
    ("one-step-delay", "ne", 1, "uniform", 3, {"zero_sum": True}),
    ("one-step-delay", "cce", 0, "uniform", 2, {"n_agents": 3, "sparse": True}),
    ("one-directional", "cce", 1, "prior", 3, {"sparse": True, "initial_observation": True}),
    ("controller:2", "cce", 1, "uniform", 3, {"controlled_by": 1}),
    ("controller:2", "ce", 0, "stationary", 3, {"controlled_by": 1, "initial_observation": True}),
    ("uncontrolled:2", "ce", 0, "stationary", 3, {"controlled_by": 0, "initial_observation": True}),
    ("uncontrolled:2", "ce", 0, "uniform", 4, {"controlled_by": 0, "horizon": 4, "sparse": True}),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_model_values_true_values_and_gaps(case):
    sharing, concept, memory, law, horizon, kind = CASES[case]
    game = random_game(40 + case, **kind)
    structure = sharing_structure(sharing, game.n_agents)
    solution = posg.solve(game, horizon, sharing, concept, compression=FiniteMemory(memory, law))
    model = MemoryModel(game, structure, memory, law)
    oracle = Followed(solution, structure, model)
    np.testing.assert_allclose(solution.model_values, model.values(horizon, oracle.play), atol=VALUE_TOL)
    value = oracle.values()
    np.testing.assert_allclose(solution.values, value, atol=VALUE_TOL)
    if concept == "cce":
        best = [oracle.best_ex_ante(i) for i in range(game.n_agents)]
    else:
        best = [oracle.best_deviation(i, hears=concept == "ce", may_follow=True) for i in range(game.n_agents)]
    np.testing.assert_allclose(solution.certificate.gaps, np.array(best) - value, atol=VALUE_TOL)
    assert max(abs(solution.model_values - value)) > 1e-6, "the model is the game itself, so little was tested"


# sharing, memory, law, horizon, game
TEAMS = [
    ("full", 0, "uniform", 3, {}),
    ("full", 1, "prior", 3, {"initial_observation": True}),
    ("one-step-delay", 1, "stationary", 3, {"sparse": True}),
    ("one-step-delay", 0, "uniform", 3, {"horizon": 3}),
    ("one-directional", 1, "uniform", 3, {"initial_observation": True, "sparse": True}),
    ("controller:2", 0, "prior", 3, {"controlled_by": 1}),
    ("one-step-delay", 0, "uniform", 2, {"n_agents": 3}),
]


@pytest.mark.parametrize("case", range(len(TEAMS)))
def test_a_team_plans_the_optimum_of_the_model_and_its_gap_is_what_is_left_to_the_game(case):
    sharing, memory, law, horizon, kind = TEAMS[case]
    game = random_game(60 + case, common=True, **kind)
    structure = sharing_structure(sharing, game.n_agents)
    solution = posg.solve(game, horizon, sharing, "team", compression=FiniteMemory(memory, law))
    model = MemoryModel(game, structure, memory, law)
    assert solution.model_values[0] == pytest.approx(model.best_team_value(horizon), abs=VALUE_TOL)
    value = Oracle(solution, structure).values()
    np.testing.assert_allclose(solution.values, value, atol=VALUE_TOL)
    if game.max_horizon is None:
        left = best_team_value(game, structure, horizon) - value[0]
        np.testing.assert_allclose(solution.certificate.gaps, left, atol=VALUE_TOL)


# ---- where nothing is lost --------------------------------------------------------------------------------

LOSSLESS = ("finite-memory:{most}", "finite-memory:{more}:prior", "finite-memory:{most}:stationary", "merge:0")

FIRST_FORMS = ("finite-memory:{most}", "merge:0")
LONG = ("general-tiger", "one-step-delay")  # a second for each solve


def admitted(horizon):
    """Return every (catalogue game, structure) in which strategies can be planned exactly."""
    return [
        (entry.name, fit.sharing)
        for entry in catalog_entries()
        if not entry.is_tree
        for fit in posg.survey(posg.catalog(entry.name), horizon)
        if fit.admissible
    ]


def check_lossless(name, sharing, horizon, forms=LOSSLESS):
    game = posg.catalog(name)
    exact = posg.solve(game, horizon, sharing)
    size = 1 + abs(exact.values).max()
    for form in forms:
        compression = form.format(most=horizon - 1, more=horizon + 2)
        if compression.endswith("stationary") and game.max_horizon is not None:
            continue  # there is no such law
        mine = posg.solve(game, horizon, sharing, compression=compression)
        assert mine.stats.states_by_depth == exact.stats.states_by_depth, compression
        np.testing.assert_allclose(mine.values, exact.values, atol=1e-7 * size)
        np.testing.assert_allclose(mine.model_values, exact.values, atol=1e-7 * size)
        np.testing.assert_allclose(mine.certificate.gaps, exact.certificate.gaps, atol=1e-7 * size)


def test_enough_memory_is_exact_on_the_whole_catalogue():
    pairs = admitted(2)
    assert len({name for name, _ in pairs}) == sum(not entry.is_tree for entry in catalog_entries())
    assert {sharing for _, sharing in pairs} >= {"full", "one-step-delay", "one-directional", "controller:2"}
    for name, sharing in pairs:
        if (name, sharing) != LONG:
            check_lossless(name, sharing, 2, FIRST_FORMS)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [2, 3, 4])
def test_enough_memory_is_exact_with_every_law_and_over_more_steps(horizon):
    for name, sharing in admitted(min(horizon, 3)):
        # Games that vary have 3 steps; of the others some take too long over 4.
        varies = posg.catalog(name).max_horizon is not None
        if horizon < 4 or not (varies or name in ("box-pushing", "general-tiger", "access-channel")):
            check_lossless(name, sharing, horizon)


def test_too_little_memory_is_not_exact_and_says_so():
    game = posg.catalog("dectiger")
    exact = posg.solve(game, 6, "one-step-delay")
    rough = posg.solve(game, 6, "one-step-delay", compression="finite-memory:1")
    assert rough.values[0] < exact.values[0] - 0.1
    # A team's gap is what is left to the optimum.
    np.testing.assert_allclose(rough.values + rough.certificate.gaps, exact.values, atol=1e-7)
    with pytest.raises(CertificateError):
        posg.solve(game, 6, "one-step-delay", compression="finite-memory:1", approximate=False)


# ---- running, keeping and certifying ------------------------------------------------------------------------


def same(mine, theirs):
    for name in ("values", "model_values"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))
    np.testing.assert_array_equal(mine.certificate.gaps, theirs.certificate.gaps)
    for a, b in zip(mine.node_values, theirs.node_values, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(mine.policy.steps, theirs.policy.steps, strict=True):
        np.testing.assert_array_equal(a.child, b.child)
        for x, y in zip(a.blocks, b.blocks, strict=True):
            np.testing.assert_array_equal(x.atom_prob, y.atom_prob)
            for p, q in zip(x.prescription, y.prescription, strict=True):
                np.testing.assert_array_equal(p, q)


APPROXIMATE = ("finite-memory:1", "finite-memory:1:prior", "finite-memory:1:stationary", "merge:0.3")


@pytest.mark.parametrize("compression", [*APPROXIMATE, FiniteMemory(1, "prior", exploration=np.eye(4)[1])])
def test_a_stopped_run_is_taken_up_again(compression, tmp_path):
    game = random_game(12, sparse=True, n_states=3)
    whole = posg.solve(game, 4, "one-step-delay", "cce", compression=compression)
    kept = tmp_path / "kept"
    few = sum(whole.stats.states_by_depth[:3]) - 1
    with pytest.raises(LimitError):
        posg.solve(game, 4, "one-step-delay", "cce", compression=compression, checkpoint=kept, max_states=few)
    # The last depth is left to do, from what was kept of the one before.
    assert sorted(part.name for part in kept.glob("depth-*.npz")) == ["depth-0.npz", "depth-1.npz"]
    for _ in range(2):  # first from the depths that were finished, then with everything there
        same(posg.solve(game, 4, "one-step-delay", "cce", compression=compression, checkpoint=kept), whole)
    other = "merge:0.2" if compression == "merge:0.3" else "finite-memory:0"
    with pytest.raises(ModelError, match="its compression is"):
        posg.solve(game, 4, "one-step-delay", "cce", compression=other, checkpoint=kept)


def test_another_exploration_is_another_run(tmp_path):
    game, kept = random_game(12), tmp_path / "kept"
    first, second = (FiniteMemory(1, "prior", exploration=np.eye(4)[k]) for k in (0, 1))
    posg.solve(game, 3, "full", "cce", compression=first, checkpoint=kept)
    with pytest.raises(ModelError, match="its compression is"):
        posg.solve(game, 3, "full", "cce", compression=second, checkpoint=kept)


@pytest.mark.parametrize("compression", APPROXIMATE[::3])
def test_workers_make_no_difference(compression):
    game = random_game(13, n_states=3)
    one, two = (posg.solve(game, 4, "one-step-delay", "ce", compression=compression, workers=n) for n in (1, 2))
    same(one, two)


@pytest.mark.parametrize("compression", APPROXIMATE)
def test_an_approximate_solution_is_stored_and_certified_again(compression, tmp_path):
    solution = posg.solve(random_game(24), 3, "one-step-delay", "cce", compression=compression)
    solution.save(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz")
    same(again, solution)
    assert again.compression.name == solution.compression.name == compression
    assert again.summary() == solution.summary()
    assert again.summary()["model_values"] == solution.model_values.tolist()
    assert solution.certificate.gap > 1e-6
    with pytest.raises(CertificateError, match="gains"):
        posg.verify(again)
    certificate = posg.verify(again, approximate=True)
    np.testing.assert_array_equal(certificate.gaps, solution.certificate.gaps)


def test_a_gap_that_is_not_the_stored_one_is_refused(tmp_path):
    solution = posg.solve(random_game(24), 3, "one-step-delay", "cce", compression="finite-memory:1")
    solution.save(tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as stored:
        arrays = dict(stored)
    arrays["certificate.gaps"] = arrays["certificate.gaps"] / 2
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(CertificateError, match="damaged"):
        posg.verify(posg.load(tmp_path / "t.npz"), approximate=True)


def test_compare_takes_a_compression():
    game, sharing = posg.catalog("dectiger"), ["full", "one-step-delay"]
    table = posg.compare(game, 4, sharing=sharing, concept=["team"], compression="finite-memory:1")
    alone = posg.solve(game, 4, "one-step-delay", "team", compression="finite-memory:1")
    assert [row.solution.compression.name for row in table.rows] == ["finite-memory:1"] * 2
    np.testing.assert_array_equal(table.rows[1].solution.values, alone.values)
