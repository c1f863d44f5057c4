"""``exact``: the state is the belief itself, so that the model planned in is the original game."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lp_posg.information.compression import Children, Compressed, CompressionForm, State, Step
from lp_posg.information.merging import Gathering
from lp_posg.types import MERGE_TOL


@dataclass(frozen=True)
class Exact:
    """Common informations with one belief are one state, which loses nothing.

    Parameters
    ----------
    tolerance : float
        Total variation within which beliefs count as equal.
    """

    tolerance: float = MERGE_TOL

    @property
    def name(self) -> str:
        """``exact``, unless the tolerance is not the usual one."""
        return "exact" if self.tolerance <= MERGE_TOL else f"equal within {self.tolerance:.12g}"

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the distinct beliefs after the increments of the start."""
        return self.update(step, {}, [children])

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the distinct beliefs after one more step."""
        gathering = Gathering(self.tolerance)
        for part in children:
            gathering.add(part.rows, part.label)
            step.watch(gathering.n_classes)
        rows, merged = gathering.result()
        return Compressed(rows, merged.member_of, merged.representative, merged.distance)


def _parse(rest: str) -> Exact:
    if rest:
        raise ValueError
    return Exact()


EXACT = CompressionForm("exact", "exact", _parse, Exact)
