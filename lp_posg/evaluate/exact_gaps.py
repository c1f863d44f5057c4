"""The exact certificate: how much any agent could gain by deviating, computed in the original game.

Nothing here imports or uses anything of the linear programs. The strategy is run against the
exact beliefs anew (pairs of exact belief and strategy state), and two dynamic programs go backward:
V, the value of following, and W, the value of the best deviation the concept allows, which may
follow wherever that is better. Under strategy independence a best deviation at a step depends on
the common and the agent's private information only (plus its recommendation for CE, its prescription
for strategic form CE), so W - V at the start is the exact gap. What an agent heard at earlier steps adds
nothing: given the common information, the law of the state and of private information is the same
whatever prescriptions led there, and those of this step are drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from lp_posg.checks import called
from lp_posg.errors import ModelError
from lp_posg.evaluate.best_deviations import Gain, StepView
from lp_posg.evaluate.certificate import Certificate, Deviation, Status
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.strategy_cells import atoms_heard, cell_actions
from lp_posg.game import Game, allowed_gaps, takes
from lp_posg.information import Policy, SharingStructure, StateSpace, reachable_states
from lp_posg.information.describe import history_text, prescription_text, private_text
from lp_posg.information.levels import ranges_of
from lp_posg.information.resources import Resources
from lp_posg.types import FloatArray

RANGE_ENTRIES = 200_000
"""Most numbers (cell, joint action) of an agent worked on at a time."""


@takes
def certify(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    deviations: str | Kind,
    *,
    space: StateSpace | None = None,
    resources: Resources | None = None,
    on_depth: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Return the certificate of a strategy in a game.

    Parameters
    ----------
    game : Game
        Its discount counts.
    structure : SharingStructure
        The one the strategy was computed for.
    policy : Policy
    deviations : str or Kind
        A kind of deviation, or its name in ``KINDS``.
    space : StateSpace, optional
        The pairs, if they are known from `pairs_of`, or from another strategy over the same states. That the
        strategy leads from each to its successors is checked.
    resources : Resources, optional
        Limits and workers.
    on_depth : callable, optional
        Called with (depths done, their total), forward and backward.

    Raises
    ------
    ModelError
        If the strategy does not fit the game (sizes, increments or private information).
    StrategyDependenceError
        If the sharing is not strategy-independent in this game.

    Notes
    -----
    Time grows as the number of (belief cell, joint action) pairs times the number of agents; for a
    team also with the number of joint prescriptions of all agents but one.
    """
    kind = kind_named(deviations)
    check_draws(policy, kind)
    use = resources or Resources()
    policy.check(game.n_actions)
    report = on_depth or (lambda done, total: None)
    steps = policy.horizon
    pairs = space or pairs_of(game, structure, policy, use, on_depth=lambda time, _: report(time + 1, 2 * steps))
    if space is not None:
        check_pairs(policy, pairs)
    programs = Programs(game, policy, pairs, kind, use)
    node_values = [np.full((step.n_nodes, game.n_agents), np.nan) for step in policy.steps]
    for time in reversed(range(policy.horizon)):
        node_values[time][pairs.depths[time].tag] = programs.step(time)
        report(2 * steps - time, 2 * steps)
    values = pairs.first_prob @ programs.follow[0]
    gains = pairs.first_prob @ programs.best[0] - values
    if kind.together:
        # The team's payoff is the common reward, or else the sum of the rewards.
        gains = np.full(game.n_agents, float(gains.mean()) * programs.scale)
    gaps = np.maximum(gains, 0.0)
    # A bound proves no deviation that really gains.
    deviation = None if programs.bounded else programs.deviation(gaps)
    status: Status = "bounded" if programs.bounded else "exact"
    error = _merge_error(game, pairs) * programs.scale
    return Certificate(status, kind, gaps, values, deviation, error, pairs.n_states, tuple(node_values))


def check_draws(policy: Policy, kind: Kind) -> None:
    """Raise ModelError if a strategy draws together the prescriptions that a kind needs drawn independently."""
    for time, step in enumerate(policy.steps):
        if kind.independent and any(len(block.atom_prob) != len(block.nodes) for block in step.blocks):
            raise ModelError(
                f"the strategy correlates the agents' prescriptions at step {time + 1}, so it cannot be a Nash"
                " equilibrium; certify it as 'ce', 'interim-cce' or 'cce'"
            )


def check_pairs(policy: Policy, pairs: StateSpace) -> None:
    """Raise ModelError unless a strategy leads from pair to pair as the pairs say."""
    right = len(pairs.depths) == policy.horizon
    nowhere = np.full(len(pairs.start.child), -1, dtype=np.int64)
    moves = [(-1, nowhere, pairs.start)]
    moves += [(time, depth.tag, depth.arcs) for time, depth in enumerate(pairs.depths) if depth.arcs is not None]
    for time, tag, arcs in moves if right else ():
        before = nowhere if time < 0 else tag[arcs.parent]
        right = right and np.array_equal(
            policy.follow(time, before, arcs.increment), pairs.depths[time + 1].tag[arcs.child]
        )
    if not right:
        raise ModelError("the pairs of belief and state are not those of the strategy; leave them out")


@takes
def pairs_of(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    resources: Resources | None = None,
    on_depth: Callable[[int, int], None] | None = None,
) -> StateSpace:
    """Return the pairs of exact belief and strategy state that can occur, depth by depth.

    Parameters
    ----------
    game, structure, policy, resources
        As in `certify`.
    on_depth : callable, optional
        As in `reachable_states`.

    Raises
    ------
    ModelError
        If the strategy does not know an increment that the game makes possible.
    StrategyDependenceError
        If the sharing is not strategy-independent in this game.
    """
    return reachable_states(
        game, structure, policy.horizon, follow=policy.follow, resources=resources, on_depth=on_depth
    )


def best_of(kind: Kind, view: StepView) -> tuple[FloatArray, Gain]:
    """Return what the one-step program of a kind returns, checked: it may be a user's."""
    what, shape = f"kind of deviation {kind.name!r}: best", (view.level.n_nodes, view.n_agents)
    found = called(what, kind.best, view)
    is_pair = isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], Gain)
    if not is_pair or np.shape(found[0]) != shape or np.shape(found[1].amount) != shape[::-1]:
        raise ModelError(
            f"{what} returned {type(found).__name__}, expected the values, shape {shape}, and a Gain with an amount of"
            f" shape {shape[::-1]}"
        )
    return found


class Programs:
    """The two dynamic programs backward: following, and the best deviation, depth by depth.

    Each depth is worked through in ranges of states of fixed size, which bounds the memory and can
    be shared out; no sum crosses a range, so the answer does not depend on them.
    """

    def __init__(self, game: Game, policy: Policy, pairs: StateSpace, kind: Kind, resources: Resources) -> None:
        self.game, self.policy, self.pairs, self.kind, self.resources = game, policy, pairs, kind, resources
        none = np.empty((0, game.n_agents))
        self.follow: list[FloatArray] = [none] * (policy.horizon + 1)
        self.best: list[FloatArray] = [none] * (policy.horizon + 1)
        self.amount: list[FloatArray] = [none] * policy.horizon
        self.bounded = False

    @property
    def scale(self) -> int:
        """How often an agent's gain counts; a team's is that of all, each with the mean reward."""
        return self.game.n_agents if self.kind.together and not self.game.is_common_reward else 1

    def step(self, time: int) -> FloatArray:
        """Work out one depth; return the values of following, shape (N, n)."""
        level = self.pairs.depths[time].level
        states = self.pairs.sizes
        self.resources.check_memory("certify", time, states, 0.0)
        ranges, parts = ranges_of(level.cells_per_node * self.game.n_joint_actions, RANGE_ENTRIES), []
        for part in self.resources.run_local(partial(self._part, time), ranges):
            self.resources.check_clock("certify", time, states)
            parts.append(part)
        follow, best, gains = zip(*parts, strict=True)
        self.follow[time], self.best[time] = np.concatenate(follow), np.concatenate(best)
        self.amount[time] = np.concatenate([gain.amount for gain in gains], axis=1)
        self.bounded |= any(gain.bounded for gain in gains)
        return self.follow[time]

    def _part(self, time: int, nodes: slice) -> tuple[FloatArray, FloatArray, Gain]:
        view = self.view(time, nodes)
        best, gain = best_of(self.kind, view)
        return view.values_following(), best, Gain(gain.amount, bounded=gain.bounded)

    def view(self, time: int, nodes: slice) -> StepView:
        """Return one range of states as the deviation programs see it."""
        game, depth = self.game, self.pairs.depths[time]
        level, cells = depth.level.part(nodes), depth.level.cells_of(nodes)
        reward = game.reward_array(time)
        now = np.stack([level.belief @ reward[i] for i in range(game.n_agents)])
        later_follow = later_best = np.zeros_like(now)
        if depth.edges is not None:
            edges = depth.edges[cells.start * game.n_joint_actions : cells.stop * game.n_joint_actions]
            ahead = edges @ np.concatenate([self.follow[time + 1], self.best[time + 1]], axis=1) * game.discount
            ahead = ahead.reshape(level.n_cells, game.n_joint_actions, 2 * game.n_agents).transpose(2, 0, 1)
            later_follow, later_best = ahead[: game.n_agents], ahead[game.n_agents :]
        step, tag = self.policy.steps[time], depth.tag[nodes]
        chosen = cell_actions(game, step, tag, level)
        heard = atoms_heard(step, tag, level) if self.kind.hears_prescription else ()
        return StepView(level, game.n_actions, chosen, now + later_follow, now + later_best, heard)

    def deviation(self, gaps: FloatArray) -> Deviation | None:
        """Return the deviation of the agent who gains most, where its gain times the chance to get there is largest.

        The chance is that of following until then: if an agent gains at all, it gains at such a place.
        """
        agent = int(gaps.argmax())
        # What rounding gains is no deviation.
        if gaps[agent] <= allowed_gaps(self.game, 0.0, self.kind.together)[agent]:
            return None
        best: tuple[float, int, int] = (0.0, 0, 0)
        for time, reach in enumerate(reach_of(self.game, self.policy, self.pairs)):
            worth = self.amount[time][agent] * reach
            node = int(worth.argmax())
            best = max(best, (float(worth[node]), -time, node))
        return None if best[0] <= 0 else self._described(agent, -best[1], best[2], float(gaps[agent]))

    def _described(self, agent: int, time: int, node: int, gap: float) -> Deviation:
        game, depth = self.game, self.pairs.depths[time]
        view = self.view(time, slice(node, node + 1))
        rank, recommended, action = best_of(self.kind, view)[1].place(agent)
        known = "any"
        if rank is not None:
            private = int(view.level.supports[agent].private[rank])
            known = private_text(game, agent, depth.private[agent][private])
        labels = game.actions[agent]
        heard = None
        if recommended is not None:
            whole = self.kind.hears_prescription
            heard = self._prescription(agent, time, node, recommended) if whole else labels[recommended]
        who = "team" if self.kind.together else game.agents[agent]
        history = history_text(game, self.pairs.history(time, node))
        instead = "a better joint prescription" if action is None else labels[action]
        return Deviation(who, time, history, known, heard, instead, gap, float(self.amount[time][agent][node]))

    def _prescription(self, agent: int, time: int, node: int, atom: int) -> str:
        """Return the prescription of an atom of the strategy at a state, in words."""
        depth = self.pairs.depths[time]
        tag = depth.tag[node]
        for block in self.policy.steps[time].blocks:
            row = int(np.searchsorted(block.nodes, tag))
            if row < len(block.nodes) and block.nodes[row] == tag:
                known = [depth.private[agent][p] for p in block.private[agent][row].tolist()]
                return prescription_text(self.game, agent, known, block.prescription[agent][atom])
        raise AssertionError("every state stands in a block")


def _merge_error(game: Game, pairs: StateSpace) -> float:
    """Return the bound: each depth may move beliefs by its distance, worth at most the rewards to come."""
    weight = [game.discount**t * game.reward_range for t in range(len(pairs.depths))]
    to_come = np.cumsum(weight[::-1])[::-1]
    return 2 * float(sum(d.merge_distance * w for d, w in zip(pairs.depths, to_come, strict=True)))


def reach_of(game: Game, policy: Policy, pairs: StateSpace) -> list[FloatArray]:
    """Return the probability of each state when everybody follows, per depth."""
    reach = [pairs.first_prob]
    for time, depth in enumerate(pairs.depths[:-1]):
        level = depth.level
        assert depth.edges is not None
        chosen = cell_actions(game, policy.steps[time], depth.tag, level)
        reach.append(np.asarray((chosen * reach[-1][level.cell_node][:, None]).ravel() @ depth.edges))
    return reach
