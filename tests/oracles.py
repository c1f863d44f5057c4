"""Slow, plain recomputations over full histories; they share no arithmetic with the package.

A history is the list of joint actions and joint observations so far, with a weight per state.
No beliefs, no merging, no matrices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import product

import numpy as np

from lp_posg import Game, Solution
from lp_posg.information import SharingStructure
from lp_posg.information.tables import first_table, next_table


class Play:
    """One history with the weight of each state, everybody's private information and the strategy's state."""

    def __init__(self, weight: np.ndarray, private: tuple[Hashable, ...], node: int, own: tuple[tuple, ...]):
        self.weight = weight  # (S,)
        self.private = private  # labels, one per agent
        self.node = node  # state of the strategy at this depth
        self.own = own  # what each agent has seen: its information set


class Oracle:
    """Histories of a solved game."""

    def __init__(self, solution: Solution, structure: SharingStructure):
        self.solution, self.structure = solution, structure
        self.game: Game = solution.game
        self.horizon = solution.horizon
        self.start_table = first_table(self.game, structure)
        self.tables = []
        private = self.start_table.next_private
        for _ in range(self.horizon - 1):
            self.tables.append(next_table(self.game, structure, private))
            private = self.tables[-1].next_private
        self.private = [self.start_table.next_private, *(t.next_private for t in self.tables)]

    # ---- the game, step by step ---------------------------------------------------------------

    def _at(self, array: np.ndarray, static_ndim: int, time: int) -> np.ndarray:
        return array[time] if array.ndim > static_ndim else array

    def transition(self, time: int) -> np.ndarray:
        return self._at(self.game.transition, self.game.n_agents + 2, time)

    def observation(self, time: int) -> np.ndarray:
        return self._at(self.game.observation, 2 * self.game.n_agents + 1, time)

    def reward(self, time: int) -> np.ndarray:
        return self._at(self.game.reward, self.game.n_agents + 2, time)

    def roots(self) -> Iterator[Play]:
        n = self.game.n_agents
        first = self.game.initial_observation
        signals = [(None,) * n] if first is None else list(product(*(range(o) for o in self.game.n_observations)))
        for seen in signals:
            law = np.ones(self.game.n_states) if first is None else first[(slice(None), *seen)]
            weight = self.game.initial * law
            if weight.sum() > 0:
                yield self._arrive(-1, weight, ((),) * n, (None,) * n, seen, None, ((),) * n)

    def children(self, time: int, play: Play, action: tuple[int, ...]) -> Iterator[Play]:
        moved = play.weight @ self.transition(time)[(slice(None), *action)]
        law = self.observation(time)[action]
        for seen in product(*(range(o) for o in self.game.n_observations)):
            weight = moved * law[(slice(None), *seen)]
            if weight.sum() > 0:
                yield self._arrive(time, weight, play.private, action, seen, play.node, play.own)

    def _arrive(self, time, weight, private, action, seen, node, own) -> Play:
        table = self.start_table if time < 0 else self.tables[time]
        news, kept, flat = [], [], 0
        for i in range(self.game.n_agents):
            news.append(self.structure.increment(i, private[i], action[i], seen[i]))
            kept.append(self.structure.retain(i, private[i], action[i], seen[i]))
            flat = flat * len(table.increments[i]) + table.increments[i].index(news[i])
        if time < 0:
            arc = int(np.flatnonzero(self.solution.policy.start_increment == flat)[0])
            child = int(self.solution.policy.start_node[arc])
        else:
            step = self.solution.policy.steps[time]
            child = int(step.child[np.flatnonzero((step.parent == node) & (step.increment == flat))[0]])
        grown = tuple(
            (*own[i], (action[i] if self._remembers(i) else None, seen[i], tuple(news))) for i in range(len(own))
        )
        return Play(weight, tuple(kept), child, grown)

    def _remembers(self, agent: int) -> bool:
        return True

    def atoms(self, time: int, play: Play) -> Iterator[tuple[float, list[tuple], dict[tuple[int, ...], float]]]:
        """Yield, for each atom at a history: chance, each agent's whole prescription, law of the joint action.

        Prescriptions are rounded, so that the last bits of a solver's numbers tell nothing.
        """
        block = next(b for b in self.solution.policy.steps[time].blocks if play.node in b.nodes)
        row = int(np.flatnonzero(block.nodes == play.node)[0])
        ranks = []
        for i, own in enumerate(play.private):
            index = self.private[time][i].index(own)
            ranks.append(int(np.flatnonzero(block.private[i][row] == index)[0]))
        for atom in range(block.atom_start[row], block.atom_start[row + 1]):
            law = {}
            for action in product(*(range(a) for a in self.game.n_actions)):
                chance = 1.0
                for i, a in enumerate(action):
                    chance *= block.prescription[i][atom, ranks[i], a]
                if chance > 0:
                    law[action] = chance
            whole = [tuple(own[atom].ravel().round(11).tolist()) for own in block.prescription]
            yield float(block.atom_prob[atom]), whole, law

    def law(self, time: int, play: Play) -> dict[tuple[int, ...], float]:
        """Return the strategy's joint law of recommended actions at a history."""
        law: dict[tuple[int, ...], float] = defaultdict(float)
        for chance, _, own in self.atoms(time, play):
            for action, prob in own.items():
                law[action] += chance * prob
        return law

    def heard(self, time: int, play: Play, agent: int, hears: bool | str) -> Iterator[tuple[Hashable, tuple, float]]:
        """Yield what an agent hears, with the recommended joint action and the probability of both."""
        if hears == "prescription":
            for chance, whole, law in self.atoms(time, play):
                for action, prob in law.items():
                    yield whole[agent], action, chance * prob
        else:
            for action, prob in self.law(time, play).items():
                yield action[agent] if hears else None, action, prob

    # ---- values -------------------------------------------------------------------------------

    def values(self) -> np.ndarray:
        """Return the value of following, by running over all histories."""

        def value(time: int, play: Play) -> np.ndarray:
            total = np.zeros(self.game.n_agents)
            for action, chance in self.law(time, play).items():
                now = self.reward(time)[(slice(None), slice(None), *action)] @ play.weight
                if time + 1 < self.horizon:
                    now = now + self.game.discount * sum(value(time + 1, c) for c in self.children(time, play, action))
                total += chance * now
            return total

        return np.sum([value(0, play) for play in self.roots()], axis=0)

    def best_deviation(self, agent: int, *, hears: bool | str, may_follow: bool) -> float:
        """Return the value of the best deviation of one agent over its information sets.

        `hears`: it knows its recommended action before it acts (CE), or its whole recommended
        ``"prescription"`` (strategic form CE), and remembers all past ones.
        `may_follow`: at each information set it may also follow (interim CCE); needs not `hears`.
        """
        roots = [(play, 1.0) for play in self.roots()]
        return self._best(0, roots, agent, hears, may_follow)

    def _best(self, time, plays, agent, hears, may_follow) -> float:
        """Return the best value from weighted histories; splits them by what the agent knows."""
        total = 0.0
        groups = defaultdict(list)
        for play, chance in plays:
            for told, action, prob in self.heard(time, play, agent, hears):
                groups[play.own[agent], told].append((play, action, chance * prob))
        for (_, told), group in groups.items():
            options = []
            choices: list[int | None] = list(range(self.game.n_actions[agent]))
            for choice in choices + ([None] if may_follow else []):
                value, later = 0.0, []
                for play, action, chance in group:
                    done = action if choice is None else (*action[:agent], choice, *action[agent + 1 :])
                    value += chance * float(self.reward(time)[(agent, slice(None), *done)] @ play.weight)
                    if time + 1 < self.horizon:
                        for child in self.children(time, play, done):
                            if hears:  # it also remembers what it was told
                                child.own = (
                                    *child.own[:agent],
                                    (*child.own[agent], ("told", told)),
                                    *child.own[agent + 1 :],
                                )
                            later.append((child, chance))
                if later:
                    value += self.game.discount * self._best(time + 1, later, agent, hears, may_follow)
                options.append(value)
            total += max(options)
        return total


def best_team_value(game: Game, structure: SharingStructure, horizon: int) -> float:
    """Return the best mean reward of a team over all common histories, by enumeration at each.

    States of common information are kept apart by history; each joint prescription is tried.
    """

    def value(time: int, cells: dict[tuple[Hashable, ...], np.ndarray]) -> float:
        own = [sorted({p[i] for p in cells}, key=repr) for i in range(game.n_agents)]
        pures = [
            [dict(zip(mine, choice, strict=True)) for choice in product(range(a), repeat=len(mine))]
            for mine, a in zip(own, game.n_actions, strict=True)
        ]
        best = -np.inf
        for profile in product(*pures):
            total = 0.0
            nexts: dict[tuple, dict[tuple, np.ndarray]] = defaultdict(dict)
            for private, weight in cells.items():
                action = tuple(profile[i][private[i]] for i in range(game.n_agents))
                total += float(game.reward[(slice(None), slice(None), *action)].mean(axis=0) @ weight)
                if time + 1 == horizon:
                    continue
                moved = weight @ game.transition[(slice(None), *action)]
                for seen in product(*(range(o) for o in game.n_observations)):
                    mass = moved * game.observation[(*action, slice(None), *seen)]
                    if mass.sum() <= 0:
                        continue
                    args = [(i, private[i], action[i], seen[i]) for i in range(game.n_agents)]
                    news = tuple(structure.increment(*a) for a in args)
                    kept = tuple(structure.retain(*a) for a in args)
                    nexts[news][kept] = nexts[news].get(kept, 0) + mass
            for child in nexts.values():
                total += game.discount * value(time + 1, child)
            best = max(best, total)
        return best

    total = 0.0
    starts: dict[tuple, dict[tuple, np.ndarray]] = defaultdict(dict)
    nothing = ((),) * game.n_agents
    if game.initial_observation is None:
        seens, laws = [(None,) * game.n_agents], [np.ones(game.n_states)]
    else:
        seens = list(product(*(range(o) for o in game.n_observations)))
        laws = [game.initial_observation[(slice(None), *seen)] for seen in seens]
    for seen, law in zip(seens, laws, strict=True):
        args = [(i, nothing[i], None, seen[i]) for i in range(game.n_agents)]
        news = tuple(structure.increment(*a) for a in args)
        kept = tuple(structure.retain(*a) for a in args)
        mass = game.initial * law
        if mass.sum() > 0:
            starts[news][kept] = starts[news].get(kept, 0) + mass
    for cells in starts.values():
        total += value(0, cells)
    return total
