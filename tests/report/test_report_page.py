"""The page: all of the comparison is on it, nothing is fetched, labels are text, and the HTML is right."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
from html_pages import Page

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

import lp_posg as posg
from lp_posg import report
from lp_posg.catalogue import catalog_entry
from lp_posg.errors import FormatError, MissingExtraError, ModelError
from lp_posg.induction.checkpoint import fingerprint

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</script><b>", "a&amp;b\n$x$", "{{ 7*7 }}")


@pytest.fixture(scope="module")
def table():
    return posg.compare(posg.catalog("chicken"), 1, ["full", "none"], ["team", "ne", "ce", "cce"])


@pytest.fixture(scope="module")
def text(table):
    command = "lp-posg report chicken --horizon 1"
    return report.page(table, command=command, entry=catalog_entry("chicken"))


def hostile_game():
    """Chicken whose every label is an attack."""
    game = posg.catalog("chicken")
    return posg.Game(
        game.transition,
        game.observation,
        game.reward,
        game.initial,
        agents=HOSTILE[:2],
        states=HOSTILE[2:3],
        actions=[HOSTILE[3:5], HOSTILE[:2]],
        observations=[HOSTILE[1:3], HOSTILE[3:5]],
        name=HOSTILE[0],
    )


def embedded(text):
    (found,) = re.findall(r'<script type="application/json" id="result">(.*?)</script>', text, flags=re.DOTALL)
    return json.loads(found)


def check_html(text):
    page = Page(text)
    assert page.mistakes == []
    ids = [own["id"] for _, own in page.elements if "id" in own]
    assert len(ids) == len(set(ids))
    links = [own["href"] for own in page.attributes("a")]
    assert links
    assert all(link.removeprefix("#") in ids for link in links)
    labelled = [own["aria-labelledby"] for own in page.attributes("section")]
    assert len(labelled) == 8
    assert set(labelled) <= set(ids)
    assert all(own.get("scope") in ("row", "col") for own in page.attributes("th"))
    assert all(own.get("alt") for own in page.attributes("img"))
    assert page.attributes("html") == [{"lang": "en"}]
    return page


def check_self_contained(page):
    sources = [own[key] for _, own in page.elements for key in ("src", "href", "srcset", "data") if key in own]
    assert all(source.startswith(("data:", "#")) for source in sources)
    (script,) = page.attributes("script")
    assert script["type"] == "application/json"
    assert not any(key.startswith("on") for _, own in page.elements for key in own)
    assert "@import" not in "".join(page.texts["style"])
    assert "url(" not in "".join(page.texts["style"])


def test_the_page_is_right_html_and_asks_for_nothing(text):
    assert text.startswith("<!doctype html>\n")
    page = check_html(text)
    check_self_contained(page)
    assert page.texts["title"] == ["chicken: equilibria compared"]


def test_the_whole_comparison_is_on_it(text, table):
    """Aumann's chicken: 6 each for the team, 14/3 in the mixed equilibrium, 21/4 in the best correlated one."""
    page = Page(text)
    rows = [re.sub(r"\s+", " ", own).strip() for own in page.texts["tr"] if own.strip().startswith("full")]
    assert rows[0].startswith("fullteam exact 6 6 12 6 ")
    assert rows[1].startswith("fullne exact 4.6666667 4.6666667 9.3333333 4.6666667 ")
    assert rows[2].startswith("fullce exact 5.25 5.25 10.5 5.25 ")
    assert len(rows) == 4
    everything = re.sub(r"\s+", " ", page.texts["body"][0])
    for check in table.checks:
        assert check.text in everything
    assert len(table.spreads) == 4
    for spread in table.spreads:
        assert spread.text in everything
    assert table.note in everything
    entry = catalog_entry("chicken")
    for told in (entry.title, entry.source, "lp-posg report chicken --horizon 1", fingerprint(table.game)):
        assert re.sub(r"\s+", " ", told) in everything
    for name in ("numpy", "scipy", "highspy"):
        assert name in page.texts["dt"]
    assert np.__version__ in page.texts["dd"]
    assert [own.split(",")[0] for own in page.texts["figcaption"]] == [
        "Welfare by sharing rule and concept",
        "What equilibria can give",
        "Common-information states",
        "Why no one gains by deviating",
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"horizon": 1, "sharing": ["full", "none"], "concept": ["ne", "ce"], "tolerance": 1e-6},
        {"horizon": 3, "sharing": ["full"], "concept": ["team"], "discount": 0.5, "compression": "finite-memory:1"},
        {"horizon": 3, "sharing": ["full"], "concept": ["team"], "certificate": "bounded", "compression": "merge:0.1"},
    ],
)
def test_the_python_lines_give_the_same_comparison(options):
    table = posg.compare(posg.catalog("dectiger"), approximate=True, **options)
    page = Page(report.page(table, entry=catalog_entry("dectiger")))
    names: dict[str, object] = {}
    exec(compile(page.texts["pre"][0], "page", "exec"), names)
    assert len(table.rows) > 0
    for made, row in zip(names["table"].rows, table.rows, strict=True):
        assert (made.sharing, made.concept) == (row.sharing, row.concept)
        assert made.solution.values.tolist() == row.solution.values.tolist()
        assert made.solution.certificate.status == row.solution.certificate.status
        assert made.solution.tolerance == row.solution.tolerance


def test_a_structure_of_ones_own_has_all_pictures():
    late = posg.DelayedSharing("late", (1, 1), (1, 1))
    page = check_html(report.page(posg.compare(posg.catalog("dectiger"), 2, [late], ["team"])))
    assert [own.split(",")[0] for own in page.texts["figcaption"]] == [
        "Value by sharing rule and concept",
        "Common-information states",
        "Why no one gains by deviating",
    ]
    assert "Not drawn" not in page.texts["main"][0]
    assert "objects of your own: 'late'" in page.texts["pre"][0]


def test_the_strategy_says_how_it_is_played_and_why_no_one_gains():
    """Chicken by hand: told to swerve either action is worth 14/3; told to dare, swerving loses 1."""
    text = report.page(posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce"]))
    page = check_html(text)
    assert "a trusted mediator draws an atom" in page.texts["main"][0]
    rows = re.findall(r"<tr><th scope=\"row\">driver1</th>(.*?)</tr>", text)
    assert [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows] == [
        ["nothing", "swerve", "4.6666667", "dare", "0"],
        ["nothing", "dare", "7", "swerve", "-1"],
    ]
    assert "Why no one gains by deviating: the best deviation here gains 0, 0." in text


def test_a_picture_with_gains_where_nobody_comes_is_not_called_one_without():
    """With a memory of 1 the team of the broadcast channel loses nothing, but not at every belief of its states."""
    table = posg.compare(posg.catalog("broadcast-channel"), 4, ["full"], ["team"], compression="finite-memory:1")
    (row,) = table.rows
    gaining = [own.chance[own.best > 1e-3] for own in row.solution.advantages]
    assert row.solution.certificate.gap < 1e-9
    assert sum(map(len, gaining)) >= 1
    assert max(float(own.max(initial=0)) for own in gaining) == 0
    titles = " ".join(check_html(report.page(table)).texts["figcaption"])
    assert "only where those who follow hardly ever come, or never" in titles
    assert "Why no one gains" not in titles


def test_the_json_in_it_is_that_of_the_comparison(text, table):
    assert embedded(text) == json.loads(json.dumps(table.summary()))


def test_labels_are_text_whatever_is_in_them():
    table = posg.compare(hostile_game(), 1, ["full"], ["ce"])
    text = report.page(table, command=f"lp-posg report {HOSTILE[1]}")
    page = check_html(text)
    check_self_contained(page)
    body = page.texts["body"][0]
    for label in HOSTILE:
        assert label.replace("\n", "\\n") in body
    assert embedded(text)["rows"][0]["agents"] == list(HOSTILE[:2])
    assert page.texts["title"] == [f"{HOSTILE[0]}: equilibria compared"]


def test_what_was_not_solved_is_said_with_its_reason():
    table = posg.compare(posg.catalog("dectiger"), 2, ["none", "full"], ["team"])
    text = report.page(table)
    check_html(text)
    assert "not strategy-independent" in text
    assert "Strategy, full, team" in text
    nothing = posg.compare(posg.catalog("dectiger"), 2, ["none"], ["team"])
    page = check_html(report.page(nothing))
    assert page.attributes("img") == []
    assert "Nothing was solved" in page.texts["main"][0]


def test_a_compression_has_its_ledger_and_its_gap_in_words():
    table = posg.compare(
        posg.catalog("dectiger"), 4, ["full"], ["team"], compression="finite-memory:1", approximate=True
    )
    text = report.page(table)
    page = check_html(text)
    assert "What the compression costs, full, team" in page.texts["figcaption"]
    assert "What is gained by deviating, full, team" in page.texts["figcaption"]
    found = table.rows[0].solution.certificate
    assert found.gap > 0.1
    assert str(found.deviation) in page.texts["dd"]


def test_a_picture_that_cannot_be_drawn_is_named():
    """Delays of two families make no axis; bounds on gaps make no heat map."""
    table = posg.compare(posg.catalog("chicken"), 1, ["delay:1", "uncontrolled:1"], ["ce"])
    assert "Not drawn: Welfare by delay of sharing: the delays are of several families" in report.page(table)
    bounded = posg.compare(
        posg.catalog("dectiger"),
        3,
        ["full"],
        ["team"],
        compression="finite-memory:1",
        certificate="bounded",
        approximate=True,
    )
    page = Page(report.page(bounded))
    assert "gaps are bounds, since exact states are out of reach" in page.texts["body"][0]
    assert any(own.startswith("bounded") for own in page.texts["dd"])


def test_without_times_the_same_comparison_is_the_same_page():
    def made(times):
        return report.page(posg.compare(posg.catalog("matching-pennies"), 2, ["full"], ["ce"]), times=times)

    assert made(False) == made(False)
    assert "seconds" not in made(False)
    assert "seconds" in made(True)


def test_files_are_written_whole_or_not_at_all(table, tmp_path):
    report.save(table, tmp_path / "r.html", times=False)
    assert (tmp_path / "r.html").read_text() == report.page(table, times=False)
    for name in ("r.txt", "r"):
        with pytest.raises(FormatError, match=r"ends in \.html or \.htm"):
            report.save(table, tmp_path / name)
    with pytest.raises(FormatError, match="cannot be written"):
        report.save(table, tmp_path / "nowhere" / "r.html")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize(("module", "named"), [("jinja2", "jinja2"), ("matplotlib.figure", "matplotlib")])
def test_without_the_extra_the_error_names_it(table, monkeypatch, module, named):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{named} is not installed.*pip install 'lp-posg\[report\]'"):
        report.page(table)


def tree_table(method):
    """A comparison of the tree of chicken with signals, or of one zero-sum game by the sequence form."""
    if method == "strategic-form":
        return posg.compare(posg.trees.unroll(posg.catalog("chicken"), 1), concept=["team", "ne", "ce"])
    solution = posg.solve(posg.trees.unroll(posg.catalog("matching-pennies"), 1), method=method)
    rows = (posg.planning.Row(None, "ne", solution, None),)
    return posg.Comparison(solution.game, None, "welfare", "exact", rows, (), "Values are of the selected equilibrium.")


@pytest.mark.parametrize("method", ["strategic-form", "sequence-form"])
def test_a_game_tree_has_a_page_with_what_is_played_at_its_information_sets(method):
    table = tree_table(method)
    text = report.page(table, source="TREE", times=False)
    assert text == report.page(tree_table(method), source="TREE", times=False)
    page = check_html(text)
    main = page.texts["main"][0]
    assert "sharing" not in page.texts["th"]
    assert "horizon" not in page.texts["dt"]
    assert "the whole game: worth" in main
    for solution in [row.solution for row in table.rows]:
        assert solution.information_sets(0)[0] in main
    assert ("Not drawn" in main) == (method == "sequence-form")
    names = {"TREE": table.game}
    exec(compile(page.texts["pre"][0].replace("tolerance=1e-07", "tolerance=1e-6"), "page", "exec"), names)
    assert [row.concept for row in names["table"].rows] == [row.concept for row in table.rows]


def test_a_strategy_over_private_histories_has_its_page():
    """Matching pennies: each side with 1/2."""
    solution = posg.solve(posg.catalog("matching-pennies"), 1, "none", method="sequence-form")
    rows = (posg.planning.Row("none", "ne", solution, None),)
    table = posg.Comparison(solution.game, 1, "welfare", "exact", rows, (), "Values are of the selected equilibrium.")
    main = check_html(report.page(table)).texts["main"][0]
    assert main.count("heads 0.5, tails 0.5") == 2
    assert "step 1; common: nothing" in main


def test_steps_and_states_are_counted_from_1(text):
    assert "step 1, state 1" in text
    assert "time 0" not in text


def test_what_is_no_comparison_or_no_path_is_told(table, tmp_path):
    with pytest.raises(ModelError, match="table is int, expected a Comparison"):
        report.save(3, tmp_path / "x.html")
    with pytest.raises(FormatError, match="3 is not a path"):
        report.save(table, 3)
    assert list(tmp_path.iterdir()) == []
