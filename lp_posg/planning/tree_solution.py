"""The solution of a game tree, by whatever method: behaviour at information sets, drawn by a mediator or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import ModelError, OptionError
from lp_posg.evaluate import Certificate, Play, Simulation
from lp_posg.game import allowed_gaps, checked_tolerance
from lp_posg.planning.set_certificates import judged_tree, plan_sets, plan_stakes
from lp_posg.planning.set_solution import SetSolution
from lp_posg.planning.solution import Atom
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.tree_play import TreePlay, simulate_tree
from lp_posg.planning.verification import target_of, value_slack, verify_plan
from lp_posg.trees import Tree
from lp_posg.trees.naming import action_words, set_words
from lp_posg.trees.strategic import reduced_form
from lp_posg.types import GAP_TOL, ROUNDING, FloatArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TreeSolution(SetSolution):
    """A certified equilibrium (or team optimum) of a game tree; see `Solution` and `SetSolution`.

    Attributes
    ----------
    game : Tree
    horizon, sharing : None
        A tree is played to its end, by agents who know what its information sets say.
    plan : StatePlan or None
        The equilibrium of the reduced strategic form that this is, if it was found there.
    """

    game: Tree
    horizon: None = None
    sharing: None = None
    plan: StatePlan | None = None

    form: ClassVar[str] = "tree"

    @property
    def allowed_gaps(self) -> FloatArray:
        """Largest gap that the tolerance accepts of each agent, in units of payoffs, shape (n,)."""
        if self.plan is not None:
            return allowed_gaps(self.plan.game, self.tolerance, self.certificate.kind.together)
        return self.game.totals.allowed_gaps(self.tolerance)

    @property
    def to_play(self) -> str:
        """Who draws, and what each agent hears before it acts, for the certificate to hold; a sentence."""
        words = super().to_play
        if self.certificate.kind.draws_alone:
            return words
        return (
            "in a game tree an action is a whole plan, of what to do at each of an agent's information sets, and all of"
            f" this is settled before play, when no agent has private information yet: {words}"
        )

    @cached_property
    def _names(self) -> tuple[list[str], list[list[str]]]:
        """Names of all sets, and of the actions at each."""
        names = [""] * len(self.game.sets)
        for agent in range(self.game.n_agents):
            for k, name in zip(self.sets_of(agent).tolist(), set_words(self.game, agent), strict=True):
                names[k] = name
        return names, [action_words(self.game, k) for k in range(len(names))]

    def set_name(self, k: int) -> str:
        """Return the label of a set; where labels are empty or not unique their number, from 1, is added."""
        return self._names[0][k]

    def action_names(self, k: int) -> Sequence[str]:
        """Return the labels of the actions at a set, all different."""
        return self._names[1][k]

    def strategy(self, time: int = 0, node: int = 0) -> tuple[Atom, ...]:
        """Return what is played at all information sets, in the game's labels.

        An atom is drawn, and an action of each agent from its entry, independently given the atom; `to_play` says
        by whom, and who hears what. A tree has one place for all: time 0, node 0.

        Raises
        ------
        ModelError
            If another place is named.
        """
        if (time, node) != (0, 0):
            raise ModelError("a game tree has no steps or states; strategy() returns all that is played in it")
        return self.atoms_at(np.arange(len(self.game.sets)))

    def play(self, seed: int = 0) -> Play:
        """Return an object that acts: give it the information set of whoever moves, get the action."""
        return TreePlay(self, seed)

    def simulate(
        self, n_runs: int = 10_000, seed: int = 0, *, game: Tree | None = None, level: float = 0.95, traces: int = 0
    ) -> Simulation:
        """Return what following the strategy brings in independent runs.

        Parameters
        ----------
        n_runs, seed : int
            The answer depends on the seed alone; the first runs are the same whatever `n_runs`.
        game : Tree, optional
            The tree to play, of the same information sets; the solution's own if not given.
        level : float
            Confidence of the intervals.
        traces : int
            Has to be 0: runs are told by step, and a tree has no steps.

        Raises
        ------
        ModelError
            If an argument is not what it has to be.
        OptionError
            If traces are asked for.
        """
        if whole_number("traces", traces, 0):
            raise OptionError(
                "traces does not apply to a solution of a game tree, which has no steps to tell; leave it out, and see"
                " `play` for single courses",
                option="traces",
            )
        return simulate_tree(target_of(self.game, game), self.sets, n_runs, seed, level)

    def verify(self, game: Any = None, *, tolerance: float = GAP_TOL, approximate: bool = False) -> Certificate:
        """Return a new certificate, computed from the strategy alone; see `lp_posg.verify`."""
        checked_tolerance(tolerance)
        target = target_of(self.game, game)
        if self.plan is not None:
            return self._verified_plan(self.plan, target, tolerance, approximate)
        slack = max(tolerance, GAP_TOL) * max(target.totals.largest, 1e-300) + ROUNDING
        allowed = target.totals.allowed_gaps(tolerance)
        return self._certificate(target, judged_tree(target, self.sets), allowed, slack, tolerance, approximate)

    def _verified_plan(self, plan: StatePlan, target: Tree, tolerance: float, approximate: bool) -> Certificate:
        """Certify the plan, and check that what is played at information sets is that plan."""
        form = reduced_form(target)
        if target is self.game and not np.array_equal(plan.game.reward, form.game.reward):
            raise ModelError(f"the payoffs of plans are not those of game {target.name!r}: the solution is damaged")
        certificate = verify_plan(plan, form.game, tolerance, approximate)
        slack = value_slack(form.game, tolerance, certificate.values)
        sets, stakes = plan_sets(target, form, plan), plan_stakes(form)
        self._check_stated(target, certificate, sets, stakes, slack, tolerance)
        return certificate
