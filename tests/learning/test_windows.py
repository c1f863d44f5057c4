"""Windows, increments and private profiles against histories of labels; nearest windows against a plain search."""

from __future__ import annotations

import numpy as np
import pytest
from learning_oracles import Counted, decoded, histories, private_labels, random_episodes, remembered

from lp_posg.errors import SimulatorError, UnsupportedError
from lp_posg.game.protocols import AgentSizes
from lp_posg.information import sharing_structure
from lp_posg.learning.windows import WindowIndex, WindowTracker, frame_of, seen


class EveryOther:
    """Keeps a step's news private, and shares them at the next with that one's: increments of changing sizes."""

    name = "every-other"

    def increment(self, agent, private, action, observation):
        return (*private, action, observation) if private else ()

    def retain(self, agent, private, action, observation):
        return () if private else (action, observation)


SHARINGS = [*("full", "one-step-delay", "one-directional", "uncontrolled:2", "delay:2", "none"), EveryOther()]


@pytest.mark.parametrize("sharing", SHARINGS, ids=lambda own: getattr(own, "name", own))
@pytest.mark.parametrize("memory", [0, 1, 2, 3])
@pytest.mark.parametrize(("horizon", "first"), [(1, False), (1, True), (5, False), (5, True)])
def test_windows_profiles_and_actions_are_those_of_the_histories(sharing, memory, horizon, first):
    n_actions, n_observations = (2, 3), (3, 2)
    structure = sharing_structure(sharing, 2)
    frame = frame_of(AgentSizes(n_actions, n_observations, first), structure, horizon, memory)
    episodes = random_episodes(memory, 40, horizon, n_actions, n_observations, first)
    found, told = seen(frame, episodes), histories(structure, episodes, memory)
    assert found.window.shape == found.profile.shape == found.action.shape == (40, horizon)
    assert found.observation.shape == (40, horizon - 1)
    for e, run in enumerate(told):
        for time, (window, private) in enumerate(run):
            assert decoded(frame, time, found.window[e, time]) == window
            assert private_labels(frame, time, found.profile[e, time]) == private
            a, b = episodes.actions[e, time]
            assert found.action[e, time] == 3 * a + b  # last agent fastest
            if time + 1 < horizon:
                a, b = episodes.observations[e, time]
                assert found.observation[e, time] == 2 * a + b


def test_equal_windows_have_equal_codes_and_no_others():
    structure = sharing_structure("one-step-delay", 2)
    frame = frame_of(AgentSizes((2, 2), (2, 2)), structure, 4, 2)
    episodes = random_episodes(0, 400, 4, (2, 2), (2, 2), False)
    found, told = seen(frame, episodes), histories(structure, episodes, 2)
    for time in range(4):
        pairs = {(int(found.window[e, time]), told[e][time][0]) for e in range(400)}
        assert len(pairs) == len({code for code, _ in pairs}) == len({window for _, window in pairs}) > (time == 2) * 50


def test_the_window_of_a_shorter_memory_is_a_remainder():
    structure = sharing_structure("full", 2)
    sizes = AgentSizes((2, 2), (2, 2), True)
    episodes = random_episodes(3, 50, 5, (2, 2), (2, 2), True)
    long, short = (seen(frame_of(sizes, structure, 5, memory), episodes).window for memory in (3, 1))
    np.testing.assert_array_equal(long[:, 4] % 16, short[:, 4])


def test_the_newest_increment_of_a_tracker_is_the_last_label():
    structure = sharing_structure("one-directional", 2)
    frame = frame_of(AgentSizes((2, 2), (2, 3), True), structure, 4, 2)
    episodes = random_episodes(1, 30, 4, (2, 2), (2, 3), True)
    tracker = WindowTracker(frame, 30, episodes.first)
    told = histories(structure, episodes, 9)
    for time in range(4):
        for e in range(30):
            assert frame.tables[time].increment_label(int(tracker.increment[e])) == told[e][time][0][-1]
        if time < 3:
            tracker.observe(episodes.actions[:, time], episodes.observations[:, time])


@pytest.mark.parametrize(("memory", "length"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_a_window_that_was_never_seen_goes_to_the_nearest(memory, length):
    # Few episodes of many windows: most are unseen. The oracle searches runs of labels, longest first.
    structure = sharing_structure("full", 2)
    horizon, sizes = 5, AgentSizes((2, 2), (2, 2))
    frame = frame_of(sizes, structure, horizon, memory)
    few = random_episodes(5, 25, horizon, (2, 2), (2, 2), False)
    others = random_episodes(6, 60, horizon, (2, 2), (2, 2), False)
    counted, told = Counted(structure, few, memory), histories(structure, others, memory)
    known, asked = seen(frame, few), seen(frame, others)
    unseen = 0
    for time in range(horizon):
        index = WindowIndex(known.window[:, time], few.weight, frame.radices(time))
        assert len(frame.radices(time)) == (time + 1 if time <= memory else length)
        state = index.find(asked.window[:, time])
        for e in range(60):
            window = told[e][time][0]
            unseen += window not in counted.windows[time]
            assert decoded(frame, time, index.codes[state[e]]) == counted.nearest(time, window)
        weights = [counted.windows[time][decoded(frame, time, code)] for code in index.codes]
        np.testing.assert_allclose(index.counts, weights, rtol=1e-12)
    assert unseen > 20 or memory < 2


def test_group_names_the_newest_run():
    radices = (3, 2, 4)
    index = WindowIndex(np.arange(24), np.ones(24), radices)
    np.testing.assert_array_equal(index.group(0, radices), 0)
    np.testing.assert_array_equal(index.group(1, radices), np.arange(24) % 4)
    np.testing.assert_array_equal(index.group(2, radices), np.arange(24) % 8)


def test_remembering_as_documented():
    history = ("start", "a", "b", "c")
    assert [remembered(history[: t + 1], t, 2) for t in range(4)] == [
        ("start",),
        ("start", "a"),
        ("start", "a", "b"),
        ("b", "c"),
    ]


def test_more_windows_than_codes_are_refused_with_the_step():
    with pytest.raises(UnsupportedError, match=r"memory 30 .* at step \d+"):
        frame_of(AgentSizes((4, 4), (4, 4)), sharing_structure("full", 2), 31, 30)


def test_more_private_profiles_than_can_be_counted_are_refused():
    with pytest.raises(UnsupportedError, match=r"'none' leaves more than 1e.12 profiles .* at step 4; share more"):
        frame_of(AgentSizes((4,) * 4, (4,) * 4), sharing_structure("none", 4), 5, 0)


@pytest.mark.parametrize("bad", [-1, 2])
@pytest.mark.parametrize("what", ["first", "actions", "observations"])
def test_what_is_out_of_range_is_refused_and_not_wrapped(what, bad):
    frame = frame_of(AgentSizes((2, 2), (2, 2), True), sharing_structure("full", 2), 2, 1)
    good = np.zeros((3, 2), dtype=np.int64)
    given = {name: good.copy() for name in ("first", "actions", "observations")}
    given[what][1, 0] = bad
    with pytest.raises(SimulatorError, match=f"{bad} for agent 1 in run 2"):
        WindowTracker(frame, 3, given["first"]).observe(given["actions"], given["observations"])
