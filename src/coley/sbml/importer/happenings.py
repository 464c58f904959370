"""Events of a System from those of a model: assigned concentrations become amounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from coley.sbml.importer.model import Occasion, Species
from coley.sbml.importer.roles import Roles
from coley.sbml.limits import RefusalError
from coley.system import Event, Expression


def event(occasion: Occasion, roles: Roles, constants: Collection[Expression]) -> Event:
    """The event of a System that ``occasion`` is.

    A concentration becomes an amount by the size that its compartment has just before the assignments.

    Raises:
        RefusalError: a concentration as it was at the trigger, in a compartment that changes before it is assigned.
    """
    assigned = {name: value for name, value in occasion.assignments.items() if name in roles.moved}
    sizes = _sizes(assigned, roles)
    at_trigger = occasion.values_at_trigger
    if at_trigger and occasion.delay != 0 and any(not roles.fixed(str(size)) for size in sizes.values()):
        if any(not value.free_symbols <= set(constants) for value in assigned.values()):
            what = f"event {occasion.name} assigns concentrations as they were at its trigger in a changing compartment"
            raise RefusalError("trigger-volume", what, "assign amounts, or keep the size of the compartment")
        at_trigger = False  # constants are the same then
    return Event(
        name=occasion.name,
        trigger=occasion.trigger,
        assignments={name: value * sizes[name] if name in sizes else value for name, value in assigned.items()},
        delay=occasion.delay,
        priority=occasion.priority,
        before=occasion.before,
        persistent=occasion.persistent,
        values_at_trigger=at_trigger,
    )


def _sizes(assigned: Mapping[str, Expression], roles: Roles) -> dict[str, Expression]:
    """Size of the compartment of each species that is assigned as a concentration."""
    quantities = {name: roles.model.quantities[name] for name in assigned}
    return {name: q.size for name, q in quantities.items() if isinstance(q, Species) and not q.is_amount}
