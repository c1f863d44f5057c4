"""Additions from outside the package: a concept with a kind of deviation of its own, a sharing rule, a compression, a
file format and an objective, each taken through all that the package does with those built in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import lp_posg as posg
from lp_posg import evaluate, formats, plot, report, testing
from lp_posg.evaluate import KINDS, Kind
from lp_posg.stage import CONCEPTS

STUBBORN = Kind(
    name="stubborn",
    hears="nothing",
    decides="interim",
    to_play="each agent decides whether to follow when it knows its private information",
    best=KINDS["interim-cce"].best,
    note="BEST: a deviator that never listens",
)


class Stubborn:
    """Equilibria in which no agent gains by never listening, once it knows its private information."""

    name = "stubborn-cce"
    deviations = STUBBORN
    selects_best = True

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        CONCEPTS["interim-cce"].check_objective(objective)

    def solve(self, block, objective):
        return CONCEPTS["interim-cce"].solve(block, objective)


class Late:
    """One-step delayed sharing, as a user would write it."""

    name = "late"

    def increment(self, agent, private, action, observation):
        return (private, action)

    def retain(self, agent, private, action, observation):
        return () if observation is None else (observation,)


class LastNews:
    """A rule that keeps the last joint increment alone."""

    name = "last news"

    def first_state(self, increment):
        return increment

    def next_state(self, time, state, increment):
        return increment


def cautious(values):
    """An objective of one's own: the sum, and a little for the first agent."""
    return values[0] + values[1] + 0.01 * values[0]


def taken_through(solution: posg.Solution, tmp_path: Path, **objects) -> posg.Solution:
    """Save, load, verify, simulate, play, export, draw and explain a solution over states; return what was loaded."""
    solution.save(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz", **objects)
    assert again.summary() == solution.summary()
    approximate = not solution.is_exact
    certificate = posg.verify(again, approximate=approximate)
    np.testing.assert_allclose(certificate.gaps, solution.certificate.gaps, atol=1e-12)
    played = again.simulate(4000, seed=3)
    assert (abs(played.mean - solution.values) < 6 * played.standard_error + 1e-9).all()
    game = solution.game
    seen = {agent: labels[0] for agent, labels in zip(game.agents, game.observations, strict=True)}
    assert set(again.play(seed=1).act(seen if game.has_initial_observation else None)) == set(game.agents)
    for suffix in ("csv", "json", "graphml", "dot"):
        again.export(tmp_path / f"s.{suffix}")
    content = json.loads((tmp_path / "s.json").read_text())
    assert (content["concept"], content["sharing"]) == (solution.concept.name, solution.sharing.name)
    with (tmp_path / "s.csv").open() as stream:
        assert {row["agent"] for row in csv.DictReader(stream)} == set(solution.game.agents)
    assert again.ledger.gap == pytest.approx(solution.certificate.gap, abs=1e-12)
    assert len(again.advantages) == solution.horizon * solution.game.n_agents
    assert again.gains(0, 0).best == pytest.approx([0.0, 0.0], abs=1e-9)
    for draw in (plot.dag, plot.deviations, *([plot.beliefs] if game.n_states > 1 else [])):
        plot.save(draw(again), tmp_path / f"{draw.__name__}.svg")
        assert (tmp_path / f"{draw.__name__}.svg").stat().st_size > 1000
    return again


def compared(game, horizon, sharing, concepts, tmp_path: Path, **options) -> posg.Comparison:
    """Compare, report and draw; return the table."""
    table = posg.compare(game, horizon, sharing, concepts, **options)
    assert all(row.error is None for row in table.rows)
    assert all(check.holds for check in table.checks)
    page = report.page(table)
    for row in table.rows:
        assert row.concept in page
        assert row.sharing in page
    plot.save(plot.values([table]), tmp_path / "values.svg")
    return table


def test_a_concept(tmp_path):
    testing.check_concept(Stubborn())
    game = posg.catalog("chicken-signals")
    found = posg.solve(game, 2, "one-step-delay", Stubborn())
    built_in = posg.solve(game, 2, "one-step-delay", "interim-cce")
    assert found.values.tolist() == built_in.values.tolist()
    assert found.certificate.kind is STUBBORN
    assert found.to_play == STUBBORN.to_play
    again = taken_through(found, tmp_path, concept=Stubborn())
    assert again.certificate.kind is STUBBORN
    bounded = posg.solve(game, 2, "full", Stubborn(), compression="finite-memory:0", certificate="bounded")
    assert bounded.certificate.status == "bounded"
    table = compared(game, 1, ["one-step-delay"], ["team", "ce", Stubborn(), "cce"], tmp_path)
    texts = [check.text for check in table.checks]
    assert "one-step-delay: the ce found is also a stubborn-cce and a cce" in texts
    assert "one-step-delay: one stage, so the best welfare grows with the concept, ce <= stubborn-cce <= cce" in texts
    region = posg.payoff_region(game, "cce", "one-step-delay")
    plot.save(plot.payoffs([region], table), tmp_path / "payoffs.svg")
    learnt = posg.learn(game, 1, "full", Stubborn(), episodes=300, rounds=1, evaluation_episodes=50)
    assert learnt.best.certificate.kind is STUBBORN


def test_a_sharing_rule(tmp_path):
    game = posg.catalog("general-tiger")
    testing.check_sharing(Late(), game)
    found = posg.solve(game, 2, Late(), "ce")
    assert found.values.tolist() == posg.solve(game, 2, "one-step-delay", "ce").values.tolist()
    assert isinstance(found.sharing, Late)
    again = taken_through(found, tmp_path, sharing=Late())
    assert isinstance(again.sharing, Late)
    table = compared(game, 1, [Late(), "full"], ["ce", "cce"], tmp_path)
    assert [row.sharing for row in table.rows] == ["late", "late", "full", "full"]
    (fit,) = posg.survey(game, 2, [Late()])
    assert fit.admissible
    region = posg.payoff_region(posg.solve(game, 1, Late(), "ce"))
    assert region.vertices.shape[1] == 2
    pytest.importorskip("pyspiel")
    equilibrium = posg.solve(posg.catalog("competitive-tiger"), 2, Late(), "ne")
    assert posg.interop.open_spiel_policy(equilibrium).game is not None


def test_a_sharing_rule_in_sequence_form(tmp_path):
    game = posg.catalog("competitive-tiger")
    found = posg.solve(game, 2, Late(), method="sequence-form")
    found.save(tmp_path / "s.npz")
    with pytest.raises(posg.errors.OptionError, match=r"load\(path, sharing=\.\.\.\)"):
        posg.load(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz", sharing=Late())
    assert posg.verify(again).gap <= 1e-9
    assert again.summary() == found.summary()
    again.export(tmp_path / "s.csv")
    assert set(again.play().act()) == {"agent1", "agent2"}


def test_a_compression(tmp_path):
    game = posg.catalog("dectiger")
    testing.check_compression(LastNews(), game)
    found = posg.solve(game, 3, "one-step-delay", compression=LastNews())
    assert found.compression.name == "last news"
    found.save(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz", compression=LastNews())
    assert posg.verify(again, approximate=True).gap == pytest.approx(found.certificate.gap)
    assert again.ledger.gap <= again.ledger.bound
    plot.save(plot.ledger(again.ledger), tmp_path / "ledger.svg")
    table = compared(game, 3, ["full"], ["team"], tmp_path, compression=LastNews())
    assert table.compression == "last news"


def test_an_objective(tmp_path):
    game = posg.catalog("chicken")
    found = posg.solve(game, 1, "full", "cce", cautious)
    assert found.objective.name == "own:cautious"
    assert found.values[0] > posg.solve(game, 1, "full", "cce", "agent:2").values[0]
    taken_through(found, tmp_path, objective=cautious)


def read_lines(path: Path) -> posg.Game:
    """Read a strategic game of two agents: a line per row of each matrix, a blank line between the two."""
    try:
        parts = path.read_text(encoding="utf-8").strip().split("\n\n")
        first, second = (np.array([list(map(float, row.split())) for row in part.split("\n")]) for part in parts)
        reward = np.array([first, second])[:, None]
        shape = (1, *reward.shape[2:])
        return posg.Game(np.ones((*shape, 1)), np.ones((*shape[1:], 1, 1, 1)), reward, [1.0], name=path.stem)
    except (OSError, ValueError, posg.errors.ModelError) as error:
        raise posg.errors.FormatError(f"{path}: no two matrices ({error})", path=str(path), line=None) from None


def write_lines(game: posg.Game, path: Path) -> None:
    """Write what `read_lines` reads."""
    matrices = ["\n".join(" ".join(map(repr, row)) for row in own[0].tolist()) for own in game.reward]
    path.write_text("\n\n".join(matrices) + "\n")


def test_a_file_format(tmp_path, monkeypatch):
    own = formats.Format("two matrices", (".two",), read_lines, write_lines)
    monkeypatch.setitem(formats.FORMATS, ".two", own)
    game = posg.Game(
        np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1, 1)), [[[[6.0, 2.0], [7.0, 0.0]]], [[[6.0, 7.0], [2.0, 0.0]]]], [1.0]
    )
    testing.check_format(own, [game])
    posg.save(game, tmp_path / "chicken.two")
    again = posg.load(tmp_path / "chicken.two")
    assert again.name == "chicken"
    found = posg.solve(again, 1, "full", "ce")
    assert found.values.tolist() == pytest.approx([5.25, 5.25])
    assert posg.verify(found, game.with_discount(1.0)).gap <= 1e-9
    compared(again, 1, ["full"], ["ce", "cce"], tmp_path)
    posg.save(again, tmp_path / "chicken.json")
    assert evaluate.certify(posg.load(tmp_path / "chicken.json"), found.sharing, found.policy, "ce").gap <= 1e-9
