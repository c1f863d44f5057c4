"""Every error the package raises, as one tree.

A message says where, what was found, what was expected and what to do; the same
facts are attached as attributes where a program may want them.
"""

from __future__ import annotations

from typing import Any


class LpPosgError(Exception):
    """Parent of every error raised by this package."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)


class ModelError(LpPosgError):
    """A game, an option or an argument is not what it has to be."""


class OptionError(ModelError):
    """An option has a value that it does not take: no name of a concept, a sharing rule, a compression, ..."""


class FormatError(LpPosgError):
    """A file cannot be read as the format it claims to be (attributes ``path``, ``line``)."""


class SolveError(LpPosgError):
    """A linear or mixed-integer program could not be solved, or a limit was met."""


class LimitError(SolveError):
    """A limit was met (attributes ``limit``: states, time or memory; ``phase``, ``time``, ``states_by_depth``).

    Where a mixed-integer program for a Nash equilibrium was stopped, ``bound`` is what the objective cannot exceed at
    any equilibrium of that stage game and ``incumbent`` what it is at the best one found, nan if none was; ``strategy``
    is that one (atoms with prescriptions, see `information.atoms.Atoms`), or None. If that completes a strategy whose
    certificate holds, ``solution`` is the solution that has it; so is a plan that a limit has left without a
    certificate that proves enough.
    """


class CertificateError(LpPosgError):
    """A claimed equilibrium is not one within the tolerance (attribute ``certificate``)."""


class ConformanceError(LpPosgError):
    """A concept, rule, compression, simulator or format does not do what is expected of it (see `lp_posg.testing`)."""


class SimulatorError(LpPosgError):
    """A user's simulator failed, or returned what it must not (attributes ``run``, ``time``, ``agent``, ``seed``).

    Runs and times count from 0, time -1 is the reset. The attribute ``episodes`` holds the `Episodes`
    finished before, ``model`` and ``candidates`` what `learn` had counted and planned before, if anything, and
    ``__cause__`` the simulator's own exception, if it raised one.
    """

    episodes: Any
    model: Any
    candidates: Any


class UnsupportedError(LpPosgError):
    """The request is well formed but this package cannot do it; the message says what would work."""


class MissingMemberError(UnsupportedError, AttributeError):
    """A solution has no such member, which solutions by other methods have; for `hasattr` it is not there."""


class StrategyDependenceError(UnsupportedError):
    """The belief over what is hidden depends on how the agents played.

    The message holds the counterexample in the user's labels. The attributes ``time``,
    ``common_info``, ``increment``, ``prescriptions`` (two ways to play: per agent the private
    information and action at which it leaves its first action, or None) and ``beliefs`` (the two
    posteriors, column ``p' * S + s'``) hold it in indices of the attribute ``table``, a `SplitTable`.
    """


class ImperfectRecallError(UnsupportedError):
    """An agent does not know at an information set what it did or knew before.

    The attributes ``agent``, ``information_set`` (an index of ``sets``) and ``nodes`` (two nodes of that set) say
    where, ``pasts`` holds for each of the nodes the agent's own (information set, action) on the way there. An error of
    a file also has ``path`` and ``line``.
    """


class RoundedProbabilityWarning(UserWarning):
    """Probabilities of a file miss 1 by rounding and were replaced by fractions that sum to 1."""


class GambitNameWarning(UserWarning):
    """A file for Gambit was written with names that Gambit does not take."""


class RepeatedNameWarning(UserWarning):
    """A file gives one name to several strategies, which were given different ones."""


class UnsetRowsWarning(UserWarning):
    """A file leaves rows of probabilities out which can never matter; they were taken as uniform."""


class LargeGapWarning(UserWarning):
    """A gap is within the tolerance, which is a share of all payoffs, but large beside those that the agents get."""


class SelectionWarning(UserWarning):
    """Which equilibrium is best may have been decided by rounding, as some payoffs are far beyond the others."""


class OffsetWarning(UserWarning):
    """What all rewards of an agent have in common is so large that doubles have few digits for their differences."""


class MissingExtraError(LpPosgError):
    """An optional dependency is not installed; the message names the extra to install."""
