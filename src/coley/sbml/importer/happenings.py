"""Events of a System from those of a model: assigned concentrations become amounts."""

from __future__ import annotations

import symengine

from coley.sbml.importer.model import Occasion, Species
from coley.sbml.importer.numbers import put_in
from coley.sbml.importer.ordering import Definitions, ordered
from coley.sbml.importer.roles import Roles
from coley.sbml.limits import Refusal
from coley.system import Event, Expression


def event(occasion: Occasion, roles: Roles, definitions: Definitions) -> Event:
    """The event of a System that ``occasion`` is.

    Raises:
        Refusal: a concentration from the time of the trigger in a compartment that changes before it is assigned.
    """
    assignments = {name: value for name, value in occasion.assignments.items() if name in roles.moved}
    changed: dict[Expression, Expression] = {}
    for name, value in assignments.items():
        quantity = roles.model.quantities[name]
        if not isinstance(quantity, Species):
            changed[symengine.Symbol(name)] = value
    amounts: dict[str, Expression] = {}
    for name, value in assignments.items():
        quantity = roles.model.quantities[name]
        amount = not isinstance(quantity, Species) or quantity.is_amount
        amounts[name] = value if amount else value * _size_after(occasion, quantity, changed, roles, definitions)
    return Event(
        name=occasion.name,
        trigger=occasion.trigger,
        assignments=amounts,
        delay=occasion.delay,
        priority=occasion.priority,
        before=occasion.before,
        persistent=occasion.persistent,
        values_at_trigger=occasion.values_at_trigger,
    )


def _size_after(
    occasion: Occasion,
    species: Species,
    changed: dict[Expression, Expression],
    roles: Roles,
    definitions: Definitions,
) -> Expression:
    """Size of the compartment of ``species`` when all is assigned."""
    size = species.size
    if roles.fixed(species.compartment):
        return size
    if size in changed:
        return changed[size]
    if occasion.values_at_trigger and occasion.delay != 0:
        what = f"event {occasion.name} assigns the concentration of {species.name} as it was at the trigger"
        raise Refusal(
            "trigger-volume", what, f"give {species.name} as an amount, or {species.compartment} a fixed size"
        )
    written: dict[Expression, Expression] = {}
    for symbol in ordered(definitions):
        written[symbol] = put_in(definitions[symbol], written)
    return put_in(put_in(size, written), changed)
