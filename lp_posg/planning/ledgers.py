"""The error ledger of a plan: its model is expanded anew."""

from __future__ import annotations

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
    game, structure, name = plan.game, plan.sharing, plan.compression.name
    model = reachable_states(game, structure, plan.horizon, compression=plan.compression, resources=resources)
    deviations, certificate = plan.certificate.kind, plan.certificate
    if not plan.has_exact_gaps:
        return estimated_ledger(
            game,
            structure,
            plan.policy,
            model,
            deviations,
            certificate.gap,
            compression=name,
            n_runs=n_runs,
            seed=seed,
            resources=resources,
        )
    return error_ledger(
        game,
        structure,
        plan.policy,
        model,
        deviations,
        compression=name,
        certificate=certificate if certificate.status == "exact" else None,
        resources=resources,
    )
