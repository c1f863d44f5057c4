"""Leduc poker: six cards, two rounds of bets, a public card between them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from lp_posg.checks import choice
from lp_posg.trees import Chance, End, Move, Tree, from_rules

RANKS = ("jack", "queen", "king")
ANTE = 1
RAISES = (2, 4)
MOST_RAISES = 2


class Table(NamedTuple):
    """What lies on the table, and who holds what: cards by their number, -1 for not dealt yet.

    A bet is told as its round's actions: f, c and r for fold, call and raise.
    """

    cards: tuple[int, ...] = ()
    bets: tuple[str, ...] = ("", "")
    paid: tuple[int, int] = (ANTE, ANTE)
    round: int = 0


def build(suits: bool = False) -> Tree:
    """Return Leduc poker.

    Parameters
    ----------
    suits : bool
        Whether players see the suits of cards, which mean nothing, as in OpenSpiel's ``leduc_poker``; else only
        ranks are dealt, with the right probabilities, and the tree is smaller.

    Raises
    ------
    ModelError
        If the parameter is not a bool.

    Notes
    -----
    Each player antes 1 and gets one of six cards, three ranks in two suits. There is a round of bets, a public card,
    and a second round. A raise adds 2 in the first round and 4 in the second; there are at most two per round. Whose
    card pairs with the public one wins, else the higher rank; the pot is split between equal ranks. The first player
    opens both rounds. One may not fold when there is nothing to call.
    """
    choice("suits", suits, (False, True))
    deck = [rank for rank in range(len(RANKS)) for _ in range(2)]

    def face(card: int) -> str:
        return f"{RANKS[deck[card]]}-{'ab'[card % 2]}" if suits else RANKS[deck[card]]

    def deal(table: Table) -> Chance[Table]:
        left = [card for card in range(len(deck)) if card not in table.cards]
        groups: dict[str, list[int]] = {}
        for card in left:
            groups.setdefault(face(card), []).append(card)
        return Chance(
            [
                (word, Fraction(len(own), len(left)), table._replace(cards=(*table.cards, own[0])))
                for word, own in groups.items()
            ]
        )

    def rules(table: Table) -> Chance[Table] | Move[Table] | End:
        bets = table.bets[table.round]
        if "f" in bets:
            return _end(table, winner=len(bets) % 2)
        over = bets[-1:] == "c" and len(bets) > 1
        if len(table.cards) < 2 or (over and table.round == 0 and len(table.cards) < 3):
            return deal(table)
        if over and table.round == 0:
            return rules(table._replace(round=1))
        if over:
            return _end(table, _winner([deck[card] for card in table.cards]))
        player = len(bets) % 2
        public = face(table.cards[2]) if len(table.cards) > 2 else "none"
        told = "/".join(table.bets[: table.round + 1]) or "none"
        known = f"{face(table.cards[player])}, public {public}, bets {told}"
        return Move(player, known, _actions(table, player))

    return from_rules("leduc-poker", ("player1", "player2"), Table(), rules)


def _actions(table: Table, player: int) -> list[tuple[str, Table]]:
    mine, other = table.paid[player], table.paid[1 - player]
    options = [("f", mine)] if other > mine else []
    options.append(("c", other))
    if table.bets[table.round].count("r") < MOST_RAISES:
        options.append(("r", other + RAISES[table.round]))
    words = {"f": "fold", "c": "call" if other > mine else "check", "r": "raise"}
    found = []
    for letter, paid in options:
        bets = list(table.bets)
        bets[table.round] += letter
        after = (paid, other) if player == 0 else (other, paid)
        found.append((words[letter], table._replace(bets=tuple(bets), paid=after)))
    return found


def _winner(ranks: list[int]) -> int | None:
    first, second, public = ranks
    if first == second:
        return None
    if public in (first, second):
        return 0 if public == first else 1
    return 0 if first > second else 1


def _end(table: Table, winner: int | None) -> End:
    if winner is None:
        return End((0, 0))
    lost = table.paid[1 - winner]
    return End((lost, -lost) if winner == 0 else (-lost, lost))
