"""Where a fault can be put into a module, and what the module is with it: one small change of its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SWAPPED_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
SWAPPED_CALLS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "argmin": "argmax", "argmax": "argmin",
    "minimum": "maximum", "maximum": "minimum", "zeros": "ones", "ones": "zeros", "ceil": "floor", "floor": "ceil",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: the text `old` at `start` (offset into the source) becomes `new`."""

    path: str
    function: str
    line: int
    start: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """What identifies the change when lines move."""
        return f"{self.path}:{self.function}: {_one_line(self.old)} -> {_one_line(self.new)}"

    def applied(self, source: str) -> str:
        """Return the module with the change."""
        return source[: self.start] + self.new + source[self.start + len(self.old) :]


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Return all changes of one module, in the order of the text."""
    source = (root / path).read_text(encoding="utf-8")
    offsets = [0]
    for text in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(text))

    def offset(line: int, column: int) -> int:
        text = source[offsets[line - 1] : offsets[line]]
        return offsets[line - 1] + len(text.encode()[:column].decode())

    found = []
    for function, node, replacement in _changes(ast.parse(source), ""):
        start, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        old = source[start:end]
        new = replacement if isinstance(replacement, str) else ast.unparse(replacement)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Name):
            new = f"({new})"
        found.append(Mutant(path, function, node.lineno, start, old, new))  # type: ignore[attr-defined]
    return sorted(found, key=lambda mutant: (mutant.start, mutant.new))


def _changes(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST, ast.AST | str]]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    for change in _changed(node):
        yield function, node, change
    for child in _children(node):
        yield from _changes(child, function)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Go into code that computes: not annotations, decorators, docstrings, messages, asserts."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_params", "bases"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            silent = ast.JoinedStr | ast.Assert | ast.Raise | ast.Import | ast.ImportFrom
            guard = isinstance(child, ast.keyword) and child.arg == "strict"  # of zip: no test is to break it
            if isinstance(child, ast.AST) and not isinstance(child, silent) and not guard:
                yield child


def _changed(node: ast.AST) -> Iterator[ast.AST | str]:
    match node:
        case ast.Compare(left, [op], comparators):
            yield ast.Compare(left, [SWAPPED_OPERATORS[type(op)]()], comparators)  # type: ignore[list-item]
        case ast.BinOp(left, op, right) if type(op) in SWAPPED_OPERATORS:
            yield ast.BinOp(left, SWAPPED_OPERATORS[type(op)](), right)  # type: ignore[arg-type]
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPPED_OPERATORS[type(op)](), values)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(bool() as value):
            yield str(not value)
        case ast.Constant(int() as value):
            yield str(value + 1)
        case ast.Constant(float() as value) if value in (0.0, 1.0):
            yield str(1.0 - value)
        case ast.Name(name) if name in SWAPPED_CALLS and isinstance(node.ctx, ast.Load):
            yield SWAPPED_CALLS[name]
        case ast.Attribute(value, name) if name in SWAPPED_CALLS:
            yield ast.Attribute(value, SWAPPED_CALLS[name], node.ctx)
        case ast.Expr(ast.Call()) | ast.AugAssign():
            yield "pass"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"


def _one_line(text: str) -> str:
    return " ".join(text.split())
