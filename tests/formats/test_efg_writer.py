"""Writing ``.efg`` files: what is read back is equal, and others read it too."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from game_trees import kuhn, random_tree, tree

import lp_posg as posg
from lp_posg.errors import FormatError, UnsupportedError
from lp_posg.trees import to_game


def test_the_whole_text(tmp_path):
    def tell(path):
        if not path:
            return "chance", {"heads": "1/3", "tails": "2/3"}
        if len(path) == 1:
            return 0, 'say "it"', ("a", ""), (0, "-1/2")
        return "end", (1, 2) if path[1] else (0, "-1/2")

    path = tmp_path / "small.efg"
    posg.save(tree(("Ann", "Bob"), tell, "A small game"), path)
    assert (
        path.read_text()
        == """EFG 2 R "A small game" { "Ann" "Bob" }
"Written by lp-posg."

c "" 1 "" { "heads" 1/3 "tails" 2/3 } 0
p "" 1 1 "say \\"it\\"" { "a" "" } 1 "" { 0, -1/2 }
t "" 2 "" { 1, 2 }
t "" 1 "" { 0, -1/2 }
p "" 1 1 "say \\"it\\"" { "a" "" } 1 "" { 0, -1/2 }
t "" 2 "" { 1, 2 }
t "" 1 "" { 0, -1/2 }
"""
    )


def test_round_trips(tmp_path):
    path = tmp_path / "game.efg"
    games = [random_tree(seed, n_agents=1 + seed % 3, clock=seed % 2 == 0, zero_sum=False) for seed in range(40)]
    for game in [kuhn(), *(game for game in games)]:
        posg.save(game, path)
        text = path.read_bytes()
        again = posg.load(path)
        assert again == replace(game, agents=again.agents)
        posg.save(again, path)
        assert path.read_bytes() == text


def test_nodes_in_another_order_are_written_in_prefix_order(tmp_path):
    game = kuhn()
    order = np.argsort(game.depth, kind="stable")  # breadth first
    place = np.argsort(order)
    parent = game.parent[order]
    wide = replace(
        game,
        parent=np.where(parent >= 0, place[parent], -1),
        owner=game.owner[order],
        information=game.information[order],
        outcome=game.outcome[order],
        probability=tuple(game.probability[k] for k in order),
        labels=tuple(game.labels[k] for k in order),
    )
    assert wide != game
    posg.save(wide, tmp_path / "wide.efg")
    posg.save(game, tmp_path / "deep.efg")
    assert (tmp_path / "wide.efg").read_bytes() == (tmp_path / "deep.efg").read_bytes()


@pytest.mark.filterwarnings("ignore::lp_posg.errors.GambitNameWarning")
def test_numbers_and_names_are_kept(tmp_path):
    words = ["1e-999", "1/3", "-7/9000000000000000000001", "1e100", "0." + "9" * 390, "12345678901234567890.5"]
    names = ["é{ 1 }", 'quo"te', "a\\b", " ", "two\nlines", "t"]

    def tell(path):
        return ("end", (words[names.index(path[0])],)) if path else (0, "Wörter", names)

    game = tree(("x",), tell, "title\\")
    posg.save(game, tmp_path / "odd.efg")
    again = posg.load(tmp_path / "odd.efg")
    assert again == game
    assert [row[0] for row in again.outcomes] == list(map(Fraction, words))
    assert again.name == "title"


@pytest.mark.parametrize("name", ["ends in \\", "re\rturn", "half \ud800"])
def test_names_that_cannot_be_written(tmp_path, name):
    path = tmp_path / "bad.efg"
    path.write_text("kept")
    with pytest.raises(UnsupportedError, match=r"the name .* which a \.efg file cannot hold"):
        posg.save(tree((name,), lambda path: ("end", (0,))), path)
    assert path.read_text() == "kept"


def test_numbers_that_cannot_be_written(tmp_path):
    long = Fraction(10**3000, 10**3000 + 1)
    with pytest.raises(UnsupportedError, match="more than 4000 characters"):
        posg.save(tree(("a",), lambda path: ("end", (long,))), tmp_path / "long.efg")


def test_where_it_cannot_be_written(tmp_path):
    with pytest.raises(FormatError, match="cannot be written"):
        posg.save(kuhn(), tmp_path / "no" / "game.efg")
    with pytest.raises(UnsupportedError, match=r"found a game tree, expected \.nfg or \.efg"):
        posg.save(kuhn(), tmp_path / "game.posg")


def test_a_posg_is_refused(tmp_path):
    with pytest.raises(UnsupportedError, match="a horizon and a sharing rule"):
        posg.save(to_game(kuhn()), tmp_path / "kuhn.efg")
    assert not (tmp_path / "kuhn.efg").exists()


def test_gambit_reads_the_same_game(tmp_path):
    gambit = pytest.importorskip("pygambit")
    path = tmp_path / "game.efg"
    for seed in range(20):
        game = random_tree(seed, n_agents=2 + seed % 2, zero_sum=False)
        posg.save(game, path)
        theirs = gambit.read_efg(str(path))
        assert [player.label for player in theirs.players] == list(game.agents)
        assert compared(game, 0, theirs.root) == game.n_nodes


def compared(game, node, theirs):
    """Compare the tree below a node with that of another library; return its size."""
    children = np.flatnonzero(game.parent == node).tolist()
    assert len(theirs.children) == len(children)
    if game.outcome[node] >= 0:
        paid = game.outcomes[game.outcome[node]]
        assert [Fraction(str(theirs.outcome[agent])) for agent in game.agents] == list(paid)
    else:
        assert str(theirs.outcome) == "None"  # pygambit 16.7 has an object in its place
    if game.owner[node] >= 0:
        own = game.sets[game.information[node]]
        assert (theirs.player.label, theirs.infoset.label) == (game.agents[own.agent], own.label)
        assert len(theirs.infoset.members) == np.count_nonzero(game.information == game.information[node])
    if children:
        assert [action.label for action in theirs.infoset.actions] == [game.labels[child] for child in children]
        if game.owner[node] == -1:
            assert [Fraction(str(action.prob)) for action in theirs.infoset.actions] == [
                game.probability[child] for child in children
            ]
    return 1 + sum(compared(game, child, below) for child, below in zip(children, theirs.children, strict=True))


def test_openspiel_reads_the_same_game(tmp_path):
    spiel = pytest.importorskip("pyspiel")
    path = tmp_path / "kuhn.efg"
    posg.save(kuhn(), path)
    theirs = spiel.load_efg_game(path.read_text())
    assert theirs.num_players() == 2
    # The first deal is jack against queen; both pass, and the queen takes the ante.
    state = theirs.new_initial_state()
    assert [p for _, p in state.chance_outcomes()] == pytest.approx([1 / 6] * 6)
    for action in (0, 0, 0):
        state.apply_action(state.legal_actions()[action])
    assert state.returns() == [-1, 1]
