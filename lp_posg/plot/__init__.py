"""Pictures of results: each function returns a matplotlib Figure, which `save` writes; needs the extra ``plot``."""

from typing import TYPE_CHECKING, Any

from lp_posg.plot.pictures import PICTURES, Picture

if TYPE_CHECKING:
    from lp_posg.plot.belief_simplex import beliefs
    from lp_posg.plot.canvas import SUFFIXES, save
    from lp_posg.plot.contraction_curves import contraction
    from lp_posg.plot.delay_curves import delays
    from lp_posg.plot.deviation_map import deviations
    from lp_posg.plot.learning_curves import learning
    from lp_posg.plot.ledger_bars import ledger
    from lp_posg.plot.payoff_polygons import payoffs
    from lp_posg.plot.state_dag import dag
    from lp_posg.plot.value_curves import values

__all__ = [
    "PICTURES",
    "SUFFIXES",
    "Picture",
    "beliefs",
    "contraction",
    "dag",
    "delays",
    "deviations",
    "learning",
    "ledger",
    "payoffs",
    "save",
    "values",
]


def __getattr__(name: str) -> Any:
    if name in PICTURES:
        return PICTURES[name].draw
    if name in ("SUFFIXES", "save"):
        from lp_posg.plot import canvas

        return getattr(canvas, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *PICTURES})
