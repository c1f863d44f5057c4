"""``lp-posg learn``: learn a strategy from simulated play alone, then see how good it is."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.bars import status_line
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, check_solution_target, deliver
from lp_posg.pieces import Column
from lp_posg.version import __version__
from lp_posg.wording import number, numbers, seconds, small, value_scale

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.learning import Candidate, LearningProgress, Learnt

EXAMPLE = "lp-posg learn dectiger --horizon 3 --sharing one-step-delay --episodes 30000"

_UNPROVEN = [("status", "not certified before the time limit; values are those in the model")]


@shared.takes("sharing", "concept", "objective", "discount", "time_limit", "memory_limit", "checkpoint")
def run(
    file: shared.File,
    horizon: shared.Horizon,
    options: dict[str, Any],
    memory: Annotated[int, typer.Option(min=0, help="How many of the latest shared increments are remembered.")] = 2,
    episodes: Annotated[int, typer.Option(min=1, help="Exploration episodes per round.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of exploring and planning.")] = 3,
    exploration: Annotated[
        str, typer.Option(help="spanner (what can be reached, from the second round on) or uniform.")
    ] = "spanner",
    evaluation_episodes: Annotated[
        int, typer.Option(min=2, help="Fresh episodes per candidate, and per deviation tried.")
    ] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")] = 0,
    json: shared.Json = None,
    save: shared.Save = None,
) -> None:
    """Learn a strategy from simulated play alone.

    The game is only drawn from while learning; at the end it serves to certify what was learnt.
    """
    check_json_target(json, file, save)
    check_solution_target(save, file, json)
    game = open_game(file).over(horizon)
    import lp_posg as posg
    from lp_posg.learning.stored import learnt_solution

    with status_line("learning") as update:
        found = posg.learn(
            game,
            horizon,
            memory=memory,
            episodes=episodes,
            rounds=rounds,
            exploration=exploration,  # type: ignore[arg-type]  # checked by `learn`
            evaluation_episodes=evaluation_episodes,
            seed=seed,
            progress=None if update is None else lambda now: update(_in_words(now)),
            **options,
        )
    if save is not None:
        learnt_solution(found, game).save(save)
    deliver(json, lambda: _summary(found, game), lambda: _show(found, game))


def _in_words(now: LearningProgress) -> str:
    return f"{now.phase}: round {now.round} of {now.rounds}, {now.episodes} episodes, {now.seconds:.0f} s"


def _theory(found: Learnt, game: Game) -> tuple[float, int | float]:
    """Return the game's observability (a lower bound) and the memory that theory asks for at 5 % error."""
    import lp_posg as posg

    seen = posg.bounds.observability(game, time_limit=5.0)
    return seen.lower, posg.bounds.theoretical_memory(seen.lower, game.n_states, found.horizon, 0.05)


def _summary(found: Learnt, game: Game) -> dict[str, Any]:
    observability, memory = _theory(found, game)
    finite = None if memory == float("inf") else memory
    theory = {"observability": observability, "memory": finite, "constant": 1.0, "epsilon": 0.05}
    return {"game": game.name, "agents": list(game.agents), **found.summary(), "theory": theory, "version": __version__}


def _show(found: Learnt, game: Game) -> None:
    from lp_posg.game import allowed_gaps
    from lp_posg.planning.facts import certificate_facts, game_facts, value_facts
    from lp_posg.types import GAP_TOL

    best, scale = found.best, value_scale(game, found.horizon)
    proof, team = best.certificate, found.concept.deviations.together
    allowed = allowed_gaps(game, GAP_TOL, team)
    observability, memory = _theory(found, game)
    options = found.summary()
    show_facts(
        f"{game.name}: learnt, {options['sharing']}, {found.horizon} steps",
        [
            game_facts(game),
            [
                ("horizon", str(found.horizon)),
                ("discount", number(found.discount)),
                *((key, options[key]) for key in ("sharing", "concept", "objective", "exploration")),
                ("memory", f"{found.memory} (theory: {memory} at observability {small(observability)}, constant 1)"),
                ("samples", ", ".join(f"{key} {count}" for key, count in found.samples.items())),
                *([("stopped", found.stopped)] if found.stopped else []),
            ],
            value_facts(best.model_values if proof is None else proof.values, scale),
            _UNPROVEN if proof is None else certificate_facts(game, proof, allowed),
            [
                ("chosen_round", str(best.round)),
                ("seed", str(found.seed)),
                ("seconds", seconds(found.seconds)),
                ("version", __version__),
            ],
        ],
    )
    show_line()
    columns = ("round", "episodes", "plans", "states", "model_values", "mean_returns", "±", "estimated_gap", "±", "gap")
    rows = [_row(candidate, scale, team) for candidate in found.candidates]
    show_table([Column(name, right=True) for name in columns], rows)
    if found.errors is None:
        return
    show_line()
    names = ("reward_error", "transition_error")
    errors = [[str(row["step"]), *(small(row[name]) for name in names)] for row in found.errors.rows()]
    show_table([Column("step"), *(Column(name, right=True) for name in names)], errors)
    show_line("errors: of the last model, expected under the worst policy")


def _row(candidate: Candidate, scale: float, team: bool) -> list[str]:
    proof, known = candidate.certificate, not any(map(isnan, candidate.values))
    return [
        *map(str, (candidate.round, candidate.episodes, candidate.plans, sum(candidate.states))),
        numbers(candidate.model_values.tolist(), scale),
        numbers(candidate.values.tolist(), scale) if known else "-",
        small(candidate.value_errors.max()) if known else "-",
        *("-" if team or not known else small(estimates.max()) for estimates in (candidate.gaps, candidate.gap_errors)),
        "-" if proof is None else small(proof.gap),
    ]
