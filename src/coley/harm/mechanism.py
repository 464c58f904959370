"""The cumulative hazards of harms in the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coley.harm.autoimmunity import self_reactivity
from coley.harm.medicine import Medicine
from coley.harm.schema import Harm
from coley.modeling import Context, Mechanism
from coley.system import Expression


def mechanisms(
    harms: Sequence[Harm],
    context: Context,
    others: Sequence[Mechanism] = (),
    drugs: Sequence[Medicine] = (),
) -> list[Mechanism]:
    """What the ``harms`` add to a model: the hazard of each, a state, and before them what drives several of them.

    Args:
        drugs: those whose mechanisms are among ``others``.
        others: the mechanisms that make up the rest of the model. What none of them declares has no part in a hazard:
            where none of them says what blocks PD-1 or CTLA-4, only the background is left.
    """
    present = _declared(others)
    found: list[Mechanism] = []
    if any(harm.autoimmunity is not None for harm in harms):
        found.append(self_reactivity(context, present))
    present |= _declared(found)
    classes = {drug.name.replace("-", "_"): drug.classes for drug in drugs}
    return [*found, *(_hazard(harm, context, present, classes) for harm in harms if harm.modelled)]


def _hazard(harm: Harm, context: Context, present: frozenset[str], classes: Mapping[str, Sequence[str]]) -> Mechanism:
    m = Mechanism(f"harm_{harm.symbol}", f"{harm.title}: hazard of an event", context)
    rate: Expression = m.constant(f"h_{harm.symbol}", harm.background, "hazard at rest")
    if harm.autoimmunity is not None:
        rate *= harm.autoimmunity.multiplier(m, harm.symbol, present)
    if harm.cytokines is not None:
        rate += harm.cytokines.hazard(m, harm.symbol, present)
    if harm.marrow is not None:
        rate += harm.marrow.hazard(m, harm.symbol, present, classes)
    m.state(harm.hazard, "", 0, 1e-3, f"cumulative hazard of {harm.title.lower()}")
    m.reaction("hazard", rate, {harm.hazard: 1})
    return m


def _declared(parts: Sequence[Mechanism]) -> frozenset[str]:
    """Names of their states, rules and shared terms."""
    states = {state.name for m in parts for state in m.states}
    return frozenset(states | {rule.name for m in parts for rule in (*m.rules, *m.totals, *m.products)})
