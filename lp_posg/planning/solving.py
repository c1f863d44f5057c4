"""`solve`: game and options in, certified solution out."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any, Unpack

from lp_posg.deadline import until
from lp_posg.game import Game
from lp_posg.information import Compression, CompressionRule, SharingStructure
from lp_posg.planning.methods import AUTO, settle
from lp_posg.planning.request import check_request
from lp_posg.planning.run_options import RunOptions
from lp_posg.planning.solution import Solution
from lp_posg.stage import Concept
from lp_posg.trees import Tree
from lp_posg.types import GAP_TOL


def solve(
    game: Game | Tree | str | PathLike[str],
    horizon: int | None = None,
    sharing: str | SharingStructure | None = None,
    concept: str | Concept | None = None,
    objective: str | Callable[[Any], Any] = "welfare",
    *,
    method: str = AUTO,
    discount: float | None = None,
    compression: str | Compression | CompressionRule = "exact",
    tolerance: float = GAP_TOL,
    approximate: bool | None = None,
    certificate: str = "auto",
    **run: Unpack[RunOptions],
) -> Solution:
    """Return a certified equilibrium, or the team optimum, of a game.

    Parameters
    ----------
    game : Game, Tree, str or path
        A text is a file, a name of the catalogue, or ``open_spiel:NAME``.
    horizon : int
        Number of steps, at least 1; a game tree is played to its end and has none.
    sharing : str or SharingStructure, optional
        What becomes common knowledge when, ``full`` by default; see `lp_posg.information.sharing_names`. Not for a
        game tree.
    concept : {"team", "ne", "strategic-ce", "ce", "interim-cce", "cce"} or Concept, optional
        Default: ``team`` if the reward is common, ``ne`` for a zero-sum game tree, else ``cce``.
    objective : {"welfare", "egalitarian", "agent:k", "weighted:w1,w2,...", "worst", "entropy"} or callable
        Which equilibrium is selected at each stage game; ``egalitarian`` is lexicographic, ``entropy`` is that of
        the distribution over joint pure prescriptions. A callable is given the agents' values, a cvxpy expression
        of shape (n,), and returns a concave one to maximise. Selecting stage by stage is not the optimum over all
        equilibria of the whole game.
    method : {"auto", "common-information", "sequence-form", "strategic-form"}
        How the game is solved. ``auto`` says in the solution (`Solution.method`, `Solution.reason`) what it chose and
        why. ``sequence-form`` finds an ``ne`` of a zero-sum game of two agents, a POSG under any rule of sharing too;
        ``strategic-form`` takes game trees with every concept.
    discount : float, optional
        Replaces the game's.
    compression : str, Compression or CompressionRule
        What is kept of the common information: ``exact`` (its belief); ``finite-memory:L`` or
        ``finite-memory:L:LAW`` (the last L increments; see `FiniteMemory`); ``merge:EPS`` (beliefs within
        EPS become one state; see `MergeWithin`); or an object. The strategy of an approximate model is
        valued and certified in the original game.
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range; for ``team``, to that of the common
        reward, or of the sum of the rewards.
    approximate : bool, optional
        Accept a larger gap; it is in the certificate. By default that is accepted if, and only if, a
        compression other than ``exact`` is asked for.
    certificate : {"auto", "exact", "bounded"}
        How the gap is proven. ``exact``: by the pairs of exact belief and state of the strategy, whose
        number grows as in exact planning. ``bounded``: two-sided bounds from the states of the model
        alone. ``auto``: exact; bounded if memory or three quarters of the time left are not enough, or, with a
        compression, if the pairs are more than 2 million or than `max_states`; where a limit leaves no bounds
        either, or there are none, as for ``strategic-ce``, a plan that may be approximate comes as ``uncertified``.
    **run
        Workers, limits, progress and checkpoint: see `RunOptions`.

    Returns
    -------
    Solution

    Raises
    ------
    ModelError
        If an option is not valid.
    StrategyDependenceError
        If the belief over what is hidden depends on how the agents play; with a counterexample.
    UnsupportedError
        If the method or the concept is not available for this game, or a stage game is too large.
    SolveError
        If a program cannot be solved; its kind LimitError if a limit is met. If there is a plan all the same, but
        too little is proven of it, or it has the best that a stopped search has found, that is its ``solution``.
    CertificateError
        If the gap exceeds the tolerance: then the strategy is not an equilibrium.

    Notes
    -----
    See `lp_posg.evaluate.certify` for what is proven.

    Examples
    --------
    >>> import lp_posg as posg
    >>> solution = posg.solve(posg.catalog("dectiger"), horizon=3, sharing="one-step-delay")
    >>> solution.values.round(6).tolist(), solution.certificate.status
    ([8.815, 8.815], 'exact')
    >>> poker = posg.solve(posg.catalog("leduc-poker"))
    >>> poker.method, poker.values.round(9).tolist()
    ('sequence-form', [-0.085606424, 0.085606424])
    """
    request = check_request(
        game,
        horizon,
        sharing,
        concept,
        objective,
        method=method,
        discount=discount,
        compression=compression,
        tolerance=tolerance,
        approximate=approximate,
        certificate=certificate,
        run=run,
    )
    chosen, settled = settle(request)
    with until(settled.run.deadline):
        return chosen.solve(settled)
