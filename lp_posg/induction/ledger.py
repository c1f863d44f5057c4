"""The error ledger of a solution: its model is unrolled anew from the names of its options."""

from __future__ import annotations

from lp_posg.evaluate import Ledger, error_ledger
from lp_posg.induction.solution import Solution
from lp_posg.induction.verification import compression_of, structure_of
from lp_posg.information import Compression, CompressionRule, SharingStructure, unroll
from lp_posg.information.resources import Resources
from lp_posg.stage import concept_named


def ledger(
    solution: Solution,
    *,
    sharing: SharingStructure | None = None,
    compression: Compression | CompressionRule | None = None,
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
    model = unroll(game, structure, solution.horizon, compression=squeezed, resources=resources)
    kind = concept_named(solution.concept).deviations
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
