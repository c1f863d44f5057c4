"""ARCHITECTURE.md names the rooms that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_rooms_of_the_page_are_the_rooms_of_the_package():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    table = page.split("## Rooms")[1].split("\n\nBeside")[0]
    named = {name.rstrip("/") for name in re.findall(r"^\| `([a-z_]+/?)` ", table, flags=re.MULTILINE)}
    real = {
        path.stem
        for path in (ROOT / "lp_posg").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists())
        or (path.suffix == ".py" and not path.stem.startswith("__"))
    }
    assert named == real


def test_every_file_the_page_names_exists():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    files = re.findall(r"`((?:information|stage|evaluate|induction|formats)/[a-z_]+\.py)`", page)
    assert len(files) >= 8
    assert [f for f in files if not (ROOT / "lp_posg" / f).exists()] == []


def test_nothing_names_a_path_of_one_machine():
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home|tmp)/[a-z]")
    tracked = [p for folder in ("lp_posg", "models", "tests") for p in (ROOT / folder).rglob("*.py")]
    assert len(tracked) > 50
    found = [str(p) for p in tracked if pattern.search(p.read_text()) and p.name != Path(__file__).name]
    assert found == []
