"""The solution of a POSG in sequence form: behaviour strategies over full private histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lp_posg.checks import is_index
from lp_posg.errors import ModelError
from lp_posg.evaluate import Certificate, Play, Simulation, StepPlay, simulate_player
from lp_posg.game import Game, allowed_gaps, checked_tolerance
from lp_posg.information.describe import history_text, increment_text, private_text
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import check_same_indices
from lp_posg.planning.history_player import HistoryPlayer
from lp_posg.planning.set_certificates import judged_histories
from lp_posg.planning.set_solution import SetSolution
from lp_posg.planning.solution import Atom
from lp_posg.planning.solved import SolvedPosg
from lp_posg.planning.verification import target_of, value_slack
from lp_posg.trees.sequence.histories import HistoryTree
from lp_posg.types import GAP_TOL, FloatArray, IntArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HistorySolution(SolvedPosg, SetSolution):
    """A certified Nash equilibrium of a zero-sum POSG in behaviour strategies on full private histories.

    The information sets of agent 1 come first, then those of agent 2, each by step. See `Solution` and `SetSolution`.

    Attributes
    ----------
    trees : tuple of two HistoryTree
        Each agent's information sets.
    tables : tuple of SplitTable, one per step
        What the indices in the trees stand for.
    """

    compression: None = None
    trees: tuple[HistoryTree, HistoryTree]
    tables: tuple[SplitTable, ...] = field(metadata={"stored": False})

    form: ClassVar[str] = "histories"

    @property
    def behaviour(self) -> tuple[FloatArray, FloatArray]:
        """Probability of each action at each information set of each agent, shapes (K_i, A_i)."""
        first, second = np.split(self.sets.behaviour[0], [self.trees[0].n_sequences])
        return first.reshape(self.trees[0].n_sets, -1), second.reshape(self.trees[1].n_sets, -1)

    def action_names(self, k: int) -> Sequence[str]:
        """Return the labels of the actions at a set."""
        return self.game.actions[self.sets.owner[k]]

    def set_name(self, k: int) -> str:
        """Return what an agent knows at a set, in the game's labels."""
        news = self._news(k)
        return f"step {len(news)}; common: {history_text(self.game, news)}; {self._private_words(k)}"

    def information_sets(self, agent: int | str, time: int | None = None) -> list[str]:
        """Return a name for each of an agent's information sets, of all steps or of one (0-based)."""
        if time is None:
            return super().information_sets(agent)
        return [self.set_name(k) for k in self._sets_at(self.agent_number(agent), time).tolist()]

    def n_places(self, time: int) -> int:
        """Return the number of common histories at a step (0-based), the places that `strategy` knows."""
        self._check_time(time)
        return int(max(common.max() for common in self._common[time])) + 1

    def strategy(self, time: int = 0, node: int = 0) -> tuple[Atom, ...]:
        """Return what is played after a common history, in the game's labels: one atom.

        Parameters
        ----------
        time : int
            The step, 0-based.
        node : int
            Number of the common history at that step, below `n_places`.

        Raises
        ------
        ModelError
            If there is no such step or common history.
        """
        atom = self.atoms_at(self._sets_after(time, node))[0]
        known = {
            agent: {name[name.index("; private: ") + 2 :]: law for name, law in sets.items()}
            for agent, sets in atom.prescriptions.items()
        }
        return (Atom(atom.prob, known),)

    def history(self, time: int, node: int) -> tuple[str, ...]:
        """Return a common history in words: what the start shared, then each step."""
        k = int(self._sets_after(time, node)[0])
        return tuple(increment_text(self.game, news) for news in self._news(k))

    def play(self, seed: int = 0) -> Play:
        """Return an object that acts step by step: give it what each agent sees, get each agent's action."""
        return StepPlay(self.game, self._player, seed)

    @cached_property
    def _player(self) -> HistoryPlayer:
        return HistoryPlayer(self.trees, self.behaviour, self.tables)

    def simulate(
        self, n_runs: int = 10_000, seed: int = 0, *, game: Game | None = None, level: float = 0.95, traces: int = 0
    ) -> Simulation:
        """Return what following the strategy brings in independent runs; see `StateSolution.simulate`."""
        return simulate_player(target_of(self.game, game), self._player, n_runs, seed, level=level, traces=traces)

    def verify(self, game: Any = None, *, tolerance: float = GAP_TOL, approximate: bool = False) -> Certificate:
        """Return a new certificate, computed from the strategy alone; see `lp_posg.verify`."""
        checked_tolerance(tolerance)
        target = target_of(self.game, game)
        check_same_indices(self.game, target, self.sharing, self.horizon)
        judged = judged_histories(target, self.sharing, self.horizon, self.sets, self.trees)
        slack = value_slack(target, tolerance, judged[0].values)
        return self._certificate(target, judged, allowed_gaps(target, tolerance), slack, tolerance, approximate)

    # ---- information sets ------------------------------------------------------------------------

    def _path(self, k: int) -> tuple[int, list[tuple[int, int | None]]]:
        """Return the agent of a set, and its own sets up to this one, each with the action taken there."""
        split = self.trees[0].n_sets
        return (0, self.trees[0].path(k)) if k < split else (1, self.trees[1].path(k - split))

    def _news(self, k: int) -> list[tuple[Any, ...]]:
        agent, path = self._path(k)
        increment = self.trees[agent].increment
        return [self.tables[h].increment_label(int(increment[v])) for h, (v, _) in enumerate(path)]

    def _private_words(self, k: int) -> str:
        agent, path = self._path(k)
        private = self.tables[len(path) - 1].next_private[agent][int(self.trees[agent].private[path[-1][0]])]
        done = [self.game.actions[agent][action] for _, action in path if action is not None]
        known = private_text(self.game, agent, private)
        return f"private: {known}; own actions: {', '.join(done) or 'none yet'}"

    def _check_time(self, time: int) -> None:
        if not is_index(time, self.horizon):
            raise ModelError(f"there is no step {time!r}; expected 0 to {self.horizon - 1}")

    def _sets_at(self, agent: int, time: int) -> IntArray:
        self._check_time(time)
        sets = self.trees[agent].sets_at(time)
        return np.arange(sets.start, sets.stop) + (0, self.trees[0].n_sets)[agent]

    @cached_property
    def _common(self) -> tuple[tuple[IntArray, IntArray], ...]:
        """For each step, the number of the common history at each agent's sets."""
        found: list[tuple[IntArray, IntArray]] = []
        for time in range(self.horizon):
            keys = []
            for agent, tree in enumerate(self.trees):
                sets = tree.sets_at(time)
                before = np.zeros(sets.stop - sets.start, dtype=np.int64)
                if time:
                    parents = tree.set_of[tree.parent[sets]] - tree.sets_at(time - 1).start
                    before = found[time - 1][agent][parents]
                keys.append(before * int(np.prod(self.tables[time].n_increments)) + tree.increment[sets])
            _, number = np.unique(np.concatenate(keys), return_inverse=True)
            found.append((number[: len(keys[0])], number[len(keys[0]) :]))
        return tuple(found)

    def _sets_after(self, time: int, node: int) -> IntArray:
        if not is_index(node, self.n_places(time)):
            raise ModelError(
                f"there is no common history {node!r} at time {time}; expected 0 to {self.n_places(time) - 1}"
            )
        return np.concatenate([self._sets_at(i, time)[common == node] for i, common in enumerate(self._common[time])])
