"""Kuhn's poker as a game tree."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from lp_posg.trees import Chance, End, Move, Tree, from_rules

CARDS = ("jack", "queen", "king")
Position = tuple[tuple[int, ...], str]


def build() -> Tree:
    """Return Kuhn's poker: antes of 1, one bet of 1, three cards.

    Notes
    -----
    The first player passes (p) or bets (b); so does the second. After a pass and a bet the first player has a second
    move. A pass after a bet folds, a bet after a bet calls.
    """
    return from_rules("kuhn-poker-tree", ("player1", "player2"), ((), ""), _rules)


def _rules(position: Position) -> Chance[Position] | Move[Position] | End:
    cards, done = position
    if not cards:
        deals = list(permutations(range(3), 2))
        share = Fraction(1, len(deals))
        return Chance([(f"{CARDS[a]} {CARDS[b]}", share, ((a, b), "")) for a, b in deals])
    higher = 1 if cards[0] > cards[1] else -1
    if done in ("pp", "bb", "pbb"):
        won = higher * (1 if done == "pp" else 2)
        return End((won, -won))
    if done in ("bp", "pbp"):
        won = 1 if done == "bp" else -1
        return End((won, -won))
    player = len(done) % 2
    known = f"{CARDS[cards[player]]} {done}".strip()
    return Move(player, known, [(word, (cards, done + word[0])) for word in ("pass", "bet")])
