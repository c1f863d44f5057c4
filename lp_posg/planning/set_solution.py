"""Solutions over information sets: behaviour strategies, one or, for a mediator, several with probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from os import PathLike

import numpy as np

from lp_posg.checks import is_index
from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import Certificate
from lp_posg.game import Game
from lp_posg.planning.set_certificates import Judged, check_gaps, set_certificate
from lp_posg.planning.set_export import export_sets
from lp_posg.planning.set_strategy import SetPlay, SetStrategy
from lp_posg.planning.solution import Atom
from lp_posg.planning.solved import SolvedGame
from lp_posg.planning.verification import check_stated_gaps, check_values
from lp_posg.trees import Tree
from lp_posg.types import GAP_TOL, FloatArray, IntArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SetSolution(SolvedGame, ABC):
    """What solutions over information sets have in common; see `Solution`.

    Attributes
    ----------
    game, horizon, sharing, concept, objective, method, reason, tolerance, stats, certificate, values
        As in `Solution`.
    compression : None
        There are no states to compress.
    sets : SetStrategy
    stakes : float array, shape (n,)
        Size beside which the value of each agent is rounding, in reward units.
    """

    compression: None = None
    sets: SetStrategy
    stakes: FloatArray

    @property
    @abstractmethod
    def allowed_gaps(self) -> FloatArray:
        """Largest gap that the tolerance accepts of each agent, in reward units, shape (n,)."""

    @abstractmethod
    def set_name(self, k: int) -> str:
        """Return what an agent knows at a set, in the game's labels; names of one agent's sets are all different."""

    @abstractmethod
    def action_names(self, k: int) -> Sequence[str]:
        """Return the labels of the actions at a set, all different."""

    @property
    def scale(self) -> float:
        """Size beside which a value is rounding, in reward units; for screens."""
        return float(self.stakes.max())

    def agent_number(self, agent: int | str) -> int:
        """Return the index of an agent, given by index or by name.

        Raises
        ------
        ModelError
            If there is no such agent.
        """
        agents = self.game.agents
        if isinstance(agent, str) and agent in agents:
            return agents.index(agent)
        if not isinstance(agent, str) and is_index(agent, len(agents)):
            return int(agent)
        raise ModelError(f"there is no agent {agent!r}; expected 0 to {len(agents) - 1} or one of {', '.join(agents)}")

    def sets_of(self, agent: int | str) -> IntArray:
        """Return the numbers of an agent's information sets among all sets."""
        return np.flatnonzero(self.sets.owner == self.agent_number(agent))

    def information_sets(self, agent: int | str) -> list[str]:
        """Return a name for each of an agent's information sets."""
        return [self.set_name(k) for k in self.sets_of(agent).tolist()]

    def at(self, agent: int | str, information_set: int | str) -> SetPlay:
        """Return what an agent does at one of its information sets.

        Parameters
        ----------
        agent : int or str
            Index from 0, or name.
        information_set : int or str
            Index among the agent's sets, from 0, or a name as `information_sets` has it.

        Raises
        ------
        ModelError
            If there is no such agent or information set.
        """
        k = self.set_number(agent, information_set)
        return self._played(k, self.set_name(k), 0, self._law(k, 0))

    def _played(self, k: int, name: str, atom: int, law: dict[str, float]) -> SetPlay:
        reaches = (float(rows[atom, k]) for rows in (self.sets.own_reach, self.sets.reach))
        return SetPlay(self.game.agents[self.sets.owner[k]], name, law, *reaches)

    def _law(self, k: int, atom: int) -> dict[str, float]:
        law, names = self.sets.law(k, atom), self.action_names(k)
        return {names[a]: float(law[a]) for a in np.flatnonzero(law).tolist()}

    @cached_property
    def _by_name(self) -> dict[tuple[int, str], int]:
        return {(int(owner), self.set_name(k)): k for k, owner in enumerate(self.sets.owner.tolist())}

    def set_number(self, agent: int | str, information_set: int | str) -> int:
        """Return the number of an agent's information set among all sets; arguments and errors as of `at`."""
        who = self.agent_number(agent)
        numbers = self.sets_of(who)
        if isinstance(information_set, str):
            if (who, information_set) in self._by_name:
                return self._by_name[who, information_set]
        elif is_index(information_set, len(numbers)):
            return int(numbers[int(information_set)])
        raise ModelError(
            f"agent {self.game.agents[who]!r} has no information set {information_set!r}; expected 0 to"
            f" {len(numbers) - 1}, or a name as in information_sets({agent!r})"
        )

    def atoms_at(self, numbers: IntArray) -> tuple[Atom, ...]:
        """Return what is played at some sets, one entry per atom."""
        by_agent = {
            agent: {k: self.set_name(k) for k in numbers[self.sets.owner[numbers] == i].tolist()}
            for i, agent in enumerate(self.game.agents)
        }
        return tuple(
            Atom(prob, {agent: {name: self._law(k, m) for k, name in own.items()} for agent, own in by_agent.items()})
            for m, prob in enumerate(self.sets.atom_prob.tolist())
        )

    def export(self, path: str | PathLike[str]) -> None:
        """Write the behaviour to a ``.json`` or ``.csv`` file, so that it can be followed without this package.

        Raises
        ------
        FormatError
            If the suffix is another, or the file cannot be written.
        """
        export_sets(self.summary(), self.sets.atom_prob.tolist(), self.rows(), path)

    def rows(self) -> list[list[SetPlay]]:
        """Return for each atom what is played at every set, by agent; actions of probability 0 are there too."""
        order = np.argsort(self.sets.owner, kind="stable").tolist()
        names = {k: self.set_name(k) for k in order}

        def played(k: int, m: int) -> SetPlay:
            law = dict(zip(self.action_names(k), self.sets.law(k, m).tolist(), strict=True))
            return self._played(k, names[k], m, law)

        return [[played(k, m) for k in order] for m in range(len(self.sets.atom_prob))]

    def _certificate(
        self, target: Game | Tree, judged: Judged, allowed: FloatArray, slack: float, tolerance: float,
        approximate: bool,
    ) -> Certificate:  # fmt: skip
        """Return what best responses in a game prove of a Nash equilibrium, or raise CertificateError."""
        found, sets = judged
        certificate = set_certificate(found, len(self.sets.owner))
        if not approximate:
            advice = "it is damaged, was computed for another game, or is approximate"
            check_gaps(certificate, target.agents, allowed, f"game {target.name!r}", advice)
        self._check_stated(target, certificate, sets, found.beside, slack, tolerance)
        return certificate

    def _check_stated(
        self, target: Game | Tree, certificate: Certificate, sets: SetStrategy, stakes: FloatArray, slack: float,
        tolerance: float,
    ) -> None:  # fmt: skip
        """Raise CertificateError unless all that the solution states is what follows from what it is proven of."""
        check_values(self.values, certificate, target, slack)
        check_stated_gaps(self.certificate, certificate, slack)
        share = max(tolerance, GAP_TOL)
        pairs = [(getattr(self.sets, part.name), getattr(sets, part.name), share) for part in fields(SetStrategy)]
        for stated, known, most in [*pairs, (self.stakes, stakes, slack)]:
            if stated.shape != known.shape or not (np.abs(stated - known) <= most).all():
                raise CertificateError(
                    "what the solution says is played or reached at information sets is not what the certificate is"
                    f" of in game {target.name!r}: it is damaged, or was computed for another game",
                    certificate=certificate,
                )
