"""Rewards that name few axes: a rule costs what it names, and the last one that speaks of a cell wins."""

from __future__ import annotations

import random

import numpy as np
import pytest
from fire_fighting import fire_text, states_of

from lp_posg.errors import FormatError
from lp_posg.formats import load
from lp_posg.formats.madp import reward_rules
from lp_posg.formats.madp.madp_files import _read
from lp_posg.formats.source import Source

SIZES = {"a": (2, 3), "s": 3, "o": (2, 2)}


def law(rng, size):
    """Return a law over so many outcomes, about half of them impossible."""
    weights = rng.random(size) * (rng.random(size) < 0.5)
    weights[rng.integers(size)] += 0.1
    return weights / weights.sum()


def random_file(seed):
    """Return the text of a game of wild rewards, and its expected rewards by going through all cells."""
    pick, rng = random.Random(seed), np.random.default_rng(seed)
    n_s, n_a, n_o = 3, 6, 4
    moves = np.array([[law(rng, n_s) for _ in range(n_a)] for _ in range(n_s)])
    seen = np.array([[law(rng, n_o) for _ in range(n_s)] for _ in range(n_a)])
    lines = ["agents: 2", "discount: 1.0", "values: reward", f"states: {n_s}", "start: uniform", "actions:\n2\n3"]
    lines += ["observations:\n2\n2"]
    lines += [f"T: {a} : {s} :\n" + " ".join(map(repr, moves[s, a].tolist())) for s in range(n_s) for a in range(n_a)]
    lines += [f"O: {a} : {t} :\n" + " ".join(map(repr, seen[a, t].tolist())) for a in range(n_a) for t in range(n_s)]
    table = np.zeros((2, 3, n_s, n_s, 2, 2))
    for _ in range(pick.choice([3, 8, 20])):
        wild = [pick.random() < 0.5 for _ in range(6)]
        index = [
            slice(None) if is_wild else pick.randrange(size) for is_wild, size in zip(wild, table.shape, strict=True)
        ]
        words = ["*" if is_wild else str(k) for is_wild, k in zip(wild, index, strict=True)]
        action = "*" if words[:2] == ["*", "*"] and pick.random() < 0.5 else " ".join(words[:2])
        head = f"R: {action} : {words[2]}"
        form = pick.choice(["entry", "entry", "entry", "row", "matrix"])
        if form == "entry":
            value = pick.choice([0, 1, -2, 7])
            table[tuple(index)] = value
            lines.append(f"{head} : {words[3]} : {' '.join(words[4:])} : {value}")
        elif form == "row":
            values = rng.integers(-3, 4, (2, 2))
            table[tuple(index[:4])] = values
            lines.append(f"{head} : {words[3]} :\n" + " ".join(map(str, values.ravel())))
        else:
            values = rng.integers(-3, 4, (n_s, 2, 2))
            table[tuple(index[:3])] = values
            lines.append(f"{head} :\n" + "\n".join(" ".join(map(str, row)) for row in values.reshape(n_s, n_o)))
    cells = table.reshape(n_a, n_s, n_s, n_o)
    return "\n".join(lines) + "\n", np.einsum("sat,ato,asto->sa", moves, seen, cells)


def test_random_rules_against_all_cells(tmp_path):
    for seed in range(150):
        text, expected = random_file(seed)
        (tmp_path / "wild.dpomdp").write_text(text)
        found = load(tmp_path / "wild.dpomdp").reward_array(0)
        np.testing.assert_allclose(found, np.stack([expected] * 2), rtol=0, atol=1e-12, err_msg=text)


def test_small_parts_make_no_difference(tmp_path, monkeypatch):
    monkeypatch.setattr(reward_rules, "_CHUNK", 5)
    test_random_rules_against_all_cells(tmp_path)


@pytest.mark.parametrize("rule", ["* : * : {t} : *", "* : * : {t} : 3 *", "1 * : * : {t} : *", "* : {t} : * : *"])
def test_a_wild_rule_is_one_entry(tmp_path, rule):
    """2,000 next states: each line would stand for 18,000 cells times 16 observations."""
    n = 2000
    header = f"agents: 2\ndiscount: 1\nvalues: reward\nstates: {n}\nstart: uniform\nactions:\n3\n3\n"
    header += "observations:\n4\n4\nT: * :\nidentity\nO: * : * : 0 : 1\n"
    rewards = "".join(f"R: {rule.format(t=t)} : {-(t % 7)}\n" for t in range(n))
    path = tmp_path / "wild.dpomdp"
    path.write_text(header + rewards)
    _, body = _read(Source(path, extended=False))
    stored = sum(log.n_stored for log in body.gains[0][0]._logs.values())
    assert stored == n * {"* : * : {t} : 3 *": 4, "1 * : * : {t} : *": 3}.get(rule, 1)
    reward = load(path).reward_array(0)
    expected = -(np.arange(n) % 7.0)[:, None] * np.ones(9)
    if "3 *" in rule:
        expected[:] = 0  # observation 3 of agent 1 has no chance
    if rule.startswith("1"):
        expected[:, [0, 1, 2, 6, 7, 8]] = 0
    assert np.array_equal(reward[0], expected)


@pytest.mark.parametrize(
    "rule", ["R: * : {s} : {t} : * : {x}", "R: * : * : {t} : * : {x}", "R: * : {s} : {t} : 0 * : {x}"]
)
@pytest.mark.parametrize("n_houses", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_fire_fighting(tmp_path, rule, n_houses):
    """With three houses a file of 432 states and 6 MB, one line for each pair of states."""
    path = tmp_path / "fireFighting.dpomdp"
    path.write_text(fire_text(n_houses, rule))
    game = load(path)
    states = states_of(n_houses)
    assert (game.n_states, game.n_joint_actions) == (len(states), n_houses**2)
    reward = game.reward_array(0)[0]
    # All houses burn at level 2 and both agents go to house 1, which is put out; the others stay as they are.
    all_burn = states.index(((2,) * n_houses, (0, 0)))
    share = 0.2 if " 0 * " in rule else 1.0
    assert reward[all_burn, 0] == pytest.approx(-2 * (n_houses - 1) * share, abs=1e-12)
    # Nothing burns: nothing will.
    assert not reward[states.index(((0,) * n_houses, (0, 0)))].any()


def test_what_would_take_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reward_rules, "MAX_CHANCES", 50)
    text, _ = random_file(3)
    path = tmp_path / "wild.dpomdp"
    path.write_text(text + "R: * : * : * : 1 * : 1\n")
    with pytest.raises(FormatError, match=r"wild.dpomdp:\d+: rewards that name an observation concern over 50 cells"):
        load(path)
