"""The objects that `load` is given for a stored solution: what is wrong with one is told of it, not of the file."""

from __future__ import annotations

import pytest

import lp_posg as posg
from lp_posg.errors import FormatError, OptionError


class Late:
    """One-step delayed sharing."""

    name = "late"

    def increment(self, agent, private, action, observation):
        return (private, action)

    def retain(self, agent, private, action, observation):
        return () if observation is None else (observation,)


class ForThree(Late):
    n_agents = 3


class Half:
    name = "half"


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ({"sharing": Late}, "argument sharing of load: sharing is <class"),
        ({"sharing": ForThree()}, "argument sharing of load: .* made for 3 agents"),
        ({"concept": Half()}, "argument concept of load: .* has no deviations"),
        ({"concept": Half}, "argument concept of load: concept is the class Half"),
        ({"compression": Half()}, "argument compression of load: compression is"),
        ({"objective": 3}, "argument objective of load: unknown objective 3"),
    ],
)
def test_a_wrong_object_is_no_damage_of_the_file(tmp_path, objects, told):
    posg.solve(posg.catalog("dectiger"), 2, Late()).save(tmp_path / "s.npz")
    with pytest.raises(OptionError, match=told):
        posg.load(tmp_path / "s.npz", **{"sharing": Late()} | objects)


def test_objects_for_a_file_without_a_solution(tmp_path):
    posg.save(posg.catalog("dectiger"), tmp_path / "tiger.json")
    with pytest.raises(OptionError, match=r"tiger\.json: sharing belongs to a stored solution"):
        posg.load(tmp_path / "tiger.json", sharing=Late())
    with pytest.raises(OptionError, match=r"tiger\.json: sharing, objective belong to a stored solution"):
        posg.load(tmp_path / "tiger.json", sharing=Late(), objective=sum)
    for name in ("gone.json", "gone.npz", "gone.efg"):
        with pytest.raises(FormatError, match=r"[Nn]o such file"):
            posg.load(tmp_path / name, sharing=Late())
