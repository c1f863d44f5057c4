"""The examples of a page, run in order as a reader would, in one directory and one Python session.

Three kinds of fenced block count:

- `console`: lines that begin with `$ lp-posg` run through the command line; what follows is what they show. Lines
  that begin with one of `NOT_RUN` are for the reader's own machine.
- `python`: with prompts a doctest; without them a script, whose output is in the `text` block right behind, if any.
- `{code-block}` with a caption: the file of that name.

Shown and real output may differ in seconds, in numbers that are rounding (below 1e-11) or beyond the eighth digit, in
the number of spaces, and where `...` stands.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from lp_posg.cli import app

NOT_RUN = ("pip", "python3", "source", "git", "make", "cd")

_FENCE = re.compile(r"^```(\S+)?[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A:caption: (\S+)\n")
_NAMED_SECONDS = re.compile(r'(^seconds: |"(?:seconds|expand|solve|certify)": )[\d.e-]+(?=,?$)', re.MULTILINE)
_LAST_COLUMN = re.compile(r"(\S {2,})\d+\.\d{3}$", re.MULTILINE)
_LONG = re.compile(r"(?<![\w.])-?\d+\.\d{6,}(?:e[+-]\d+)?(?![\w.])")
_ROUNDING = re.compile(r"(?<![\w.])-?\d(?:\.\d+)?e-1[2-9]\b")


class Block(NamedTuple):
    """One fenced block: its language, its text, its line in the page, and whether it follows the one before at once."""

    language: str
    text: str
    line: int
    adjacent: bool


def blocks_of(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found, end = [], 0
    for match in _FENCE.finditer(page):
        adjacent = bool(found) and not page[end : match.start()].strip()
        found.append(Block(match[1] or "", match[2], page.count("\n", 0, match.start()) + 1, adjacent))
        end = match.end()
    return found


def has_examples(page: str) -> bool:
    """Whether anything of a page can be run."""
    return any(block.language == "python" or "$ lp-posg" in block.text for block in blocks_of(page))


def run_page(path: Path) -> int:
    """Run the examples of a page in the current directory; return how many commands and statements there were."""
    page = path.read_text(encoding="utf-8")
    blocks, names, count = blocks_of(page), {"__name__": "__main__"}, 0
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        where = f"{path.name}:{block.line}"
        if block.language == "console":
            count += _run_console(block, where)
        elif block.language == "python":
            shown = after if after is not None and after.language == "text" and after.adjacent else None
            count += _run_python(block, None if shown is None else shown.text, names, where)
        elif (caption := _CAPTION.match(block.text)) is not None:
            Path(caption[1]).write_text(block.text[caption.end() :].lstrip("\n"), encoding="utf-8")
    return count


def _run_console(block: Block, where: str) -> int:
    count = 0
    for command, shown in _commands(block.text):
        words = shlex.split(command, comments=True)
        if not words or words[0] in NOT_RUN:
            continue
        assert words[0] == "lp-posg", f"{where}: {command!r} can be neither run nor left out"
        result = CliRunner().invoke(app, words[1:], prog_name="lp-posg", env={"COLUMNS": "100", "NO_COLOR": "1"})
        fails = any(line.startswith("error:") for line in shown.splitlines())
        assert (result.exit_code != 0) == fails, f"{where}: {command!r} ends with {result.exit_code}: {result.output}"
        if shown.strip():
            _compare(shown, result.output, f"{where}: {command}")
        count += 1
    return count


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command and what is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.split("\n")
        end = next(k for k, line in enumerate(lines) if not line.endswith("\\"))
        yield " ".join(line.removesuffix("\\") for line in lines[: end + 1]), "\n".join(lines[end + 1 :])


def _run_python(block: Block, shown: str | None, names: dict[str, object], where: str) -> int:
    if ">>> " in block.text:
        test = doctest.DocTestParser().get_doctest(block.text, names, where, where, block.line)
        told: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        result = runner.run(test, out=told.append, clear_globs=False)
        names.update(test.globs)
        assert result.failed == 0, f"{where}: {''.join(told)}"
        return result.attempted
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(block.text, where, "exec"), names)
    if shown is not None:
        _compare(shown, printed.getvalue(), where)
    return 1


def _compare(shown: str, real: str, where: str) -> None:
    want, got = _settled(shown), _settled(real)
    if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
        raise AssertionError(f"{where} shows\n{want}\nbut in fact it is\n{got}")


def _settled(text: str) -> str:
    """Return output without what differs from run to run or from machine to machine."""
    text = _ROUNDING.sub("0", _LAST_COLUMN.sub(r"\1#", _NAMED_SECONDS.sub(r"\1#", text)))
    text = _LONG.sub(lambda number: f"{float(number[0]):.8g}", text)
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()) + "\n"
