"""The structure of a package, read from its syntax trees: ``python tests/structure.py [--report] [PACKAGE]``.

Nothing is imported. Imports inside functions and under TYPE_CHECKING count as all others do. Each check returns one
line per fault; ``--report`` prints them and the sizes but does not fail.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MODULE_LINES, FUNCTION_LINES, LONG_SHARE = 300, 60, 0.06
"""A module above so many lines is long, and at most that share may be; no function may be above so many."""

SAME_NAME = {
    "__init__": "every package has one",
    "policy": "what a strategy is, and the command that shows one",
}
"""File names that several modules may have, with the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file.

    Attributes
    ----------
    name : str
        With dots; a package's ``__init__`` has the package's name.
    path : Path
    tree : ast.Module
    lines : int
    """

    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def is_package(self) -> bool:
        """Whether this is an ``__init__``."""
        return self.path.stem == "__init__"


Modules = dict[str, Module]


def read_package(folder: Path) -> Modules:
    """Return the modules of the package in `folder`, by name."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        modules[name] = Module(name, path, ast.parse(text), len(text.splitlines()))
    return modules


# ---- imports ---------------------------------------------------------------------------------------


def imports_of(module: Module, modules: Modules) -> set[str]:
    """Return the modules of the package that `module` imports anywhere in its text."""
    targets: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = source_of(node, module)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                targets.add(inner if inner in modules else base)
    return {name for name in targets if name in modules} - {module.name}


def source_of(node: ast.ImportFrom, module: Module) -> str:
    """Return the full name of the module after ``from``."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def circles(modules: Modules) -> list[str]:
    """Return the circles of imports, each as the modules that reach one another (Tarjan's components)."""
    edges = {name: sorted(imports_of(module, modules)) for name, module in modules.items()}
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[str] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in edges[name]:
            if other not in number:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], number[other])
        if low[name] == number[name]:
            members = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(members) > 1:
                found.append(f"circle of imports: {', '.join(sorted(members))}")

    for name in edges:
        if name not in number:
            visit(name)
    return sorted(found)


# ---- names -----------------------------------------------------------------------------------------


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those under ``if`` and ``try`` included."""
    for node in body:
        yield node
        for inner in ("body", "orelse", "handlers", "finalbody"):
            if isinstance(node, ast.If | ast.Try):
                for part in getattr(node, inner, []):
                    yield from top_level(part.body if isinstance(part, ast.ExceptHandler) else [part])


def assigned(node: ast.stmt) -> list[str]:
    """Return the names that an assignment binds."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def public_names(module: Module) -> list[str]:
    """Return what ``__all__`` lists."""
    for node in top_level(module.tree.body):
        if "__all__" in assigned(node) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            return list(ast.literal_eval(node.value))
    return []


def bindings(module: Module, modules: Modules) -> dict[str, str]:
    """Return the names that a module binds, each with the full name of what it stands for.

    A name of ``__all__`` that is bound nowhere comes from the module's ``__getattr__``, and stands for itself.
    """
    found = {name: f"{module.name}.{name}:lazy" for name in public_names(module)}
    for node in top_level(module.tree.body):
        if isinstance(node, Function | ast.ClassDef):
            found[node.name] = f"{module.name}:{node.name}"
        elif isinstance(node, ast.ImportFrom):
            base = source_of(node, module)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found[alias.asname or alias.name] = inner if inner in modules else f"{base}:{alias.name}"
        elif isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        else:
            found |= {name: f"{module.name}:{name}" for name in assigned(node)}
    return found


def shadowed(modules: Modules) -> list[str]:
    """Return the modules that cannot be reached as attributes, since their package has another thing of that name."""
    return [
        f"{package.name}.{name} is shadowed by a name of {package.path.name}: {meaning}"
        for package in modules.values()
        if package.is_package
        for name, meaning in bindings(package, modules).items()
        if (inner := f"{package.name}.{name}") in modules and meaning != inner
    ]


def named_as_module(modules: Modules) -> list[str]:
    """Return the functions and classes that have the name of their module."""
    return [
        f"{module.name}:{node.lineno} defines {node.name!r}, the name of its module"
        for module in modules.values()
        for node in top_level(module.tree.body)
        if isinstance(node, Function | ast.ClassDef) and node.name == module.name.rpartition(".")[2]
    ]


def same_file_name(modules: Modules) -> list[str]:
    """Return the file names that several modules have."""
    places: dict[str, list[str]] = {}
    for module in modules.values():
        places.setdefault(module.path.stem, []).append(module.name)
    return [
        f"{stem}.py is the name of {len(names)} modules: {', '.join(names)}"
        for stem, names in places.items()
        if len(names) > 1 and stem not in SAME_NAME
    ]


def undocumented(modules: Modules) -> list[str]:
    """Return the names of any ``__all__`` that have no docstring where they are defined."""
    return [
        f"{module.name}.{name} is public and has no docstring"
        for module in modules.values()
        for name in public_names(module)
        if not name.startswith("__") and not _is_documented(module, name, modules)
    ]


def _is_documented(module: Module, name: str, modules: Modules) -> bool:
    """Whether what `name` stands for has a docstring; what comes from elsewhere is not ours to document."""
    meaning = bindings(module, modules)[name]
    if meaning in modules:
        return ast.get_docstring(modules[meaning].tree) is not None
    home, _, inner = meaning.partition(":")
    if home != module.name:
        known = home in modules and inner in bindings(modules[home], modules)
        return _is_documented(modules[home], inner, modules) if known else home not in modules and inner != "lazy"
    body = list(top_level(module.tree.body))
    for place, node in enumerate(body):
        if isinstance(node, Function | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node) is not None
        if name in assigned(node):
            # One docstring may stand below several lines.
            while place + 1 < len(body) and assigned(body[place + 1]) and _is_next_line(body[place], body[place + 1]):
                place += 1
            return place + 1 < len(body) and _is_text(body[place + 1])
    return False


def _is_next_line(above: ast.stmt, below: ast.stmt) -> bool:
    return below.lineno == (above.end_lineno or 0) + 1


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


# ---- sizes -----------------------------------------------------------------------------------------


def functions(modules: Modules) -> list[tuple[int, str]]:
    """Return the lines of each function, docstring and decorators not counted, and where it is."""
    found = []
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                text = node.body[0]
                docstring = (text.end_lineno or 0) - text.lineno + 1 if _is_text(text) else 0
                lines = (node.end_lineno or 0) - node.lineno + 1 - docstring
                found.append((lines, f"{module.name}:{node.lineno} {node.name}"))
    return sorted(found, key=lambda entry: (-entry[0], entry[1]))


def long_functions(modules: Modules) -> list[str]:
    """Return the functions that are too long."""
    return [
        f"{where} has {lines} lines, more than {FUNCTION_LINES}"
        for lines, where in functions(modules)
        if lines > FUNCTION_LINES
    ]


def by_length(modules: Modules) -> list[Module]:
    """Return the modules that are not empty, the longest first."""
    return sorted((m for m in modules.values() if m.lines), key=lambda module: (-module.lines, module.name))


def too_many_long_modules(modules: Modules) -> list[str]:
    """Return one line if too large a share of the modules is long."""
    ordered = by_length(modules)
    long = [module for module in ordered if module.lines > MODULE_LINES]
    if len(long) <= LONG_SHARE * len(ordered):
        return []
    named = ", ".join(f"{module.name} {module.lines}" for module in long)
    share = f"{len(long)} of {len(ordered)} modules ({len(long) / len(ordered):.1%})"
    return [f"{share} have more than {MODULE_LINES} lines, at most {LONG_SHARE:.0%} may: {named}"]


CHECKS = (circles, shadowed, named_as_module, same_file_name, undocumented, long_functions, too_many_long_modules)


def faults(modules: Modules) -> list[str]:
    """Return what all checks find."""
    return [fault for check in CHECKS for fault in check(modules)]


def summary(modules: Modules) -> str:
    """Return the sizes of modules and functions, and the largest of each."""
    ordered, every = by_length(modules), functions(modules)
    if not ordered or not every:
        return f"{len(modules)} modules, {len(every)} functions"
    long = sum(module.lines > MODULE_LINES for module in ordered)
    return "\n".join(
        [
            f"lines     {sum(module.lines for module in ordered):,} in {len(ordered)} modules",
            f"modules   median {median(m.lines for m in ordered):.0f}, longest {ordered[0].lines},"
            f" {long / len(ordered):.1%} above {MODULE_LINES} ({long})",
            *(f"          {module.lines:4} {module.name}" for module in ordered[:5]),
            f"functions {len(every):,}, median {median(lines for lines, _ in every):.0f}, longest {every[0][0]}",
            *(f"          {lines:4} {where}" for lines, where in every[:5]),
        ]
    )


def main(arguments: list[str]) -> int:
    """Print sizes and faults; return 1 if there are faults, unless ``--report`` is given."""
    report = "--report" in arguments
    given = [argument for argument in arguments if argument != "--report"]
    modules = read_package(Path(given[0]) if given else Path(__file__).resolve().parents[1] / "lp_posg")
    wrong = faults(modules)
    print(summary(modules))
    print("\n".join(wrong) if wrong else "structure: no fault")
    return int(bool(wrong) and not report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
