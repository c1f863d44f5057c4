"""`solve_sequence_form`: a zero-sum game in, a certified equilibrium over full private histories out."""

from __future__ import annotations

import time as clock

from lp_posg.errors import LimitError, ModelError, UnsupportedError
from lp_posg.game import Game, allowed_gaps, checked_tolerance, warn_of_large_gap
from lp_posg.information import SharingStructure, check_horizon, sharing_structure
from lp_posg.planning.history_solution import SequenceSolution, SequenceStats
from lp_posg.trees.sequence.equilibrium import check_gaps, solve_form
from lp_posg.trees.sequence.histories import HistoryGame, Watch, sequence_game
from lp_posg.types import GAP_TOL

ENTRY_LIMIT = 20_000_000
"""Default of `max_entries`: 2 to 4 GB, and minutes rather than hours."""

BYTES_PER_ENTRY = 200
"""Memory that an entry costs at the peak (measured: 100 to 200)."""


def solve_sequence_form(
    game: Game,
    horizon: int,
    sharing: str | SharingStructure = "none",
    *,
    discount: float | None = None,
    tolerance: float = GAP_TOL,
    max_entries: int = ENTRY_LIMIT,
    time_limit: float | None = None,
) -> SequenceSolution:
    """Return a certified Nash equilibrium of a two-agent zero-sum game under any sharing structure.

    Strategy independence is not needed, only perfect recall: both agents know the common
    information, their private information and all their own actions, also those that the structure
    leaves out ("forgotten"). By Kuhn's theorem behaviour strategies then lose nothing. The price is
    size: the tree of private histories grows exponentially with the horizon, where `solve` merges
    states; use this where `solve` raises StrategyDependenceError, as under ``none`` or ``delay:2``.

    Parameters
    ----------
    game : Game
        Two agents whose rewards sum to a constant at each step.
    horizon : int
    sharing : str or SharingStructure
    discount : float, optional
        Replaces the game's.
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range.
    max_entries : int
        Most pairs of sequences, and entries of a step's expansion, that are built; both are
        counted before the step is taken.
    time_limit : float, optional
        Seconds of wall time.

    Raises
    ------
    ModelError
        If an option is not valid, or the structure has imperfect recall of observations.
    UnsupportedError
        If there are not two agents, or their rewards do not sum to a constant.
    LimitError
        If a limit is met.
    SolveError
        If the program cannot be solved.
    CertificateError
        If an agent's best response gains more than the tolerance.

    Notes
    -----
    One linear program of size linear in the tree: von Stengel (1996), Games and Economic Behavior
    14, 220-246; Koller, Megiddo and von Stengel (1996), Games and Economic Behavior 14, 247-259.

    Examples
    --------
    >>> import lp_posg as posg
    >>> solution = posg.solve_sequence_form(posg.catalog("kuhn-poker"), 3, "none")
    >>> solution.values.round(6).tolist()
    [-0.055556, 0.055556]
    >>> solution.information("player2", 0, 2), solution.n_information_sets("player2", 1)
    ('common: nothing; private: saw king; own actions: none yet', 12)
    """
    if not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    _check_limits(tolerance, max_entries, time_limit)
    _check_game(game)
    if discount is not None:
        game = game.with_discount(discount)
    structure, steps = sharing_structure(sharing, game.n_agents), check_horizon(game, horizon)
    deadline = None if time_limit is None else clock.time() + time_limit
    begun = clock.perf_counter()
    form = sequence_game(game, structure, steps, _watch(game, structure, max_entries, deadline))
    built = clock.perf_counter()
    what = f"sequence form of game {game.name!r} over {steps} steps with sharing {structure.name!r}"
    solved = solve_form(form, what, deadline)
    planned = clock.perf_counter()
    behaviour, plans, found = solved.behaviour, solved.plans, solved.found
    phases = {"expand": built - begun, "solve": planned - built - solved.seconds, "certify": solved.seconds}
    advice = "allow a larger tolerance, or plan fewer steps"
    check_gaps(found, game.agents, allowed_gaps(game, tolerance), f"the {what}", advice)
    warn_of_large_gap(game.agents, found.gaps, found.beside, tolerance)
    by_set = (behaviour[0].reshape(form.trees[0].n_sets, -1), behaviour[1].reshape(form.trees[1].n_sets, -1))
    return SequenceSolution(
        game, steps, structure.name, float(tolerance), plans, by_set, form.trees, form.tables, found,
        _stats(form, phases),
    )  # fmt: skip


def _check_limits(tolerance: object, max_entries: object, time_limit: object) -> None:
    checked_tolerance(tolerance)
    if isinstance(max_entries, bool) or not isinstance(max_entries, int) or max_entries < 1:
        raise ModelError(f"max_entries is {max_entries!r}, expected a whole number of at least 1")
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise ModelError(f"time_limit is {time_limit!r}, expected a number above 0")


def _check_game(game: Game) -> None:
    if game.n_agents == 2 and game.is_zero_sum:
        return
    if game.n_agents != 2:
        kind = f"{game.n_agents} agent{'s' * (game.n_agents != 1)}"
        concepts = "'team', 'ce', 'interim-cce' or 'cce'"
    elif game.is_common_reward:
        kind, concepts = "a common reward", "'team'"
    else:
        kind, concepts = "rewards that do not sum to a constant", "'ne', 'ce' or 'cce'"
    raise UnsupportedError(
        f"game {game.name!r} has {kind}, and the sequence form is a linear program for two agents with a zero or"
        f" constant sum only; use solve() (on the command line leave --method out) with concept {concepts}, and a"
        " sharing structure that is strategy-independent, such as 'one-step-delay' (--concept and --sharing)"
    )


def _watch(game: Game, structure: SharingStructure, max_entries: int, deadline: float | None) -> Watch:
    def watch(time: int, done: int, ahead: int) -> None:
        reason = ""
        if done + ahead > max_entries:
            reason = f"{done + ahead} entries, more than the limit of {max_entries}; allow more with max_entries"
            reason += " (on the command line --memory-limit),"
        elif deadline is not None and clock.time() > deadline:
            reason = f"{done + ahead} entries, and the time limit was met; allow more time"
            reason += " with time_limit (--time-limit),"
        if reason:
            raise LimitError(
                f"the sequence form of game {game.name!r} with sharing {structure.name!r} would have, by step"
                f" {time + 1}, {reason} plan fewer steps, or use solve() (on the command line leave --method out)"
                " with a sharing structure that is strategy-independent (--sharing)",
                phase="expand",
                time=time,
                entries=done + ahead,
                limit="entries" if done + ahead > max_entries else "time",
            )

    return watch


def _stats(form: HistoryGame, phases: dict[str, float]) -> SequenceStats:
    first, second = form.trees
    return SequenceStats(
        (first.n_sets, second.n_sets),
        (first.n_sequences, second.n_sequences),
        form.n_histories,
        int(form.payoffs[0].nnz),
        second.n_sequences + first.n_sets,
        first.n_sequences + second.n_sets,
        sum(phases.values()),
        phases,
    )
