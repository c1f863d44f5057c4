"""The page: content and pictures laid out by a template that escapes every label."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from lp_posg.catalogue import CatalogEntry
from lp_posg.errors import FormatError, MissingExtraError, ModelError
from lp_posg.files import path_of, write_whole
from lp_posg.game import takes
from lp_posg.planning import Comparison
from lp_posg.plot.canvas import check_available as check_plot
from lp_posg.report.contents import content, main_solution, summary
from lp_posg.report.embedded import pictures
from lp_posg.wording import clean, finite

SUFFIXES = (".html", ".htm")

FOLDER = Path(__file__).parent


def check_available() -> None:
    """Raise MissingExtraError unless what the page needs can be imported."""
    advice = "install it with: pip install 'lp-posg[report]'"
    try:
        import jinja2  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"jinja2 is not installed, and reports need it; {advice}") from None
    try:
        check_plot()
    except MissingExtraError:
        raise MissingExtraError(f"matplotlib is not installed, and reports have pictures; {advice}") from None


def check_suffix(path: str | PathLike[str]) -> None:
    """Raise FormatError unless a path ends as a page does."""
    if path_of(path).suffix.lower() not in SUFFIXES:
        advice = f"give one that ends in {' or '.join(SUFFIXES)}"
        raise FormatError(f"{str(path)!r} is no name for a page; {advice}", path=str(path), line=None)


@takes
def page(
    table: Comparison,
    *,
    command: str = "",
    entry: CatalogEntry | None = None,
    source: str = "",
    times: bool = True,
) -> str:
    """Return one self-contained HTML page about a comparison.

    It asks for nothing from elsewhere: pictures and styles are inside, and it runs no code. The whole comparison
    stands in it as JSON, in the element ``#result``.

    Parameters
    ----------
    table : Comparison
        From `lp_posg.compare`.
    command : str
        The command line that makes it, if there is one, to be shown.
    entry : CatalogEntry, optional
        Of the game, if it is of the catalogue: its description and source are shown.
    source : str
        Python expression of the game, for the lines that compute it again; by default what `entry` says.
    times : bool
        Whether wall times are shown. Without, the same comparison gives the same page, byte by byte.

    Raises
    ------
    ModelError
        If `table` is no comparison.
    MissingExtraError
        If jinja2 or matplotlib is not installed.

    Examples
    --------
    >>> import lp_posg as posg
    >>> from lp_posg import report
    >>> table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["ce", "cce"])
    >>> report.page(table).startswith("<!doctype html>")
    True
    """
    if not isinstance(table, Comparison):
        raise ModelError(f"table is {type(table).__name__}, expected a Comparison; lp_posg.compare returns one")
    check_available()
    import jinja2
    import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    parts = content(table, command, entry, source, times)
    # Several lines, so not for `_shown`; what is no line break in it is `repr` of something.
    parts["code"] = markupsafe.escape(parts["code"])
    parts["pictures"] = pictures(table, main_solution(table))
    # Not to be escaped: the style is ours, and the JSON is made harmless.
    parts["style"] = markupsafe.Markup((FOLDER / "page.css").read_text(encoding="utf-8"))
    parts["json"] = markupsafe.Markup(_json(table, times))
    return environment.get_template("page.html").render(parts)


def save(
    table: Comparison,
    path: str | PathLike[str],
    *,
    command: str = "",
    entry: CatalogEntry | None = None,
    source: str = "",
    times: bool = True,
) -> None:
    """Write the page of a comparison to an ``.html`` file.

    Raises
    ------
    FormatError
        If the suffix is another one, or the file cannot be written; an older file is then left as it was.
    MissingExtraError
        If jinja2 or matplotlib is not installed.
    """
    check_suffix(path)
    text = page(table, command=command, entry=entry, source=source, times=times)
    write_whole(path, lambda stream: stream.writelines([text.encode()]))


def _shown(value: Any) -> Any:
    """Return what the template shows of a value: labels on one line, whatever control characters they hold."""
    return clean(value) if type(value) is str else value


def _json(table: Comparison, times: bool) -> str:
    """Return the comparison as JSON in which no tag can begin or end."""
    text = json.dumps(finite(summary(table, times)), indent=1, allow_nan=False)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text
