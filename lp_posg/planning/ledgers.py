"""The error ledger of a solution: its model is expanded anew from the names of its options."""

from __future__ import annotations

from lp_posg.evaluate import Ledger, error_ledger, estimated_ledger
from lp_posg.information import Compression, CompressionRule, SharingStructure, reachable_states
from lp_posg.information.resources import Resources
from lp_posg.planning.solution import Solution
from lp_posg.planning.verification import compression_of, kind_of, structure_of


def ledger(
    solution: Solution,
    *,
    sharing: SharingStructure | None = None,
    compression: Compression | CompressionRule | None = None,
    n_runs: int = 1000,
    seed: int = 0,
    resources: Resources | None = None,
) -> Ledger:
    """Return what compressing the common information cost, proven and measured.

    Parameters
    ----------
    solution : Solution
    sharing : SharingStructure, optional
        Needed if the solution was computed for a structure of the user's own.
    compression : Compression or CompressionRule, optional
        Needed if it was computed with a compression that its name does not say whole.
    n_runs, seed : int
        If the solution's gap is not known exactly, since exact states are out of reach, the errors are
        estimated from so many runs; the ledger says so.
    resources : Resources, optional
        Limits and workers.

    Raises
    ------
    ModelError
        If structure or compression cannot be told from their names.
    LimitError
        If a limit is met.

    Examples
    --------
    >>> import lp_posg as posg
    >>> found = posg.solve(posg.catalog("dectiger"), 4, "full", compression="finite-memory:1")
    >>> costs = found.ledger
    >>> costs.gap <= costs.bound <= costs.paper_bound
    True
    """
    game, structure = solution.game, structure_of(solution, sharing, solution.game)
    squeezed = compression_of(solution, compression)
    model = reachable_states(game, structure, solution.horizon, compression=squeezed, resources=resources)
    kind = kind_of(solution)
    if solution.certificate.found_gains is not None:
        return estimated_ledger(
            game,
            structure,
            solution.policy,
            model,
            kind,
            solution.certificate.gap,
            compression=solution.compression,
            n_runs=n_runs,
            seed=seed,
            resources=resources,
        )
    return error_ledger(
        game,
        structure,
        solution.policy,
        model,
        kind,
        compression=solution.compression,
        certificate=solution.certificate if solution.certificate.status == "exact" else None,
        resources=resources,
    )
