"""Planning in a learnt model, by the planner for known games."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lp_posg.induction.backward import sweep
from lp_posg.information import Policy, PolicyBlock, PolicyStep
from lp_posg.information.resources import Resources
from lp_posg.learning.counted_model import LearntModel
from lp_posg.stage import Concept, Objective
from lp_posg.types import FloatArray, IntArray


def planned(
    model: LearntModel, sharing: str, concept: Concept, objective: Objective, resources: Resources | None = None
) -> tuple[Policy, FloatArray, tuple[FloatArray, ...]]:
    """Return an equilibrium of a learnt model, made total, and what the model says it is worth.

    That is, to each agent from the start, shape (n,), and from each state of each step, shape (K, n).

    Total: there is a state for every increment (the nearest window seen), and a prescription for
    every private information (uniform where the private information was not seen at the state).

    Raises
    ------
    UnsupportedError, SolveError
        As the concept's.
    """
    concept.check_game(model)
    swept = sweep(model, model.space, sharing, concept, objective, resources=resources)
    space = model.space
    start = np.bincount(space.start.child, weights=space.start_prob, minlength=len(swept.node_values[0]))
    steps = tuple(
        _total(step, table.n_next, model.n_actions)
        for step, table in zip(swept.policy.steps, model.frame.tables, strict=True)
    )
    return replace(swept.policy, steps=steps), np.asarray(start @ swept.node_values[0]), swept.node_values


def _total(step: PolicyStep, n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> PolicyStep:
    return replace(step, blocks=tuple(_total_block(block, n_private, n_actions) for block in step.blocks))


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
    return PolicyBlock(block.nodes, tuple(private), block.atom_start, block.atom_prob, tuple(prescription))


def rebased(policy: Policy, old: LearntModel, new: LearntModel) -> Policy:
    """Return a total strategy on the states of another model: each window plays what the nearest old one did."""
    steps = []
    for time, step in enumerate(policy.steps):
        node = old.steps[time].index.find(new.steps[time].index.codes)
        arcs = new.space.depths[time].arcs
        block = _gathered(step, node)
        if arcs is None:
            none: IntArray = np.empty(0, dtype=np.int64)
            steps.append(PolicyStep(len(node), (block,), none, none, none))
        else:
            steps.append(PolicyStep(len(node), (block,), arcs.parent, arcs.increment, arcs.child))
    start = new.space.start
    return Policy(policy.sharing, start.increment, start.child, tuple(steps))


def rebased_values(values: tuple[FloatArray, ...], old: LearntModel, new: LearntModel) -> tuple[FloatArray, ...]:
    """Return values per state on the states of another model, as `rebased` does strategies."""
    return tuple(
        own[was.index.find(now.index.codes)] for own, was, now in zip(values, old.steps, new.steps, strict=True)
    )


def _gathered(step: PolicyStep, node: IntArray) -> PolicyBlock:
    """Return one block whose b-th state plays what state ``node[b]`` of a total step does."""
    nodes = np.concatenate([block.nodes for block in step.blocks])
    count = np.concatenate([np.diff(block.atom_start) for block in step.blocks])
    first = np.cumsum(count) - count
    place = np.empty(step.n_nodes, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    chosen = count[place[node]]
    start = np.concatenate([[0], np.cumsum(chosen)])
    atom = np.repeat(first[place[node]] - start[:-1], chosen) + np.arange(start[-1])
    prob = np.concatenate([block.atom_prob for block in step.blocks])[atom]
    prescription = tuple(
        np.concatenate([block.prescription[i] for block in step.blocks])[atom]
        for i in range(len(step.blocks[0].prescription))
    )
    private = tuple(np.tile(own[:1], (len(node), 1)) for own in step.blocks[0].private)
    return PolicyBlock(np.arange(len(node)), private, start, prob, prescription)
