"""What learning returns: candidates, one per round, and which was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.brevity import brief
from lp_posg.errors import SimulatorError
from lp_posg.evaluate import Certificate
from lp_posg.information import Policy, SharingStructure
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.learnt_errors import ModelErrors
from lp_posg.stage import Concept, Objective
from lp_posg.types import FloatArray, read_only


@brief("round", "episodes", "values", "value_errors", "gaps")
@dataclass(frozen=True, eq=False)
class Candidate:
    """The strategy of one round.

    Each interval is for one number: the numbers of the candidate chosen for looking good all err a little
    to the good side.

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
        Its values in its model.
    node_values : tuple per step of float arrays, shape (K, n)
        The same from each state of the last model on.
    values, value_errors : float arrays, shape (n,)
        Mean returns in fresh episodes, and half their confidence interval (normal); nan if the time limit was met
        before.
    gaps, gap_errors : float arrays, shape (n,)
        Mean gains of the best known deviations, at least 0, likewise. They bound no true gap: there may be
        better deviations. For a team nan.
    certificate : Certificate or None
        In the true game, where it is known and the time limit allows.
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
            **{name: getattr(self, name) for name in ("round", "episodes", "plans")},
            "states": list(self.states),
            "model_values": self.model_values.tolist(),
            **{
                name: [None if np.isnan(number) else number for number in getattr(self, name).tolist()]
                for name in ("values", "value_errors", "gaps", "gap_errors")
            },
            "certified": known
            and {"status": known.status, **{k: getattr(known, k).tolist() for k in ("values", "gaps")}},
        }


@brief("sharing", "concept", "horizon", "best.round", "best.values", "best.gaps", "stopped")
@dataclass(frozen=True, eq=False)
class Learnt:
    """The result of `learn`.

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
        What the time limit ended before it was done, rounds and evaluations; else empty.
    errors : ModelErrors or None
        Of the last model against the true game, where it is known and the time limit allows.
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
        plain = ("exploration", "memory", "horizon", "discount", "level", "samples", "seconds", "seed", "stopped")
        return {
            **{part: getattr(self, part).name for part in ("sharing", "concept", "objective")},
            **{part: getattr(self, part) for part in plain},
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
    """Add what was learnt before to the error of an environment that misbehaves."""
    try:
        yield
    except SimulatorError as error:
        error.facts["model"] = error.model = model
        error.facts["candidates"] = error.candidates = tuple(candidates)
        raise
