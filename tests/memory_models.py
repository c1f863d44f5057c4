"""The finite-memory model of a small game, from its definition: dictionaries over (state, private profile).

It uses the dense arrays of a game, the two maps of a sharing structure, and nothing of the forward pass: no merging, no
chains of beliefs, no matrices. A memory is the tuple of the joint increments remembered: at time t all of them
(that of the start included) if t <= L, and the last L after that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from functools import cache
from itertools import product

import numpy as np

from lp_posg import Game
from lp_posg.information import SharingStructure

News = tuple[Hashable, ...]
Memory = tuple[News, ...]
Law = dict[tuple[int, tuple[Hashable, ...]], float]

COVERING = 1e-9  # as documented: the weight of the covering prior in a law that may miss something


class MemoryModel:
    """Beliefs and transitions of finite memory L with a given law L steps ago."""

    def __init__(
        self,
        game: Game,
        structure: SharingStructure,
        memory: int,
        law: str = "uniform",
        exploration: np.ndarray | None = None,
    ):
        self.game, self.structure, self.memory, self.law_name = game, structure, memory, law
        self.actions = list(product(*(range(count) for count in game.n_actions)))
        self.signals = list(product(*(range(count) for count in game.n_observations)))
        self.uniform = dict.fromkeys(self.actions, 1 / len(self.actions))
        self.drawn = self.uniform
        if exploration is not None:
            self.drawn = dict(zip(self.actions, np.asarray(exploration).ravel().tolist(), strict=True))
        self.attached = cache(self._attached)
        self.prior = cache(self._prior)
        self.commons = cache(self._commons)
        self.ways = cache(lambda *where: list(self._ways(*where)))

    # ---- one step at a time -----------------------------------------------------------------------

    def start(self) -> dict[News, Law]:
        """Return the weight of (state, private profile) by the increment of the start."""
        game, found = self.game, defaultdict(lambda: defaultdict(float))
        n = game.n_agents
        first = game.initial_observation
        signals = [(None,) * n] if first is None else self.signals
        for seen, s in product(signals, range(game.n_states)):
            weight = game.initial[s] * (1.0 if first is None else first[(s, *seen)])
            if weight > 0:
                self._put(found, s, ((),) * n, (None,) * n, seen, weight)
        return found

    def _ways(self, time: int, s: int, private: tuple, action: tuple) -> Iterator[tuple[int, News, tuple, float]]:
        """Yield (next state, increment, next private profile, probability)."""
        game = self.game
        transition = static(game.transition, game.n_agents + 2, time)
        observation = static(game.observation, 2 * game.n_agents + 1, time)
        for after, seen in product(range(game.n_states), self.signals):
            chance = transition[(s, *action, after)] * observation[(*action, after, *seen)]
            if chance > 0:
                yield after, self._news(private, action, seen), self._kept(private, action, seen), float(chance)

    def step(self, time: int, law: Law, drawn: dict[tuple, float]) -> dict[News, Law]:
        """Return the weight of the next (state, private profile) by increment, actions being drawn blindly."""
        found = defaultdict(lambda: defaultdict(float))
        for (s, private), weight in law.items():
            for action, prob in drawn.items():
                if prob > 0:
                    for after, news, kept, chance in self.ways(time, s, private, action):
                        found[news][after, kept] += weight * prob * chance
        return found

    def _put(self, found, s, private, action, seen, weight) -> None:
        found[self._news(private, action, seen)][s, self._kept(private, action, seen)] += float(weight)

    def _news(self, private, action, seen) -> News:
        return tuple(self.structure.increment(i, private[i], action[i], seen[i]) for i in range(self.game.n_agents))

    def _kept(self, private, action, seen) -> tuple:
        return tuple(self.structure.retain(i, private[i], action[i], seen[i]) for i in range(self.game.n_agents))

    # ---- the law L steps ago ----------------------------------------------------------------------

    def _prior(self, time: int, explored: bool) -> Law:
        """Return the law of (state, private profile) at a time, actions drawn blindly from the start."""
        parts = self.start() if time == 0 else None
        if parts is None:
            parts = self.step(time - 1, self.prior(time - 1, explored), self.drawn if explored else self.uniform)
        total = defaultdict(float)
        for part in parts.values():
            for key, weight in part.items():
                total[key] += weight
        return dict(total)

    def law(self, time: int) -> Law:
        """Return the law that a memory of increments after `time` starts from."""
        cover, by_state = self.prior(time, False), defaultdict(float)
        if self.law_name == "prior":
            return mixed(self.prior(time, True), cover)
        for (s, _), weight in cover.items():
            by_state[s] += weight
        wanted = dict.fromkeys(by_state, 1.0) if self.law_name == "uniform" else dict(enumerate(long_run(self.game)))
        law = {(s, p): weight / by_state[s] * wanted[s] for (s, p), weight in cover.items()}
        law = scaled({key: weight for key, weight in law.items() if weight > 0})
        return law if self.law_name == "uniform" else mixed(law or cover, cover)

    # ---- memories ---------------------------------------------------------------------------------

    def _attached(self, time: int, memory: Memory) -> Law:
        """Return the belief attached to a memory, by Bayes from the law."""
        if time <= self.memory:
            law, now, memory = self.start()[memory[0]], 0, memory[1:]
        else:
            law, now = self.law(time - self.memory), time - self.memory
        for news in memory:
            law = self.step(now, law, self.uniform)[news]
            now += 1
        return scaled(law)

    def grown(self, time: int, memory: Memory, news: News) -> Memory:
        """Return the memory at time + 1."""
        return self.remembered(time + 1, (*memory, news))

    def remembered(self, time: int, common: Memory) -> Memory:
        """Return what is remembered of a common history."""
        return common if time <= self.memory else common[len(common) - self.memory :]

    def _commons(self, time: int) -> dict[Memory, Law]:
        """Return every common history of a time that the game makes possible, with its exact weights."""
        if time == 0:
            return {(news,): law for news, law in self.start().items()}
        return {
            (*common, news): after
            for common, law in self.commons(time - 1).items()
            for news, after in self.step(time - 1, law, self.uniform).items()
        }

    # ---- values -----------------------------------------------------------------------------------

    def values(self, horizon: int, play: Callable[[int, Memory], Callable[[tuple], dict[tuple, float]]]) -> np.ndarray:
        """Return the model's value of a strategy; `play(time, memory)(private profile)` is its law of actions."""

        @cache
        def value(time: int, memory: Memory) -> np.ndarray:
            law, total = play(time, memory), np.zeros(self.game.n_agents)
            later = defaultdict(float)
            for (s, private), weight in self.attached(time, memory).items():
                for action, prob in law(private).items():
                    total = total + weight * prob * self.reward(time, s, action)
                    if time + 1 < horizon and prob > 0:
                        for _, news, _, chance in self.ways(time, s, private, action):
                            later[news] += weight * prob * chance
            for news, chance in later.items():
                total = total + self.game.discount * chance * value(time + 1, self.grown(time, memory, news))
            return total

        return sum(sum(law.values()) * value(0, (news,)) for news, law in self.start().items())

    def best_team_value(self, horizon: int) -> float:
        """Return the best mean reward of the model, every joint prescription being tried at every memory."""

        @cache
        def value(time: int, memory: Memory) -> float:
            belief = self.attached(time, memory)
            own = [sorted({p[i] for _, p in belief}, key=repr) for i in range(self.game.n_agents)]
            pures = [
                [dict(zip(mine, choice, strict=True)) for choice in product(range(a), repeat=len(mine))]
                for mine, a in zip(own, self.game.n_actions, strict=True)
            ]
            best = -np.inf
            for profile in product(*pures):
                total, later = 0.0, defaultdict(float)
                for (s, private), weight in belief.items():
                    action = tuple(chosen[p] for chosen, p in zip(profile, private, strict=True))
                    total += weight * self.reward(time, s, action).mean()
                    if time + 1 < horizon:
                        for _, news, _, chance in self.ways(time, s, private, action):
                            later[news] += weight * chance
                for news, chance in later.items():
                    total += self.game.discount * chance * value(time + 1, self.grown(time, memory, news))
                best = max(best, total)
            return best

        return sum(sum(law.values()) * value(0, (news,)) for news, law in self.start().items())

    def reward(self, time: int, s: int, action: tuple[int, ...]) -> np.ndarray:
        return static(self.game.reward, self.game.n_agents + 2, time)[(slice(None), s, *action)]


def static(array: np.ndarray, ndim: int, time: int) -> np.ndarray:
    """Return the array of a time; `ndim` is what it has if it does not vary."""
    return array[time] if array.ndim > ndim else array


def scaled(law: Law) -> Law:
    total = sum(law.values())
    return {key: weight / total for key, weight in law.items()}


def mixed(law: Law, cover: Law) -> Law:
    """Return the law with a little of the covering prior."""
    return {key: (1 - COVERING) * law.get(key, 0.0) + COVERING * cover.get(key, 0.0) for key in {**law, **cover}}


def long_run(game: Game) -> np.ndarray:
    """Return the long-run law of the state under uniformly drawn actions: the lazy chain to the power 2^50."""
    move = game.transition.reshape(game.n_states, -1, game.n_states).mean(axis=1)
    power = 0.5 * (np.eye(game.n_states) + move)
    for _ in range(50):
        power = power @ power
        power = power / power.sum(axis=1, keepdims=True)
    return game.initial @ power
