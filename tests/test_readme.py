"""Every Python example of the README runs, in order, as a newcomer would type it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_python_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "[11.0154875 11.0154875]" in printed
    assert "exact [0. 0.]" in printed
    assert "[8.815 8.815]" in printed
    assert "[22.59334538 22.59334538] 0.1077" in printed
    assert "79.7" in printed
    assert (tmp_path / "tiger.npz").exists()


def test_the_firms_example_compares_three_concepts():
    """Its numbers: the gaps are certified, and the game is what the text says."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(blocks[1], "README.md", "exec"), names)
    firms = names["firms"]
    np.testing.assert_allclose(firms.reward[0, 1], [[5, 4], [8, 4]])  # high demand: price times own output
    assert not firms.is_zero_sum
    assert firms.reward_range == pytest.approx(10.0)


def test_the_page_shows_what_the_demo_prints():
    assert "11.0154875" in README.read_text().split("## From the command line")[0]
