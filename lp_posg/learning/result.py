"""What learning returns: candidates, one per round, and which was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.errors import SimulatorError
from lp_posg.evaluate import Certificate
from lp_posg.information import Policy, SharingStructure
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.learnt_errors import ModelErrors
from lp_posg.stage import Concept, Objective
from lp_posg.types import FloatArray, read_only


@dataclass(frozen=True, eq=False)
class Candidate:
    """The strategy of one round.

    Each interval is for its own number: of the candidate that was chosen for looking good, all err a
    little to the good side.

    Attributes
    ----------
    round : int
        1-based.
    episodes : int
        Exploration episodes that its model was counted from.
    plans : int
        Exploration plans of the round, uniformly drawn actions included.
    states : tuple of int
        States of the model by step.
    policy : Policy
    model_values : float array, shape (n,)
        What its model promises.
    node_values : tuple per step of float arrays, shape (K, n)
        The same from each state of the last model on.
    values, value_errors : float arrays, shape (n,)
        Mean returns in fresh episodes, and half their confidence interval (normal).
    gaps, gap_errors : float arrays, shape (n,)
        Mean gains of the deviations that were found, at least 0, likewise. No true gap is bounded by
        them: a better deviation may not have been found. For a team nan.
    certificate : Certificate or None
        In the true game, where it is known.
    """

    round: int
    episodes: int
    plans: int
    states: tuple[int, ...]
    policy: Policy
    model_values: FloatArray
    node_values: tuple[FloatArray, ...]
    values: FloatArray
    value_errors: FloatArray
    gaps: FloatArray
    gap_errors: FloatArray
    certificate: Certificate | None

    def __post_init__(self) -> None:
        read_only(self.model_values, self.values, self.value_errors, self.gaps, self.gap_errors)

    def summary(self) -> dict[str, Any]:
        """Return the candidate as a JSON-ready object."""
        known = self.certificate
        return {
            "round": self.round,
            "episodes": self.episodes,
            "plans": self.plans,
            "states": list(self.states),
            "model_values": self.model_values.tolist(),
            "values": self.values.tolist(),
            "value_errors": self.value_errors.tolist(),
            "gaps": [None if np.isnan(gap) else gap for gap in self.gaps.tolist()],
            "gap_errors": [None if np.isnan(gap) else gap for gap in self.gap_errors.tolist()],
            "certified": None
            if known is None
            else {"status": known.status, "values": known.values.tolist(), "gaps": known.gaps.tolist()},
        }


@dataclass(frozen=True, eq=False)
class Learnt:
    """What `learn` found.

    Attributes
    ----------
    candidates : tuple of Candidate
        One per round.
    chosen : int
        Index of the chosen one.
    model : LearntModel
        The last round's, from all exploration episodes.
    sharing : SharingStructure
    concept : Concept
    objective : Objective
    exploration : str
    memory, horizon : int
    discount, level : float
        `level` is the confidence of the intervals.
    samples : dict of str to int
        Episodes by phase: ``explore``, ``evaluate``.
    seconds : float
    seed : int
    stopped : str
        Why learning ended before all rounds were done; else empty.
    errors : ModelErrors or None
        Of the last model against the true game, where it is known.
    """

    candidates: tuple[Candidate, ...]
    chosen: int
    model: LearntModel
    sharing: SharingStructure
    concept: Concept
    objective: Objective
    exploration: str
    memory: int
    horizon: int
    discount: float
    level: float
    samples: dict[str, int]
    seconds: float
    seed: int
    stopped: str = ""
    errors: ModelErrors | None = None

    @property
    def best(self) -> Candidate:
        """The chosen candidate."""
        return self.candidates[self.chosen]

    @property
    def policy(self) -> Policy:
        """The chosen strategy."""
        return self.best.policy

    def summary(self) -> dict[str, Any]:
        """Return the result as a JSON-ready object."""
        return {
            "sharing": self.sharing.name,
            "concept": self.concept.name,
            "objective": self.objective.name,
            "exploration": self.exploration,
            "memory": self.memory,
            "horizon": self.horizon,
            "discount": self.discount,
            "level": self.level,
            "samples": dict(self.samples),
            "seconds": self.seconds,
            "seed": self.seed,
            "stopped": self.stopped,
            "chosen": self.best.round,
            "candidates": [candidate.summary() for candidate in self.candidates],
            "errors": None if self.errors is None else self.errors.rows(),
        }


@dataclass(frozen=True)
class LearningProgress:
    """How far learning has come.

    Attributes
    ----------
    phase : {"explore", "evaluate"}
    round, rounds : int
    episodes : int
        Played so far, all phases.
    seconds : float
        Since the start.
    """

    phase: str
    round: int
    rounds: int
    episodes: int
    seconds: float


@contextmanager
def telling(model: LearntModel | None, candidates: Sequence[Candidate] = ()) -> Iterator[None]:
    """Let the error of an environment that misbehaves say what was learnt before."""
    try:
        yield
    except SimulatorError as error:
        error.facts["model"] = error.model = model
        error.facts["candidates"] = error.candidates = tuple(candidates)
        raise
