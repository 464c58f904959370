"""Rules, reactions and events of a document: whatever makes its quantities what they become."""

from __future__ import annotations

import libsbml
import symengine

from coley.errors import Problem
from coley.sbml.draft import Draft
from coley.sbml.mathml import delayed
from coley.sbml.notes import explain
from coley.system import Event, Expression, Reaction


def write_rules(draft: Draft) -> None:
    """Write an assignment rule for each rule and delay, and a rate rule for each state that is no species."""
    names = draft.outline.names
    for rule in draft.outline.rules:
        element = draft.model.createAssignmentRule()
        element.setVariable(names[rule.name])
        draft.write(element, rule.expression, f"rule {rule.name}", draft.unit(rule.name))
    for delay in draft.system.delays:
        element = draft.model.createAssignmentRule()
        element.setVariable(names[delay.name])
        owner = f"delay {delay.name}"
        past = draft.formula(delay.expression, owner, draft.unit(delay.name))
        element.setMath(delayed(past, draft.formula(delay.lag, owner, draft.units["day"])))
    for state in draft.outline.others:
        moving = [reaction for reaction in draft.system.reactions if state.name in reaction.stoichiometry]
        if moving:
            element = draft.model.createRateRule()
            element.setVariable(names[state.name])
            terms = (symengine.sympify(reaction.stoichiometry[state.name]) * reaction.rate for reaction in moving)
            draft.write(element, sum(terms), f"rate of {state.name}")


def write_reactions(draft: Draft) -> None:
    """Write the reactions that move species.

    A model of SBML has one unit of extent. It is declared where all reactions share it: cells, milligrams and hazards
    have none in common.
    """
    written = [reaction for reaction in draft.system.reactions if draft.outline.home.keys() & reaction.stoichiometry]
    units = {draft.unit(name) for name in draft.outline.home}
    if len(units) == 1:
        draft.model.setExtentUnits(*units)
    for reaction in written:
        _write_reaction(draft, reaction)


def _write_reaction(draft: Draft, reaction: Reaction) -> None:
    element = draft.model.createReaction()
    element.setId(draft.outline.reactions[reaction.name])
    element.setName(reaction.name)
    element.setReversible(False)
    explain(element, reaction.meaning)
    moved = [name for name in reaction.stoichiometry if name in draft.outline.home]
    for name in moved:
        _write_reference(draft, element, reaction, name)
    for name in sorted(draft.outline.species_in(reaction.rate)):
        if name not in moved:
            element.createModifier().setSpecies(draft.outline.names[name])
    draft.write(element.createKineticLaw(), reaction.rate, f"reaction {reaction.name}")


def _write_reference(draft: Draft, element: libsbml.Reaction, reaction: Reaction, name: str) -> None:
    """The species as reactant where its coefficient is a number below 0, else as product."""
    coefficient = symengine.sympify(reaction.stoichiometry[name])
    is_number = coefficient.is_Number
    is_reactant = is_number and float(coefficient) < 0
    reference = element.createReactant() if is_reactant else element.createProduct()
    reference.setSpecies(draft.outline.names[name])
    reference.setConstant(bool(is_number))
    if is_number:
        reference.setStoichiometry(abs(float(coefficient)))
    else:
        reference.setId(draft.outline.coefficients[reaction.name, name])
        rule = draft.model.createAssignmentRule()
        rule.setVariable(reference.getId())
        draft.write(rule, coefficient, f"reaction {reaction.name}")


def write_events(draft: Draft) -> None:
    """Write the events. One that ends an individual's course assigns nothing, and its notes say what it is."""
    for event in draft.system.events:
        _write_event(draft, event)


def _write_event(draft: Draft, event: Event) -> None:
    owner = f"event {event.name}"
    if event.factors:
        what = "keeps concentrations through a delay, in a compartment that changes"
        draft.problems.append(Problem(owner, what, "a model in amounts can be written"))
    element = draft.model.createEvent()
    element.setId(draft.outline.events[event.name])
    element.setName(event.name)
    element.setUseValuesFromTriggerTime(event.values_at_trigger)
    trigger = element.createTrigger()
    trigger.setInitialValue(event.before)
    trigger.setPersistent(event.persistent)
    draft.write(trigger, event.trigger, owner)
    if _is_given(event.delay):
        draft.write(element.createDelay(), event.delay, owner, draft.units["day"])
    if event.priority is not None:
        draft.write(element.createPriority(), event.priority, owner)
    for name, value in event.assignments.items():
        assignment = element.createEventAssignment()
        assignment.setVariable(draft.outline.names[name])
        draft.write(assignment, value, owner, draft.unit(name))
    explain(element, "The course of an individual ends here." if event.ends else "")


def _is_given(delay: Expression) -> bool:
    return not (symengine.sympify(delay).is_Number and float(delay) == 0)
