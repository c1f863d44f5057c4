"""What ``lp-posg policy`` shows of a solution over information sets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from lp_posg.cli.screen import Column, show_line, show_table
from lp_posg.cli.state_view import drawn
from lp_posg.errors import OptionError
from lp_posg.planning import HistorySolution, SetPlay, SetSolution
from lp_posg.wording import number


@dataclass(frozen=True)
class SetView:
    """Some information sets of a solution.

    Attributes
    ----------
    chances : tuple of float
        Probability of each atom.
    sets : list of tuples of SetPlay
        What is done at each of the sets, for each atom.
    total : int
        How many the command named.
    """

    chances: tuple[float, ...]
    sets: list[tuple[SetPlay, ...]]
    total: int
    places: ClassVar[str] = "information sets"

    @property
    def n_more(self) -> int:
        """How many sets are not shown."""
        return self.total - len(self.sets)

    def summary(self) -> dict[str, Any]:
        """Return the sets as a JSON-ready object."""
        return {
            "n_information_sets": self.total,
            "information_sets": [
                {
                    "agent": plays[0].agent,
                    "information_set": plays[0].information_set,
                    "atoms": [
                        {
                            "probability": chance,
                            "own_reach": play.own_reach,
                            "reach_probability": play.reach,
                            "actions": play.actions,
                        }
                        for chance, play in zip(self.chances, plays, strict=True)
                    ],
                }
                for plays in self.sets
            ],
        }

    def show(self) -> None:
        """Show what is done at each of the sets."""
        several = len(self.chances) > 1
        columns = [Column("agent"), Column("information set", breaks=24)]
        columns += [Column("atom", right=True), Column("chance", right=True)] * several
        columns += [Column("does", breaks=16), Column("own reach", right=True), Column("reach", right=True)]
        rows = [
            [
                *(play.agent, play.information_set),
                *([str(k), number(chance)] * several),
                *(drawn(play.actions), number(play.own_reach), number(play.reach)),
            ]
            for plays in self.sets
            for k, (chance, play) in enumerate(zip(self.chances, plays, strict=True))
        ]
        show_line()
        show_table(columns, rows, keys=2)


def set_view(stored: SetSolution, step: int | None, state: int | None, most: int) -> SetView:
    """Return the information sets that a command names by their step, from 1.

    Raises
    ------
    OptionError
        If there are no steps or states, or there is no such step.
    """
    if state is not None:
        raise OptionError("state does not apply to a solution over information sets", option="state")
    sets = list(zip(*stored.rows(), strict=True))
    if step is not None:
        if not isinstance(stored, HistorySolution):
            raise OptionError("step does not apply to a game tree, which has information sets only", option="step")
        if step > stored.horizon:
            raise OptionError(f"there is no step {step}: the solution has {stored.horizon} steps")
        names = {agent: set(stored.information_sets(agent, step - 1)) for agent in stored.game.agents}
        sets = [plays for plays in sets if plays[0].information_set in names[plays[0].agent]]
    return SetView(tuple(stored.sets.atom_prob.tolist()), list(islice(sets, most)), len(sets))
