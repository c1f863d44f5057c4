"""Names, parameters and descriptions of the catalogue."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from lp_posg.catalogue import CatalogEntry, catalog, catalog_entries, catalog_entry
from lp_posg.catalogue.about import KINDS, models_folder
from lp_posg.errors import ModelError

ENTRIES = [entry for entry in catalog_entries() if not entry.is_tree]
NAMES = [entry.name for entry in ENTRIES]
EXPECTED = [
    "access-channel",
    "battle-of-the-sexes",
    "box-pushing",
    "broadcast-channel",
    "chicken",
    "chicken-signals",
    "combination-lock",
    "competitive-tiger",
    "dectiger",
    "easy-observable",
    "general-tiger",
    "hard-no-sharing",
    "hard-unobservable",
    "kuhn-poker",
    "matching-pennies",
    "nau-section-4",
    "nau-section-5",
    "nau-section-6",
    "noisy-pennies",
    "prisoners",
    "prisoners-dilemma",
    "recycling",
    "shapley-figure-2",
    "shapley-figure-3",
    "shapley-game",
    "single-controller",
    "uncontrolled",
]
SHARINGS = {"full", "one-step-delay", "one-directional", "controller:D", "uncontrolled:D", "none"}
CONCEPTS = {"team", "ne", "ce", "cce"}


def test_entries_are_the_expected_ones_sorted_by_name():
    assert NAMES == EXPECTED


def test_names_and_aliases_are_unique():
    labels = [{re.sub(r"[-_\s]", "", label.lower()) for label in (e.name, *e.aliases)} for e in ENTRIES]
    assert len(set().union(*labels)) == sum(map(len, labels))


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_about_is_complete(entry: CatalogEntry):
    assert entry.path.stem == entry.name or entry.builder != "build"
    assert entry.path.is_file()
    assert entry.title
    assert len(entry.description) > 80
    assert entry.kind in KINDS
    assert set(entry.sharing) <= SHARINGS
    # Everything shared, or shared one step late, is strategy-independent in any game.
    assert {"full", "one-step-delay", "one-directional"} <= set(entry.sharing)
    assert len(entry.known_values) >= 1
    ours = entry.path.parent.name == "lp-posg"
    assert ours or re.search(r"\b(19|20)\d\d\b", entry.source), "a publication needs its year"


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_known_values_are_well_formed(entry: CatalogEntry):
    seen = set()
    for known in entry.known_values:
        assert known.sharing in SHARINGS
        assert known.concept in CONCEPTS
        assert (known.concept == "team") == (entry.kind == "team")
        assert known.horizon >= 1
        assert 0 < known.discount <= 1
        assert known.source
        if known.values is not None:
            assert len(known.values) == len(entry.n_actions)
            assert known.welfare == pytest.approx(sum(known.values), abs=1e-9)
        key = (known.sharing, known.concept, known.horizon, known.discount)
        assert key not in seen
        seen.add(key)
    assert seen


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_model_builds_with_the_stated_sizes_and_kind(entry: CatalogEntry):
    game = catalog(entry.name)
    assert game.name == entry.name
    assert game.n_states == entry.n_states
    assert game.n_actions == entry.n_actions
    assert game.n_observations == entry.n_observations
    if entry.kind == "team":
        assert game.is_common_reward
    elif entry.kind == "zero-sum":
        assert not game.is_common_reward
        np.testing.assert_allclose(game.reward.sum(axis=0), 0.0, atol=1e-12)
    else:
        assert not game.is_common_reward
        assert not game.is_zero_sum


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_labels_are_words(entry: CatalogEntry):
    game = catalog(entry.name)
    labels = [*game.states, *(x for own in (*game.actions, *game.observations) for x in own)]
    assert not [label for label in labels if label.isdigit()]


def test_readme_lists_every_model_with_its_kind_and_sizes():
    readme = (models_folder() / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("| `")]
    assert len(rows) == len(ENTRIES)
    for row, entry in zip(rows, ENTRIES, strict=True):
        sizes = [
            str(entry.n_states),
            " × ".join(map(str, entry.n_actions)),
            " × ".join(map(str, entry.n_observations)),
        ]
        assert row.startswith(" | ".join([f"| `{entry.name}`", entry.kind, *sizes]) + " | ")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("dectiger", "dectiger"),
        ("Dec-Tiger", "dectiger"),
        ("DEC_TIGER", "dectiger"),
        ("broadcastChannel", "broadcast-channel"),
        ("broadcast channel", "broadcast-channel"),
        ("boxPushingUAI07", "box-pushing"),
        ("Box Pushing", "box-pushing"),
        ("recycling", "recycling"),
        ("prisoners", "prisoners"),
        ("Prisoners_Dilemma", "prisoners-dilemma"),
        ("multi-agent tiger", "general-tiger"),
    ],
)
def test_names_are_matched_loosely(written: str, name: str):
    assert catalog_entry(written).name == name


def test_unknown_name_suggests_and_lists():
    with pytest.raises(ModelError, match=r"no model 'dectigr'.*did you mean 'dectiger'\?") as caught:
        catalog("dectigr")
    assert "'broadcast-channel', 'chicken'" in str(caught.value)


@pytest.mark.parametrize("name", ["", "  -_", "zzzzzz", None, 3])
def test_a_name_near_none_lists_without_a_suggestion(name: object):
    with pytest.raises(ModelError, match="no model") as caught:
        catalog(name)  # type: ignore[arg-type]
    assert "did you mean" not in str(caught.value)
    assert "'dectiger'" in str(caught.value)


def test_a_file_takes_no_parameters():
    with pytest.raises(ModelError, match=r"'dectiger' has no parameter 'accuracy'; it takes none"):
        catalog("dectiger", accuracy=0.9)


def test_unknown_parameter_names_the_accepted_ones():
    with pytest.raises(ModelError, match=r"no parameter 'agents'; it takes 'n_agents', 'arrival'"):
        catalog("access-channel", agents=3)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("access-channel", {"n_agents": 4}),
        ("access-channel", {"n_agents": 2.0}),
        ("access-channel", {"n_agents": "2"}),
        ("access-channel", {"arrival": 1.5}),
        ("access-channel", {"arrival": float("nan")}),
        ("access-channel", {"buffer_noise": "much"}),
        ("access-channel", {"collision_cost": -1}),
        ("access-channel", {"holding_cost": float("inf")}),
        ("box-pushing", {"success": -0.1}),
        ("box-pushing", {"step_cost": None}),
        ("box-pushing", {"large_box": [1, 2]}),
        ("box-pushing", {"as_distributed": 1}),
        ("combination-lock", {"length": 0}),
        ("combination-lock", {"accuracy": -0.5}),
        ("combination-lock", {"seed": 1.5}),
        ("competitive-tiger", {"accuracy": 2}),
        ("competitive-tiger", {"treasure": "gold"}),
        ("general-tiger", {"growl_accuracy": True}),
        ("general-tiger", {"creak_accuracy": -1}),
        ("general-tiger", {"tiger_cost": float("nan")}),
        ("general-tiger", {"creaks": "no"}),
        ("recycling", {"little_drain": 1.1}),
        ("recycling", {"big_item": None}),
        ("recycling", {"discount": 0}),
        ("recycling", {"discount": "none"}),
        ("easy-observable", {"observability": 1.1}),
        ("easy-observable", {"clue": -0.1}),
        ("hard-no-sharing", {"horizon": 0}),
        ("hard-no-sharing", {"horizon": 2.0}),
        ("hard-no-sharing", {"seed": True}),
        ("hard-unobservable", {"own_costs": 1}),
        ("hard-unobservable", {"press_cost": -1}),
        ("kuhn-poker", {"ante": -1}),
    ],
)
def test_bad_parameters_are_refused_by_name(name: str, parameters: dict[str, object]):
    with pytest.raises(ModelError, match=next(iter(parameters))):
        catalog(name, **parameters)


def test_every_generator_parameter_has_a_default_and_is_documented():
    generated = [entry for entry in ENTRIES if entry.path.suffix == ".py"]
    assert [entry.name for entry in generated] == [
        "access-channel",
        "box-pushing",
        "combination-lock",
        "competitive-tiger",
        "easy-observable",
        "general-tiger",
        "hard-no-sharing",
        "hard-unobservable",
        "kuhn-poker",
        "recycling",
    ]
    for entry in generated:
        text = entry.path.read_text(encoding="utf-8")
        documented = text[text.index("    Parameters\n") : text.index("    Raises\n")]
        assert entry.parameters
        for name, default in entry.parameters.items():
            assert isinstance(default, int | float)
            assert re.search(rf"\b{name}\b", documented)


def test_entries_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ENTRIES[0].name = "other"  # type: ignore[misc]


def test_models_are_found_inside_a_wheel_first_and_beside_a_checkout(tmp_path: Path):
    package = tmp_path / "lp_posg"
    beside, inside = tmp_path / "models" / "a-2000", package / "models" / "a-2000"
    package.mkdir()
    with pytest.raises(ModelError, match="reinstall"):
        models_folder(package)
    for folder in (beside, inside):
        folder.mkdir(parents=True)
        (folder / "about.toml").touch()
        assert models_folder(package) == folder.parent
