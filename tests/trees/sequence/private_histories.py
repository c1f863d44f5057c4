"""Plain recomputations over full histories for zero-sum games without strategy independence.

They walk the dense arrays of a game, one joint history at a time, and keep each agent's knowledge as
a tuple of labels; of the package they use the maps of the sharing structure alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import product

import numpy as np
from scipy.optimize import linprog

from lp_posg import Game
from lp_posg.information import SharingStructure
from lp_posg.planning import HistorySolution

Info = tuple[Hashable, ...]
Behaviour = Callable[[int, int, Info], np.ndarray]  # (agent, time, what it knows) to probabilities


class Play:
    """A joint history: weight per state, private labels, and per agent (increments, private, own actions)."""

    def __init__(self, weight, private, news, done):
        self.weight, self.private, self.news, self.done = weight, private, news, done

    def known(self, agent: int) -> Info:
        return (self.news, self.private[agent], self.done[agent])


def at(array: np.ndarray, ndim: int, time: int) -> np.ndarray:
    return array[time] if array.ndim > ndim else array


class Histories:
    """All joint histories of a game of two agents."""

    def __init__(self, game: Game, structure: SharingStructure, horizon: int):
        self.game, self.structure, self.horizon = game, structure, horizon

    def roots(self) -> Iterator[Play]:
        law = self.game.initial_observation
        for seen in self._signals(law is not None):
            weight = self.game.initial * (1.0 if law is None else law[(slice(None), *seen)])
            if weight.sum() > 0:
                yield self._arrive(Play(None, ((), ()), (), ((), ())), weight, (None, None), seen)

    def children(self, time: int, play: Play, action: tuple[int, int]) -> Iterator[Play]:
        moved = play.weight @ at(self.game.transition, 4, time)[(slice(None), *action)]
        law = at(self.game.observation, 5, time)[action]
        for seen in self._signals(True):
            weight = moved * law[(slice(None), *seen)]
            if weight.sum() > 0:
                yield self._arrive(play, weight, action, seen)

    def reward(self, time: int, play: Play, action: tuple[int, int]) -> float:
        return self.game.discount**time * float(at(self.game.reward, 4, time)[(0, slice(None), *action)] @ play.weight)

    def _signals(self, any_: bool):
        return product(*(range(o) for o in self.game.n_observations)) if any_ else [(None, None)]

    def _arrive(self, play: Play, weight, action, seen) -> Play:
        args = [(i, play.private[i], action[i], seen[i]) for i in range(2)]
        news = (*play.news, tuple(self.structure.increment(*a) for a in args))
        done = tuple(play.done[i] + (() if action[i] is None else (action[i],)) for i in range(2))
        return Play(weight, tuple(self.structure.retain(*a) for a in args), news, done)

    def joint_actions(self):
        return product(*(range(a) for a in self.game.n_actions))

    # ---- values of behaviour strategies ---------------------------------------------------------

    def value(self, behaviour: Behaviour) -> float:
        """Return agent 1's value."""

        def below(time: int, play: Play) -> float:
            laws = [behaviour(i, time, play.known(i)) for i in range(2)]
            total = 0.0
            for action in self.joint_actions():
                chance = laws[0][action[0]] * laws[1][action[1]]
                if chance > 0:
                    total += chance * self.reward(time, play, action)
                    if time + 1 < self.horizon:
                        total += chance * sum(below(time + 1, child) for child in self.children(time, play, action))
            return total

        return sum(below(0, play) for play in self.roots())

    def best_response(self, agent: int, behaviour: Behaviour) -> float:
        """Return the value, to `agent`, of its best reply to the other's behaviour."""
        sign = 1.0 if agent == 0 else -1.0

        def best(time: int, plays: list[tuple[Play, float]]) -> float:
            groups = defaultdict(list)
            for play, chance in plays:
                groups[play.known(agent)].append((play, chance))
            total = 0.0
            for group in groups.values():
                options = []
                for choice in range(self.game.n_actions[agent]):
                    gain, later = 0.0, []
                    for play, chance in group:
                        law = behaviour(1 - agent, time, play.known(1 - agent))
                        for other in np.flatnonzero(law):
                            action = (choice, int(other)) if agent == 0 else (int(other), choice)
                            gain += sign * chance * law[other] * self.reward(time, play, action)
                            if time + 1 < self.horizon:
                                later += [(c, chance * law[other]) for c in self.children(time, play, action)]
                    options.append(gain + (best(time + 1, later) if later else 0.0))
                total += max(options)
            return total

        return best(0, [(play, 1.0) for play in self.roots()])

    # ---- the normal form ------------------------------------------------------------------------

    def normal_form_value(self) -> float:
        """Return agent 1's value: a matrix over all pure strategies, each a map from what is known to an action.

        What an agent knows leaves out its own actions here, since its pure strategy fixes them; so this is for
        structures that do not share actions.
        """
        seen = [defaultdict(set), defaultdict(set)]

        def walk(time: int, play: Play) -> None:
            for i in range(2):
                seen[i][time].add(self._signs(play, i))
            if time + 1 < self.horizon:
                for action in self.joint_actions():
                    for child in self.children(time, play, action):
                        walk(time + 1, child)

        for play in self.roots():
            walk(0, play)
        pures = []
        for i in range(2):
            places = [(time, sign) for time, own in seen[i].items() for sign in sorted(own)]
            choices = product(range(self.game.n_actions[i]), repeat=len(places))
            pures.append([dict(zip(places, choice, strict=True)) for choice in choices])
        matrix = np.array([[self._pure_value(one, two) for two in pures[1]] for one in pures[0]])
        n_rows, n_columns = matrix.shape
        result = linprog(
            np.append(np.zeros(n_rows), -1.0),
            A_ub=np.hstack([-matrix.T, np.ones((n_columns, 1))]),
            b_ub=np.zeros(n_columns),
            A_eq=np.append(np.ones(n_rows), 0.0)[None],
            b_eq=[1.0],
            bounds=[(0, None)] * n_rows + [(None, None)],
        )
        assert result.status == 0
        return -float(result.fun)

    def _signs(self, play: Play, agent: int) -> tuple[int, ...]:
        return play.private[agent].observations

    def _pure_value(self, one: dict, two: dict) -> float:
        def law(agent: int, time: int, play: Play) -> int:
            return (one, two)[agent][time, self._signs(play, agent)]

        def below(time: int, play: Play) -> float:
            action = (law(0, time, play), law(1, time, play))
            total = self.reward(time, play, action)
            if time + 1 < self.horizon:
                total += sum(below(time + 1, child) for child in self.children(time, play, action))
            return total

        return sum(below(0, play) for play in self.roots())


def behaviour_in(solution: HistorySolution) -> Behaviour:
    """Return the strategies of a solution as functions of what an agent knows, as `Play.known` has it."""
    table: dict[tuple[int, int, Info], np.ndarray] = {}
    for agent, tree in enumerate(solution.trees):
        for time in range(solution.horizon):
            for number in range(*tree.sets_at(time).indices(tree.n_sets)):
                path = tree.path(number)
                news = tuple(
                    solution.tables[h].increment_label(int(tree.increment[v])) for h, (v, _) in enumerate(path)
                )
                private = solution.tables[time].next_private[agent][int(tree.private[number])]
                done = tuple(action for _, action in path if action is not None)
                key = (agent, time, (news, private, done))
                assert key not in table
                table[key] = solution.behaviour[agent][number]
    return lambda agent, time, known: table[agent, time, known]
