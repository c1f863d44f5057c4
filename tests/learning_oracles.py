"""Learning from its definition: dictionaries over explicit histories of labels.

A window is the tuple of the joint increments remembered, oldest first: at time t all of them (the start's included)
if t <= L, and the last L after that. Nothing here knows how the learning room codes one; `decoded` translates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from itertools import product

import numpy as np
from memory_models import static

from lp_posg import Game
from lp_posg.information import Policy, SharingStructure
from lp_posg.learning import Episodes, LearntModel
from lp_posg.learning.actors import DeviationPlan
from lp_posg.learning.counting import estimate
from lp_posg.learning.windows import Frame, frame_of

News = tuple[Hashable, ...]
Window = tuple[News, ...]


def true_model(game: Game, structure: SharingStructure, horizon: int, memory: int) -> LearntModel:
    """Return what counting every possible episode gives."""
    return estimate(frame_of(game, structure, horizon, memory), [all_episodes(game, horizon)], game.discount)


# ---- episodes ------------------------------------------------------------------------------------


def all_episodes(game: Game, horizon: int) -> Episodes:
    """Return every possible episode, weighted with its probability under uniformly drawn actions.

    Its rewards are the expected ones given all actions and observations before the step, and the action of it.
    """
    n, kinds = game.n_agents, tuple(range(game.n_agents))
    signals = list(product(*(range(count) for count in game.n_observations)))
    actions = list(product(*(range(count) for count in game.n_actions)))
    rows: list[tuple] = []

    def go(time, belief, first, done, seen, paid):
        for action in actions:
            chance = belief / len(actions)
            reward = static(game.reward, n + 2, time)[(slice(None), slice(None), *action)]
            now = (*paid, tuple(reward @ belief / belief.sum()))
            if time == horizon - 1:
                rows.append((first, (*done, action), seen, now, chance.sum()))
                continue
            moved = chance @ static(game.transition, n + 2, time)[(slice(None), *action)]
            law = static(game.observation, 2 * n + 1, time)[action]
            for signal in signals:
                after = moved * law[(slice(None), *signal)]
                if after.sum() > 0:
                    go(time + 1, after, first, (*done, action), (*seen, signal), now)

    if game.initial_observation is None:
        go(0, game.initial, None, (), (), ())
    else:
        for signal in signals:
            weight = game.initial * game.initial_observation[(slice(None), *signal)]
            if weight.sum() > 0:
                go(0, weight, signal, (), (), ())
    first, done, seen, paid, weight = zip(*rows, strict=True)
    assert abs(sum(weight) - 1) < 1e-12
    return Episodes(
        None if first[0] is None else np.array(first),
        np.array(done),
        np.array(seen, dtype=np.int64).reshape(len(rows), horizon - 1, len(kinds)),
        np.array(paid),
        np.array(weight),
    )


def random_episodes(
    seed: int, count: int, horizon: int, n_actions: tuple, n_observations: tuple, first: bool
) -> Episodes:
    """Return episodes of nothing in particular, each with a weight of its own, so that no two sums are equal."""
    rng = np.random.default_rng(seed)
    n = len(n_actions)
    return Episodes(
        rng.integers(n_observations, size=(count, n)) if first else None,
        rng.integers(n_actions, size=(count, horizon, n)),
        rng.integers(n_observations, size=(count, horizon - 1, n)),
        rng.uniform(-1, 1, (count, horizon, n)),
        rng.uniform(0.5, 1.5, count),
    )


def histories(structure: SharingStructure, episodes: Episodes, memory: int) -> list[list[tuple[Window, tuple]]]:
    """Return, per episode and time, the window and the private informations, in labels."""
    told = []
    n = episodes.actions.shape[2]
    for e in range(len(episodes)):
        first = (None,) * n if episodes.first is None else tuple(int(o) for o in episodes.first[e])
        nothing = ((),) * n
        common = (tuple(structure.increment(i, nothing[i], None, first[i]) for i in range(n)),)
        private = tuple(structure.retain(i, nothing[i], None, first[i]) for i in range(n))
        run = [(common, private)]
        for time in range(episodes.actions.shape[1] - 1):
            action, seen = episodes.actions[e, time].tolist(), episodes.observations[e, time].tolist()
            args = [(i, private[i], action[i], seen[i]) for i in range(n)]
            common = (*common, tuple(structure.increment(*a) for a in args))
            private = tuple(structure.retain(*a) for a in args)
            run.append((remembered(common, time + 1, memory), private))
        told.append(run)
    return told


def remembered(common: Window, time: int, memory: int) -> Window:
    return common if time <= memory else common[len(common) - memory :]


# ---- the counted model -----------------------------------------------------------------------------


class Counted:
    """What counts say: for each step, dictionaries over windows, private profiles and actions."""

    def __init__(self, structure: SharingStructure, episodes: Episodes, memory: int):
        self.structure, self.memory, self.horizon = structure, memory, episodes.actions.shape[1]
        self.actions = list(product(*(range(int(a) + 1) for a in episodes.actions.max(axis=(0, 1)))))
        self.windows = [defaultdict(float) for _ in range(self.horizon)]
        self.cells = [defaultdict(float) for _ in range(self.horizon)]
        self.tried = [defaultdict(float) for _ in range(self.horizon)]
        self.paid = [defaultdict(lambda: 0.0) for _ in range(self.horizon)]
        self.saw = [defaultdict(lambda: defaultdict(float)) for _ in range(self.horizon)]
        for e, run in enumerate(histories(structure, episodes, memory)):
            weight = 1.0 if episodes.weight is None else float(episodes.weight[e])
            for time, (window, private) in enumerate(run):
                action = tuple(episodes.actions[e, time].tolist())
                self.windows[time][window] += weight
                self.cells[time][window, private] += weight
                # Under every shorter run of the window, and at last under the action alone.
                keys = [(window[k:], private, action) for k in range(len(window) + 1)] + [action]
                for key in keys:
                    self.tried[time][key] += weight
                    self.paid[time][key] = self.paid[time][key] + weight * episodes.rewards[e, time]
                    if time + 1 < self.horizon:
                        self.saw[time][key][tuple(episodes.observations[e, time].tolist())] += weight

    def prob(self, time: int, window: Window) -> dict[tuple, float]:
        """Return P(private profile | window)."""
        total = self.windows[time][window]
        return {p: weight / total for (w, p), weight in self.cells[time].items() if w == window}

    def key(self, time: int, window: Window, private: tuple, action: tuple):
        """Return under what the counts for an action are found: the longest run that has any."""
        for k in range(len(window) + 1):
            if (window[k:], private, action) in self.tried[time]:
                return window[k:], private, action
        return action if action in self.tried[time] else None

    def reward(self, time: int, window: Window, private: tuple, action: tuple, n: int) -> np.ndarray:
        key = self.key(time, window, private, action)
        return np.zeros(n) if key is None else self.paid[time][key] / self.tried[time][key]

    def law(self, time: int, window: Window, private: tuple, action: tuple, signals: list) -> dict[tuple, float]:
        key = self.key(time, window, private, action)
        if key is None:
            return dict.fromkeys(signals, 1 / len(signals))
        return {signal: weight / self.tried[time][key] for signal, weight in self.saw[time][key].items()}

    def nearest(self, time: int, window: Window) -> Window:
        """Return the window most often seen among those with the longest equal run of newest increments."""
        known = self.windows[time]
        for k in range(len(window) + 1):
            alike = [w for w in known if w[len(w) - len(window) + k :] == window[k:]]
            if alike:
                return max(alike, key=lambda w: known[w])
        raise AssertionError

    def after(self, time: int, window: Window, news: News) -> Window:
        """Return the state that an increment leads to."""
        return self.nearest(time + 1, remembered((*window, news), time + 1, self.memory))


# ---- translations --------------------------------------------------------------------------------------


def decoded(frame: Frame, time: int, code: int) -> Window:
    """Return the labels of a coded window."""
    length = min(time + 1, frame.memory) if time > frame.memory else time + 1
    labels = []
    for at in range(time, time - length, -1):
        counts = [len(own) for own in frame.tables[at].increments]
        code, digit = divmod(int(code), int(np.prod(counts)))
        labels.append(frame.tables[at].increment_label(digit))
    assert code == 0
    return tuple(reversed(labels))


def private_labels(frame: Frame, time: int, profile: int) -> tuple:
    """Return the labels of a flat private profile."""
    own = np.unravel_index(int(profile), [len(labels) for labels in frame.tables[time].next_private])
    return tuple(frame.tables[time].next_private[i][int(k)] for i, k in enumerate(own))


def play_of(policy: Policy, model: LearntModel, away: DeviationPlan | None = None):
    """Return `play(time, memory)(private profile)`, a law of actions, as `memory_models.MemoryModel.values` asks for.

    The memory is a whole common history. Prescriptions are looked up by hand; one agent may deviate.
    """
    frame = model.frame

    def node_of(common: Window) -> int:
        flat = [
            frame.tables[t].increments for t in range(len(common))
        ]  # per step, per agent, the labels of the increments
        numbers = []
        for labels, news in zip(flat, common, strict=True):
            number = 0
            for own, what in zip(labels, news, strict=True):
                number = number * len(own) + own.index(what)
            numbers.append(number)
        arcs = dict(zip(policy.start_increment.tolist(), policy.start_node.tolist(), strict=True))
        node = arcs[numbers[0]]
        for step, number in zip(policy.steps, numbers[1:], strict=False):
            node = int(step.child[np.flatnonzero((step.parent == node) & (step.increment == number))[0]])
        return node

    def play(time: int, common: Window):
        node = node_of(common)
        block = next(b for b in policy.steps[time].blocks if node in b.nodes)
        row = int(np.flatnonzero(block.nodes == node)[0])

        def law(private: tuple) -> dict[tuple, float]:
            held = [frame.tables[time].next_private[i].index(own) for i, own in enumerate(private)]
            found: dict[tuple, float] = defaultdict(float)
            for atom in range(block.atom_start[row], block.atom_start[row + 1]):
                laws = [
                    block.prescription[i][atom, block.private[i][row].tolist().index(held[i])] for i in range(len(held))
                ]
                for action in product(*(range(len(own)) for own in laws)):
                    chance = block.atom_prob[atom] * np.prod([own[a] for own, a in zip(laws, action, strict=True)])
                    if away is not None:
                        i = away.agent
                        option = away.option[time][node, held[i]]
                        instead = int(option[action[i] if len(option) > 1 else 0])
                        if instead < len(laws[i]):
                            action = (*action[:i], instead, *action[i + 1 :])
                    if chance > 0:
                        found[action] += float(chance)
            return found

        return law

    return play
