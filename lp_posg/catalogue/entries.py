"""What the catalogue knows about one of its games or game trees, and how that is built."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from lp_posg.brevity import brief
from lp_posg.errors import ModelError
from lp_posg.formats import load_game
from lp_posg.game import Game
from lp_posg.trees import Tree


@dataclass(frozen=True)
class KnownValue:
    """A value of a model that was published or can be derived by hand.

    Attributes
    ----------
    sharing : str or None
        The information-sharing structure the value belongs to; None for a game tree.
    concept : str
        The solution concept the value belongs to.
    horizon : int or None
        Number of steps; None for a game tree.
    discount : float
        Weight of the next step's reward the value was computed with; 1 for a game tree.
    values : tuple of float or None
        Value of each agent, in units of rewards or payoffs; None when only the sum is determined.
    welfare : float
        Sum of the agents' values, in the same units, of the equilibrium with the largest sum.
    source : str
        Where the value was published, or how it follows.
    """

    sharing: str | None
    concept: str
    horizon: int | None
    discount: float
    values: tuple[float, ...] | None
    welfare: float
    source: str


@brief("name", "kind", "title")
@dataclass(frozen=True)
class CatalogEntry:
    """What the catalogue knows about one game or game tree, without building it.

    Attributes
    ----------
    name : str
        Name to give to `catalog`.
    aliases : tuple of str
        Other names of the same model.
    title, description, source : str
        One line, one paragraph, and the publication with year and venue.
    kind : str
        ``"team"``, ``"zero-sum"`` or ``"general-sum"``.
    is_tree : bool
        Whether it is a game tree; else it is a POSG.
    known_values : tuple of KnownValue
        Published or hand-derived values, at default parameters.
    path : pathlib.Path
        The game file or the generator.
    builder : str
        The generator's function.
    sharing : tuple of str
        Structures under which a POSG is strategy-independent, by argument: the structure's
        definition or the model's form. ``D`` in ``uncontrolled:D`` stands for any delay.
    n_states : int
        Number of states of a POSG, at default parameters; 0 of a game tree.
    n_actions, n_observations : tuple of int
        Number of actions and of observations of each agent of a POSG, at default parameters; empty of a game tree.
    n_nodes : int
        Number of nodes of a game tree, at default parameters; 0 of a POSG.
    n_sets : tuple of int
        Number of information sets of each agent of a game tree, at default parameters; empty of a POSG.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    source: str
    kind: str
    is_tree: bool
    known_values: tuple[KnownValue, ...]
    description: str
    path: Path
    builder: str
    sharing: tuple[str, ...] = ()
    n_states: int = 0
    n_actions: tuple[int, ...] = ()
    n_observations: tuple[int, ...] = ()
    n_nodes: int = 0
    n_sets: tuple[int, ...] = ()

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.n_sets if self.is_tree else self.n_actions)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the model's generator with their defaults; none for a file."""
        if self.path.suffix != ".py":
            return {}
        signature = inspect.signature(generator(self.path, self.builder))
        return {name: parameter.default for name, parameter in signature.parameters.items()}

    def build(self, **parameters: Any) -> Game | Tree:
        """Return the game or game tree; `parameters` go to its generator.

        Raises
        ------
        ModelError
            If a parameter is unknown or out of its range.
        """
        accepted = self.parameters
        unknown = [key for key in parameters if key not in accepted]
        if unknown:
            takes = f"it takes {listed(accepted)}" if accepted else "it takes none: it is a file with fixed numbers"
            raise ModelError(
                f"catalogue model {self.name!r} has no parameter {listed(unknown)}; {takes}",
                model=self.name,
                accepted=tuple(accepted),
            )
        if self.path.suffix == ".py":
            return cast(Game | Tree, generator(self.path, self.builder)(**parameters))
        return load_game(self.path)


@cache
def generator(path: Path, builder: str) -> Callable[..., Any]:
    """Return the function `builder` of a file of models; raise ModelError if there is none."""
    label = "lp_posg_models_" + "_".join((path.parent.name, path.stem)).replace("-", "_")
    spec = importlib.util.spec_from_file_location(label, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"the generator {path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build: Callable[..., Any] | None = getattr(module, builder, None)
    if build is None:
        raise ModelError(f"the generator {path} has no function {builder!r}")
    return build


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, with commas between them."""
    return ", ".join(map(repr, names))
