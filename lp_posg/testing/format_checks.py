"""Does a file format give back what was written, and refuse what it cannot hold or read?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from lp_posg.errors import ConformanceError, FormatError, LpPosgError, UnsupportedError
from lp_posg.formats import Format
from lp_posg.game import Game, takes
from lp_posg.testing.conformance import blamed, expect
from lp_posg.testing.random_games import random_game
from lp_posg.trees import TERMINAL, Tree, unroll


@takes
def check_format(file_format: Format, samples: Sequence[Game | Tree] | None = None) -> None:
    """Write games and game trees in a format, read them again, and read damaged files.

    Parameters
    ----------
    file_format : Format
    samples : sequence of Game or Tree, optional
        What is written; by default small games and trees of every kind, of which the format may refuse some.

    Raises
    ------
    ConformanceError
        If a game read again is another, writing twice gives two files, nothing at all is written by a format that
        writes, a refused game leaves a file behind, or reading a damaged file fails with an error that is none of this
        package's.

    Examples
    --------
    >>> from lp_posg.formats import FORMATS
    >>> check_format(FORMATS[".json"])
    """
    n_written = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, game in enumerate(_samples() if samples is None else samples):
            path = Path(folder) / f"sample{number}{file_format.extensions[0]}"
            write = file_format.write_tree if isinstance(game, Tree) else file_format.write_game
            if write is None:
                continue
            what = f"format {file_format.name!r} with {type(game).__name__} {game.name!r}"
            n_written += _check_round_trip(file_format, write, game, path, what)
        path = Path(folder) / f"none{file_format.extensions[0]}"
        _check_refused(file_format, path, f"format {file_format.name!r}: a file that there is not")
        path.write_bytes(b"\x00\xff no game\n")
        _check_refused(file_format, path, f"format {file_format.name!r}: a file of nonsense")
    written = f"format {file_format.name!r} writes none of the sample games"
    expect(n_written > 0 or not file_format.is_written, f"{written}; give samples that it can hold")


def _samples() -> list[Game | Tree]:
    plain, early = random_game(0), random_game(1, initial_observation=True, sparse=True)
    games = [plain, early, random_game(2, n_agents=3), random_game(3, horizon=3), random_game(4, n_states=1)]
    games += [random_game(5, common=True), plain.with_discount(0.9)]
    unseen = random_game(6, n_observations=1)
    return [*games, unroll(early, 1, "one-step-delay"), unroll(unseen, 2, "full")]


def _check_round_trip(
    file_format: Format, write: Callable[[Any, Path], None], game: Game | Tree, path: Path, what: str
) -> bool:
    """Return whether a game could be written, after it was read again from whole and from damaged files."""
    try:
        with blamed(f"{what}: writing"):
            write(game, path)
    except UnsupportedError:
        expect(not path.exists(), f"{what}: a game was refused, and a file is left behind")
        return False
    whole = path.read_bytes()
    with blamed(f"{what}: reading what was written"):
        again = file_format.read(path)
        if file_format.describe is None:
            same = _paths(again) == _paths(game) if isinstance(game, Tree) else again == game
            expect(same, f"{what}: what is read is not the game that was written")
        # Of what a format does not hold in full, its own reading has to be stable.
        if type(again) is type(game):
            write(again, path)
            expect(file_format.read(path) == again, f"{what}: what is read, written and read again is another game")
            write(again, path.with_stem("twice"))
            alike = path.read_bytes() == path.with_stem("twice").read_bytes()
            expect(alike or file_format.extensions == (".npz",), f"{what}: writing twice gives two files")
    for share in (0.0, 0.3, 0.7, 0.95):
        path.write_bytes(whole[: int(share * len(whole))])
        _error_of(file_format, path, f"{what}: reading the first {share:.0%} of a file")
    return True


def _paths(tree: object) -> dict[tuple[tuple[str, int], ...], tuple[Fraction, ...]]:
    """Return what every complete path pays, by the labels and owners along it: nodes may be numbered in any order."""
    assert isinstance(tree, Tree)
    paths: list[tuple[tuple[str, int], ...]] = []
    paid: list[tuple[Fraction, ...]] = []
    for parent, owner, outcome, label in zip(
        tree.parent.tolist(), tree.owner.tolist(), tree.outcome.tolist(), tree.labels, strict=True
    ):
        gained = tree.outcomes[outcome] if outcome >= 0 else (Fraction(0),) * tree.n_agents
        before = paid[parent] if parent >= 0 else (Fraction(0),) * tree.n_agents
        paths.append((*paths[parent], (label, owner)) if parent >= 0 else ((label, owner),))
        paid.append(tuple(a + b for a, b in zip(before, gained, strict=True)))
    return {paths[node]: paid[node] for node in (tree.owner == TERMINAL).nonzero()[0].tolist()}


def _error_of(file_format: Format, path: Path, what: str) -> LpPosgError | None:
    """Return the error of this package that reading raises, or None; any other is blamed on the format."""
    try:
        file_format.read(path)
    except LpPosgError as error:
        return error
    except Exception as error:
        raise ConformanceError(f"{what} fails with {type(error).__name__}: {error}") from error
    return None


def _check_refused(file_format: Format, path: Path, what: str) -> None:
    error = _error_of(file_format, path, what)
    expect(error is not None, f"{what} is read as a game")
    expect(isinstance(error, FormatError), f"{what} raises {type(error).__name__}, expected FormatError")
