"""Numbers, labels and games in words, as the command line shows them: those of the room `wording`."""

from lp_posg.wording import (
    clean,
    counts,
    kind,
    number,
    numbers,
    seconds,
    sizes,
    small,
    tree_kind,
    tree_sizes,
    value_scale,
    yes_no,
)

__all__ = [
    "clean",
    "counts",
    "kind",
    "number",
    "numbers",
    "seconds",
    "sizes",
    "small",
    "tree_kind",
    "tree_sizes",
    "value_scale",
    "yes_no",
]
