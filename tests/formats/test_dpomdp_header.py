"""The header of .dpomdp files: every form, against values written out by hand."""

import numpy as np
import pytest

REST = "T: * : uniform\nO: * : uniform\nR: * : * : * : * : 1\n"


def file_with(
    agents="agents: 2",
    states="states: 3",
    start="start: uniform",
    actions="actions:\n2\n1",
    observations="observations:\n1\n2",
    values="values: reward",
    discount="discount: 1",
):
    return "\n".join([agents, discount, values, states, start, actions, observations, REST])


def test_numbers_stand_for_default_names(load_text):
    game = load_text(file_with())
    assert game.agents == ("agent1", "agent2")
    assert game.states == ("0", "1", "2")
    assert game.actions == (("0", "1"), ("0",))
    assert game.observations == (("0",), ("0", "1"))
    assert game.name == "fence"


def test_names_are_kept(load_text):
    text = file_with(
        agents="agents: guard thief-2",
        states="states: a b_1\n  c.d",
        actions="actions:\nrun\nhide x",
        observations="observations: see # on the keyword's line\n hear no-thing",
    )
    game = load_text(text)
    assert game.agents == ("guard", "thief-2")
    assert game.states == ("a", "b_1", "c.d")
    assert game.actions == (("run",), ("hide", "x"))
    assert game.observations == (("see",), ("hear", "no-thing"))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("start: uniform", [1 / 3, 1 / 3, 1 / 3]),
        ("start:\nuniform", [1 / 3, 1 / 3, 1 / 3]),
        ("start: 0.25 0.75 0", [0.25, 0.75, 0]),
        ("start:\n0.25\n.75 0e0", [0.25, 0.75, 0]),
        ("start: 0 0 1", [0, 0, 1]),
        ("start: 2", [0, 0, 1]),
        ("start: b", [0, 1, 0]),
        ("start:\n b", [0, 1, 0]),
        ("start include: a c", [0.5, 0, 0.5]),
        ("start  include : 0\n 1", [0.5, 0.5, 0]),
        ("start exclude: b", [0.5, 0, 0.5]),
        ("start exclude:\n0 b", [0, 0, 1]),
    ],
)
def test_start(load_text, start, expected):
    game = load_text(file_with(states="states: a b c", start=start))
    np.testing.assert_allclose(game.initial, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("start", ["1", "1.0", "0", "only"])
def test_start_in_the_only_state(load_text, start):
    # One state: "1" can only be the probability, "0" only the index.
    game = load_text(file_with(states="states: only", start=f"start: {start}"))
    assert game.initial.tolist() == [1.0]


def test_cost_negates_rewards(load_text):
    assert (load_text(file_with(values="values: cost")).reward == -1).all()
    assert (load_text(file_with(values="values: reward")).reward == 1).all()


def test_discount(load_text):
    assert load_text(file_with(discount="discount: 9e-1")).discount == pytest.approx(0.9, abs=0)


def test_any_order_of_headers(load_text):
    lines = "observations:\n1\n2\nactions:\n2\n1\nstart: 0\nstates: 3\nvalues: reward\ndiscount: 1\nagents: 2\n"
    game = load_text(lines + REST)
    assert game.n_actions == (2, 1)
    assert game.n_observations == (1, 2)
    assert game.initial.tolist() == [1, 0, 0]


def test_one_agent_is_a_pomdp(load_text):
    game = load_text(file_with(agents="agents: 1", actions="actions: left right", observations="observations: 2"))
    assert game.actions == (("left", "right"),)
    assert game.transition.shape == (3, 2, 3)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_tabs_comments_and_byte_order_mark(load_text, end):
    plain = file_with()
    odd = "# first\n" + plain.replace(" ", "\t").replace("\n", "# 'a \"comment\n\n")
    assert load_text(b"\xef\xbb\xbf" + odd.replace("\n", end).encode()) == load_text(plain)


def test_space_round_colons_does_not_matter(load_text):
    text = file_with()
    assert load_text(text.replace(": ", ":").replace(" :", ":")) == load_text(text.replace(":", "  :  "))
