"""Play at information sets that are not reached: nobody gains there either, by enumeration over the tree's nodes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from game_trees import random_tree
from scipy.optimize import linprog

import lp_posg as posg
from lp_posg.trees.sequence import equilibrium

TOL = 1e-7
OFF_PATH = """EFG 2 R "off the path" { "one" "two" }
""
p "" 1 1 "" { "stop" "go" } 0
t "" 1 "" { 3, -3 }
p "" 2 1 "" { "good" "bad" "worse" } 0
t "" 2 "" { 0, 0 }
t "" 3 "" { 1, -1 }
p "" 1 2 "" { "l" "r" } 0
t "" 4 "" { 2, -2 }
t "" 5 "" { -5, 5 }
"""


class Played:
    """A tree with the behaviour of a solution."""

    def __init__(self, solution):
        self.game = game = solution.game
        self.law = [solution.sets.law(k, 0) for k in range(len(game.sets))]
        self.below = [[] for _ in range(game.n_nodes)]
        for node, parent in enumerate(game.parent.tolist()):
            if parent >= 0:
                self.below[parent].append(node)

    def worth(self, node, agent, instead):
        """Return what an agent gets from a node on, if it plays the pure choices `instead` at its sets there."""
        game = self.game
        own = float(game.outcomes[game.outcome[node]][agent]) if game.outcome[node] >= 0 else 0.0
        for k, child in enumerate(self.below[node]):
            if game.owner[node] == -1:
                chance = float(game.probability[child])
            else:
                at = int(game.information[node])
                chance = float(instead[at] == k) if at in instead else self.law[at][k]
            own += chance * self.worth(child, agent, instead) if chance else 0.0
        return own

    def way(self, node, other):
        """Return nature's chance to come to a node, the other's, and the other's last choice before it."""
        nature, reach, last = 1.0, 1.0, ()
        while (parent := int(self.game.parent[node])) >= 0:
            k = self.below[parent].index(node)
            if self.game.owner[parent] == -1:
                nature *= float(self.game.probability[node])
            elif self.game.owner[parent] == other:
                at = int(self.game.information[parent])
                reach, last = reach * self.law[at][k], last or (at, k)
            node = parent
        return nature, reach, last

    def continuations(self, agent, start):
        """Yield the agent's pure choices at a set and at all its sets that can follow."""
        found, nodes = {start}, np.flatnonzero(self.game.information == start).tolist()
        while nodes:
            node = nodes.pop()
            if self.game.owner[node] == agent:
                found.add(int(self.game.information[node]))
            nodes += self.below[node]
        own = sorted(found)
        for choice in product(*(range(len(self.game.sets[k].actions)) for k in own)):
            yield dict(zip(own, choice, strict=True))

    def gain(self, k):
        """Return what the agent of a set gains there at beliefs that come of the other's play, or of some trembles."""
        agent = self.game.sets[k].agent
        nodes = np.flatnonzero(self.game.information == k)
        ways = [self.way(node, 1 - agent) for node in nodes.tolist()]
        nature, reach = (np.array(part) for part in list(zip(*ways, strict=True))[:2])
        follow = np.array([self.worth(node, agent, {}) for node in nodes])
        more = np.array([[self.worth(node, agent, own) for node in nodes] for own in self.continuations(agent, k)])
        more = (more - follow) * nature
        if not nature.any():
            return 0.0
        if (nature * reach).sum() > 0:
            return float((more @ reach).max() / (nature * reach).sum())
        # The other's last choices come with some weights w, nodes with nature's chance times w: least of all is gained.
        choices = sorted({last for _, _, last in ways})
        of = np.array([[last == choice for choice in choices] for _, _, last in ways], dtype=float)
        found = linprog(
            np.append(np.zeros(len(choices)), 1.0),
            A_ub=np.column_stack([more @ of, -np.ones(len(more))]),
            b_ub=np.zeros(len(more)),
            A_eq=np.append(nature @ of, 0.0)[None],
            b_eq=[1.0],
            bounds=[(0, None)] * len(choices) + [(None, None)],
        )
        return float(found.fun)


def worst(solution):
    """Return the largest gain at a set, and how many sets the strategies do not reach."""
    played = Played(solution)
    gains = [played.gain(k) for k in range(len(solution.game.sets))]
    return max(gains, default=0.0), int((solution.sets.reach[0] <= 0).sum())


def test_play_behind_a_choice_that_is_never_made_is_a_best_reply(tmp_path):
    path = tmp_path / "off-path.efg"
    path.write_text(OFF_PATH)
    found = posg.solve(posg.load(path))
    assert found.values.tolist() == [3.0, -3.0]
    assert found.certificate.gap == 0.0
    laws = [found.at(agent, k).actions for agent, k in (("one", 0), ("one", 1), ("two", 0))]
    assert laws == [{"stop": 1.0}, {"l": 1.0}, {"good": 1.0}]
    assert worst(found) == (pytest.approx(0.0, abs=TOL), 2)


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_nobody_gains_at_any_set_of_random_trees(depth):
    unreached = 0
    for seed in range(25):
        found = posg.solve(random_tree(seed, depth=depth, clock=False), method="sequence-form")
        gain, count = worst(found)
        assert gain <= TOL, seed
        unreached += count
    assert unreached > 20


def test_values_are_those_of_the_path_and_the_certificate_holds(monkeypatch):
    trees = [random_tree(seed, depth=5, clock=False) for seed in range(20)]
    found = [posg.solve(tree, method="sequence-form") for tree in trees]
    monkeypatch.setattr(equilibrium, "_off_path", lambda game, first, deadline: first)
    plain = [posg.solve(tree, method="sequence-form") for tree in trees]
    for own, other in zip(found, plain, strict=True):
        assert own.values == pytest.approx(other.values, abs=1e-12)
        assert own.certificate.gap <= max(other.certificate.gap, 1e-12)
    assert sum(worst(own)[0] > TOL for own in plain) > 3


def test_a_large_tree_has_best_replies_at_sets_that_an_agent_itself_avoids(monkeypatch, tmp_path):
    monkeypatch.setattr(equilibrium, "TREMBLING_ENTRIES", 0)
    path = tmp_path / "forced.efg"
    lines = OFF_PATH.replace('"good" "bad" "worse"', '"worse"').splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith(('t "" 2', 't "" 3'))) + "\n")
    found = posg.solve(posg.load(path))
    assert found.at("one", 1).actions == {"l": 1.0}
    assert found.certificate.gap == 0.0
