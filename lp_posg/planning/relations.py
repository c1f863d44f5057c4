"""The relations that theory demands between the rows of a comparison, checked on what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lp_posg.errors import LimitError, UnsupportedError
from lp_posg.evaluate import KINDS, Certificate, Kind, certify, pairs_of
from lp_posg.game import allowed_gaps, usual_rewards
from lp_posg.information import StateSpace, less_and_less_sharing
from lp_posg.information.resources import Resources
from lp_posg.planning.comparison import Check, Row, Spread, a, place
from lp_posg.planning.regions import one_step_games
from lp_posg.planning.state_plan import StatePlan
from lp_posg.stage import Correlated, efficiency_of, largest_share, selects_best
from lp_posg.types import GAP_TOL

OBEYED_TOL = 1e-10
"""A strategy counts as exact if it violates no incentive row by more than this fraction of the row's size.

The programs themselves allow that much: a strategy that violates a row by 1e-9 of its size is no solution of theirs.
"""


RANGE_TOL = 1e-6
"""What a selected welfare may miss its range by, beside the range's ends and what an agent usually gets.

Not beside the largest payoff: where that is a penalty, a share of it is more than all that the range is about.
"""


@dataclass(frozen=True)
class Solved:
    """The rows of one rule that have a plan over common-information states, and the states themselves.

    Attributes
    ----------
    sharing : str or None
    plans : tuple of StatePlan
    space : StateSpace or None
        The states planned over; None if there are no plans.
    pairs : StateSpace or None
        The pairs of exact belief and state of the strategy where these are the states themselves.
    """

    sharing: str | None
    plans: tuple[StatePlan, ...]
    space: StateSpace | None
    pairs: StateSpace | None

    @property
    def equilibria(self) -> list[StatePlan]:
        """The plans that are equilibria, one of a narrower concept before one of a wider."""
        found = [plan for plan in self.plans if not plan.certificate.kind.together]
        return sorted(found, key=lambda plan: plan.certificate.kind.width)

    @property
    def team(self) -> StatePlan | None:
        """The team optimum, of a concept that selects the best whatever all agents could change together."""
        optima = (plan for plan in self.plans if plan.certificate.kind.implies(KINDS["team"]))
        return next((plan for plan in optima if selects_best(plan.concept)), None)


def relation_checks(solved: Solved, tolerance: float, resources: Resources) -> Iterator[Check]:
    """Yield the relations between the plans of one rule; one that meets a limit of `resources` is not checked."""
    yield from _inclusions(solved, tolerance, resources)
    yield from _orders(solved)


def _inclusions(solved: Solved, tolerance: float, resources: Resources) -> Iterator[Check]:
    """Yield, for each equilibrium found, whether it is one of every wider concept in the table."""
    for plan in solved.equilibria:
        wider = [other for other in solved.equilibria if other is not plan and _implies(plan, other)]
        if not wider or not plan.has_exact_gaps:
            continue  # where gaps are bounds, exact states are out of reach
        text = f"{place(solved.sharing)}the {plan.concept.name} found is also " + " and ".join(
            a(other.concept.name) for other in wider
        )
        try:
            found = _certified_as(plan, [other.certificate.kind for other in wider], solved.pairs, resources)
        except LimitError as error:
            yield Check(text, None, str(error))
            continue
        # Deviations of a wider concept gain no more, whatever the approximation.
        within = [
            (new.gaps <= allowed_gaps(plan.game, tolerance, new.kind.together) + plan.certificate.gaps).all()
            for new in found
        ]
        yield Check(text, all(within), "gaps " + ", ".join(f"{new.gap:.2g}" for new in found))


def _certified_as(
    plan: StatePlan, kinds: Sequence[Kind], pairs: StateSpace | None, resources: Resources
) -> list[Certificate]:
    use = replace(resources, phase="certify")
    known = pairs or pairs_of(plan.game, plan.sharing, plan.policy, use)
    return [certify(plan.game, plan.sharing, plan.policy, kind, space=known, resources=use) for kind in kinds]


def _orders(solved: Solved) -> Iterator[Check]:
    """Yield the relations between values."""
    where, team, found = place(solved.sharing), solved.team, solved.equilibria
    if team is not None and found:
        best = max(plan.welfare for plan in found)
        yield Check(
            f"{where}no equilibrium has more welfare than the team optimum",
            best <= team.welfare + slack(team) + _short(team),
            f"{best:.9g} <= {team.welfare:.9g}",
        )
    if found and found[0].game.is_zero_sum:
        found = [plan for plan in found if plan.certificate.kind.secures]
        values = [float(plan.values[0]) for plan in found]
        if len(found) > 1:
            yield Check(
                f"{where}zero-sum, so {', '.join(plan.concept.name for plan in found)} have one value",
                max(values) - min(values) <= slack(found[0]) + 2 * max(plan.certificate.gap for plan in found),
                " = ".join(f"{value:.9g}" for value in values),
            )
    elif found and found[0].horizon == 1 and found[0].objective.name == "welfare" and found[0].is_exact:
        yield from _welfare_orders(solved, [plan for plan in found if selects_best(plan.concept)])


def _welfare_orders(solved: Solved, found: list[StatePlan]) -> Iterator[Check]:
    """Yield whether the best welfare of one stage grows with the concept, for each chain of concepts that select it."""
    assert solved.space is not None
    chains = [found[:1]]
    for plan in found[1:]:
        if _implies(chains[-1][-1], plan):
            chains[-1].append(plan)
        else:
            chains.append([plan])
    for chain in (chain for chain in chains if len(chain) > 1):
        broken = [(p, q) for p, q in pairwise(chain) if p.welfare > q.welfare + slack(p)]
        # The order is one of exact equilibria: what an incentive worth 1e-10 forbids may have much more welfare, at a
        # gap that no certificate minds. So it is not held against a strategy that is exact up to the tolerance only.
        excused = [(p, q) for p, q in broken if _missed(p, q.certificate.kind, solved.space) > OBEYED_TOL]
        names = " <= ".join(plan.concept.name for plan in chain)
        yield Check(
            f"{place(solved.sharing)}one stage, so the best welfare grows with the concept, {names}",
            len(excused) == len(broken),
            " <= ".join(f"{plan.welfare:.9g}" for plan in chain)
            + "".join(
                f"; the {p.concept.name} found is {a(q.concept.name)} within the tolerance, not exactly, and may have"
                " more"
                for p, q in excused
            ),
        )


def _implies(one: StatePlan, other: StatePlan) -> bool:
    return one.certificate.kind.implies(other.certificate.kind)


def _missed(plan: StatePlan, kind: Kind, space: StateSpace) -> float:
    """Return by what share of its size a one-step plan misses an incentive row of a wider concept."""
    laws = {block.nodes.tobytes(): block.joint() for block in plan.policy.steps[0].blocks}
    games = one_step_games(plan.game, space)
    return max(
        largest_share(block.payoff, laws[block.nodes.tobytes()], "action" if kind.hears != "nothing" else "interim")
        for block in games
    )


def spreads(solved: Solved, deadline: float | None) -> Iterator[Spread]:
    """Yield what welfare the equilibria of each solved correlated concept can have, for two agents and one step."""
    for plan in solved.plans:
        concept = plan.concept
        if not isinstance(concept, Correlated) or (plan.horizon, plan.game.n_agents, plan.is_exact) != (1, 2, True):
            continue
        assert solved.space is not None
        games = one_step_games(plan.game, solved.space, deadline)
        try:
            yield Spread(solved.sharing, concept.name, efficiency_of(concept, games))
        except (UnsupportedError, LimitError) as error:
            yield Spread(solved.sharing, concept.name, None, error)


def range_checks(solved: Solved, ranges: Sequence[Spread]) -> Iterator[Check]:
    """Yield whether what was selected for each concept lies in the range of its welfare, where that is known."""
    known = {spread.concept: spread.efficiency for spread in ranges if spread.efficiency is not None}
    plans = [plan for plan in solved.plans if plan.concept.name in known]
    if not plans:
        return
    usual = float(usual_rewards(plans[0].game).max())
    holds, details = True, []
    for plan in plans:
        low, high = known[plan.concept.name].worst, known[plan.concept.name].best
        slack = RANGE_TOL * max(abs(low), abs(high), usual)
        holds = holds and low - slack <= plan.welfare <= high + slack
        details.append(f"{plan.concept.name} {low:.9g} <= {plan.welfare:.9g} <= {high:.9g}")
    names = ", ".join(plan.concept.name for plan in plans)
    yield Check(
        f"{place(solved.sharing)}the selected welfare lies in the range of its concept, {names}",
        holds,
        "; ".join(details),
    )


def sharing_orders(solved: Sequence[Solved]) -> Iterator[Check]:
    """Yield whether more sharing never lowers the team optimum."""
    teams = {own.sharing: own.team for own in solved if own.team is not None}
    found = [(name, teams[name]) for name in less_and_less_sharing() if name in teams]
    for (more, rich), (less, poor) in pairwise(found):
        yield Check(
            f"the team optimum under {more} is at least that under {less}",
            poor.welfare <= rich.welfare + slack(rich) + _short(rich),
            f"{rich.welfare:.9g} >= {poor.welfare:.9g}",
        )


def row_plan(row: Row) -> StatePlan | None:
    """Return the plan over states that a row's solution is, or that it was found by."""
    found = row.solution if isinstance(row.solution, StatePlan) else getattr(row.solution, "plan", None)
    return found if isinstance(found, StatePlan) else None


def _short(team: StatePlan) -> float:
    """Return by how much the welfare of an approximate team solution may fall short of the optimum."""
    return team.certificate.gap * (team.game.n_agents if team.game.is_common_reward else 1)


def slack(plan: StatePlan) -> float:
    """Return by how much two sums of values may differ through rounding and accepted gaps."""
    size = max(plan.game.reward_range * plan.horizon, 1e-300)
    return max(plan.tolerance, GAP_TOL) * size * plan.game.n_agents
