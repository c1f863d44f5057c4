"""Pictures as files: of the kind the suffix says, the same each time, and one clear error for the rest."""

from __future__ import annotations

import itertools
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import lp_posg as posg
from lp_posg import plot
from lp_posg.errors import FormatError, MissingExtraError
from lp_posg.plot import canvas, captions


@pytest.fixture(scope="module")
def solution():
    return posg.solve(posg.catalog("dectiger"), 2, "full")


def test_files_are_of_the_kind_their_suffix_says(solution, tmp_path):
    figure = plot.dag(solution)
    for name in ("p.png", "p.SVG", "p.pdf"):
        plot.save(figure, tmp_path / name)
    png = (tmp_path / "p.png").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[-8:-4] == b"IEND"
    root = ET.parse(tmp_path / "p.SVG").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    pdf = (tmp_path / "p.pdf").read_bytes()
    assert pdf[:5] == b"%PDF-"
    assert pdf.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("suffix", sorted(plot.SUFFIXES))
def test_the_same_picture_is_the_same_file(solution, tmp_path, suffix):
    for name in ("one", "other"):
        plot.save(plot.dag(solution), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"other{suffix}").read_bytes()


def test_other_suffixes_and_places_are_refused(solution, tmp_path):
    figure = plot.dag(solution)
    for name in ("p.jpg", "p", "p.png.gz"):
        with pytest.raises(FormatError, match=r"a picture is written as \.png, \.svg, \.pdf"):
            plot.save(figure, tmp_path / name)
    with pytest.raises(FormatError, match="cannot be written"):
        plot.save(figure, tmp_path / "nowhere" / "p.png")
    with pytest.raises(FormatError, match="3 is not a path"):
        plot.save(figure, 3)
    assert list(tmp_path.iterdir()) == []


def test_labels_are_shown_as_they_are(tmp_path):
    """A dollar sign begins no formula, and a line break in a name breaks no line."""
    names = {"agents": ["$a_1^", "b\n$"], "actions": [["x", "y"]] * 2}
    game = posg.Game(
        transition=np.ones((1, 2, 2, 1)),
        observation=np.ones((2, 2, 1, 1, 1)),
        reward=np.arange(8.0).reshape(2, 1, 2, 2),
        initial=[1.0],
        **names,
    )
    figure = plot.payoffs([posg.payoff_region(game, "ce")], posg.compare(game, 1, ["full"], ["ce"]))
    assert figure.axes[0].get_xlabel() == r"value of \$a_1^"
    assert figure.axes[0].get_ylabel() == r"value of b\n\$"
    plot.save(figure, tmp_path / "p.svg")


def test_without_matplotlib_the_error_names_the_extra(solution, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lp-posg\[plot\]'"):
        plot.dag(solution)


def test_pictures_leave_pyplot_alone():
    code = (
        "import sys, lp_posg as posg; from lp_posg import plot; before = 'matplotlib' in sys.modules;"
        "plot.dag(posg.solve(posg.catalog('chicken'), 1, 'full', 'ce'));"
        "print(before, 'matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "True", "False"]


def drawn(game):
    """Return the pictures of a game."""
    found = posg.solve(game, 2, "full", "cce")
    table = posg.compare(game, 1, ["full"], ["team", "ne", "cce"])
    pictures = [plot.dag(found), plot.dag(found, most=1), plot.ledger(found.ledger), plot.values(table)]
    pictures.append(plot.deviations(found))
    pictures.append(plot.delays(posg.compare(game, 1, ["full", "delay:1", "none", "delay:4"], ["team", "ne", "cce"])))
    pictures.append(plot.contraction(posg.bounds.belief_contraction(game, 2)))
    pictures.append(plot.values([table, posg.compare(game, 2, ["full", "delay:3"], ["team"])]))
    pictures.append(plot.payoffs([posg.payoff_region(game, concept) for concept in ("ce", "cce")], table))
    return [*pictures, plot.beliefs(found)] if game.n_states in (2, 3) else pictures


def with_long_names(name):
    """Return a game of the catalogue with names that no picture has room for."""
    game, endless = posg.catalog(name), "a name that goes on and on without an end, " * 3
    return posg.Game(
        game.transition, game.observation, game.reward, game.initial, name=endless,
        agents=[f"{i} {endless}" for i in range(game.n_agents)],
        states=[f"{s} {endless}" for s in range(game.n_states)],
        actions=[[f"{a} {endless}" for a in range(n)] for n in game.n_actions],
        observations=[[f"{o} {endless}" for o in range(n)] for n in game.n_observations],
    )  # fmt: skip


GAMES = [*map(posg.catalog, ("dectiger", "general-tiger", "chicken", "uncontrolled"))]
GAMES += [*map(with_long_names, ("dectiger", "chicken"))]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name[:20])
def test_nothing_is_cut_off(game, caplog):
    for figure in drawn(game):
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert 0.5 * width < box.width
        assert -0.01 <= box.x0 <= box.x1 <= width + 0.01
        assert -0.01 <= box.y0 <= box.y1 <= height + 0.01
    # What matplotlib cannot do it says through its logger, which would be shown.
    assert caplog.records == []


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name[:20])
def test_titles_legends_and_drawings_are_apart(game):
    for figure in drawn(game):
        figure.draw_without_rendering()
        legends = [legend.get_window_extent() for legend in figure.legends]
        around = [*legends, *(text.get_window_extent() for text in (figure._suptitle, figure._supxlabel) if text)]
        for one, other in itertools.combinations([*around, *(axes.get_tightbbox() for axes in figure.axes)], 2):
            # A pixel is rounding.
            assert (
                min(one.x1, other.x1) - max(one.x0, other.x0) < 1 or min(one.y1, other.y1) - max(one.y0, other.y0) < 1
            )


def test_a_title_is_broken_at_the_width_it_has():
    figure = canvas.new_figure(5, 3)
    for text in ("words " * 40, "W" * 90, "w" * 30 + " " + r"\$" * 90, "short"):
        captions.title(figure, text)
        told = figure.get_suptitle()
        assert "".join(told.split()) == "".join(text.split())
        assert all(line.count("\\") == line.count(r"\$") for line in told.split("\n"))
        figure.draw_without_rendering()
        box = figure._suptitle.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
        # No line could have taken the next one's first word as well.
        assert len(told.split("\n")) <= 2 + 1.5 * captions._extent(figure, text, captions.TITLE)[0] / figure.bbox.width
    assert figure.get_suptitle() == "short"


def test_different_names_stay_different():
    names = [f"the same long beginning {k} and the same long end" for k in range(12)]
    cut = captions.distinct(names, 14)
    assert len(set(cut)) == 12
    assert max(map(len, cut)) <= 14
    assert captions.distinct(["one", "one", "$"], 14) == ["one", "one", r"\$"]
    assert captions.distinct(["a" * 20 + "1", "a" * 20 + "2"], 9) == ["aaaa…aaa1", "aaaa…aaa2"]
    # Numbers are no help if they make names equal to others: those that are numbered are all numbered.
    assert len(set(captions.distinct(["1: " + "b" * 30, "b" * 30, "b" * 31], 9))) == 3


def test_many_rules_have_a_legend_in_which_no_mark_covers_another():
    rules = ["full", "one-step-delay", *(f"uncontrolled:{d}" for d in range(1, 6))]
    tables = [posg.compare(posg.catalog("uncontrolled"), h, rules, ["team"]) for h in (1, 2)]
    figure = plot.values(tables)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    rows = [text.get_window_extent() for text in legend.get_texts()]
    far = min(upper.y0 - lower.y0 for upper, lower in itertools.pairwise(rows)) * 72 / figure.dpi
    assert all(handle.get_markersize() + handle.get_markeredgewidth() < far for handle in legend.legend_handles)
    sizes = [line.get_markersize() for line in figure.axes[0].lines]
    assert sizes == sorted(set(sizes), reverse=True)
