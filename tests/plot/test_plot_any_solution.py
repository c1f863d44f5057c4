"""Every picture draws any solution or says clearly why not: game trees, information sets, users' concepts and rules."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("matplotlib")

import lp_posg as posg
from lp_posg import plot
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate import KINDS
from lp_posg.plot.looks import LOOKS, looks_of
from lp_posg.stage import CONCEPTS, Correlated

LATE = posg.DelayedSharing("late $", (1, 1), (1, 1))


class Fair:
    """Correlated equilibria under another name."""

    name, deviations = "fair $", KINDS["ce"]

    def check_game(self, game):
        pass

    def check_objective(self, objective):
        pass

    def solve(self, block, objective):
        return CONCEPTS["ce"].solve(block, objective)


class FairRegion(Correlated):
    """The same with a payoff region."""

    def __init__(self):
        super().__init__("ce", "action")
        self.name = "fair-ce"


@pytest.fixture(scope="module")
def chicken_tree():
    tree = posg.trees.unroll(posg.catalog("chicken"), 1)
    return posg.compare(tree, concept=["team", "ne", "ce", "cce"])


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_registry_has_every_picture_and_loads_no_matplotlib():
    assert set(plot.PICTURES) == set(plot.__all__) - {"PICTURES", "Picture", "SUFFIXES", "save"}
    for name, picture in plot.PICTURES.items():
        assert picture.name == name
        assert getattr(plot, name) is picture.draw
        assert picture.help
    code = "import sys, lp_posg.plot.pictures; print({'matplotlib', 'scipy', 'networkx'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        plot.nothing  # noqa: B018


def test_users_concepts_and_rules_are_drawn():
    game = posg.catalog("general-tiger")
    solution = posg.solve(game, 2, LATE, Fair())
    for name in ("dag", "beliefs", "deviations"):
        title = plot.PICTURES[name].draw(solution).get_suptitle()
        assert r"late \$, fair \$, 2 steps" in title
    assert plot.ledger(solution).get_suptitle() == plot.ledger(solution.ledger).get_suptitle()
    tables = [posg.compare(game, h, [LATE, "full"], ["ce", Fair()]) for h in (1, 2)]
    for figure in (plot.values(tables), plot.values(tables[0])):
        assert r"late \$" in [*labels(figure), *(tick.get_text() for tick in figure.axes[0].get_xticklabels())]
    delays = plot.delays(posg.compare(game, 1, ["full", "one-step-delay", LATE], ["ce", Fair()]))
    assert labels(delays) == ["ce", r"fair \$"]
    assert r"late \$ (no delay)" in delays.get_supxlabel()
    assert r"fair \$ selected" in labels(plot.payoffs(tables[0], sharing="late $"))


def test_colours_of_users_concepts_are_not_those_of_built_in_ones():
    looks = looks_of([*LOOKS, "one", "other"])
    assert len({look.colour for look in looks.values()}) == len(LOOKS) + 2
    assert set(LOOKS) == set(CONCEPTS)


def test_payoffs_of_a_comparison_have_the_regions_of_its_correlated_concepts():
    table = posg.compare(posg.catalog("chicken"), 1, [LATE], ["team", "ce", FairRegion()])
    found = labels(plot.payoffs(table))
    expected = ["all ce", "all fair-ce", "ce selected", "fair-ce selected", "team optimum", "welfare of the optimum"]
    assert sorted(found) == sorted(expected)
    with pytest.raises(ModelError, match="no region to draw"):
        plot.payoffs(posg.compare(posg.catalog("chicken"), 1, ["full"], ["ne"]))


def test_a_comparison_of_a_game_tree_has_bars_and_regions(chicken_tree):
    """Chicken (Aumann 1974): 12 for the team, 28/3 in the mixed equilibrium, 10.5 in the best correlated one."""
    bars = plot.values(chicken_tree)
    assert bars.get_suptitle() == "chicken: welfare by concept"
    assert [bar.get_height() for bar in bars.axes[0].patches] == pytest.approx([12, 28 / 3, 10.5, 10.5])
    figure = plot.payoffs(chicken_tree)
    points = {line.get_label(): line.get_xydata().ravel().tolist() for line in figure.axes[0].lines}
    assert points["ce selected"] == pytest.approx([5.25, 5.25])
    assert {"all ce", "all cce"} <= set(points)
    with pytest.raises(ModelError, match="has no horizon; draw it by itself"):
        plot.values([chicken_tree, posg.compare(posg.catalog("chicken"), 1, ["full"], ["team"])])
    with pytest.raises(UnsupportedError, match="no delay of sharing to draw"):
        plot.delays(chicken_tree)


def test_the_heat_map_of_a_game_tree_has_its_plans(chicken_tree):
    """As that of the same game of one step."""
    (ours, theirs) = (
        plot.deviations(own)
        for own in (chicken_tree.row(None, "ce").solution, posg.solve(posg.catalog("chicken"), 1, "full", "ce"))
    )
    for axes, other in zip(ours.axes, theirs.axes, strict=True):
        assert [text.get_text() for text in axes.texts] == [text.get_text() for text in other.texts]
        assert [tick.get_text() for tick in axes.get_xticklabels()] == [t.get_text() for t in other.get_xticklabels()]
    assert "ce, strategic-form" in ours.get_suptitle()
    assert ours.axes[0].get_yticklabels()[0].get_text() == "of reduced plans, told swerve · 75%"


@pytest.mark.parametrize("name", ["dag", "beliefs", "ledger", "deviations"])
def test_what_has_no_states_is_refused_by_the_name_of_the_picture(name, chicken_tree):
    draw = plot.PICTURES[name].draw
    histories = posg.solve(posg.catalog("competitive-tiger"), 1, "none", method="sequence-form")
    poker = posg.solve(posg.trees.unroll(posg.catalog("matching-pennies"), 1), method="sequence-form")
    for solution in (histories, poker) if name == "deviations" else (histories, poker, chicken_tree.rows[1].solution):
        with pytest.raises(UnsupportedError, match=f"picture '{name}' shows common-information states"):
            draw(solution)
    with pytest.raises(ModelError, match="solution is str"):
        draw("tiger.npz")


def test_a_tree_with_many_plans_has_no_heat_map():
    """Kuhn's poker: 27 and 64 reduced plans."""
    solution = posg.solve(posg.catalog("kuhn-poker-tree"), concept="cce", method="strategic-form")
    with pytest.raises(UnsupportedError, match="64 reduced plans"):
        plot.deviations(solution)
