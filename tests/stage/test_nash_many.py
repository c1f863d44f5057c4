"""Nash equilibria of small games of many agents: all of 2 x 2 x 2, closed forms, other programs, ties, refusals."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from itertools import permutations, product

import numpy as np
import pytest
from stage_games import joint_law, random_block, values

import lp_posg as posg
from lp_posg.errors import LimitError, UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.aim import Aim
from lp_posg.stage.nash import box_search
from lp_posg.stage.nash.box_search import OBJECTIVE_TOL, best_nash
from lp_posg.stage.nash.boxes import Box, Relaxation
from lp_posg.stage.nash.multilinear import Multilinear
from lp_posg.stage.nash.two_agents import selected_nash

GAIN_TOL = 1e-9
"""What an agent may gain, relative to its largest payoff."""

VALUE_TOL = 2 * OBJECTIVE_TOL
"""How far the best objective may be from the best of the oracle, in payoffs of about 1."""

AGENTS = ("a", "b", "c", "d", "e")
SCORES = {
    "welfare": lambda v: v.sum(),
    "worst": lambda v: -v.sum(),
    "agent:2": lambda v: v[1],
    "egalitarian": lambda v: v.min(),
}


def block_of(payoff: np.ndarray, deadline: float | None = None) -> StageBlock:
    """Return the block of one game without private information, payoffs (n, A_1, ..., A_n)."""
    n = len(payoff)
    return StageBlock(payoff.reshape(1, n, *(1,) * n, *payoff.shape[1:]), 0, np.array([0]), deadline)


def found_values(block: StageBlock, objective: str) -> np.ndarray:
    """Return the values of the equilibrium found, after a check that it is one."""
    found = best_nash(block, parse_objective(objective, AGENTS[: block.n_agents]))
    assert found.methods == {"boxes": 1}
    assert len(found.atom_prob) == 1
    payoff, n = block.payoff[0], block.n_agents
    law = joint_law(found, 0, block.n_private, block.n_actions)
    for i in range(n):
        others = law.sum(axis=n + i, keepdims=True)  # P(a_-i | p), for prescriptions drawn independently
        worth = (payoff[i] * others).sum(axis=tuple(axis for axis in range(2 * n) if axis not in (i, n + i)))
        stay = (payoff[i] * law).sum(axis=tuple(axis for axis in range(2 * n) if axis != i))
        assert (worth.max(axis=1) - stay).max() <= GAIN_TOL * (np.abs(payoff[i]).max() or 1.0)
    return values(payoff, law)


# ---- all equilibria of a nondegenerate 2 x 2 x 2 game ------------------------------------------


def all_equilibria(payoff: np.ndarray) -> list[np.ndarray]:
    """Return P(first action) of all agents at every equilibrium, payoffs of shape (3, 2, 2, 2).

    An agent's gain from its first action is g0 + g1 y + g2 z + g3 y z in what the two others play. With one agent
    pure, two are indifferent in turn; with none, two equations give x and y by z and the third is quadratic in z.
    (One agent alone never mixes: two pure ones leave it no tie.)
    """
    points = [np.array(p, dtype=float) for p in product((0, 1), repeat=3)]
    for pure in range(3):
        i, j = (agent for agent in range(3) if agent != pure)
        for p in (0.0, 1.0):
            mix = {i: indifference(payoff, j, pure, p), j: indifference(payoff, i, pure, p)}
            point = np.full(3, p)
            point[i], point[j] = mix[i], mix[j]
            points.append(point)
    a, b, c = (gain_terms(payoff, agent) for agent in range(3))  # in (y, z), (x, z), (x, y)
    poly = np.polynomial.polynomial
    top_y, under_y = -np.array([a[0], a[2]]), np.array([a[1], a[3]])  # y = top / under, in z
    top_x, under_x = -np.array([b[0], b[2]]), np.array([b[1], b[3]])
    whole = (
        c[0] * poly.polymul(under_x, under_y)
        + c[1] * poly.polymul(top_x, under_y)
        + c[2] * poly.polymul(top_y, under_x)
        + c[3] * poly.polymul(top_x, top_y)
    )
    for root in poly.polyroots(whole):
        if abs(root.imag) < 1e-12:
            z = root.real
            points.append(
                np.array(
                    [
                        poly.polyval(z, top_x) / poly.polyval(z, under_x),
                        poly.polyval(z, top_y) / poly.polyval(z, under_y),
                        z,
                    ]
                )
            )
    return [point for point in points if is_equilibrium(payoff, point)]


def gain_terms(payoff: np.ndarray, agent: int) -> np.ndarray:
    """Return the gain g0 + g1 s + g2 t + g3 s t from the first action, s, t = P(first) of the others in order."""
    d = np.moveaxis(payoff[agent], agent, 0)
    d = d[0] - d[1]
    return np.array([d[1, 1], d[0, 1] - d[1, 1], d[1, 0] - d[1, 1], d[0, 0] - d[0, 1] - d[1, 0] + d[1, 1]])


def indifference(payoff: np.ndarray, agent: int, pure: int, p: float) -> float:
    """Return what the third agent has to play for `agent` to be indifferent, when `pure` plays p."""
    g = gain_terms(payoff, agent)
    first, _ = (other for other in range(3) if other != agent)
    if first == pure:
        return float(-(g[0] + g[1] * p) / (g[2] + g[3] * p))
    return float(-(g[0] + g[2] * p) / (g[1] + g[3] * p))


def is_equilibrium(payoff: np.ndarray, point: np.ndarray) -> bool:
    if not (np.isfinite(point).all() and (point >= -1e-12).all() and (point <= 1 + 1e-12).all()):
        return False
    for agent in range(3):
        s, t = (point[other] for other in range(3) if other != agent)
        gain = gain_terms(payoff, agent) @ np.array([1.0, s, t, s * t])
        if (gain > 1e-9 and point[agent] < 1 - 1e-12) or (gain < -1e-9 and point[agent] > 1e-12):
            return False
    return True


def worths(payoff: np.ndarray, point: np.ndarray) -> np.ndarray:
    x, y, z = (np.array([p, 1 - p]) for p in point)
    return np.einsum("iabc,a,b,c->i", payoff, x, y, z)


def games() -> Iterator[np.ndarray]:
    """Yield random games; every second one has no sum, where fewer equilibria are pure."""
    for seed in range(200):
        payoff = np.random.default_rng(seed).uniform(-1, 1, (3, 2, 2, 2))
        yield payoff - payoff.mean(axis=0) if seed % 2 else payoff


def test_the_best_of_all_equilibria_of_200_games():
    several = mixed = 0
    for seed, payoff in enumerate(games()):
        points = all_equilibria(payoff)
        assert len(points) % 2 == 1  # a nondegenerate game has an odd number of equilibria
        several += len(points) > 1
        listed = [worths(payoff, point) for point in points]
        for objective in ("welfare", list(SCORES)[seed // 2 % 3 + 1]) if seed % 2 else ("welfare",):
            score = SCORES[objective]
            best = int(np.argmax([score(v) for v in listed]))
            mixed += bool((np.minimum(points[best], 1 - points[best]) > 1e-6).all())
            assert score(found_values(block_of(payoff), objective)) == pytest.approx(score(listed[best]), abs=VALUE_TOL)
    assert several >= 50
    assert mixed >= 15


def test_no_equilibrium_escapes_the_program_of_a_box_it_is_in():
    checked = 0
    for seed, payoff in enumerate(games()):
        if seed >= 60:
            break
        rng = np.random.default_rng(seed)
        game = Multilinear.of(block_of(payoff).payoff[0])
        row = rng.normal(size=(1, 3)) * game.size
        one = np.ones((1, 1))
        relaxation = Relaxation(game, Aim(np.zeros((1, 3)), row[None], one, one > 0, 0 * one, one[0], one[0], "a row"))
        for point in all_equilibria(payoff):
            x = np.clip(np.stack([point, 1 - point], axis=1), 0, 1).ravel()
            worth, _ = game.worth(x)
            value = game.member @ (x * worth)
            low, high = np.maximum(x - rng.uniform(0, 0.3, 6), 0), np.minimum(x + rng.uniform(0, 0.3, 6), 1)
            box = Box(low, high, (x > 1e-9) & (rng.random(6) < 0.5) | (low > 0))
            result = relaxation.solve(box)
            assert result.status.name == "OPTIMAL"
            assert relaxation.decode(box, result).bound >= float(row[0] @ value) - 1e-8
            checked += 1
    assert checked >= 60


# ---- closed forms ------------------------------------------------------------------------------


def test_only_equilibria_are_taken_for_such():
    """What is nearly one is not, but leads to one."""
    z = (np.sqrt(601) - 23) / 4
    first = np.array([(3 - 2 * z) / (4 - z), (2 - z) / (3 + z), z])
    exact = np.stack([first, 1 - first], axis=1).ravel()
    game = Multilinear.of(catalogue_block("nau-section-4").payoff[0])
    value = game.equilibrium(exact)
    assert value is not None
    np.testing.assert_allclose(game.best + game.size * value, section_4_values(), rtol=0, atol=1e-14)
    for step in (1e-8, 1e-4, 1e-1):
        near = exact + step * np.array([1, -1, 0, 0, 0, 0])
        assert game.equilibrium(near) is None
        again = game.indifferent_near(near, np.ones(6, dtype=bool))
        assert again is not None
        np.testing.assert_allclose(again, exact, rtol=0, atol=1e-14)


def catalogue_block(name: str) -> StageBlock:
    return block_of(posg.catalog(name).reward[:, 0])


def section_4_values() -> np.ndarray:
    """Return the values of the only equilibrium of Nau et al. (2004), section 4, as derived in the catalogue."""
    z = (np.sqrt(601) - 23) / 4
    x, y = (3 - 2 * z) / (4 - z), (2 - z) / (3 + z)
    return np.array([y * (1 + 2 * z), x * (1 + z), 2 * x * y])


@pytest.mark.parametrize("objective", ["welfare", "worst", "agent:3", "weighted:1,0,2", "egalitarian"])
def test_the_only_equilibrium_in_irrational_numbers(objective):
    found = found_values(catalogue_block("nau-section-4"), objective)
    np.testing.assert_allclose(found, section_4_values(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("objective", "score"),
    [("welfare", 3.0), ("worst", -0.75), ("agent:1", 3.0), ("agent:3", 3.0), ("egalitarian", 0.75 * (3 - np.sqrt(6)))],
)
def test_a_curve_of_equilibria(objective, score):
    """Row's and column's p and q with matrix at 1/4 have values 3q/4, 3p/4, 2pq, where pq = 3(p + q) - 3.

    Of the sum, 27/4 (p + q) - 6, the least is 3/4, at p + q = 1, an end of the curve. The smallest value is largest at
    p = q, where p = 3 - sqrt(6). Equilibria off the curve: the pure ones with (3, 0, 0), (0, 3, 0) and (0, 0, 3), and
    bottom-left or top-right with matrix's first action at 1/4 or more, worth 3/4 to 3 to one agent and 0 to the rest.
    """
    found = found_values(catalogue_block("nau-section-5"), objective)
    scored = {"agent:1": found[0], "agent:3": found[2]}.get(objective)
    scored = SCORES[objective](found) if scored is None else scored
    assert scored == pytest.approx(score, abs=3 * OBJECTIVE_TOL)


@pytest.mark.parametrize("objective", ["welfare", "worst", "agent:1", "egalitarian"])
def test_a_segment_of_equilibria(objective):
    found = found_values(catalogue_block("nau-section-6"), objective)
    np.testing.assert_allclose(found, [0.75, 0.75, 1.0], rtol=0, atol=1e-9)


def test_the_leximin_goes_on_after_the_smallest_value():
    """Agent 1 gets 0 whatever happens, so the smallest value says nothing.

    Agents 2 and 3 coordinate, for (0, 2, 2) at the first action and (0, 1, 5) at the second: the second smallest value
    decides, not the sum. Mixed, they get 2/3 and 10/7.
    """
    payoff = np.zeros((3, 2, 2, 2))
    payoff[1, :, 0, 0], payoff[1, :, 1, 1] = 2.0, 1.0
    payoff[2, :, 0, 0], payoff[2, :, 1, 1] = 2.0, 5.0
    np.testing.assert_allclose(found_values(block_of(payoff), "egalitarian"), [0, 2, 2], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found_values(block_of(payoff), "welfare"), [0, 1, 5], rtol=0, atol=1e-9)


# ---- other programs ----------------------------------------------------------------------------


@pytest.mark.parametrize("objective", list(SCORES))
@pytest.mark.parametrize(("n_private", "n_actions"), [((1, 1), (3, 3)), ((2, 1), (2, 3)), ((2, 2), (2, 2))], ids=str)
def test_a_third_agent_without_a_choice_changes_nothing(n_private, n_actions, objective):
    """The mixed-integer program for two agents, which shares nothing with the boxes, finds the same optimum."""
    asked = parse_objective(objective, AGENTS[:2])
    for seed in range(4):
        two = random_block(seed, n_private, n_actions)
        found = selected_nash(two, asked)
        expected = SCORES[objective](values(two.payoff[0], joint_law(found, 0, n_private, n_actions)))
        n_p, n_a = (*n_private, 1), (*n_actions, 1)
        payoff = np.zeros((1, 3, *n_p, *n_a))
        payoff[:, :2] = two.payoff.reshape(1, 2, *n_p, *n_a)
        payoff[:, 2] = 10.0 if objective == "egalitarian" else 0.0
        three = found_values(StageBlock(payoff, 0, two.nodes), objective)
        assert SCORES[objective](three) == pytest.approx(expected, abs=VALUE_TOL)


SHAPES = [((1, 1, 1), (3, 3, 3)), ((1, 1, 1, 1), (2, 2, 2, 2)), ((2, 1, 2), (2, 3, 2)), ((2, 2, 2), (2, 2, 2))]


@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
def test_between_the_pure_equilibria_and_the_correlated_ones(n_private, n_actions):
    tried = 0
    for seed in range(4):
        block = random_block(seed, n_private, n_actions)
        asked = parse_objective("welfare", AGENTS[: block.n_agents])
        correlated = concept_named("ce").solve(block, asked)
        most = values(block.payoff[0], joint_law(correlated, 0, n_private, n_actions)).sum()
        welfare = found_values(block, "welfare").sum()
        assert welfare <= most + VALUE_TOL
        if max(n_private) == 1:
            payoff = block.payoff[0].reshape(block.n_agents, *n_actions)
            stable = np.ones(n_actions, dtype=bool)
            for i, own in enumerate(payoff):
                stable &= own >= own.max(axis=i, keepdims=True)
            tried += stable.any()
            assert (welfare >= payoff.sum(axis=0)[stable] - VALUE_TOL).all()
    assert tried >= (2 if max(n_private) == 1 else 0)


# ---- degenerate games --------------------------------------------------------------------------


def test_copies_of_actions_change_nothing():
    for seed in range(6):
        payoff = np.random.default_rng(seed).uniform(-1, 1, (3, 2, 2, 2))
        copied = np.concatenate([payoff, payoff[:, :1]], axis=1)
        copied = np.concatenate([copied, copied[..., 1:]], axis=3)
        for objective, score in SCORES.items():
            one, other = (score(found_values(block_of(p), objective)) for p in (payoff, copied))
            assert one == pytest.approx(other, abs=VALUE_TOL)


def test_dominated_actions_are_not_played():
    for seed in range(6):
        payoff = np.random.default_rng(seed).uniform(-1, 1, (3, 2, 2, 2))
        wide = np.concatenate([payoff, payoff[:, :, :1]], axis=2)
        wide[1, :, 2] = wide[1].min() - 1  # agent 2's third action
        wide[[0, 2], :, 2] += 5  # which the others would like
        one, other = (found_values(block_of(p), "welfare").sum() for p in (payoff, wide))
        assert one == pytest.approx(other, abs=10 * VALUE_TOL)


def test_ties_everywhere():
    """Payoffs 0 and 1: equilibria come in faces. The best welfare is between the best pure one's and the CE's."""
    for seed in range(20):
        payoff = np.random.default_rng(seed).integers(0, 2, (3, 2, 2, 2)).astype(float)
        block = block_of(payoff)
        asked = parse_objective("welfare", AGENTS[:3])
        law = joint_law(concept_named("ce").solve(block, asked), 0, (1, 1, 1), (2, 2, 2))
        stable = np.ones((2, 2, 2), dtype=bool)
        for i, own in enumerate(payoff):
            stable &= own >= own.max(axis=i, keepdims=True)
        welfare = found_values(block, "welfare").sum()
        assert welfare <= values(block.payoff[0], law).sum() + VALUE_TOL
        assert (welfare >= payoff.sum(axis=0)[stable] - VALUE_TOL).all()


def test_an_agent_with_nothing_at_stake_is_used():
    """Agents 1 and 2 play pennies; agent 3, who gets 0 always, may end that by its second action, worth 1 to both."""
    payoff = np.zeros((3, 2, 2, 2))
    payoff[0, ..., 0], payoff[1, ..., 0] = [[1, -1], [-1, 1]], [[-1, 1], [1, -1]]
    payoff[:2, ..., 1] = 1.0
    np.testing.assert_allclose(found_values(block_of(payoff), "welfare"), [1, 1, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found_values(block_of(payoff), "worst"), [0, 0, 0], rtol=0, atol=1e-9)


def test_units_do_not_matter():
    payoff = np.random.default_rng(5).uniform(-1, 1, (3, 2, 2, 2))
    for objective in ("welfare", "egalitarian"):
        once = found_values(block_of(payoff), objective)
        for unit in (1e-6, 1e6):
            again = found_values(block_of(unit * payoff), objective)
            np.testing.assert_allclose(again / unit, once, rtol=0, atol=VALUE_TOL)
    moved = found_values(block_of(payoff + np.array([1e3, 0.0, -1e3]).reshape(3, 1, 1, 1)), "welfare")
    once = found_values(block_of(payoff), "welfare")
    np.testing.assert_allclose(moved - [1e3, 0, -1e3], once, rtol=0, atol=1e-9)
    # Each agent in a unit of its own: the same equilibria.
    units = np.array([1e-6, 1.0, 1e6])
    apart = found_values(block_of(payoff * units.reshape(3, 1, 1, 1)), "agent:2")
    assert apart[1] == pytest.approx(found_values(block_of(payoff), "agent:2")[1], abs=VALUE_TOL)


def test_the_order_of_agents_does_not_matter():
    for seed in range(4):
        payoff = np.random.default_rng(seed).uniform(-1, 1, (3, 2, 3, 2))
        once = found_values(block_of(payoff), "welfare")
        for order in permutations(range(3)):
            turned = payoff[list(order)].transpose(0, *(1 + i for i in order))
            again = found_values(block_of(turned), "welfare")
            np.testing.assert_allclose(again, once[list(order)], rtol=0, atol=1e-9)


# ---- refusals and limits -----------------------------------------------------------------------


def test_too_many_programs_are_told_with_the_bound(monkeypatch):
    """The game takes some dozens."""
    monkeypatch.setattr(box_search, "NODE_LIMIT", 3)
    with pytest.raises(UnsupportedError, match=r"after 3 programs: .*exceeds.*use 'ce'") as caught:
        best_nash(catalogue_block("nau-section-4"), parse_objective("welfare", AGENTS[:3]))
    best = section_4_values().sum()
    assert best <= caught.value.facts["bound"] <= 5.0  # no profile has more
    assert np.isnan(caught.value.facts["incumbent"]) or caught.value.facts["incumbent"] == pytest.approx(best)


@pytest.mark.parametrize("objective", ["welfare", "worst", "egalitarian"])
def test_a_deadline_is_told_with_the_bound(objective):
    block = block_of(posg.catalog("nau-section-4").reward[:, 0], clock.time() - 1.0)
    with pytest.raises(LimitError, match=r"time limit was met.*no equilibrium was found") as caught:
        best_nash(block, parse_objective(objective, AGENTS[:3]))
    assert caught.value.facts["limit"] == "time"
    best = SCORES[objective](section_4_values())
    assert best <= caught.value.facts["bound"] < np.inf


def test_whole_games_of_three_agents_are_certified():
    game = posg.catalog("access-channel", n_agents=3)
    for objective in ("agent:1", "worst", "egalitarian"):
        solution = posg.solve(game, 2, "full", "ne", objective)
        assert solution.certificate.status == "exact"
        assert solution.certificate.gap <= 1e-9
        assert solution.stats.methods["boxes"] > 0
