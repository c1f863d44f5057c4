"""What is shown on stdout: panels and tables on a terminal, plain lines when piped.

Piped text has no colour, no box and no line break of its own making, and nothing is cut off, so
that a script can read it: ``key: value`` lines, and tables with two or more spaces between columns.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lp_posg.wording import clean

if TYPE_CHECKING:
    from rich.console import Console

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


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def terminal() -> Console:
    """Return a console on stdout that takes text as it is: labels are never read as markup."""
    from rich.console import Console

    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, force_terminal=True)


def show_facts(title: str, sections: Sequence[Facts]) -> None:
    """Show named facts in groups; piped, one ``key: value`` line for each."""
    if not is_terminal():
        for key, value in (fact for section in sections for fact in section):
            _write(f"{key}: {value}")
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
    cells = [[clean(cell) for cell in row] for row in rows]
    if not is_terminal():
        _plain_table(columns, cells)
        return
    console = terminal()
    for chosen in _fitting(columns, cells, keys, console.width):
        _rich_table(console, [columns[c] for c in chosen], [[row[c] for c in chosen] for row in cells])


def show_line(text: str = "", style: str = "") -> None:
    """Show a line of prose; a terminal breaks it between words."""
    if not is_terminal():
        _write(text)
        return
    from rich.text import Text

    terminal().print(Text(clean(text), style=style))


def _plain_table(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    widths = _widths(columns, cells)
    for row in ([column.name for column in columns], *cells):
        line = "  ".join(
            _padded(cell, width, column.right) for cell, width, column in zip(row, widths, columns, strict=True)
        )
        _write(line.rstrip())


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
        for width, column in zip(_widths(columns, cells), columns, strict=True)
    ]


def _widths(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, (column.name, *(row[c] for row in cells)))) for c, column in enumerate(columns)]


def _padded(cell: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    gap = " " * (width - cell_len(cell))
    return gap + cell if right else cell + gap


def _write(line: str) -> None:
    print(clean(line))
