"""What is shown on stdout: panels and tables on a terminal, plain lines when piped.

Piped text has no colour, no box and no line break of its own making, and nothing is cut off, so
that a script can read it: ``key: value`` lines, and tables with two or more spaces between columns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lp_posg.pieces import Column, Facts, Line, Named, Piece, Table, as_text, widths_of
from lp_posg.wording import clean

if TYPE_CHECKING:
    from rich.console import Console


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def terminal() -> Console:
    """Return a console on stdout that takes text as it is: labels are never read as markup."""
    from rich.console import Console

    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, force_terminal=True)


def show(pieces: Iterable[Piece]) -> None:
    """Show pieces one below the other."""
    for piece in pieces:
        if isinstance(piece, Named):
            show_facts(piece.title, piece.sections)
        elif isinstance(piece, Table):
            show_table(piece.columns, piece.rows, piece.keys)
        else:
            show_line(piece.text, piece.style)


def show_facts(title: str, sections: Sequence[Facts]) -> None:
    """Show named facts in groups; piped, one ``key: value`` line for each."""
    if not is_terminal():
        print(as_text([Named(title, sections)]))
        return
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for number, section in enumerate(sections):
        if number:
            grid.add_row("", "")
        for key, value in section:
            grid.add_row(key.replace("_", " "), Text(clean(value)))
    terminal().print(Panel(grid, title=Text(clean(title), style="bold"), expand=False, title_align="left"))


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], keys: int = 1) -> None:
    """Show a table, all of it; the first `keys` columns say what a row is.

    On a terminal too narrow for it, it is shown as several tables that repeat those columns.
    """
    if not is_terminal():
        print(as_text([Table(columns, rows)]))
        return
    cells = [[clean(cell) for cell in row] for row in rows]
    console = terminal()
    for chosen in _fitting(columns, cells, keys, console.width):
        _rich_table(console, [columns[c] for c in chosen], [[row[c] for c in chosen] for row in cells])


def show_line(text: str = "", style: str = "") -> None:
    """Show a line of prose; a terminal breaks it between words."""
    if not is_terminal():
        print(as_text([Line(text)]))
        return
    from rich.text import Text

    terminal().print(Text(clean(text), style=style))


def _rich_table(console: Console, columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column, needed in zip(columns, _needed(columns, cells), strict=True):
        table.add_column(
            Text(clean(column.name)),
            justify="right" if column.right else "left",
            no_wrap=not column.breaks,
            overflow="fold",
            min_width=needed,
        )
    for row in cells:
        table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    console.print(table)


def _style(cell: str) -> str:
    """Return the colour of a word that says whether all is well."""
    if cell in ("exact", "yes", "holds"):
        return "green"
    return "red" if cell == "FAILS" else ""


def _fitting(columns: Sequence[Column], cells: Sequence[Sequence[str]], keys: int, width: int) -> list[list[int]]:
    """Return the columns of each table to show, so that every one fits into `width` if it can."""
    needed = _needed(columns, cells)
    first = list(range(keys))
    tables = [list(first)]
    for c in range(keys, len(columns)):
        if len(tables[-1]) > keys and sum(needed[k] + 2 for k in [*tables[-1], c]) > width:
            tables.append(list(first))
        tables[-1].append(c)
    return tables


def _needed(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    """Return the least width of each column."""
    return [
        min(width, column.breaks) if column.breaks else width
        for width, column in zip(widths_of(columns, cells), columns, strict=True)
    ]
