"""A solution over common-information states: the plan, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, ClassVar

from lp_posg.evaluate import Advantages, Certificate, Ledger, Play, PolicyPlayer, Simulation, StepPlay, simulate
from lp_posg.game import Game
from lp_posg.information.tracking import check_same_indices, tables_of
from lp_posg.planning.export import export_plan
from lp_posg.planning.gains import StateGains, advantages_of, state_gains
from lp_posg.planning.ledgers import ledger_of
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.verification import target_of, verify_plan
from lp_posg.types import GAP_TOL


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StateSolution(StatePlan):
    """A certified equilibrium (or team optimum) over the common-information states of a POSG.

    See `Solution`; the attributes are those of `StatePlan`.
    """

    form: ClassVar[str] = "states"

    @cached_property
    def ledger(self) -> Ledger:
        """What compressing the common information cost, proven and measured; computed when first asked for."""
        return ledger_of(self)

    @cached_property
    def advantages(self) -> tuple[Advantages, ...]:
        """What each action gains at each place, by step and then by agent; computed when first asked for.

        That takes about as long as the certificate.
        """
        return advantages_of(self)

    def gains(self, time: int, node: int) -> StateGains:
        """Return why no one gains by deviating at a state: what following is worth, and the best other action.

        Parameters
        ----------
        time, node : int
            As in `graph`, 0-based.

        Raises
        ------
        ModelError
            If there is no such state.
        UnsupportedError
            If the gaps are bounds, since exact states are out of reach.

        Examples
        --------
        Told to swerve, a driver knows that the other swerves with 2/3: daring gives 2/3 times 7, swerving as much.

        >>> import lp_posg as posg
        >>> solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
        >>> for place in solution.gains(0, 0).places[:2]:
        ...     print(place.agent, place.recommended, round(place.following, 3), place.other, round(place.gain, 3) + 0)
        driver1 swerve 4.667 dare 0.0
        driver1 dare 7.0 swerve -1.0
        """
        self.check_state(time, node)
        return state_gains(self, self.advantages, time, node)

    def play(self, seed: int = 0) -> Play:
        """Return an object that acts step by step: give it what each agent sees, get each agent's action.

        Examples
        --------
        >>> import lp_posg as posg
        >>> play = posg.solve(posg.catalog("dectiger"), 2, "full").play(seed=0)
        >>> play.act()
        {'agent1': 'listen', 'agent2': 'listen'}
        >>> play.act({"agent1": "hear-left", "agent2": "hear-left"})
        {'agent1': 'open-right', 'agent2': 'open-right'}
        """
        tables = tables_of(self.game, self.sharing, self.horizon)
        return StepPlay(self.game, PolicyPlayer(self.policy, tables), seed)

    def simulate(
        self, n_runs: int = 10_000, seed: int = 0, *, game: Game | None = None, level: float = 0.95, traces: int = 0
    ) -> Simulation:
        """Return what following the strategy brings in independent runs.

        Everybody follows, so it does not matter here who would hear the draws (`to_play`).

        Parameters
        ----------
        n_runs, seed : int
            The answer depends on the seed alone; the first runs are the same whatever `n_runs`.
        game : Game, optional
            The game to play, with the discount of the solution; the solution's own if not given.
        level : float
            Confidence of the intervals.
        traces : int
            How many runs, from the first on, to tell in the game's labels.

        Raises
        ------
        ModelError
            If the strategy does not fit the game, or an argument is not what it has to be.

        Examples
        --------
        >>> import lp_posg as posg
        >>> solution = posg.solve(posg.catalog("dectiger"), 2, "full")
        >>> played = solution.simulate(50_000, seed=1)
        >>> bool(abs(played.mean[0] - solution.values[0]) < 5 * played.standard_error[0])
        True
        """
        target = target_of(self.game, game)
        check_same_indices(self.game, target, self.sharing, self.horizon)
        return simulate(target, self.sharing, self.policy, n_runs, seed, level=level, traces=traces)

    def verify(self, game: Any = None, *, tolerance: float = GAP_TOL, approximate: bool = False) -> Certificate:
        """Return a new certificate, computed from the strategy alone; see `lp_posg.verify`."""
        return verify_plan(self, game, tolerance, approximate)

    def export(self, path: str | PathLike[str]) -> None:
        """Write the whole strategy as ``.csv``, ``.json``, ``.graphml`` or ``.dot``, for other programs to follow.

        Raises
        ------
        FormatError
            If the suffix is another one, or the file cannot be written.
        """
        export_plan(self, path)
