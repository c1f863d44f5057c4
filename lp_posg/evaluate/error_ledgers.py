"""The error ledger of an approximate model: what is proven, and what is measured, of the price of compression.

For a common information c with exact belief b, and the compressed information c^ it is in, with
attached belief b~, let D = b - b~ (over states and private profiles) and

    e_r(c) = max over agents i of  sum over p of max over a of | sum over s of D(s, p) r_i(s, a) |
    e_z(c) = sum over p of max over a of  sum over z of | sum over s of D(s, p) P(z | s, p, a) |
    e_b(c) = sum over s, p of | D(s, p) |

which are at least the differences of reward and of the law of the next increment under any joint
prescription (equal where increments tell private informations apart, as under full and one-step
delayed sharing). eps_r(h), eps_z(h), eps_b(h) are the largest expectations of these at step h over all
policies, those included that act on everything common and private: a dynamic program over the exact
states. With V, V~ the values of following and W, W~ those of the best deviation, in the game and in the
model, one step gives

    |V_h(c) - V~_h(c^)|, W_h(c) - W~_h(c^)  <=  e_r(c) + d/2 G_{h+1} e_z(c) + d E[the same at h + 1]

since laws of z sum to 1 and the values ahead lie within the rewards to come, G_{h+1} apart. Hence

    gap = W_1 - V_1 <= (W~_1 - V~_1) + 2 sum over h of d^(h-1) (eps_r(h) + d/2 G_{h+1} eps_z(h))

The first part is the gap in the model, at most H eps_e if every stage is solved to eps_e. With rewards
in [0, 1], d = 1 and eps the largest over all steps this is within the paper's 2 H eps_r + H^2 eps_z + H eps_e.

Where exact states are out of reach, `estimated_ledger` plays the strategy, filters exact beliefs along each run (one
row per run), and averages the three errors at every step. They are expectations under the strategy itself, not under
the worst policy, so they prove nothing about the gap; they say how far the attached beliefs are off where play goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.checks import confidence
from lp_posg.errors import ModelError
from lp_posg.evaluate.belief_errors import errors_at, payoffs, worst_expectations
from lp_posg.evaluate.certificate import Certificate
from lp_posg.evaluate.exact_gaps import certify, pairs_of
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.simulation import played
from lp_posg.game import Game, takes
from lp_posg.information import Policy, SharingStructure, StateSpace
from lp_posg.information.levels import batches, expand, first_rows, level_from_rows
from lp_posg.information.resources import Resources
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only


@brief()
@dataclass(frozen=True, eq=False)
class Ledger:
    """Errors of an approximate model, the bound they give, and the gap measured.

    Attributes
    ----------
    compression : str
    reward_error, transition_error, belief_error : float arrays, shape (H,)
        eps_r(h) in reward units, eps_z(h) and eps_b(h) as L1 distances (0 to 2): worst-policy
        expectations, or those under the strategy itself if the status is ``estimated``.
    states, model_states : tuple of int
        Pairs of exact belief and compressed state (all 0 if estimated), and states of the model, by step.
    merge_distance : float array, shape (H,)
        Largest total variation distance between a belief and the attached one it was merged into, by step.
    model_gap : float
        Largest gain of a deviation within the model, in reward units.
    bound : float or None
        Proven bound on the gap in the game, step by step, in reward units; None if errors are estimated.
    paper_bound : float or None
        The paper's form, 2 H eps_r + H^2 eps_z R + model_gap, R the largest reward range of a step.
    gap : float
        The gap in the original game: computed, or an upper bound if the certificate is ``bounded``.
    status : {"exact", "estimated"}
        ``estimated``: by simulation, where exact states are out of reach; nothing is then proven by errors.
    half_widths : float array, shape (H, 3), or None
        Half of the normal confidence intervals of the three errors, if they are estimated.
    n_runs : int
        Runs simulated; 0 if errors are exact.
    """

    compression: str
    reward_error: FloatArray
    transition_error: FloatArray
    belief_error: FloatArray
    states: tuple[int, ...]
    model_states: tuple[int, ...]
    merge_distance: FloatArray
    model_gap: float
    bound: float | None
    paper_bound: float | None
    gap: float
    status: Literal["exact", "estimated"] = "exact"
    half_widths: FloatArray | None = None
    n_runs: int = 0

    def __post_init__(self) -> None:
        read_only(self.reward_error, self.transition_error, self.belief_error, self.merge_distance, self.half_widths)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per step, with plain numbers."""
        names = ("states", "model_states", "reward_error", "transition_error", "belief_error", "merge_distance")
        columns = [np.asarray(getattr(self, name)).tolist() for name in names]
        return [
            {"step": h + 1, **dict(zip(names, row, strict=True))} for h, row in enumerate(zip(*columns, strict=True))
        ]

    def summary(self) -> dict[str, Any]:
        """Return the ledger as a JSON-ready object."""
        return {
            **{name: getattr(self, name) for name in ("status", "compression")},
            "steps": self.rows(),
            **{name: getattr(self, name) for name in ("model_gap", "bound", "paper_bound", "gap")},
            "half_widths": None if self.half_widths is None else self.half_widths.tolist(),
            "n_runs": self.n_runs,
        }


@takes
def error_ledger(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    model: StateSpace,
    deviations: str | Kind,
    *,
    compression: str = "",
    certificate: Certificate | None = None,
    resources: Resources | None = None,
) -> Ledger:
    """Return the errors of the model that a strategy was planned in.

    Parameters
    ----------
    model : StateSpace
        The states of the model; their numbers are those of the strategy's states.
    deviations : str or Kind
        As in `certify`.
    compression : str
        Its name, for the report.
    certificate : Certificate, optional
        Of the strategy in the game, if it is known.

    Raises
    ------
    ModelError
        If the model is not the one the strategy was planned in.
    LimitError
        If a limit is met.

    Notes
    -----
    Time grows as the edges of the exact states times the horizon. Source of the bound's form: the
    paper's theorem on expected approximate common-information models; the derivation is above.
    """
    use = resources or Resources()
    sizes = model.sizes
    if sizes != tuple(step.n_nodes for step in policy.steps):
        raise ModelError(f"the model has {sizes} states by step, the strategy other ones: it was planned in another")
    pairs = pairs_of(game, structure, policy, use)
    kind = kind_named(deviations)
    team = kind.together
    here = [errors_at(game, time, pairs.depths[time], model.depths[time], team) for time in range(policy.horizon)]
    worst = worst_expectations(game, pairs, here, use)
    inside = model_certificate(game, structure, policy, model, kind, use)
    gap = (certificate or certify(game, structure, policy, deviations, space=pairs, resources=use)).gap
    factor = 1 if game.is_common_reward or not team else game.n_agents
    bound, paper = (inside.gap + factor * error for error in _bounds(game, worst, team))
    e_r, e_z, e_b = worst.T
    distances = merge_distances(model)
    return Ledger(compression, e_r, e_z, e_b, pairs.sizes, sizes, distances, inside.gap, bound, paper, gap)


def merge_distances(model: StateSpace) -> FloatArray:
    """Return the largest distance over which each step merged beliefs, shape (H,)."""
    return np.array([depth.merge_distance for depth in model.depths])


def model_certificate(
    game: Game, structure: SharingStructure, policy: Policy, model: StateSpace, kind: Kind, resources: Resources
) -> Certificate:
    """Return the certificate of a strategy within the model it was planned in."""
    numbered = replace(model, depths=tuple(replace(d, tag=np.arange(d.level.n_nodes)) for d in model.depths))
    return certify(game, structure, policy, kind, space=numbered, resources=resources)


def _bounds(game: Game, worst: FloatArray, team: bool) -> tuple[float, float]:
    """Return the errors' part of the bound, step by step and in the paper's form."""
    horizon = len(worst)
    spread = [float(np.ptp(payoffs(game, t, team), axis=(1, 2)).max()) for t in range(horizon)]
    bound, to_come = 0.0, 0.0
    for time in reversed(range(horizon)):
        bound += 2 * game.discount**time * (worst[time, 0] + game.discount / 2 * to_come * worst[time, 1])
        to_come = spread[time] + game.discount * to_come
    most = worst.max(axis=0)
    return float(bound), float(2 * horizon * most[0] + horizon**2 * max(spread) * most[1])


@takes
def estimated_ledger(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    model: StateSpace,
    deviations: str | Kind,
    gap: float,
    *,
    compression: str = "",
    n_runs: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    resources: Resources | None = None,
) -> Ledger:
    """Return the errors of the model along simulated runs of the strategy.

    Parameters
    ----------
    game, structure, policy, model, deviations, compression, resources
        As in `error_ledger`.
    gap : float
        The gap, or the bound on it, for the report.
    n_runs, seed : int
        As in `simulate`.
    level : float
        Confidence of the half-widths (normal).

    Raises
    ------
    ModelError
        If the strategy does not fit the game.
    LimitError
        If a limit is met.

    Notes
    -----
    Time grows as runs, times steps, times the entries of a belief and its successors.
    """
    use, kind = resources or Resources(), kind_named(deviations)
    confidence("level", level)
    moments = played(game, structure, policy, n_runs, seed)
    quantile = NormalDist().inv_cdf(0.5 + level / 2)
    means, widths = [], []
    sizes, tables = model.sizes, model.tables
    rows = _first_beliefs(game, tables[0], moments[0].shared)
    for time, moment in enumerate(moments):
        use.check_clock("ledger", time, sizes)
        if time:
            rows = _next_beliefs(game, time - 1, tables[time], rows, moment.shared)
        beliefs = level_from_rows(rows, tables[time].n_next, game.n_states)
        depth = replace(model.depths[time], level=beliefs, tag=moment.node)
        errors = errors_at(game, time, depth, model.depths[time], kind.together)
        means.append(errors.mean(axis=0))
        widths.append(quantile * errors.std(axis=0, ddof=1) / np.sqrt(n_runs) if n_runs > 1 else np.full(3, np.inf))
    inside, none = model_certificate(game, structure, policy, model, kind, use).gap, (0,) * len(moments)
    e_r, e_z, e_b = np.transpose(means)
    ledger = Ledger(compression, e_r, e_z, e_b, none, sizes, merge_distances(model), inside, None, None, gap)
    return replace(ledger, status="estimated", half_widths=np.array(widths), n_runs=n_runs)


def _first_beliefs(game: Game, table: SplitTable, shared: IntArray) -> SparseMatrix:
    """Return the belief of each run after the start, one row per run."""
    increment, _, rows = first_rows(game, table)
    return rows[np.searchsorted(increment, shared)]


def _next_beliefs(game: Game, time: int, table: SplitTable, rows: SparseMatrix, shared: IntArray) -> SparseMatrix:
    """Return the belief of each run one step later, given what became common in it."""
    level = level_from_rows(rows, table.n_private, game.n_states)
    width = int(np.prod(table.n_increments))
    parts = []
    for nodes in batches(game, time, level):
        after = expand(game, time, table, level, nodes)
        wanted = np.arange(nodes.start, nodes.stop) * width + shared[nodes]
        parts.append(after.rows[np.searchsorted(after.parent * width + after.increment, wanted)])
    return sp.csr_array(sp.vstack(parts, format="csr"))
