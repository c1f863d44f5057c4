"""`run`: the command line in this process, in a directory of its own, with stdout and stderr apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lp_posg.cli import app

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LP_POSG_TRACEBACK"):
        monkeypatch.delenv(variable, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(arguments), prog_name="lp-posg")
        return result.exit_code, result.stdout, result.stderr

    return call
