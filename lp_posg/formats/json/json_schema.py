"""The schema of a game as JSON. Imported late: pydantic takes as long to load as a small game to solve."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1

Finite = Annotated[float, Field(allow_inf_nan=False)]
Entry = Annotated[list[Finite], Field(fail_fast=True, min_length=2)]
Table = Annotated[list[Entry], Field(fail_fast=True)]
Tables = Annotated[list[Table], Field(fail_fast=True, min_length=1)]
Label = Annotated[str, Field(min_length=1)]
Labels = Annotated[list[Label], Field(fail_fast=True, min_length=1)]
PerAgent = Annotated[list[Labels], Field(fail_fast=True, min_length=1)]

_STEPS = "One table, or one per step"


class GameFile(BaseModel):
    """A partially observable stochastic game.

    Tables are lists of entries. An entry is a list: first the position it is about, as 0-based indices into the
    labels, then its number. What has no entry is 0. Every distribution has to sum to 1 within 1e-9.
    """

    model_config = ConfigDict(extra="forbid", strict=True, title="lp-posg game")

    format: Literal["lp-posg game"] = Field(description="What this file is.")
    version: Literal[1] = Field(description="Version of this schema.")
    name: str | None = Field(None, description="Shown in reports; the name of the file if not given.")
    discount: Annotated[Finite, Field(gt=0, le=1)] = Field(1.0, description="Weight of the next step's reward.")
    agents: Labels = Field(description="Names of the agents, each another.")
    states: Labels = Field(description="Names of the states, each another.")
    actions: PerAgent = Field(description="Names of the actions of each agent, in the order of the agents.")
    observations: PerAgent = Field(description="Names of the observations of each agent, in the order of the agents.")
    initial: Table = Field(description="Law of the first state; entries [state, probability].")
    initial_observation: Table | None = Field(
        None,
        description="Law of what is observed before the first action, if anything is;"
        " entries [state, observation of each agent..., probability].",
    )
    transition: Tables = Field(
        description=f"{_STEPS}; entries [state, action of each agent..., next state, probability]."
    )
    observation: Tables = Field(
        description=f"{_STEPS} but the last; entries [action of each agent..., next state, observation of each"
        " agent..., probability]."
    )
    reward: Tables = Field(description=f"{_STEPS}; entries [state, action of each agent..., reward of each agent...].")
