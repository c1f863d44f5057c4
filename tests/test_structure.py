"""Each check of tests/structure.py finds its fault in a small package, and nothing in a sound one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import structure

SOUND = {
    "__init__": '''
        """A package."""
        from typing import TYPE_CHECKING, Any
        if TYPE_CHECKING:
            from small.shapes import Circle
            from small import tools as tools
        __all__ = ["LEAST", "LIMIT", "Circle", "__version__", "deque", "tools"]
        __version__ = "1"
        from collections import deque
        LEAST = 1
        LIMIT = 3
        """Limits."""
        def __getattr__(name: str) -> Any: ...
    ''',
    "shapes": '''
        """Shapes."""
        from small.tools import drawn
        class Circle:
            """Round."""
            def draw(self):
                return drawn(self)
    ''',
    "tools": '"""Tools."""\ndef drawn(shape):\n    """Draw."""\n',
    "empty/__init__": "",
}

BROKEN = {
    "circle by a late import": (
        {"tools": "'Tools.'\ndef drawn(shape):\n    from small.shapes import Circle\n"},
        ["circle of imports: small.shapes, small.tools"],
    ),
    "circle by an import for typing": (
        {"tools": "'Tools.'\nimport typing\nif typing.TYPE_CHECKING:\n    from . import shapes\ndrawn = 1\n"},
        ["circle of imports: small.shapes, small.tools"],
    ),
    "circle through a package": (
        {"shapes": "import small\nclass Circle:\n    'Round.'\n", "tools": "'Tools.'"},
        ["circle of imports: small, small.shapes"],
    ),
    "module shadowed by a function": (
        {"room/__init__": "from .walls import walls\n", "room/walls": "from small.tools import drawn as walls\n"},
        ["small.room.walls is shadowed by a name of __init__.py: small.room.walls:walls"],
    ),
    "module shadowed by a lazy name": (
        {"room/__init__": "__all__ = ['walls']\ndef __getattr__(name): ...\n", "room/walls": "'Walls.'"},
        [
            "small.room.walls is shadowed by a name of __init__.py: small.room.walls:lazy",
            "small.room.walls is public and has no docstring",
        ],
    ),
    "function named as its module": (
        {"walls": "'Walls.'\ndef walls():\n    'Walls.'\n"},
        ["small.walls:2 defines 'walls', the name of its module"],
    ),
    "class named as its module, under a condition": (
        {"walls": "try:\n    import numpy\nexcept ImportError:\n    class walls: ...\n"},
        ["small.walls:4 defines 'walls', the name of its module"],
    ),
    "two files of one name": (
        {"room/__init__": "", "room/tools": "'More.'"},
        ["tools.py is the name of 2 modules: small.room.tools, small.tools"],
    ),
    "public constant without docstring": (
        {"walls": "__all__ = ['HEIGHT']\nHEIGHT: int = 2\n"},
        ["small.walls.HEIGHT is public and has no docstring"],
    ),
    "public class without docstring, by another module": (
        {"walls": "__all__ = ['Wall']\nfrom small.bricks import Wall\n", "bricks": "class Wall: ...\n"},
        ["small.walls.Wall is public and has no docstring"],
    ),
    "public module without docstring": (
        {"walls": "__all__ = ['bricks']\nfrom small import bricks\n", "bricks": "x = 1\n"},
        ["small.walls.bricks is public and has no docstring"],
    ),
    "long function": (
        {"walls": "class Wall:\n    async def build(self):\n" + "        x = 1\n" * 60},
        ["small.walls:2 build has 61 lines, more than 60"],
    ),
    "too many long modules": (
        {"walls": "x = 1\n" * 301},
        ["1 of 4 modules (25.0%) have more than 300 lines, at most 6% may: small.walls 301"],
    ),
}


def package(folder: Path, files: dict[str, str]) -> Path:
    """Write the package `small` of these files and return where it is."""
    for name, text in files.items():
        path = folder / "small" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").rstrip(" ").splitlines()
        margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        path.write_text("\n".join(line[margin:] for line in lines) + "\n" * bool(lines))
    return folder / "small"


def test_a_sound_package_has_no_fault(tmp_path):
    assert structure.faults(structure.read_package(package(tmp_path, SOUND))) == []


@pytest.mark.parametrize("case", BROKEN)
def test_each_fault_is_found_and_no_other(tmp_path, case):
    files, expected = BROKEN[case]
    assert structure.faults(structure.read_package(package(tmp_path, SOUND | files))) == expected


def test_docstring_and_decorators_of_a_function_do_not_count(tmp_path):
    text = (
        "import functools\n@functools.cache\ndef build():\n    '''Build." + "\n" * 99 + "    '''\n" + "    x = 1\n" * 59
    )
    modules = structure.read_package(package(tmp_path, SOUND | {"walls": text}))
    assert structure.functions(modules)[0] == (60, "small.walls:3 build")
    assert structure.long_functions(modules) == []


def test_the_command_fails_unless_it_only_reports(tmp_path):
    folder = package(tmp_path, SOUND | BROKEN["two files of one name"][0])
    call = [sys.executable, structure.__file__, str(folder)]
    failing = subprocess.run(call, capture_output=True, text=True)
    reporting = subprocess.run([*call, "--report"], capture_output=True, text=True)
    assert (failing.returncode, reporting.returncode) == (1, 0)
    assert failing.stdout == reporting.stdout
    assert "lines     22 in 4 modules" in failing.stdout
    assert failing.stdout.endswith("tools.py is the name of 2 modules: small.room.tools, small.tools\n")


def test_the_package_is_read_whole():
    modules = structure.read_package(Path(structure.__file__).resolve().parents[1] / "lp_posg")
    assert len(modules) > 200
    assert "lp_posg.planning" in structure.imports_of(modules["lp_posg"], modules)
