"""Nash equilibria of zero-sum polymatrix games: known values, enumeration, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from stage_games import joint_law, random_block, values

import lp_posg as posg
from lp_posg import Game
from lp_posg.errors import UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.minimax import constant_sum, minimax_nash
from lp_posg.stage.nash.polymatrix import pairs_of, polymatrix_nash
from lp_posg.stage.nash.two_agents import selected_nash
from lp_posg.stage.payoffs import scaled

TOL = 1e-9
AGENTS = ("a", "b", "c", "d")
SHAPES = [
    ((1, 1, 1), (2, 2, 2)),
    ((1, 1, 1), (3, 2, 4)),
    ((2, 1, 2), (2, 3, 2)),
    ((2, 2, 2), (2, 2, 2)),
    ((1, 1, 1, 1), (2, 3, 2, 2)),
    ((1, 2, 1, 2), (2, 2, 2, 1)),
]


def spread(array, n, agents):
    """Return an array with axes (p, a) of some agents, ascending, with an axis for each of all agents."""
    axes = [i for i in range(n) if i not in agents]
    return np.expand_dims(array, tuple(axes + [n + i for i in axes]))


def polymatrix(seed, n_private, n_actions, *, own_terms=False, size=1) -> StageBlock:
    """Return games in which each pair plays a zero-sum game at each private profile, weighted by a belief.

    `own_terms`: each agent also has payoffs by its own action and by each other's alone, which cancel with nothing.
    """
    rng = np.random.default_rng(seed)
    n = len(n_private)
    payoff = np.zeros((size, n, *n_private, *n_actions))
    belief = rng.dirichlet(np.ones(int(np.prod(n_private))), size).reshape(size, *n_private, *(1,) * n)
    for game in range(size):
        for i in range(n):
            for j in range(i + 1, n):
                shape = (n_private[i], n_private[j], n_actions[i], n_actions[j])
                between = spread(rng.uniform(-1, 1, shape), n, (i, j))
                payoff[game, i] += between
                payoff[game, j] -= between
            for j in range(n) if own_terms else ():
                payoff[game, i] += spread(rng.uniform(-1, 1, (n_private[j], n_actions[j])), n, (j,))
    return StageBlock(payoff * belief[:, None], 0, np.arange(size))


def gains(payoff, law):
    """Return each agent's gain from its best reply at each private information, relative to its largest payoff."""
    n, found = len(payoff), []
    for i in range(n):
        others = law.sum(axis=n + i, keepdims=True)  # P(a_-i | p), for prescriptions drawn independently
        away = tuple(axis for axis in range(2 * n) if axis not in (i, n + i))
        worths = (payoff[i] * others).sum(axis=away)
        stay = (payoff[i] * law).sum(axis=tuple(axis for axis in range(2 * n) if axis != i))
        found.append((worths.max(axis=1) - stay).max() / (np.abs(payoff[i]).max() or 1.0))
    return np.array(found)


def solved(block, objective="welfare"):
    return concept_named("ne").solve(block, parse_objective(objective, AGENTS[: block.n_agents]))


@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
@pytest.mark.parametrize("own_terms", [False, True], ids=["zero-sum", "own terms"])
def test_random_polymatrix_games_have_no_gains(n_private, n_actions, own_terms):
    tried = 0
    for seed in range(4):
        block = polymatrix(seed, n_private, n_actions, own_terms=own_terms, size=3)
        for objective in ("welfare", "worst", "agent:2", "egalitarian"):
            found = solved(block, objective)
            tried += found.methods.get("program", 0)
            for row in range(3):
                law = joint_law(found, row, n_private, n_actions)
                assert gains(block.payoff[row], law).max() <= TOL
                if not own_terms:
                    assert values(block.payoff[row], law).sum() == pytest.approx(0.0, abs=TOL)
    assert tried >= 24


def test_pennies_in_a_cycle():
    """Agent i wants to match i + 1, which wants not to: whoever mixes evenly with its neighbours cannot be used.

    Agent 1's payoff is m(1, 2) - m(3, 1), m = 1 if equal, else -1; the others' likewise round the cycle. With x_i =
    P(heads) - P(tails), agent 1 gets x_1 (x_2 - x_3), which is 0 whatever it plays iff x_2 = x_3: all equal is an
    equilibrium, and every equilibrium gives each agent 0.
    """
    match = np.array([[1.0, -1.0], [-1.0, 1.0]])
    payoff = np.zeros((3, 2, 2, 2))
    for i in range(3):
        j, h = (i + 1) % 3, (i + 2) % 3
        for a in np.ndindex(2, 2, 2):
            payoff[(i, *a)] = match[a[i], a[j]] - match[a[h], a[i]]
    block = StageBlock(payoff.reshape(1, 3, 1, 1, 1, 2, 2, 2), 0, np.array([0]))
    for objective in ("welfare", "agent:1", "worst", "egalitarian"):
        law = joint_law(solved(block, objective), 0, (1,) * 3, (2,) * 3)
        np.testing.assert_allclose(values(block.payoff[0], law), 0.0, atol=TOL)
        assert gains(block.payoff[0], law).max() <= TOL


def test_a_pair_and_a_bystander_who_takes_sides():
    """Equilibrium values of a zero-sum polymatrix game are not unique; the objective selects.

    Agents 1 and 2 play pennies for 1. Agent 3's action moves one unit between them, to agent 1 (left) or to agent 2
    (right), at no gain to itself: every mixture of it is an equilibrium, so agent 1 can have from -1 to 1.
    """
    payoff = np.zeros((3, 2, 2, 2))
    match = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None]
    side = np.array([1.0, -1.0])
    payoff[0], payoff[1] = match + side, -match - side
    payoff *= 0.7  # no number that rounding spares
    block = StageBlock(payoff.reshape(1, 3, 1, 1, 1, 2, 2, 2), 0, np.array([0]))
    expected = {"agent:1": [1, -1, 0], "agent:2": [-1, 1, 0], "egalitarian": [0, 0, 0], "weighted:1,3,1": [-1, 1, 0]}
    for objective, value in expected.items():
        law = joint_law(solved(block, objective), 0, (1,) * 3, (2,) * 3)
        np.testing.assert_allclose(values(block.payoff[0], law), 0.7 * np.array(value), atol=1e-8)
        assert gains(block.payoff[0], law).max() <= TOL


@pytest.mark.parametrize(("n_private", "n_actions"), [((1, 1), (3, 4)), ((2, 3), (2, 2)), ((3, 2), (3, 2))])
def test_two_agents_as_by_their_own_program(n_private, n_actions):
    for seed in range(6):
        block = random_block(seed, n_private, n_actions, zero_sum=True)
        objective = parse_objective("agent:1", ("a", "b"))
        one = polymatrix_nash(block, pairs_of(scaled(block)), 0, objective)
        laws = [joint_law(found, 0, n_private, n_actions) for found in (one, minimax_nash(block, "ne"))]
        mine, other = (values(block.payoff[0], law)[0] for law in laws)
        assert mine == pytest.approx(other, abs=TOL)
        assert gains(block.payoff[0], laws[0]).max() <= TOL


@pytest.mark.parametrize("objective", ["welfare", "worst", "agent:1", "egalitarian"])
def test_two_agents_with_costs_of_their_own_as_by_the_mixed_integer_program(objective):
    for seed in range(6):
        n_private, n_actions = ((1, 1), (3, 3)) if seed % 2 else ((2, 1), (2, 2))
        block = polymatrix(seed, n_private, n_actions, own_terms=True)
        asked = parse_objective(objective, ("a", "b"))
        assert not constant_sum(block).any()
        both = [polymatrix_nash(block, pairs_of(scaled(block)), 0, asked), selected_nash(block, asked)]
        laws = [joint_law(found, 0, n_private, n_actions) for found in both]
        one, other = (values(block.payoff[0], law) for law in laws)
        score = {"welfare": np.sum, "worst": lambda v: -np.sum(v), "agent:1": lambda v: v[0], "egalitarian": np.min}
        assert score[objective](one) == pytest.approx(score[objective](other), abs=1e-7)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_units_do_not_matter(unit):
    block = polymatrix(3, (2, 1, 2), (2, 2, 2), own_terms=True)
    moved = block.payoff * unit
    moved[:, 0] += 5 * unit
    for objective in ("agent:3", "egalitarian"):
        law = joint_law(solved(StageBlock(moved, 0, block.nodes), objective), 0, (2, 1, 2), (2, 2, 2))
        assert gains(block.payoff[0], law).max() <= TOL


def test_an_agent_with_little_at_stake_gains_little_of_it():
    """Agent 3 decides over 1e-6 by its own action and 1e-6 played with agent 1, who has 1 at stake with agent 2."""
    payoff = np.zeros((3, 2, 2, 2))
    match = np.array([[1.0, -1.0], [-2.0, 1.0]])
    payoff[0], payoff[1] = match[:, :, None], -match[:, :, None]
    small = 1e-6 * np.array([[1.0, -3.0], [-1.0, 1.0]])
    payoff[0] += small[:, None, :]
    payoff[2] = -small[:, None, :] + 1e-6 * np.array([0.5, 0.0])
    block = StageBlock(payoff.reshape(1, 3, 1, 1, 1, 2, 2, 2), 0, np.array([0]))
    for objective in ("agent:1", "agent:3", "egalitarian"):
        law = joint_law(solved(block, objective), 0, (1,) * 3, (2,) * 3)
        assert gains(block.payoff[0], law).max() <= 1e-8


def test_pairs_need_to_cancel_only_once_others_are_summed_over():
    """What agents 1 and 2 do to each other depends on what agent 3 knows, and cancels on average over it alone."""
    rng = np.random.default_rng(2)
    block = polymatrix(2, (2, 1, 2), (2, 2, 2))
    payoff = block.payoff.copy()
    extra = rng.uniform(-1, 1, (2, 1, 1, 2, 2, 1))
    payoff[0, 0, :, :, 0:1] += extra
    payoff[0, 0, :, :, 1:2] -= extra
    assert not constant_sum(StageBlock(payoff, 0, block.nodes)).any()
    for objective in ("welfare", "agent:3", "egalitarian"):
        found = solved(StageBlock(payoff, 0, block.nodes), objective)
        law = joint_law(found, 0, (2, 1, 2), (2, 2, 2))
        assert gains(payoff[0], law).max() <= TOL
        assert values(payoff[0], law).sum() == pytest.approx(0.0, abs=TOL)


def test_one_action_and_nothing_at_stake():
    block = StageBlock(np.zeros((1, 3, 1, 2, 1, 2, 1, 2)), 0, np.array([0]))
    pairs = pairs_of(scaled(block))
    assert pairs.is_zero_sum().all()
    found = polymatrix_nash(block, pairs, 0, parse_objective("egalitarian", AGENTS[:3]))
    for own in found.prescription:
        np.testing.assert_allclose(own.sum(axis=2), 1.0)


# Games of more than 256 pairs of a private profile and a joint action are left to these programs.
def test_what_is_no_sum_over_pairs_is_named():
    block = polymatrix(0, (1, 1, 1), (7, 7, 7))
    payoff = block.payoff.copy()
    payoff[0, 1, ..., 1, 1, 1] += 0.3  # three at once
    with pytest.raises(UnsupportedError, match=r"'ne'.*3 agents.*step 1.*agent 2 is no sum over pairs.*'ce'"):
        solved(StageBlock(payoff, 0, block.nodes), "worst")


def test_pairs_that_are_not_zero_sum_are_named():
    block = polymatrix(0, (1, 1, 1), (7, 7, 7))
    payoff = block.payoff.copy()
    payoff[0, 2, 0, 0, 0, 1, :, 1] += 0.3  # agents 1 and 3 both at their second actions
    with pytest.raises(UnsupportedError, match=r"agents 1 and 3 do to each other is not zero-sum.*'cce'"):
        solved(StageBlock(payoff, 0, block.nodes), "worst")


def test_the_worst_of_a_common_payoff_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"worst of a common payoff.*'ce'"):
        solved(random_block(3, (1, 1, 1), (7, 7, 7), common=True), "worst")


def pairwise_game(seed, *, controlled) -> Game:
    """Return a game of 3 agents, 2 states: each pair plays a zero-sum game by the state, and hears noise.

    `controlled`: the next state is drawn by one agent's action, the agent by lot (a mixture of single controllers);
    otherwise by all three at once.
    """
    rng = np.random.default_rng(seed)
    reward = np.zeros((3, 2, 2, 2, 2))
    for i, j, axis in ((0, 1, 3), (0, 2, 2), (1, 2, 1)):
        between = np.expand_dims(rng.uniform(-1, 1, (2, 2, 2)), axis)
        reward[i] += between
        reward[j] -= between
    transition = np.zeros((2, 2, 2, 2, 2))
    if controlled:
        for agent in range(3):
            law = rng.dirichlet(np.ones(2), (2, 2))
            transition += np.expand_dims(law, tuple(1 + other for other in range(3) if other != agent)) / 3
    else:
        transition = rng.dirichlet(np.ones(2), (2, 2, 2, 2))
    observation = np.zeros((2, 2, 2, 2, 2, 2, 2))
    observation[..., 0, 0, 0, 0] = observation[..., 1, 1, 1, 1] = 1.0  # each sees the state
    return Game(transition, observation, reward, [0.3, 0.7])


def test_steps_with_additive_transitions_stay_polymatrix():
    """With states seen and drawn by one agent's action at a time, what follows is a sum over agents.

    V_i(s') enters step 1 as sum over j of P_j(s' | s, a_j) V_i(s') / 3: a term in a_j alone. See Park, Zhang and
    Ozdaglar (2023), Multi-player zero-sum Markov games with networked separable interactions.
    """
    for seed in range(4):
        game = pairwise_game(seed, controlled=True)
        for objective in ("welfare", "agent:2"):
            solution = posg.solve(game, 3, "full", "ne", objective)
            assert solution.certificate.status == "exact"
            assert solution.certificate.gap <= 1e-8
            assert solution.values.sum() == pytest.approx(0.0, abs=1e-8)


def test_steps_with_a_transition_by_all_at_once_are_solved_by_branch_and_bound():
    game = pairwise_game(0, controlled=False)
    assert "boxes" not in posg.solve(game, 1, "full", "ne").stats.methods
    solution = posg.solve(game, 2, "full", "ne")
    assert solution.stats.methods["boxes"] > 0
    assert solution.certificate.gap <= 1e-8


def test_private_information_over_two_steps():
    """Nobody influences states or observations, and each keeps what it sees for one step."""
    rng = np.random.default_rng(5)
    base = pairwise_game(5, controlled=True)
    transition = np.broadcast_to(rng.dirichlet(np.ones(2), (2, 1, 1, 1)), (2, 2, 2, 2, 2))
    observation = np.broadcast_to(rng.dirichlet(np.ones(8), (1, 1, 1, 2)).reshape(1, 1, 1, 2, 2, 2, 2), (2,) * 7)
    first = rng.dirichlet(np.ones(8), 2).reshape(2, 2, 2, 2)
    game = Game(transition, observation, base.reward, [0.4, 0.6], first)
    solution = posg.solve(game, 2, "one-step-delay", "ne", "egalitarian")
    assert solution.certificate.gap <= 1e-8
    assert solution.certificate.status == "exact"


def test_no_equilibrium_on_a_grid_is_better():
    """Small whole payoffs have many equilibria; those with probabilities in quarters are listed by plain loops."""
    several, met = 0, 0
    grid = np.linspace(0.0, 1.0, 5)
    for seed in range(24):
        rng = np.random.default_rng(seed)
        payoff = np.zeros((3, 2, 2, 2))
        for i, j, axis in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
            between = np.expand_dims(rng.integers(-1, 2, (2, 2)), axis)
            payoff[i] += between
            payoff[j] -= between
        for j in range(3):
            payoff += rng.integers(-1, 2, (3, 1, 1, 1)) * np.eye(2)[rng.integers(2)].reshape(np.roll((2, 1, 1), j))
        block = StageBlock(payoff.reshape(1, 3, 1, 1, 1, 2, 2, 2), 0, np.array([0]))
        listed = []
        for first in np.ndindex(5, 5, 5):
            own = [np.array([grid[g], 1 - grid[g]]) for g in first]
            law = np.einsum("a,b,c->abc", *own).reshape(1, 1, 1, 2, 2, 2)
            if gains(block.payoff[0], law).max() <= 1e-12:
                listed.append(values(block.payoff[0], law))
        for objective, score in (("welfare", np.sum), ("worst", lambda v: -np.sum(v)), ("agent:2", lambda v: v[1]),
                                 ("egalitarian", np.min)):  # fmt: skip
            asked = parse_objective(objective, AGENTS[:3])
            found = polymatrix_nash(block, pairs_of(scaled(block)), 0, asked)
            law = joint_law(found, 0, (1,) * 3, (2,) * 3)
            assert gains(block.payoff[0], law).max() <= 1e-8
            mine, best = score(values(block.payoff[0], law)), max(map(score, listed), default=-np.inf)
            assert mine >= best - 1e-8
            met += abs(mine - best) <= 1e-8
            several += bool(listed) and np.ptp([score(own) for own in listed]) > 1e-8
    assert several >= 12
    assert met >= 48


def test_improbable_private_profiles_leave_something_to_select_from():
    """Multipliers at a profile of probability 1e-9 and less are rounding: what they call tight need not be so."""
    rng = np.random.default_rng(0)
    solved = 0
    for _ in range(200):
        n_private = tuple(rng.integers(1, 3, 2))
        n_actions = [(1, 2), (2, 1), (1, 3)][rng.integers(3)]
        belief = rng.random(n_private)
        belief[0, 0] = rng.choice([1e-9, 1e-11, 1e-12]) if belief.size > 1 else 1.0
        belief /= belief.sum()
        payoff = rng.integers(0, 3, (2, *n_private, *n_actions)) * belief[..., None, None]
        block = StageBlock(payoff[None], 0, np.array([0]))
        pairs = pairs_of(scaled(block))
        assert pairs.is_zero_sum()[0]
        for objective in ("agent:1", "egalitarian"):
            found = polymatrix_nash(block, pairs, 0, parse_objective(objective, AGENTS[:2]))
            law = joint_law(found, 0, n_private, n_actions)
            assert (gains(payoff, law) <= 1e-8).all()
            solved += 1
    assert solved == 400


def test_pairs_among_themselves_may_play_in_other_units():
    """Agents 1 and 2 for 1e11, 3 and 4 for one: the same equilibria of 3 and 4 as when they are alone."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        large, small = (rng.integers(-2, 3, (2, 2)).astype(float) for _ in range(2))
        own = rng.integers(-2, 3, (1, 2)).astype(float)
        alone = np.stack([small + own, -small])  # agent 3's payoff depends on agent 4's action too
        payoff = np.zeros((4, 1, 1, 1, 1, 2, 2, 2, 2))
        payoff[0], payoff[1] = 1e11 * spread(large[None, None], 4, (0, 1)), -1e11 * spread(large[None, None], 4, (0, 1))
        payoff[2:] = [spread(one[None, None], 4, (2, 3)) for one in alone]
        for objective, of_two in (("agent:3", "agent:1"), ("agent:4", "agent:2"), ("weighted:0,0,1,2", "weighted:1,2")):
            both = StageBlock(payoff[None], 0, np.array([0]))
            found = polymatrix_nash(both, pairs_of(scaled(both)), 0, parse_objective(objective, AGENTS))
            pair = StageBlock(alone.reshape(1, 2, 1, 1, 2, 2), 0, np.array([0]))
            expected = selected_nash(pair, goal := parse_objective(of_two, AGENTS[:2]))
            law = joint_law(found, 0, (1,) * 4, (2,) * 4).sum(axis=(4, 5), keepdims=True)
            mine = goal.weights @ [(law * own).sum() for own in payoff[2:, ..., :1, :1, :, :]]
            theirs = goal.weights @ values(pair.payoff[0], joint_law(expected, 0, (1, 1), (2, 2)))
            assert mine == pytest.approx(theirs, abs=1e-7)
