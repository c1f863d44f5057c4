"""Cooperative box pushing (Seuken and Zilberstein 2007), built from the rules of the warehouse.

The agents move along the lower row of a warehouse of four columns and two rows. The upper
row holds a small box at either end and one large box across the two columns between::

        column      1       2       3       4
                 +-------+---------------+-------+
      boxes      | small |     large     | small |
                 +-------+-------+-------+-------+
      agents     |   >   |       |       |   <   |
                 +-------+-------+-------+-------+

Pushing a box north brings it to the goal area and ends the round: whatever happens next,
everything is put back to the start shown above. Each agent sees only what is right in
front of it.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from lp_posg.checks import choice, finite_number, probability
from lp_posg.game import Game

COLUMNS = (1, 2, 3, 4)
DIRECTIONS = "NESW"
ACTIONS = ("turnLeft", "turnRight", "moveForward", "stay")
SIGHTS = ("emptyField", "wall", "otherAgent", "smallBox", "largeBox")
BOX_NORTH_OF = {1: "smallBox", 2: "largeBox", 3: "largeBox", 4: "smallBox"}
LEFT_DONE, RIGHT_DONE = "leftBoxAtGoal", "rightBoxAtGoal"
BOTH_DONE, LARGE_DONE = "bothSmallAtGoal", "largeBoxAtGoal"
ROUND_OVER = (LEFT_DONE, RIGHT_DONE, BOTH_DONE, LARGE_DONE)
START = "s1E4W"

Pose = tuple[int, str]
"""Column and direction of one agent."""
Poses = tuple[Pose, Pose]


def poses_label(poses: Poses) -> str:
    """Return the state's name, such as ``s1E4W``: agent 1 in column 1 looks east, agent 2 in 4 looks west."""
    (x1, d1), (x2, d2) = poses
    return f"s{x1}{d1}{x2}{d2}"


def in_front(me: Pose, other: Pose) -> str:
    """Return what an agent sees: the content of the field it looks at."""
    ahead = field_ahead(me)
    if me[1] == "N":
        return BOX_NORTH_OF[me[0]]
    if ahead not in COLUMNS:
        return "wall"
    return "otherAgent" if ahead == other[0] else "emptyField"


def field_ahead(me: Pose) -> int | None:
    """Return the column an agent would step into, perhaps outside; None when it looks north or south."""
    return {"E": me[0] + 1, "W": me[0] - 1}.get(me[1])


def turned(direction: str, action: str) -> str:
    """Return the direction after a turn that works."""
    step = {"turnLeft": -1, "turnRight": 1}.get(action, 0)
    return DIRECTIONS[(DIRECTIONS.index(direction) + step) % 4]


def outcome(poses: Poses, actions: tuple[str, str], works: tuple[bool, bool]) -> str:
    """Return the next state when each agent's action works or fails as given."""
    sights = in_front(poses[0], poses[1]), in_front(poses[1], poses[0])
    moves = [action == "moveForward" and ok for action, ok in zip(actions, works, strict=True)]
    pushed = [me[0] for me, sight, go in zip(poses, sights, moves, strict=True) if go and sight == "smallBox"]
    if pushed:
        return BOTH_DONE if len(pushed) == 2 else LEFT_DONE if pushed == [1] else RIGHT_DONE
    if all(moves) and sights == ("largeBox", "largeBox"):
        return LARGE_DONE
    columns = [me[0] for me in poses]
    for i, (me, sight, go) in enumerate(zip(poses, sights, moves, strict=True)):
        if go and sight == "emptyField":
            columns[i] = field_ahead(me) or me[0]
    if columns[0] == columns[1]:  # both wanted the same field: neither gets it
        columns = [me[0] for me in poses]
    directions = [turned(me[1], action) if ok else me[1] for me, action, ok in zip(poses, actions, works, strict=True)]
    return poses_label(((columns[0], directions[0]), (columns[1], directions[1])))


def build(
    success: float = 0.9,
    step_cost: float = 0.1,
    small_box: float = 10.0,
    large_box: float = 100.0,
    bump_cost: float = 5.0,
    as_distributed: bool = True,
) -> Game:
    """Return the box-pushing game.

    Parameters
    ----------
    success : float
        Probability that a turn or a step works, independently for each agent; else it changes nothing.
    step_cost : float
        Cost of a step for each of the two agents, in reward units.
    small_box, large_box : float
        Reward for pushing a small box, and for pushing the large one (which takes both agents).
    bump_cost : float
        Cost for walking into a wall or the other agent, for two agents that want the same
        field, or for pushing the large box alone.
    as_distributed : bool
        Keep the one entry of the distributed file that departs from the rules: both agents step
        forward in s2E4W, only the first succeeds, and the second is then turned south
        (s3E4S instead of s3E4W). False follows the rules throughout.

    Raises
    ------
    ModelError
        If a parameter is not a number in its range.

    Notes
    -----
    Rewards are those of what the agents try to do, whether or not it then works. In the
    rounds' last states nothing is earned and nothing is seen.
    """
    probability("success", success)
    numbers = {"step_cost": step_cost, "small_box": small_box, "large_box": large_box, "bump_cost": bump_cost}
    for name, value in numbers.items():
        finite_number(name, value)
    choice("as_distributed", as_distributed, (True, False))

    all_poses: list[Poses] = [
        ((x1, d1), (x2, d2))
        for x1, d1, x2, d2 in product(COLUMNS, DIRECTIONS, COLUMNS, DIRECTIONS)
        if x1 < x2  # nobody can pass, so agent 1 stays west of agent 2
    ]
    states = [*ROUND_OVER, *map(poses_label, all_poses)]
    number = {label: s for s, label in enumerate(states)}
    n_states = len(states)
    transition = np.zeros((n_states, 4, 4, n_states))
    observation = np.zeros((4, 4, n_states, 5, 5))
    reward = np.zeros((2, n_states, 4, 4))

    for label in ROUND_OVER:
        transition[number[label], :, :, number[START]] = 1.0
        observation[:, :, number[label], 0, 0] = 1.0
    for poses in all_poses:
        here = number[poses_label(poses)]
        sights = in_front(poses[0], poses[1]), in_front(poses[1], poses[0])
        observation[:, :, here, SIGHTS.index(sights[0]), SIGHTS.index(sights[1])] = 1.0
        for (i, a1), (j, a2) in product(enumerate(ACTIONS), repeat=2):
            earned = -2 * step_cost + earnings(poses, (a1, a2), small_box, large_box, bump_cost)
            reward[:, here, i, j] = earned
            for works in product((True, False), repeat=2):
                chance = np.prod([success if ok else 1 - success for ok in works])
                transition[here, i, j, number[outcome(poses, (a1, a2), works)]] += chance
    if as_distributed:
        both_forward = (number["s2E4W"], 2, 2)
        by_rule, listed = number["s3E4W"], number["s3E4S"]
        transition[(*both_forward, listed)] = transition[(*both_forward, by_rule)]
        transition[(*both_forward, by_rule)] = 0.0
    return Game(
        transition,
        observation,
        reward,
        np.eye(n_states)[number[START]],
        name="box-pushing",
        states=states,
        actions=[ACTIONS, ACTIONS],
        observations=[SIGHTS, SIGHTS],
    )


def earnings(poses: Poses, actions: tuple[str, str], small_box: float, large_box: float, bump_cost: float) -> float:
    """Return what the two agents' attempts earn together, without the cost of the step."""
    ahead = [
        in_front(me, other) if action == "moveForward" else None
        for me, other, action in zip(poses, poses[::-1], actions, strict=True)
    ]
    if ahead == ["largeBox", "largeBox"]:
        return large_box
    if ahead == ["emptyField", "emptyField"] and field_ahead(poses[0]) == field_ahead(poses[1]):
        return -2 * bump_cost
    worth = {"smallBox": small_box, "emptyField": 0.0, None: 0.0}
    return sum(worth.get(sight, -bump_cost) for sight in ahead)
