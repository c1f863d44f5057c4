"""Reading ``.nfg`` files: what they mean, and the line of what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from lp_posg import solve
from lp_posg.errors import FormatError

PENNIES = """NFG 1 R "Matching pennies" { "Matcher" "Hider" } { 2 2 }

1 -1 -1 1 -1 1 1 -1
"""
CHICKEN = """NFG 1 D "Chicken" { "Row" "Column" }

{ { "swerve" "dare" }
  { "swerve" "dare" } }
"The comment is optional.
It may have a second line, and \\"quotes\\"."

6 6
7 2
2 7
0 0
"""
# Battle of the sexes in the outcome version; where they do not meet, nobody gets anything: outcome 0.
SEXES = """NFG 1 R "Battle of the sexes" { "A" "B" }
{ { "ballet" "boxing" } { "ballet" "boxing" } }
""
{
{ "both at the ballet" 3, 2 }
{ "both at the boxing" 2, 3 }
}
1 0 0 2
"""


def test_matching_pennies(load_text):
    game = load_text(PENNIES, "pennies.nfg")
    assert (game.name, game.n_states, game.n_observations, game.discount) == ("pennies", 1, (1, 1), 1.0)
    assert game.agents == ("Matcher", "Hider")
    assert game.actions == (("1", "2"), ("1", "2"))
    assert game.reward[:, 0].tolist() == [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    assert solve(game, 1, "none", "ne").values == pytest.approx([0, 0], abs=1e-9)


def test_chicken(load_text):
    # Player 1's strategy runs fastest: the second pair is (dare, swerve), where 1 gets 7.
    game = load_text(CHICKEN, "chicken.nfg")
    assert game.actions == (("swerve", "dare"), ("swerve", "dare"))
    assert game.reward[0, 0].tolist() == [[6, 2], [7, 0]]
    assert game.reward[1, 0].tolist() == [[6, 7], [2, 0]]
    # Weight a on (swerve, swerve) and b on each of the two mixed pairs: who is told to swerve obeys if
    # 6a + 2b >= 7a, so the best sum 12a + 18b with a + 2b = 1 has a = 2b = 1/2, that is 21/2.
    assert solve(game, 1, "none", "ce").values.sum() == pytest.approx(10.5)


def test_battle_of_the_sexes(load_text):
    game = load_text(SEXES, "sexes.nfg")
    assert game.reward[0, 0].tolist() == [[3, 0], [0, 2]]
    assert game.reward[1, 0].tolist() == [[2, 0], [0, 3]]
    # Both pure equilibria have the sum 5, and no profile has more; a fair coin gives each 5/2.
    assert solve(game, 1, "none", "ne").values.sum() == pytest.approx(5)
    assert solve(game, 1, "none", "ce", objective="egalitarian").values == pytest.approx([2.5, 2.5])


def test_three_players_of_unequal_sizes(load_text):
    # The payoff of player i at strategies (a, b, c), from 1, is written "iabc".
    body = [f"{i}{a}{b}{c}" for c in range(1, 5) for b in range(1, 4) for a in range(1, 3) for i in range(1, 4)]
    game = load_text('NFG 1 R "" { "x" "y" "z" } { 2 3 4 }\n' + " ".join(body), "sizes.nfg")
    assert game.n_actions == (2, 3, 4)
    i, a, b, c = np.indices((3, 2, 3, 4)) + 1
    assert np.array_equal(game.reward[:, 0], 1000 * i + 100 * a + 10 * b + c)


def test_the_outcome_version_is_the_payoff_version(load_text):
    rng = np.random.default_rng(5)
    outcomes = rng.integers(-9, 10, size=(7, 3))
    chosen = rng.integers(0, 8, size=24)
    head = 'NFG 1 R "" { "x" "y" "z" } { { "a" "b" } { "a" "b" "c" } { "a" "b" "c" "d" } }\n'
    listed = "\n".join(f'{{ "" {x}, {y} {z} }}' for x, y, z in outcomes)
    by_outcome = load_text(head + f"{{ {listed} }}\n" + " ".join(map(str, chosen)), "outcomes.nfg")
    rows = np.vstack([np.zeros((1, 3), dtype=int), outcomes])[chosen]
    by_payoff = load_text(head + " ".join(map(str, rows.ravel())), "payoffs.nfg")
    assert (chosen == 0).any()
    assert by_outcome == by_payoff


def test_numbers_are_rounded_once(load_text):
    words = "3/4 -1/3 +2 .5 -1. 2.5e-3 1E2 0.1 0/7 1e-999 7/9000000000000000000000 -0.0"
    game = load_text('NFG 1 R "" { "x" } { 12 } ' + words, "numbers.nfg")
    exact = [0.75, -1 / 3, 2, 0.5, -1, 0.0025, 100, 0.1, 0, 0, 7 / 9e21, 0]
    assert game.reward[0, 0].tolist() == exact


def test_names(load_text):
    text = 'NFG 1 R "" { "" "say \\"hi\\"" } { { "a\\b" "" "é{ 1 }" } { "1" } } 0 0 0 0 0 0'
    game = load_text("\ufeff" + text.replace(" ", "\r\n\t "), "names.nfg")
    assert game.agents == ("Player 1", 'say\n\t "hi"')
    assert game.actions == (("a\\b", "2", "é{\n\t 1\n\t }"), ("1",))


HEAD = 'NFG 1 R "t"\n{ "x" "y" }\n'
TWO = HEAD + "{ 2 2 }\n"
NAMED = HEAD + '{ { "a" "b" }\n{ "c" "d" } }\n'
BAD = {
    "empty": ("", 1, ["an empty file", "begins with NFG 1 R"]),
    "blank": ("\n \n", 1, ["an empty file"]),
    "magic": (TWO.replace("NFG", "EFG") + "1 2 3 4 5 6 7 8", 1, ["found 'EFG'", "NFG"]),
    "a tree": ('\nEFG 2 R "" { "a" } t "" 0', 2, ["the beginning of a .efg file", "rename it to .efg"]),
    "version": (TWO.replace("1", "2") + "1 2 3 4 5 6 7 8", 1, ["found '2'", "expected 1"]),
    "kind": (TWO.replace("R", "Q") + "1 2 3 4 5 6 7 8", 1, ["found 'Q'", "R or D"]),
    "no title": ('NFG 1 R\n{ "x" } { 1 } 0', 2, ["found '{'", "a text in quotes"]),
    "no players": ('NFG 1 R "t"\n{ }\n{ 1 } 0', 2, ["found '}'", "a text in quotes"]),
    "sizes": (HEAD + "{ 2 2\n2 } 1", 4, ["strategies of 3 players", "expected 2"]),
    "zero": (HEAD + "{ 2\n0 }\n", 4, ["end of the file"]),
    "zero with body": (HEAD + "{ 2\n0 }\n1", 4, ["found '0' for player 'y'", "expected 1 to"]),
    "no strategies": (HEAD + '{ { "a" }\n{ } }\n1', 4, ["found 0 strategies for player 'y'"]),
    "many": (HEAD + "{ 1000001 1 }\n1", 3, ["found '1000001'"]),
    "profiles": (HEAD + "{ 999999 999999 }\n1", 3, ["profiles x players"]),
    "fraction of strategies": (HEAD + "{ 3/2 2 }\n1", 3, ["found '3/2'"]),
    "repeated player": (TWO.replace('"y"', '\n"x"') + "1 2 3 4 5 6 7 8", 3, ["found 'x' twice", "line 2", "rename"]),
    "few": (TWO + "1 2 3\n4 5 6 7\n", 5, ["found 7 payoffs", "expected 8", "one per profile and player"]),
    "more": (TWO + "1 2 3 4 5 6 7 8\n9\n10", 5, ["found 10 payoffs", "expected 8"]),
    "no body": (NAMED + "\n\n", 6, ["end of the file", "a number", "'{'"]),
    "word": (TWO + "1 2 3 4\n5 six 7 8", 5, ["found 'six'", "a number"]),
    "joined": (TWO + "1 2 3 4\n5 6-7 8", 5, ["found '6-7'"]),
    "no exponent": (TWO + "1 2 3 4 5 6 7 8e", 4, ["found '8e'"]),
    "comma": (TWO + "1, 2 3 4 5 6 7 8", 4, ["found ','"]),
    "denominator": (TWO + "1 2 3 4\n5 6 7 8/0", 5, ["found '8/0'", "denominator"]),
    "huge": (TWO + "1 2 3 4 5 6 7\n1e101", 5, ["found '1e101'", "rescale"]),
    "exponent": (TWO + "1 2 3 4 5 6 7\n1e999999999999", 5, ["exponent of size", "shorten"]),
    "digits": (TWO + "1 2 3 4 5 6 7\n" + "9" * 5000, 5, ["found '999", "shorten"]),
    "quote": (TWO.replace('"y"', '"y') + "1 2 3 4 5 6 7 8", 2, ["a quote", "not closed"]),
    "outcome": (TWO + '{ { "o" 1, 2 } }\n1 1\n2 0', 6, ["found '2'", "an outcome from 1 to 1, or 0"]),
    "negative outcome": (TWO + '{ { "o" 1, 2 } }\n1 1\n-1 0', 6, ["found '-1'"]),
    "short outcome": (TWO + '{\n{ "o" 1, 2 }\n{ "p" 1 }\n}\n1 1 1 0', 6, ["1 payoffs in outcome 2", "expected 2"]),
    "few outcomes": (TWO + '{ { "o" 1, 2 } }\n1 1\n0', 6, ["found 3 outcomes", "expected 4"]),
    "no outcome name": (TWO + "{ { 1, 2 } }\n1 1 0 0", 4, ["found '1'", "a text in quotes"]),
    "bytes": (TWO.encode() + b"1 2\n\xff", 5, ["0xff", "UTF-8"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), BAD.values(), ids=BAD)
def test_bad_files(load_text, text, line, says):
    with pytest.raises(FormatError) as caught:
        load_text(text, "bad.nfg")
    message = str(caught.value)
    assert message.startswith(f"bad.nfg:{line}: ")
    assert caught.value.line == line
    assert [part for part in says if part not in message] == []
    assert len(message) < 400


def test_a_file_that_is_too_long(load_text, monkeypatch):
    monkeypatch.setattr("lp_posg.formats.gambit.nfg.MAX_TEXT", len(TWO) + 3)
    with pytest.raises(FormatError, match=r"bad\.nfg:4: found over"):
        load_text(TWO + "1 2 3 4 5 6 7 8", "bad.nfg")


def test_no_such_file(tmp_path):
    from lp_posg import load

    with pytest.raises(FormatError, match="no such file") as caught:
        load(tmp_path / "none.nfg")
    assert caught.value.line is None
