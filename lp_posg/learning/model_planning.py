"""Planning in a learnt model, by the planner for known games."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lp_posg.game import takes
from lp_posg.induction.backward import sweep
from lp_posg.information import Policy, PolicyBlock, PolicyStep
from lp_posg.information.policy import joined_atoms
from lp_posg.information.resources import Resources
from lp_posg.information.state_space import Arcs
from lp_posg.learning.counted_model import LearntModel
from lp_posg.stage import Concept, Objective
from lp_posg.types import FloatArray, IntArray


@takes
def planned(
    model: LearntModel, sharing: str, concept: Concept, objective: Objective, resources: Resources | None = None
) -> tuple[Policy, FloatArray, tuple[FloatArray, ...]]:
    """Return an equilibrium of a learnt model, made total, and its values in the model.

    The values are to each agent from the start, shape (n,), and from each state of each step, shape (K, n).

    Total: there is a state for every increment (the nearest window seen), and a prescription for
    every private information (uniform where the private information was not seen at the state).

    Raises
    ------
    UnsupportedError, SolveError
        As the concept's.
    """
    concept.check_game(model)
    swept = sweep(model, model.space, sharing, concept, objective, resources=resources)
    if swept.stopped is not None:
        raise swept.stopped
    steps = tuple(
        replace(step, blocks=tuple(_total_block(block, table.n_next, model.n_actions) for block in step.blocks))
        for step, table in zip(swept.policy.steps, model.frame.tables, strict=True)
    )
    values = np.asarray(model.space.first_prob @ swept.node_values[0])
    return replace(swept.policy, steps=steps), values, swept.node_values


def _total_block(block: PolicyBlock, n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> PolicyBlock:
    """Return a block with a prescription for each of the P_i private informations of every agent."""
    size, atoms = len(block.nodes), len(block.atom_prob)
    owner: IntArray = np.repeat(np.arange(size), np.diff(block.atom_start))
    private, prescription = [], []
    for known, rows, count, n in zip(block.private, block.prescription, n_private, n_actions, strict=True):
        full = np.full((atoms, count, n), 1.0 / n)
        full[np.arange(atoms)[:, None], known[owner]] = rows
        private.append(np.tile(np.arange(count), (size, 1)))
        prescription.append(full)
    return replace(block, private=tuple(private), prescription=tuple(prescription))


def rebased(policy: Policy, old: LearntModel, new: LearntModel) -> Policy:
    """Return a total strategy on the states of another model: each window plays what the nearest old one did."""
    steps = []
    for time, step in enumerate(policy.steps):
        node = old.steps[time].index.find(new.steps[time].index.codes)
        none: IntArray = np.empty(0, dtype=np.int64)
        arcs = new.space.depths[time].arcs or Arcs(none, none, none)
        steps.append(PolicyStep(len(node), (_gathered(step, node),), arcs.parent, arcs.increment, arcs.child))
    start = new.space.start
    return Policy(policy.sharing, start.increment, start.child, tuple(steps))


def rebased_values(values: tuple[FloatArray, ...], old: LearntModel, new: LearntModel) -> tuple[FloatArray, ...]:
    """Return values per state on the states of another model, as `rebased` does strategies."""
    steps = zip(values, old.steps, new.steps, strict=True)
    return tuple(part[was.index.find(now.index.codes)] for part, was, now in steps)


def _gathered(step: PolicyStep, node: IntArray) -> PolicyBlock:
    """Return one block whose b-th state plays what state ``node[b]`` of a total step does."""
    place = np.empty(step.n_nodes, dtype=np.int64)
    place[np.concatenate([block.nodes for block in step.blocks])] = np.arange(step.n_nodes)
    private = tuple(np.tile(own[:1], (len(node), 1)) for own in step.blocks[0].private)
    return PolicyBlock.of(joined_atoms(step.blocks).taken(place[node]), np.arange(len(node)), private)
