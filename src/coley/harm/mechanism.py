"""The cumulative hazard of a harm in the model."""

from __future__ import annotations

from collections.abc import Sequence

from coley.harm.schema import Harm
from coley.modeling import Context, Mechanism
from coley.system import Expression


def mechanism(harm: Harm, context: Context, others: Sequence[Mechanism] = ()) -> Mechanism:
    """The harm's hazard, which the state ``harm.hazard`` adds up.

    Args:
        others: the mechanisms that make up the rest of the model. What none of them declares has no part in the hazard:
            where none of them says what blocks PD-1 or CTLA-4, only the background is left.
    """
    m = Mechanism(f"harm_{harm.symbol}", f"{harm.title}: hazard of an event", context)
    rate: Expression = m.constant(f"h_{harm.symbol}", harm.background, "hazard at rest")
    if harm.autoimmunity is not None:
        rate *= harm.autoimmunity.multiplier(m, harm.symbol, _declared(others))
    m.state(harm.hazard, "", 0, 1e-3, f"cumulative hazard of {harm.title.lower()}")
    m.reaction("hazard", rate, {harm.hazard: 1})
    return m


def _declared(mechanisms: Sequence[Mechanism]) -> frozenset[str]:
    """Names of their states, rules and shared terms."""
    states = {state.name for m in mechanisms for state in m.states}
    return frozenset(states | {rule.name for m in mechanisms for rule in (*m.rules, *m.totals, *m.products)})
