"""What only .posg files have: rewards per agent, quoted names, initial observations, steps."""

import numpy as np
import pytest

from lp_posg.errors import FormatError

FLAT = np.full((2, 2), 0.5)


@pytest.fixture
def load_posg(load_body):
    return lambda body: load_body(body, "fence.posg")


def test_plain_files_mean_the_same(load_body):
    body = "R: jam * : north : * : * : 4\nT: 0 : 0 : 0.5 0.5\n"
    assert load_body(body, "fence.posg") == load_body(body, "fence.dpomdp")


# ---- rewards of one agent ------------------------------------------------------------------------


def test_reward_of_one_agent(load_posg):
    game = load_posg(
        "R: * : * : * : * : 1\nR[agent2]: jam go : north : * : * : 5\nR[0]: jam go : north : * : * : -5\n"
        "R [ 1 ] : 0 : south : * : * : 7\nR: 3 : * : * : * : 9\nR[*]: 1 : * : * : * : 8\n"
    )
    # Columns: joint actions 00, 01, 10, 11.
    np.testing.assert_array_equal(game.reward[0].reshape(2, 4), [[1, 8, -5, 9], [1, 8, 1, 9]])
    np.testing.assert_array_equal(game.reward[1].reshape(2, 4), [[1, 8, 5, 9], [7, 8, 1, 9]])
    assert not game.is_common_reward


def test_reward_of_one_agent_over_next_states_and_observations(load_posg):
    game = load_posg(
        "T: 0 : 0 : 0.25 0.75\nR: 0 : 0 : north : * : 4\nR[1]: 0 : 0 : north : 8 0 0 0\nR[0]: 0 : 0 : * : * : 3"
    )
    assert game.reward[:, 0, 0, 0].tolist() == [3.0, 0.5]  # agent 2: 0.25 * 0.25 * 8


def test_cost_negates_every_agents_reward(load_text, header, laws):
    text = header.replace("reward", "cost") + laws + "R[1]: * : * : * : * : 2"
    game = load_text(text, "fence.posg")
    assert (game.reward[0] == 0).all()
    assert (game.reward[1] == -2).all()


# ---- quoted names --------------------------------------------------------------------------------

QUOTED = r"""agents: "guard one" "R[1]:"
discount: 1
values: reward
states: "3" "a#b" "*" "say \"hi\"\\\n\u00e9" uni
start: "*"   # not a wildcard
actions:
"open left":"uniform"
2
observations:
"0" "1" # "two"
1
T: * : identity
T: "uniform" 1 : "3" : "a#b" : 1
T: "uniform" 1 : "3" : "3" : 0
T: * * : "*" : uniform
O:"open left"*:*:"1" 0:1
O: "uniform" * : * : 0 0 : 1
R["guard one"]: "open left" "0" : 3 : * : * : 6
R["R[1]:"]: * * : "3" : * : * : 7
"""


def test_quoted_names(load_text):
    game = load_text(QUOTED.replace('"open left":"uniform"', '"open left""uniform"'), "q.posg")
    assert game.agents == ("guard one", "R[1]:")
    assert game.states == ("3", "a#b", "*", 'say "hi"\\\né', "uni")
    assert game.actions == (("open left", "uniform"), ("0", "1"))
    assert game.initial.tolist() == [0, 0, 1, 0, 0]
    assert game.transition[0, 1, 1].tolist() == [0, 1, 0, 0, 0]
    assert game.transition[2, 0, 0].tolist() == [0.2] * 5
    assert game.transition[1, 0, 0].tolist() == [0, 1, 0, 0, 0]
    assert game.observation[0, 0, 0, :, 0].tolist() == [0, 1]  # "1" is a name here: index 1
    assert game.observation[1, 0, 0, :, 0].tolist() == [1, 0]
    assert game.reward[0, 3, 0, 0] == 6  # unquoted 3 is an index
    assert (game.reward[1, 0] == 7).all()  # quoted "3" is the state of index 0


def test_a_quoted_colon_list_is_refused(load_text):
    with pytest.raises(FormatError, match=r"q\.posg:7: found 'open left'"):
        load_text(QUOTED, "q.posg")


def test_quoted_tokens_are_never_keywords(load_text, header):
    with pytest.raises(FormatError, match=r"fence\.posg:12: found 'uniform'"):
        load_text(header + 'T: * : "uniform"', "fence.posg")
    with pytest.raises(FormatError, match=r"fence\.posg:12: found '\*', expected an action of 'agent1'"):
        load_text(header + 'T: "*" 0 : uniform', "fence.posg")


# ---- initial observation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "start-observation: north : loud dark : 0.25\nstart-observation: north : 1 : 0.75\n"
        "start-observation: south : * : 0.25",
        "start-observation: * : uniform\nstart-observation: 0 : 0 0.75 0.25 0",
        "start-observation: uniform\nstart-observation: north\n0 .75 .25 0",
        "start-observation:\n0 0.75 0.25 0\n0.25 0.25 0.25 0.25",
        "start-observation: * : * * : 0.25\nstart-observation: 0 : * dark : 0\nstart-observation: 0 : 3 : 0\n"
        "start-observation: 0 : 0 1 : 0.75\nstart-observation: 0 : 2 : 0.25",
    ],
)
def test_initial_observation(load_posg, text):
    game = load_posg(text)
    expected = [[[0, 0.75], [0.25, 0]], [[0.25, 0.25], [0.25, 0.25]]]
    np.testing.assert_array_equal(game.initial_observation, expected)


def test_no_initial_observation_unless_given(load_posg):
    assert load_posg("").initial_observation is None


# ---- steps -------------------------------------------------------------------------------------------


def timed(header, steps, body):
    return f"horizon: {steps}\n{header}T: * : identity\nO: * : uniform\n{body}"


def test_transition_by_step(load_text, header):
    game = load_text(timed(header, 3, "T@2: jam * : uniform\nT: jam go : north : 0 1\n"), "fence.posg")
    assert game.max_horizon == 3
    assert game.transition.shape == (3, 2, 2, 2, 2)
    assert game.observation.ndim == 5
    assert game.reward.ndim == 4
    for h, row in enumerate([[0, 1], [0.5, 0.5], [0, 1]]):
        assert game.transition[h, 1, 1, 1].tolist() == row
    # the line without a step came last and holds at each step
    assert game.transition[:, 0, 1, 0].tolist() == [[0, 1]] * 3


def test_observation_by_step(load_text, header):
    game = load_text(
        timed(header, 3, "O@1: * : * : 0 : 1\nO@1: * : north : 0 0 1 0\nO@1: * : 1 : uniform"), "fence.posg"
    )
    assert game.observation.shape == (2, 2, 2, 2, 2, 2)
    assert game.observation[0, 0, 0, 0].ravel().tolist() == [0, 0, 1, 0]
    assert game.observation[1, 0, 0, 0].ravel().tolist() == [0.25] * 4


def test_reward_by_step_and_agent(load_text, header):
    game = load_text(
        timed(header, 2, "R: 0 : 0 : * : * : 1\nR@2: 0 : 0 : * : * : 2\nR@2[1]: 0 : 0 : * : * : 3\n"), "fence.posg"
    )
    assert game.reward[:, :, 0, 0, 0].tolist() == [[1, 1], [2, 3]]


def test_expected_reward_follows_the_law_of_its_step(load_text, header):
    game = load_text(timed(header, 2, "R: 0 : 0 : south : * : 4\nT@2: 0 : 0 : uniform"), "fence.posg")
    assert game.reward[:, 0, 0, 0, 0].tolist() == [0, 2]


def test_a_horizon_is_kept_when_nothing_varies(load_text, header):
    game = load_text(timed(header, 4, "R: 0 : 0 : * : * : 1"), "fence.posg")
    assert game.max_horizon == 4
    assert game.reward[:, 0, 0, 0, 0].tolist() == [1] * 4


def test_no_reward_of_an_observation_that_no_step_has(load_text, header):
    body = "O@1: * : uniform\nR: 0 : 0 : * : 0 : 1\n"
    with pytest.raises(FormatError, match=r"fence\.posg:16: found a reward at step 3 that names an observation"):
        load_text(timed(header, 3, body), "fence.posg")
    # overwritten at the last step, it is fine
    game = load_text(timed(header, 3, body + "R@3: 0 : 0 : * : * : 7"), "fence.posg")
    assert game.reward[:, 0, 0, 0, 0].tolist() == [0.25, 0.25, 7]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("horizon: 3", "the keyword 'horizon:'"),
        ("start-observation: * : uniform", "the keyword 'start-observation:'"),
        ("R[0]: * : * : * : * : 1", r"'R\[0\]'"),
        ("T@1: * : uniform", "'T@1'"),
        ("R@1[0]: * : * : * : * : 1", r"'R@1\[0\]'"),
    ],
)
def test_dpomdp_files_have_no_extensions(load_body, line, found):
    with pytest.raises(FormatError, match=rf"^fence\.dpomdp:14: found {found}.*the \.posg format has this"):
        load_body(line)
