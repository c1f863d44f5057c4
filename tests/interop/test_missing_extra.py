"""Without the extra, the message names it, and the package can be imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lp_posg import catalog
from lp_posg.errors import MissingExtraError
from lp_posg.interop import from_open_spiel, from_parallel_env, parallel_env
from lp_posg.learning import environment


class Looks:
    """What a parallel environment looks like from outside."""

    possible_agents = ("a",)

    def action_space(self, agent):
        return None

    observation_space = reset = step = action_space


@pytest.mark.parametrize(
    "ask",
    [lambda: parallel_env(catalog("dectiger"), 2), lambda: from_parallel_env(Looks()), lambda: environment(Looks())],
)
def test_the_missing_extra_is_named(ask, monkeypatch):
    for name in ("pettingzoo", "gymnasium", "gymnasium.spaces"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "lp_posg.interop.parallel_game", raising=False)
    with pytest.raises(MissingExtraError, match=r"lp-posg\[interop\]"):
        ask()


def test_the_missing_openspiel_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    with pytest.raises(MissingExtraError, match=r"open_spiel is not installed.*lp-posg\[interop\]"):
        from_open_spiel("kuhn_poker")


def test_none_is_imported_with_the_rooms():
    late = "{'pettingzoo', 'gymnasium', 'pyspiel', 'open_spiel'}"
    code = f"import sys, lp_posg.learning, lp_posg.interop; print({late} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
