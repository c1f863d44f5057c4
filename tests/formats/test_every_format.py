"""Every model of the catalogue through every format that is written: the same game again, or refused by name."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import mutants
import numpy as np
import pytest
import scipy.sparse as sp

from lp_posg.catalogue import catalog, catalog_entries
from lp_posg.errors import RoundedProbabilityWarning, UnsupportedError
from lp_posg.formats import FORMATS, load, save
from lp_posg.game import Game
from lp_posg.trees import Tree, to_game

MODELS = [entry.name for entry in catalog_entries() if not entry.is_tree]
WRITABLE = [extension for extension, entry in FORMATS.items() if entry.write_game is not None]
ANY_GAME = {".posg", ".json", ".npz"}
LABELS = ("agents", "states", "actions", "observations", "discount")


def assert_same_to_the_bit(game: Game, again: Game, zero: float = -0.0) -> None:
    """Compare all labels and arrays; adding `zero` 0.0 makes a reward of -0.0 one of 0.0 first."""
    assert [getattr(again, key) for key in LABELS] == [getattr(game, key) for key in LABELS]
    for mine, theirs in zip(game.parts(), again.parts(), strict=True):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            if sp.issparse(a):
                assert a.shape == b.shape
                assert np.array_equal(a.indptr, b.indptr)
                assert np.array_equal(a.indices, b.indices)
                a, b = a.data, b.data
            assert a.shape == b.shape
            assert (a + zero).tobytes() == (b + zero).tobytes()


def test_there_is_something_to_go_through():
    assert len(MODELS) >= 21
    assert set(WRITABLE) >= ANY_GAME


def refusal(game: Game, path: Path) -> str | None:
    """Save a game, or return why it cannot be."""
    try:
        save(game, path)
    except UnsupportedError as error:
        return str(error)
    return None


@pytest.mark.parametrize("extension", WRITABLE)
@pytest.mark.parametrize("name", MODELS)
def test_each_model(tmp_path, name, extension):
    game = catalog(name)
    path = tmp_path / f"model{extension}"
    problem = refusal(game, path)
    if problem is not None:
        assert extension not in ANY_GAME
        assert "save it as ." in problem
        assert not path.exists()
        return
    once = load(path)
    if extension == ".nfg":
        # One step is what the format holds of a repeated game: agents, actions and rewards.
        assert (once.agents, once.actions) == (game.agents, game.actions)
        assert np.array_equal(once.reward, game.reward)
        save(once, path)
        game, once = once, load(path)
    # Older formats have no entry for a reward of zero, and so none for its sign.
    assert_same_to_the_bit(game, once, -0.0 if extension in (".json", ".npz") else 0.0)
    assert once.max_horizon == game.max_horizon


@pytest.mark.parametrize("extension", sorted(set(FORMATS) - {".posg"}))
def test_each_format_is_converted_to_those_that_hold_any_game(tmp_path, extension):
    path = tmp_path / f"sample{extension}"
    path.write_bytes(mutants.SAMPLES[extension].files[0])
    # The sample's chances are decimals that miss 1 by their rounding, which reading says.
    rounded = extension == ".efg"
    with pytest.warns(RoundedProbabilityWarning, match="miss 1") if rounded else nullcontext():
        game = load(path)
    if isinstance(game, Tree):
        game = to_game(game)
    for other in sorted(ANY_GAME):
        save(game, path.with_suffix(other))
        again = load(path.with_suffix(other))
        assert again == game
        save(again, path.with_suffix(".npz"))
        assert_same_to_the_bit(again, load(path.with_suffix(".npz")))
