"""What learning from a simulator comes to, against the number of episodes, over five seeds.

`gap` is the certified gap of the chosen strategy in the true game (for a team, the distance to the optimum), relative
to the largest reward range of a step times the horizon; `episodes` are those of exploration. Uniform exploration and
independent Q-learning, with sharing and without, are the baselines.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lp_posg as posg
from lp_posg.evaluate import certify
from lp_posg.information import sharing_structure
from lp_posg.learning import q_learning


@dataclass(frozen=True)
class Case:
    """One game to learn."""

    game: str
    horizon: int
    sharing: str
    concept: str
    memory: int
    rounds: int = 3
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """For tables and pictures."""
        return f"{self.game}, {self.sharing}, H = {self.horizon}, {self.concept}"


CASES = (
    Case("dectiger", 3, "full", "team", 2),
    Case("dectiger", 3, "one-step-delay", "team", 2),
    Case("competitive-tiger", 3, "full", "ne", 2),
    Case("general-tiger", 2, "full", "cce", 1),
    Case("combination-lock", 8, "full", "team", 1, rounds=6, options=(("length", 8),)),
    Case("dectiger", 4, "full", "team", 2),
    Case("dectiger", 5, "full", "team", 2),
    Case("box-pushing", 3, "full", "team", 1),
    Case("box-pushing", 4, "full", "team", 1),
    Case("box-pushing", 5, "full", "team", 1),
)
EPISODES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
SEEDS = range(5)
DRAWN = 5
"""The first so many cases are drawn; all are in the table."""


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return one line per case, exploration, number of episodes and seed."""
    found = []
    for case in CASES[:2] if quick else CASES:
        found.append(_exact(case))
        for episodes in EPISODES[:3] if quick else EPISODES:
            for exploration in ("spanner", "uniform"):
                found += [_learnt(case, episodes, exploration, seed) for seed in SEEDS]
            found += [_q_learnt(case, episodes, seed) for seed in SEEDS]
            found += [_unshared(case, episodes, seed) for seed in SEEDS]
    return found


def _game(case: Case) -> posg.Game:
    return posg.catalog(case.game, **dict(case.options)).with_discount(1)


def _learnt(case: Case, episodes: int, exploration: str, seed: int) -> dict[str, Any]:
    game = _game(case)
    begun = time.perf_counter()
    learnt = posg.learn(
        game, case.horizon, case.sharing, case.concept, memory=case.memory, episodes=episodes // case.rounds,
        rounds=case.rounds, exploration=exploration, evaluation_episodes=2_000, seed=seed,
    )  # fmt: skip
    best = learnt.best
    return {
        "case": case.label,
        "method": exploration,
        "episodes": episodes,
        "seed": seed,
        "value": float(best.certificate.values[0]),
        "gap": best.certificate.gap / (game.reward_range * case.horizon),
        "seconds": time.perf_counter() - begun,
    }


def _q_learnt(case: Case, episodes: int, seed: int) -> dict[str, Any]:
    """Return what independent Q-learning with the same sharing and memory comes to, certified likewise."""
    game = _game(case)
    begun = time.perf_counter()
    learnt = q_learning(
        game, case.horizon, sharing=case.sharing, memory=case.memory, n_runs=episodes, evaluation_runs=2, seed=seed
    )
    kind = case.concept if case.concept == "team" else "ne"
    certificate = certify(game, sharing_structure(case.sharing, game.n_agents), learnt.policy(), kind)
    return {
        "case": case.label,
        "method": "q-learning",
        "episodes": episodes,
        "seed": seed,
        "value": float(certificate.values[0]),
        "gap": certificate.gap / (game.reward_range * case.horizon),
        "seconds": time.perf_counter() - begun,
    }


def _unshared(case: Case, episodes: int, seed: int) -> dict[str, Any]:
    """Return what independent Q-learning without sharing is worth; it has no gap, being valued by play alone."""
    game = _game(case)
    begun = time.perf_counter()
    learnt = q_learning(
        game, case.horizon, sharing=None, memory=case.memory, n_runs=episodes, evaluation_runs=20_000, seed=seed
    )
    return {
        "case": case.label,
        "method": "q-learning, no sharing",
        "episodes": episodes,
        "seed": seed,
        "value": float(learnt.mean[0]),
        "seconds": time.perf_counter() - begun,
    }


def _exact(case: Case) -> dict[str, Any]:
    """Return the exact value of the same concept."""
    solution = posg.solve(_game(case), case.horizon, case.sharing, case.concept)
    return {"case": case.label, "method": "exact", "value": float(solution.values[0]), "gap": 0.0}


def plot(rows: list[dict[str, Any]], path: str | Path) -> None:
    """Draw median and range of the gap over seeds against episodes; needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    cases = [case.label for case in CASES[:DRAWN]]
    figure, axes = plt.subplots(1, len(cases), figsize=(3.4 * len(cases), 3.4), sharey=True)
    styles = (("spanner", "#0072B2", "o"), ("uniform", "#D55E00", "s"), ("q-learning", "#009E73", "^"))
    for axis, case in zip(axes, cases, strict=True):
        for method, colour, marker in styles:
            own = [row for row in rows if row["case"] == case and row["method"] == method]
            sizes = sorted({row["episodes"] for row in own})
            gaps = np.array([[row["gap"] for row in own if row["episodes"] == size] for size in sizes])
            gaps = np.maximum(gaps, 1e-4)
            axis.fill_between(sizes, gaps.min(axis=1), gaps.max(axis=1), color=colour, alpha=0.2, linewidth=0)
            axis.plot(sizes, np.median(gaps, axis=1), marker, color=colour, linestyle="-", markersize=4, label=method)
        axis.axhline(0.05, color="0.6", linestyle=":", linewidth=1)
        axis.set(xscale="log", yscale="log", xlabel="exploration episodes")
        axis.set_title(case, fontsize=8)
    axes[0].set_ylabel("gap / (reward range x H)")
    axes[0].legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
