"""Game trees in which some payoffs are many orders of magnitude beyond the others, or all far from 0."""

import warnings
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LargeGapWarning
from lp_posg.planning.set_certificates import judged_histories, judged_tree
from lp_posg.trees.sequence import equilibrium

HEAD = 'EFG 2 R "t" { "A" "B" }\n'


def pennies(offset=Fraction(0)):
    """Matching pennies with 3, -1, -1, 1: equalising 3p - (1 - p) = -p + (1 - p) gives p = 1/3 and the value 1/3."""
    three, less, one = (f"{offset + x} {-(offset + x)}" for x in (3, -1, 1))
    return (
        f'p "" 1 1 "" {{"h" "t"}} 0\np "" 2 1 "" {{"h" "t"}} 0\nt "" 1 "" {{{three}}}\nt "" 2 "" {{{less}}}\n'
        f'p "" 2 1 0\nt "" 3 "" {{{less}}}\nt "" 4 "" {{{one}}}\n'
    )


def forbidden(size):
    """Before the pennies the first agent may take a huge loss instead, which changes no value."""
    return HEAD + f'p "" 1 9 "" {{"bad" "ok"}} 0\nt "" 9 "" {{-{size} {size}}}\n' + pennies()


def matrix_tree(rows):
    """The game of a matrix of the first agent's payoffs, the second moving without having seen the first's action."""
    actions = " ".join(f'"c{c}"' for c in range(len(rows[0])))
    text, place = f'p "" 1 1 "" {{{" ".join(f"{chr(34)}r{r}{chr(34)}" for r in range(len(rows)))}}} 0\n', 0
    for row in rows:
        text += f'p "" 2 1 "" {{{actions}}} 0\n'
        for payoff in row:
            place += 1
            text += f't "" {place} "" {{{payoff} {-payoff}}}\n'
    return HEAD + text


def solved(rows, right):
    """Return the solution of linear equations in fractions; None if they are singular."""
    table = [[Fraction(x) for x in row] + [Fraction(b)] for row, b in zip(rows, right, strict=True)]
    for i in range(len(table)):
        pivot = next((r for r in range(i, len(table)) if table[r][i]), None)
        if pivot is None:
            return None
        table[i], table[pivot] = table[pivot], table[i]
        table[i] = [x / table[i][i] for x in table[i]]
        for r in range(len(table)):
            if r != i:
                table[r] = [x - table[r][i] * y for x, y in zip(table[r], table[i], strict=True)]
    return [row[-1] for row in table]


def exact_value(rows):
    """The value of a matrix game in fractions: some square part has an equalising pair (Shapley and Snow 1952)."""
    for k in range(1, 1 + min(len(rows), len(rows[0]))):
        for own in combinations(range(len(rows)), k):
            for other in combinations(range(len(rows[0])), k):
                part = [[rows[r][c] for c in other] for r in own]
                ends = [[1] * k + [0]], [0] * k + [1]
                x = solved([[*column, -1] for column in zip(*part, strict=True)] + ends[0], ends[1])
                y = solved([[*row, -1] for row in part] + ends[0], ends[1])
                if x is None or y is None or min(x[:k] + y[:k]) < 0:
                    continue
                columns = [sum(p * rows[r][c] for p, r in zip(x, own, strict=False)) for c in range(len(rows[0]))]
                replies = [sum(p * row[c] for p, c in zip(y, other, strict=False)) for row in rows]
                if min(columns) >= x[k] == y[k] >= max(replies):
                    return x[k]
    raise AssertionError("every matrix game has such a part")


def load(tmp_path, text):
    path = tmp_path / "game.efg"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("size", ["1e6", "1e9", "1e10", "1e12", "1e15"])
def test_an_action_that_costs_any_amount_changes_nothing(tmp_path, size):
    path = load(tmp_path, forbidden(size))
    by_tree = posg.solve(posg.load(path), method="sequence-form")
    by_steps = posg.solve(posg.trees.to_game(posg.load(path)), 3, "none", method="sequence-form")
    for solution in (by_tree, by_steps):
        assert solution.values == pytest.approx([1 / 3, -1 / 3], abs=1e-9)
        assert solution.certificate.gap <= 1e-9


@pytest.mark.parametrize("offset", [10**6, 10**9, 10**12, 10**15])
def test_what_all_paths_pay_alike_hides_nothing(tmp_path, offset):
    path = load(tmp_path, HEAD + pennies(Fraction(offset)))
    by_tree = posg.solve(posg.load(path), method="sequence-form")
    by_steps = posg.solve(posg.trees.to_game(posg.load(path)), 2, "none", method="sequence-form")
    for solution in (by_tree, by_steps):
        assert solution.values[0] == pytest.approx(offset + 1 / 3, rel=1e-15)
        assert solution.certificate.gap <= 1e-9
    judged = (
        judged_tree(by_tree.game, by_tree.sets)[0],
        judged_histories(by_steps.game, by_steps.sharing, 2, by_steps.sets, by_steps.trees)[0],
    )
    for found in judged:
        assert abs(found.best - found.values).max() <= 1e-15 * offset
    assert by_tree.at("A", 0).actions["h"] == pytest.approx(1 / 3)


def test_payoffs_on_the_way_that_cancel_hide_nothing(tmp_path):
    """One agent's move brings 1e15 at once and takes it back at the ends."""
    big, back = 10**15, Fraction(-(10**15))
    ends = pennies(back).replace('p "" 1 1 "" {"h" "t"} 0', f'p "" 1 1 "" {{"h" "t"}} 8 "" {{{big} {-big}}}')
    solution = posg.solve(posg.load(load(tmp_path, HEAD + ends)), method="sequence-form")
    assert solution.values == pytest.approx([1 / 3, -1 / 3], abs=1e-9)
    assert solution.certificate.gap <= 1e-9


@pytest.mark.parametrize("power", [6, 9, 10, 11, 12])
def test_values_of_random_games_with_penalties_are_those_in_fractions(tmp_path, power):
    """Penalties for either agent anywhere: equilibria may mix with probabilities of 1 / M, and values be of size M."""
    rng = np.random.default_rng(power)
    for _ in range(25):
        shape = rng.integers(2, 4, 2)
        small, big = rng.integers(-5, 6, shape), rng.choice([-1, 1], shape) * 10**power
        rows = [[int(x) for x in row] for row in np.where(rng.random(shape) < 0.35, big, small)]
        truth = float(exact_value(rows))
        solution = posg.solve(posg.load(load(tmp_path, matrix_tree(rows))), method="sequence-form")
        # What M times the rounding of a probability of size 1 is.
        allowed = 1e-6 + 10.0**power * 1e-16 + 1e-9 * abs(truth)
        assert solution.values[0] == pytest.approx(truth, abs=allowed), rows
        assert solution.certificate.gap <= allowed, rows


def test_a_gap_that_is_large_beside_what_is_paid_is_not_passed_over(tmp_path, monkeypatch):
    """A gap of 4 is little beside 1e5, a share of all payoffs, but not beside the 3 that are paid: a wrong plan."""
    game = posg.load(load(tmp_path, forbidden("1e12")))

    right = equilibrium.equilibrium_plans
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        posg.solve(game)

    def heads(form, *_, **__):
        x, y = right(form, "test", None)
        x, y = (np.where(own > 0.99, 1.0, 0.0) for own in (x, y))
        x[form.trees[0].first[2]] = y[form.trees[1].first[1]] = 1.0  # both heads, which pays 3 and -3
        return x, y

    monkeypatch.setattr(equilibrium, "equilibrium_plans", heads)
    with pytest.warns(LargeGapWarning, match="'B' may gain 4 by deviating"):
        solution = posg.solve(game)
    assert solution.values.tolist() == [3.0, -3.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        posg.solve(game, tolerance=0.01)  # who asks for a large tolerance knows


def test_stakes_are_what_is_paid_on_the_way_or_a_quarter_of_what_could_be(tmp_path):
    solution = posg.solve(posg.load(load(tmp_path, forbidden("1e12"))), method="sequence-form")
    found, _ = judged_tree(solution.game, solution.sets)
    # First agent: p = 1/3 of heads, and so the second: |payoffs| average 3/9 + 1 * 8/9; the quarter is 1.
    assert found.stakes == pytest.approx([11 / 9, 11 / 9])
    assert solution.stakes == pytest.approx([11 / 9, 11 / 9])
