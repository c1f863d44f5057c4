"""What was learnt as a `Solution`: stored, verified, simulated and read like any other."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.learning.result import Learnt
from lp_posg.planning import StateSolution, Stats
from lp_posg.planning.packing import Unknown
from lp_posg.planning.state_plan import labels_of
from lp_posg.types import GAP_TOL


def learnt_solution(found: Learnt, game: Game) -> StateSolution:
    """Return the chosen strategy as a solution of the game it was learnt from, by method ``learning``.

    Its compression is called ``learnt:L``; its gap is the certified one, whatever it is.

    Raises
    ------
    ModelError
        If the game was not known to `learn`, or its time limit came first, so that nothing is certified.
    """
    best = found.best
    if best.certificate is None and found.stopped:
        raise ModelError(f"what was learnt is not certified ({found.stopped}); allow more time with time_limit")
    if best.certificate is None:
        raise ModelError("what was learnt from a simulator alone is not certified; learn from a Game to store it")
    states = found.model.sizes
    return StateSolution(
        game=game.with_discount(found.discount),
        horizon=found.horizon,
        sharing=found.sharing,
        concept=found.concept,
        objective=found.objective,
        compression=Unknown("compression", f"learnt:{found.memory}"),
        method="learning",
        reason="",
        tolerance=GAP_TOL,
        stats=Stats(sum(states), 0, 0, found.seconds, {"learn": found.seconds}, states),
        certificate=best.certificate,
        model_values=best.model_values,
        policy=best.policy,
        node_values=tuple(np.array(values) for values in best.node_values),
        labels=labels_of(game, found.model.space),
    )
