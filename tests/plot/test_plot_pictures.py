"""What pictures show is what results say: numbers come from the solution, never from the code that draws."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import lp_posg as posg
from lp_posg import plot
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate import Ledger
from lp_posg.stage import CONCEPTS, Correlated


@pytest.fixture(scope="module")
def tiger():
    return posg.solve(posg.catalog("dectiger"), 4, "one-step-delay")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def lines(axes):
    """Return label -> (x, y) of the labelled lines."""
    found = {line.get_label(): np.asarray(line.get_xydata()).T for line in axes.lines}
    return {label: data for label, data in found.items() if not label.startswith("_")}


def test_a_small_dag_has_a_box_per_state_and_a_line_per_edge(tiger):
    figure = plot.dag(tiger)
    (axes,) = figure.axes
    # One number and one value, since the reward is common: 4 digits.
    expected = [f"{v}\n{own[0]:.4g}" for values in tiger.node_values for v, own in enumerate(values.tolist(), 1)]
    assert texts(axes) == expected
    assert len(axes.lines) == tiger.graph.number_of_edges()
    boxes = {(round(t.get_position()[0]), t.get_text().split("\n")[0]): t.get_position() for t in axes.texts}
    drawn = {tuple(map(tuple, line.get_xydata())) for line in axes.lines}
    assert drawn == {(boxes[a[0], str(a[1] + 1)], boxes[b[0], str(b[1] + 1)]) for a, b in tiger.graph.edges}
    assert len(set(boxes.values())) == 13
    assert figure.get_suptitle() == "dectiger: common-information states\none-step-delay, team, 4 steps"


def test_line_widths_follow_the_probabilities_of_the_strategy():
    """Two listen: both hear left with (0.85^2 + 0.15^2)/2 = 0.3725, one each with 2 * 0.85 * 0.15 = 0.255."""
    solution = posg.solve(posg.catalog("dectiger"), 2, "full")
    (axes,) = plot.dag(solution).axes
    solid = sorted(line.get_linewidth() for line in axes.lines if line.get_linestyle() == "-")
    assert len(solid) == 3
    assert solid == pytest.approx([0.6 + 4 * 0.255, 0.6 + 4 * 0.3725, 0.6 + 4 * 0.3725])
    assert len(axes.lines) == 3


def test_what_only_deviations_reach_is_dotted(tiger):
    """At step 1 both listen: after opening a door, which nobody does, the state is another one."""
    (axes,) = plot.dag(tiger).axes
    first = {line.get_linestyle(): line.get_linewidth() for line in axes.lines if line.get_xdata()[0] == 0}
    assert first == {"-": pytest.approx(0.6 + 4), ":": 0.6}
    colours = {text.get_text(): text.get_color() for text in axes.texts if text.get_position()[0] == 1}
    assert colours == {"1\n13.02": "black", "2\n8.815": "#777777"}


def test_agents_of_different_interests_have_all_their_values_in_a_box():
    solution = posg.solve(posg.catalog("matching-pennies"), 1, "full", "ne")
    (axes,) = plot.dag(solution).axes
    assert texts(axes) == ["1\n0, 0"]
    three = posg.solve(posg.catalog("chicken"), 3, "full", "ce")
    # Each repetition of the best correlated equilibrium is worth 5.25 to each (Aumann 1974).
    assert texts(plot.dag(three).axes[0]) == ["1\n15.75, 15.75", "1\n10.5, 10.5", "1\n5.25, 5.25"]


def test_a_large_dag_is_counted_by_depth(tiger):
    figure = plot.dag(tiger, most=12)
    (axes,) = figure.axes
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == list(tiger.stats.states_by_depth)
    assert texts(axes) == [str(n) for n in tiger.stats.states_by_depth]
    assert figure.get_supxlabel() == "13 states in all: too many to draw one by one"
    assert len(plot.dag(tiger, most=13).axes[0].texts) == 13


def test_values_have_a_panel_per_concept_and_a_line_per_rule():
    game = posg.catalog("chicken-signals")
    tables = [posg.compare(game, h, ["full", "one-step-delay"], ["ne", "cce"]) for h in (2, 1)]
    figure = plot.values(tables)
    assert [axes.get_title() for axes in figure.axes] == ["ne", "cce"]
    for axes in figure.axes:
        drawn = lines(axes)
        assert list(drawn) == ["full", "one-step-delay"]
        for rule, (horizon, welfare) in drawn.items():
            expected = [table.row(rule, axes.get_title()).solution.welfare for table in (tables[1], tables[0])]
            assert horizon.tolist() == [1, 2]
            assert welfare == pytest.approx(expected)


def test_values_of_one_horizon_are_bars_and_what_is_missing_is_named():
    table = posg.compare(posg.catalog("chicken"), 2, ["full", "delay:2"], ["team", "ce"])
    figure = plot.values(table)
    (axes,) = figure.axes
    # Twice 6 + 6 for the team and twice 5.25 + 5.25 for the equilibrium (Aumann 1974).
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([24, 21])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["full", "delay:2"]
    assert "not solved" in texts(axes)
    assert figure.get_supxlabel() == "not solved: delay:2"


def test_values_of_what_does_not_belong_together_are_refused():
    one, other = (posg.compare(posg.catalog(name), 1, ["full"], ["team"]) for name in ("chicken", "matching-pennies"))
    for given, message in (([], "no row"), ([one, other], "different games"), ([one, one], "one horizon")):
        with pytest.raises(ModelError, match=message):
            plot.values(given)
    with pytest.raises(ModelError, match=r"the first says why: .*not strategy-independent"):
        plot.values(posg.compare(posg.catalog("chicken"), 2, ["delay:2"], ["ce"]))


@pytest.fixture(scope="module")
def shapley():
    game = posg.catalog("shapley-game")
    regions = [posg.payoff_region(game, concept) for concept in ("cce", "ce")]
    return regions, posg.compare(game, 1, ["full"], ["team", "ne", "ce", "cce"])


@pytest.mark.parametrize("given", [3, [3], None])
def test_what_is_no_comparison_is_told(given):
    with pytest.raises(ModelError, match=r"expected what lp_posg\.compare returns"):
        plot.values(given)


def test_payoffs_show_polygons_points_and_the_line_of_the_optimum(shapley):
    regions, table = shapley
    figure = plot.payoffs(regions, table)
    (axes,) = figure.axes
    drawn = lines(axes)
    for region in regions:
        outline = drawn[f"all {region.concept}"].T
        np.testing.assert_allclose(outline, np.concatenate([region.vertices, region.vertices[:1]]))
    for label, concept in (
        ("ne selected", "ne"),
        ("ce selected", "ce"),
        ("cce selected", "cce"),
        ("team optimum", "team"),
    ):
        assert drawn[label].ravel() == pytest.approx(table.row("full", concept).solution.values)
    (line,) = [line for line in axes.lines if line.get_label() == "welfare of the optimum"]
    # In Shapley's game 3 is the most that both together can get, 2 to one and 1 to the other.
    assert sum(line.get_xy1()) == pytest.approx(3)
    assert line.get_slope() == -1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("value of row", "value of column")


@pytest.mark.parametrize("name", ["chicken", "dectiger", "general-tiger", "uncontrolled", "matching-pennies"])
def test_everything_of_payoffs_is_within_the_frame(name):
    """Polygons, segments (common reward) and points (one value for all equilibria)."""
    game = posg.catalog(name)
    regions = [posg.payoff_region(game, "cce")]
    (axes,) = plot.payoffs(regions, posg.compare(game, 1, ["full"], ["team", "cce"])).axes
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
    assert len(lines(axes)) == 4
    for label, (x, y) in lines(axes).items():
        if label != "welfare of the optimum":
            assert ((low_x < x) & (x < high_x) & (low_y < y) & (y < high_y)).all(), label
    assert low_x + low_y < regions[0].optimum < high_x + high_y


def test_every_concept_has_its_look():
    """A concept that is added is drawn too."""
    game = posg.catalog("chicken")
    correlated = [name for name, own in CONCEPTS.items() if isinstance(own, Correlated)]
    assert len(correlated) >= 3
    regions = [posg.payoff_region(game, name) for name in correlated]
    (axes,) = plot.payoffs(regions, posg.compare(game, 1, ["full"], list(CONCEPTS))).axes
    expected = {f"all {name}" for name in correlated} | {f"{name} selected" for name in CONCEPTS if name != "team"}
    assert set(lines(axes)) == expected | {"team optimum", "welfare of the optimum"}
    bars = plot.values(posg.compare(game, 1, ["full"], list(CONCEPTS))).axes[0].patches
    assert len({bar.get_facecolor() for bar in bars}) == len(CONCEPTS)


def test_payoffs_of_what_does_not_belong_together_are_refused(shapley):
    regions, table = shapley
    chicken = posg.payoff_region(posg.catalog("chicken"), "ce")
    two = posg.compare(posg.catalog("shapley-game"), 1, ["full", "one-step-delay"], ["ne"])
    longer = posg.compare(posg.catalog("shapley-game"), 2, ["full"], ["team"])
    for given, message in (
        (([], table), "no region"),
        ((3,), "regions is 3, expected a Comparison or a list"),
        (([3],), r"regions is \[3\], expected"),
        ((regions, 3), "comparison is 3, expected a Comparison"),
        (([regions[0], chicken], table), "different stage games"),
        ((regions, two), "several sharing rules"),
        ((regions, longer), "only for 2 agents and 1 step"),
    ):
        with pytest.raises(ModelError, match=message):
            plot.payoffs(*given)
    assert "ne selected" in lines(plot.payoffs(regions, two, "full").axes[0])


def test_the_ledger_has_three_errors_and_the_bound_in_its_title():
    solution = posg.solve(posg.catalog("dectiger"), 4, "full", compression="finite-memory:1")
    costs = solution.ledger
    figure = plot.ledger(costs)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    drawn = list(lines(axes).values())
    for (steps, shown), name in zip(drawn, ("reward_error", "transition_error", "belief_error"), strict=True):
        error = getattr(costs, name)
        assert steps.tolist() == [1, 2, 3, 4]
        np.testing.assert_allclose(shown, np.where(error > 0, error, np.nan))
    title = figure.get_suptitle()
    assert title.startswith("finite-memory:1")
    bound, gap = re.search(r"proven bound (\S+), gap (\S+)", title).groups()
    assert float(bound) == pytest.approx(costs.bound, rel=1e-2)
    assert float(gap) == pytest.approx(costs.gap, rel=1e-2)
    # With a memory of one piece nothing is forgotten before the third step: those marks stand at 0.
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [len(line.get_xdata()) for line in hollow] == [2, 3, 2]
    assert axes.get_yticklabels()[0].get_text() == "0"


def made_ledger(errors, **more):
    steps = len(errors)
    facts = {"states": (1,) * steps, "model_states": (1,) * steps, "merge_distance": np.zeros(steps), "model_gap": 0.0}
    own = [np.array(errors, dtype=float) * k for k in (1.0, 0.1, 0.01)]
    return Ledger("made", *own, **facts, **({"bound": 1.0, "paper_bound": 2.0, "gap": 0.5} | more))


def test_estimated_errors_have_intervals_and_prove_nothing():
    half = np.full((2, 3), 0.001)
    more = {"status": "estimated", "half_widths": half, "n_runs": 77, "bound": None, "paper_bound": None}
    figure = plot.ledger(made_ledger([0.5, 0.25], **more))
    (axes,) = figure.axes
    assert figure.get_suptitle() == "made: errors estimated from 77 runs\nno bound is proven, gap at most 0.5"
    assert len(axes.containers) == 3
    (bars,) = axes.containers[0].lines[2]
    ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
    assert ends == [pytest.approx([0.499, 0.501]), pytest.approx([0.249, 0.251])]


def test_a_ledger_without_errors_is_all_zeros():
    (axes,) = plot.ledger(made_ledger([0.0, 0.0, 0.0])).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["0"]
    assert axes.get_yscale() == "linear"


def test_beliefs_of_two_states_stand_on_lines(tiger):
    """Both hear left: 0.85^2 / (0.85^2 + 0.15^2) = 0.9698; one each or nothing heard: 0.5."""
    solution = posg.solve(posg.catalog("dectiger"), 2, "full")
    (axes,) = plot.beliefs(solution).axes
    off, on = ([c.get_offsets() for c in axes.collections[k::2]] for k in (0, 1))
    assert [len(own) for own in off] == [0, 0]
    np.testing.assert_allclose(on[0], [[1, 0.5]])
    sure = 0.85**2 / (0.85**2 + 0.15**2)
    np.testing.assert_allclose(np.sort(on[1][:, 1]), [1 - sure, 0.5, sure])
    sizes = axes.collections[3].get_sizes()
    assert np.sort(sizes) == pytest.approx(12 + 220 * np.array([0.255, 0.3725, 0.3725]))
    assert axes.get_ylabel() == "probability of tiger-left"


def test_beliefs_of_three_states_stand_in_triangles():
    solution = posg.solve(posg.catalog("uncontrolled"), 2, "full", "cce")
    figure = plot.beliefs(solution)
    assert [axes.get_title() for axes in figure.axes] == ["step 1", "step 2"]
    assert texts(figure.axes[0]) == list(solution.game.states)
    x, y = figure.axes[0].collections[1].get_offsets()[0]
    # Corners at (0, 0), (1, 0) and (1/2, sqrt(3)/2): the height is the third state's probability.
    third = y / np.sqrt(0.75)
    assert [1 - third - (x - third / 2), x - third / 2, third] == pytest.approx(solution.game.initial)
    counts = [len(c.get_offsets()) for c in figure.axes[1].collections]
    assert sum(counts) == solution.stats.states_by_depth[1]


def test_beliefs_of_more_states_are_refused():
    with pytest.raises(UnsupportedError, match="'chicken' has 1 state; beliefs are drawn for 2 or 3"):
        plot.beliefs(posg.solve(posg.catalog("chicken"), 1, "full", "ce"))


def candidate(number, gaps, certified):
    return {
        "round": number,
        "episodes": 100 * number,
        "gaps": gaps,
        "gap_errors": [0.5, 0.25],
        "certified": None if certified is None else {"gaps": [0.0, certified]},
    }


def learnt(*candidates, **facts):
    known = {"sharing": "full", "concept": "cce", "memory": 1, "horizon": 2, "level": 0.95}
    return {"candidates": list(candidates), "chosen": candidates[-1]["round"], **known, **facts}


def test_the_learning_curve_has_the_worst_agents_gaps():
    found = learnt(candidate(1, [0.25, 3.0], 4.0), candidate(2, [1.0, 0.5], 1.5))
    (axes,) = plot.learning(found).axes
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["certified gap"], [[100, 200], [4.0, 1.5]])
    (bars,) = axes.containers
    assert bars.get_label() == "estimated gap (95% interval)"
    np.testing.assert_allclose(bars.lines[0].get_xydata(), [[100, 3.0], [200, 1.0]])
    ends = [segment[:, 1].tolist() for segment in bars.lines[2][0].get_segments()]
    assert ends == [[2.75, 3.25], [0.5, 1.5]]
    assert drawn["chosen: round 2"][0].tolist() == [200, 200]


def test_a_team_has_a_curve_only_if_it_was_certified():
    nothing = [None, None]
    (axes,) = plot.learning(learnt(candidate(1, nothing, 4.0), candidate(2, nothing, 1.0))).axes
    assert list(lines(axes)) == ["certified gap", "chosen: round 2"]
    with pytest.raises(ModelError, match="no gap was estimated"):
        plot.learning(learnt(candidate(1, nothing, None)))


def test_a_real_learning_run_can_be_drawn():
    game = posg.catalog("general-tiger")
    found = posg.learn(game, 2, "full", "cce", memory=1, episodes=200, rounds=2, evaluation_episodes=100, seed=1)
    (axes,) = plot.learning(found).axes
    np.testing.assert_allclose(
        lines(axes)["certified gap"],
        [[c.episodes for c in found.candidates], [c.certificate.gap for c in found.candidates]],
    )


def test_contraction_has_both_curves():
    found = posg.bounds.belief_contraction(posg.catalog("uncontrolled"), 3, time=1)
    figure = plot.contraction(found)
    (axes,) = figure.axes
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["worst rule of acting"], [np.arange(4), found.worst])
    np.testing.assert_allclose(drawn["uniform actions"], [np.arange(4), found.uniform])
    assert figure.get_suptitle().startswith("uncontrolled: how fast the first prior is forgotten")
    assert "from step 2 on" in " ".join(figure.get_suptitle().split())


def test_a_curve_of_zeros_says_why_and_certainty_says_of_what():
    pennies = posg.catalog("noisy-pennies")
    assert "uniform too" in texts(plot.contraction(posg.bounds.belief_contraction(pennies, 2)).axes[0])[0]
    worst = plot.contraction(posg.bounds.belief_contraction(pennies, 2, prior="worst"))
    assert texts(worst.axes[0]) == []
    assert f"certainty of {pennies.states[0]}" in worst.get_suptitle()
    (told,) = texts(plot.contraction(posg.bounds.belief_contraction(posg.catalog("chicken"), 2, prior="worst")).axes[0])
    assert told == "nothing to forget: the game has one state"


def test_several_learning_runs_have_a_line_each_named_by_what_differs():
    runs = [learnt(candidate(1, [0.0, 3.0], 4.0), seed=seed) for seed in (3, 5)]
    (axes,) = plot.learning(runs).axes
    drawn = lines(axes)
    assert [name for name in drawn if name.startswith("seed")] == ["seed 3", "seed 5"]
    np.testing.assert_allclose(drawn["seed 5"], [[100], [4.0]])
    (axes,) = plot.learning([learnt(candidate(1, [0.0, 3.0], None))] * 2).axes
    assert [bars.get_label() for bars in axes.containers] == ["run (1) (estimated)", "run (2) (estimated)"]


def test_the_heat_map_has_a_row_per_place_and_a_column_per_action():
    """The gains of chicken's correlated equilibrium by hand: see the tests of `advantages`."""
    figure = plot.deviations(posg.solve(posg.catalog("chicken"), 1, "full", "ce"))
    assert len(figure.axes) == 2
    for axes in figure.axes:
        told = [label.get_text() for label in axes.get_yticklabels()]
        assert told == ["step 1, state 1, told swerve · 75%", "step 1, state 1, told dare · 25%"]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["swerve", "dare", "best"]
        by_row = {tuple(row) for row in zip(*[iter(text.get_text() for text in axes.texts)] * 2, strict=True)}
        # By column: swerve, dare, best.
        assert by_row == {("0", "\N{MINUS SIGN}1"), ("0", "0")}
        frames = [patch for patch in axes.patches if not patch.get_fill()]
        assert [(round(p.get_x() + 0.44), round(p.get_y() + 0.4)) for p in frames] == [(0, 0), (1, 1)]


def test_of_many_places_the_likeliest_are_shown(tiger):
    figure = plot.deviations(tiger, most=3)
    for axes in figure.axes:
        assert [label.get_text() for label in axes.get_yticklabels()] == [
            "step 1, state 1 · 100%",
            "step 2, state 1, saw hear-left · 50%",
            "step 2, state 1, saw hear-right · 50%",
        ]
        assert axes.get_title(loc="right").endswith(", the 3 likeliest of 25 places")
    with pytest.raises(ModelError, match="most is 0"):
        plot.deviations(tiger, most=0)


def test_where_gaps_are_bounds_there_is_no_heat_map():
    game = posg.catalog("dectiger")
    solution = posg.solve(game, 3, "full", compression="finite-memory:1", certificate="bounded")
    with pytest.raises(UnsupportedError, match="gaps are bounds"):
        plot.deviations(solution)


def test_delays_are_numbers_and_never_is_last():
    game = posg.catalog("uncontrolled")
    table = posg.compare(game, 2, ["none", "full", "uncontrolled:1", "one-directional"], ["team", "cce"])
    figure = plot.delays(table)
    (axes,) = figure.axes
    drawn = lines(axes)
    assert list(drawn) == ["team", "cce"]
    welfare = {(row.sharing, row.concept): row.solution.welfare for row in table.rows if row.solution is not None}
    for concept, (x, y) in drawn.items():
        ticks = [label.get_text() for label in axes.get_xticklabels()]
        rules = {"0": "full", "1": "uncontrolled:1", "never": "none"}
        assert y.tolist() == [welfare[rules[ticks[axes.get_xticks().tolist().index(place)]], concept] for place in x]
    assert "one-directional (no delay)" in figure.get_supxlabel()


def test_delays_of_several_families_are_refused():
    table = posg.compare(posg.catalog("chicken"), 1, ["delay:1", "uncontrolled:1"], ["team"])
    with pytest.raises(ModelError, match="of several families, delay, uncontrolled"):
        plot.delays(table)


def test_the_line_about_missing_rows_is_not_written_over_the_legend():
    game = posg.catalog("dectiger")
    figure = plot.values([posg.compare(game, h, ["full", "delay:2"], ["team", "ce"]) for h in (1, 2)])
    assert figure.get_supxlabel() == "not solved at some horizon: delay:2"
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert not legend.get_window_extent().overlaps(figure._supxlabel.get_window_extent())
