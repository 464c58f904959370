"""Events of a System from those of a model: assigned concentrations become amounts."""

from __future__ import annotations

from collections.abc import Mapping

from coley.sbml.importer.model import Occasion, Species
from coley.sbml.importer.roles import Roles
from coley.system import Event, Expression


def event(occasion: Occasion, roles: Roles) -> Event:
    """The event of a System that ``occasion`` is.

    A concentration becomes an amount by the size that its compartment has just before the assignments.
    """
    assigned = {name: value for name, value in occasion.assignments.items() if name in roles.moved}
    sizes = _sizes(assigned, roles)
    later = occasion.values_at_trigger and occasion.delay != 0
    factors = {name: size for name, size in sizes.items() if later and not roles.fixed(str(size))}
    at_once = {name: size for name, size in sizes.items() if name not in factors}
    return Event(
        name=occasion.name,
        trigger=occasion.trigger,
        assignments={name: value * at_once.get(name, 1) for name, value in assigned.items()},
        factors=factors,
        delay=occasion.delay,
        priority=occasion.priority,
        before=occasion.before,
        persistent=occasion.persistent,
        values_at_trigger=occasion.values_at_trigger,
    )


def _sizes(assigned: Mapping[str, Expression], roles: Roles) -> dict[str, Expression]:
    """Size of the compartment of each species that is assigned as a concentration."""
    quantities = {name: roles.model.quantities[name] for name in assigned}
    return {name: q.size for name, q in quantities.items() if isinstance(q, Species) and not q.is_amount}
