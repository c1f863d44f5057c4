"""The error ledger of a plan: its model is expanded anew."""

from __future__ import annotations

from typing import Any

from lp_posg.evaluate import Ledger, error_ledger, estimated_ledger
from lp_posg.information import reachable_states
from lp_posg.information.resources import Resources
from lp_posg.planning.state_plan import StatePlan


def ledger_of(plan: StatePlan, n_runs: int = 1000, seed: int = 0, resources: Resources | None = None) -> Ledger:
    """Return what compressing the common information cost, proven and measured.

    Parameters
    ----------
    plan : StatePlan
    n_runs, seed : int
        If the plan's gap is not known exactly, since exact states are out of reach, the errors are
        estimated from so many runs; the ledger says so.
    resources : Resources, optional
        Limits and workers.

    Raises
    ------
    LimitError
        If a limit is met.
    """
    game, certificate, use = plan.game, plan.certificate, plan.compression
    model = reachable_states(game, plan.sharing, plan.horizon, compression=use, resources=resources)
    strategy = (game, plan.sharing, plan.policy, model, certificate.kind)
    names: dict[str, Any] = {"compression": use.name, "resources": resources}
    if not plan.has_exact_gaps:
        return estimated_ledger(*strategy, certificate.gap, n_runs=n_runs, seed=seed, **names)
    return error_ledger(*strategy, certificate=certificate if certificate.status == "exact" else None, **names)
