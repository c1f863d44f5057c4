"""What results look like, before it is known where: groups of facts, tables and lines, as plain text or as HTML.

The terminal shows the same pieces in colour (`cli/screen.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from lp_posg.wording import clean

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    right : bool
        Whether the cells are numbers, aligned to the right.
    breaks : int
        Least width to which a terminal may narrow the column by breaking its cells into lines; 0: none.
    """

    name: str
    right: bool = False
    breaks: int = 0


@dataclass(frozen=True)
class Named:
    """Named facts in groups, with a title."""

    title: str
    sections: Sequence[Facts]


@dataclass(frozen=True)
class Table:
    """A table; the first `keys` columns say what a row is."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    keys: int = 1


@dataclass(frozen=True)
class Line:
    """A line of prose, or an empty one; `style` is that of a terminal."""

    text: str = ""
    style: str = ""


Piece = Named | Table | Line


def as_text(pieces: Iterable[Piece]) -> str:
    """Return pieces as lines without colour, boxes or control characters, nothing cut off.

    >>> print(as_text([Named("not shown", [[("game", "chicken")]]), Line(), Table([Column("a", True)], [["10"]])]))
    game: chicken
    <BLANKLINE>
     a
    10
    """
    return "\n".join(clean(line) for piece in pieces for line in _lines(piece))


def _lines(piece: Piece) -> list[str]:
    if isinstance(piece, Line):
        return [piece.text]
    if isinstance(piece, Named):
        return [f"{key}: {value}" for section in piece.sections for key, value in section]
    cells = [[clean(cell) for cell in row] for row in piece.rows]
    widths = widths_of(piece.columns, cells)
    return [
        "  ".join(
            _padded(cell, width, column.right) for cell, width, column in zip(row, widths, piece.columns, strict=True)
        ).rstrip()
        for row in ([column.name for column in piece.columns], *cells)
    ]


def widths_of(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is, in cells of a terminal."""
    from rich.cells import cell_len

    return [max(map(cell_len, (column.name, *(row[c] for row in cells)))) for c, column in enumerate(columns)]


def _padded(cell: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    gap = " " * (width - cell_len(cell))
    return gap + cell if right else cell + gap


def as_html(pieces: Iterable[Piece]) -> str:
    """Return pieces as HTML, every label in it escaped.

    >>> as_html([Line("<b>"), Line()])
    '<p>&lt;b&gt;</p>'
    """
    return "\n".join(filter(None, map(_html, pieces)))


def _html(piece: Piece) -> str:
    if isinstance(piece, Line):
        return f"<p>{_plain(piece.text)}</p>" if piece.text else ""
    if isinstance(piece, Named):
        rows = [
            f'<tr><th style="text-align:left">{_plain(key.replace("_", " "))}</th>'
            f'<td style="text-align:left">{_plain(value)}</td></tr>'
            for section in piece.sections
            for key, value in section
        ]
        return f"<table><caption>{_plain(piece.title)}</caption>{''.join(rows)}</table>"
    head = "".join(f"<th>{_plain(column.name)}</th>" for column in piece.columns)
    sides = ["right" if column.right else "left" for column in piece.columns]
    body = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:{side}">{_plain(cell)}</td>' for side, cell in zip(sides, row, strict=True))
        + "</tr>"
        for row in piece.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(text: str) -> str:
    return escape(clean(text))
