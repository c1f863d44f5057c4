"""``lp-posg simulate``: play a stored solution."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.games import open_solution
from lp_posg.cli.screen import show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.pieces import Column
from lp_posg.wording import number, numbers, seconds

if TYPE_CHECKING:
    from lp_posg.evaluate import Simulation, Trace
    from lp_posg.game import Game
    from lp_posg.planning import Solution
    from lp_posg.trees import Tree

EXAMPLE = "lp-posg simulate tiger.npz --runs 100000 --seed 1 --traces 2"


def _level(value: float) -> float:
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not in the range 0 < level < 1")
    return value


@shared.takes("time_limit")
def run(
    solution: shared.Stored,
    file: shared.StoredGame = None,
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="Number of independent runs.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same runs.")] = 0,
    traces: Annotated[int, typer.Option(min=0, help="How many runs, from the first on, to show step by step.")] = 0,
    level: Annotated[float, typer.Option(callback=_level, help="Confidence of the intervals.")] = 0.95,
    json: shared.Json = None,
) -> None:
    """Play a stored solution many times, and estimate its values.

    Two kinds of confidence interval are shown: `normal` by the central limit theorem, and
    `bernstein` and `hoeffding`, which hold for any number of runs.
    """
    check_json_target(json, solution, file)
    stored, game = open_solution(solution, file)
    begun = time.perf_counter()
    played = stored.simulate(runs, seed, game=None if file is None else game, level=level, traces=traces)
    taken = time.perf_counter() - begun
    result = stored, game, played, taken
    deliver(json, lambda: _summary(*result), lambda: _show(*result))


def _summary(stored: Solution, game: Game | Tree, played: Simulation, taken: float) -> dict[str, Any]:
    from lp_posg.planning.facts import solution_summary

    found = {"stored_values": stored.values.tolist(), **played.summary(), "seconds": taken}
    return solution_summary(stored, game, found)


def _show(stored: Solution, game: Game | Tree, played: Simulation, taken: float) -> None:
    from lp_posg.planning.facts import game_facts, solution_facts

    scale = stored.scale

    def ends(kind: Any) -> str:
        pairs = played.interval(kind).tolist()
        return " ".join(f"[{number(low, scale)}, {number(high, scale)}]" for low, high in pairs)

    show_facts(
        f"{game.name}: simulated",
        [
            game_facts(game),
            solution_facts(stored),
            [
                ("runs", str(played.n_runs)),
                ("seed", str(played.seed)),
                ("mean", numbers(played.mean.tolist(), scale)),
                ("standard_error", numbers(played.standard_error.tolist(), scale)),
                ("stored_values", numbers(stored.values.tolist(), scale)),
            ],
            [
                ("level", number(played.level)),
                *((f"{kind}_interval", ends(kind)) for kind in ("normal", "bernstein", "hoeffding")),
                ("seconds", seconds(taken)),
            ],
        ],
    )
    for run, trace in enumerate(played.traces, 1):
        show_line()
        show_line(f"run {run}")
        _show_trace(cast("Game", game), trace)


def _show_trace(game: Game, trace: Trace) -> None:
    columns = [
        Column("step", right=True),
        Column("state"),
        *(Column(f"{agent} sees", breaks=8) for agent in game.agents),
        Column("becomes common", breaks=24),
        *(Column(f"{agent} does", breaks=8) for agent in game.agents),
        *(Column(f"{agent} gets", right=True) for agent in game.agents),
    ]
    rows = [
        [
            *(str(k), step.state),
            *(("-",) * game.n_agents if step.observations is None else step.observations),
            *(step.shared, *step.actions, *map(number, step.rewards)),
        ]
        for k, step in enumerate(trace.steps, 1)
    ]
    show_table(columns, rows)
