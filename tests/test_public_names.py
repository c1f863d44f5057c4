"""The public names: what is listed, what the type checker sees and what can be had are the same."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import lp_posg as posg

EVERY = (*posg.__all__, *posg.NAMESPACES)


def typed() -> dict[str, str]:
    """Return the names that the type checker sees, each with the room it is imported from."""
    tree = ast.parse(Path(posg.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {alias.asname or alias.name: (node.module or "") for node in imports for alias in node.names}


def test_the_type_checker_sees_every_name_where_it_comes_from():
    homes = {name: f"lp_posg.{home}" for name, home in posg.HOMES.items()}
    assert typed() == homes | dict.fromkeys(posg.NAMESPACES, "lp_posg")


def test_the_tables_are_the_public_names():
    assert len(posg.__all__) <= 24
    assert set(posg.__all__) == {*posg.HOMES, "__version__", "errors"}
    assert dir(posg) == sorted({*posg.__all__, *posg.NAMESPACES})


@pytest.mark.parametrize("name", EVERY)
def test_every_name_is_what_its_room_has(name):
    found = getattr(posg, name)
    if name in posg.NAMESPACES:
        assert inspect.ismodule(found)
    elif name != "__version__":
        home = import_module(f"lp_posg.{posg.HOMES[name]}")
        assert found is getattr(home, name)
        assert name in getattr(home, "__all__", [name])


def test_a_name_that_is_not_there_is_an_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'lp_posg' has no attribute 'sovle'"):
        posg.sovle  # noqa: B018
    with pytest.raises(ImportError, match="sovle"):
        from lp_posg import sovle  # noqa: F401
