"""From a document of libSBML to a Model: whatever is wrong in its formulas is found at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import symengine

from coley.errors import ColeyError, Problem, did_you_mean
from coley.sbml.importer.formulas import Formulas
from coley.sbml.importer.model import Conversion, Model, Occasion, Quantity, Species, name_of
from coley.sbml.importer.numbers import NAN, number
from coley.sbml.importer.unit_text import Units, ratio
from coley.sbml.limits import RefusalError
from coley.system import Expression

Element = Any  # of libSBML, which publishes no types
_NOTHING = symengine.Integer(0)


def extract(document: Element, file: str) -> Model:
    """The model of a Level 3 ``document``.

    Raises:
        ColeyError: everything that is refused in its formulas, each with its place in ``file``.
    """
    extraction = _Extraction(document.getModel(), file)
    model = extraction.model()
    if extraction.problems:
        raise ColeyError(extraction.problems)
    return model


class _Extraction:
    def __init__(self, model: Element, file: str) -> None:
        self._model, self._file = model, file
        self._units = Units(model)
        self.problems: list[Problem] = []
        self._quantities = {q.name: q for q in self._declared()}
        names = {identifier: self._quantities[name].symbol for identifier, name in self._identifiers()}
        names |= {r.getId(): symengine.Symbol(name_of(r.getId())) for r in model.getListOfReactions()}
        functions = {f.getId(): f for f in model.getListOfFunctionDefinitions()}
        self._formulas = Formulas(names, functions)

    def model(self) -> Model:
        for assignment in self._model.getListOfInitialAssignments():
            name = name_of(assignment.getSymbol())
            value = self._value(assignment)
            if value is not None and self._demand(assignment.getSymbol(), assignment):
                self._quantities[name] = replace(self._quantities[name], assigned=value)
        rules = list(self._model.getListOfRules())
        reactions = tuple(self._reactions())
        return Model(
            name=self._model.getName() or self._model.getId() or "SBML model",
            time_unit=self._units.time or "dimensionless",
            assignments=self._by_variable(rule for rule in rules if rule.isAssignment()),
            rates=self._by_variable(rule for rule in rules if rule.isRate()),
            algebraic=tuple(v for rule in rules if rule.isAlgebraic() and (v := self._value(rule)) is not None),
            reactions=reactions,
            events=tuple(self._events()),
            quantities=self._quantities,
            past=self._formulas.past,
            slopes=self._formulas.rates,
        )

    def _declared(self) -> Iterator[Quantity]:
        for compartment in self._model.getListOfCompartments():
            size = compartment.getSize() if compartment.isSetSize() else 1.0
            yield self._quantity(compartment, self._units.size(compartment), size)
        yield from map(self._species, self._model.getListOfSpecies())
        for parameter in self._model.getListOfParameters():
            yield self._quantity(parameter, self._units.text(parameter.getUnits()), parameter.getValue())
        for reference in self._references():
            if reference.isSetId():
                yield self._quantity(reference, "dimensionless", _stoichiometry(reference))
        for reaction in self._model.getListOfReactions():
            for local in _locals(reaction):
                quantity = self._quantity(local, self._units.text(local.getUnits()), local.getValue())
                yield replace(quantity, name=_local_name(reaction, local), constant=True)

    def _identifiers(self) -> Iterator[tuple[str, str]]:
        """Identifiers of the model, and the names of what they name."""
        model = self._model
        for items in (model.getListOfCompartments(), model.getListOfSpecies(), model.getListOfParameters()):
            yield from ((item.getId(), name_of(item.getId())) for item in items)
        yield from ((r.getId(), name_of(r.getId())) for r in self._references() if r.isSetId())

    def _references(self) -> Iterator[Element]:
        for reaction in self._model.getListOfReactions():
            yield from reaction.getListOfReactants()
            yield from reaction.getListOfProducts()

    def _quantity(self, element: Element, unit: str, value: float) -> Quantity:
        name, constant = name_of(element.getId()), element.getConstant()
        return Quantity(name, unit, element.getName(), value, None, constant, self._place(element))

    def _species(self, species: Element) -> Species:
        base = self._quantity(species, self._units.amount(species), math.nan)
        compartment = self._model.getCompartment(species.getCompartment())
        given_amount = species.isSetInitialAmount() or not species.isSetInitialConcentration()
        value = species.getInitialAmount() if given_amount else species.getInitialConcentration()
        factor = species.getConversionFactor() or self._model.getConversionFactor()
        return Species(
            **{**vars(base), "value": value},
            compartment=name_of(compartment.getId()),
            is_amount=species.getHasOnlySubstanceUnits(),
            given_amount=given_amount,
            boundary=species.getBoundaryCondition(),
            concentration_unit=ratio(base.unit, self._units.size(compartment)),
            factor=symengine.Symbol(name_of(factor)) if factor else symengine.Integer(1),
        )

    def _reactions(self) -> Iterator[Conversion]:
        for reaction in self._model.getListOfReactions():
            law = reaction.getKineticLaw()
            local = {item.getId(): symengine.Symbol(_local_name(reaction, item)) for item in _locals(reaction)}
            rate = self._value(law, local) if law is not None else None
            sides = ((reaction.getListOfReactants(), -1), (reaction.getListOfProducts(), 1))
            changes = [
                (name_of(reference.getSpecies()), sign * _coefficient(reference))
                for side, sign in sides
                for reference in side
                if self._demand(reference.getSpecies(), reference)
            ]
            yield Conversion(
                name=name_of(reaction.getId()),
                unit=ratio(self._units.extent, self._units.time),
                meaning=reaction.getName(),
                rate=_NOTHING if rate is None else rate,
                changes=tuple(changes),
                fast=bool(reaction.getFast()),
                place=self._place(reaction),
            )

    def _events(self) -> Iterator[Occasion]:
        for index, event in enumerate(self._model.getListOfEvents(), start=1):
            assignments = self._by_variable(event.getListOfEventAssignments())
            trigger = event.getTrigger()
            condition = self._value(trigger, read=self._formulas.condition) if trigger is not None else None
            delay = self._value(event.getDelay()) if event.isSetDelay() else None
            if condition is None:
                continue
            yield Occasion(
                name=event.getId() or f"event {index}",
                trigger=condition,
                assignments=assignments,
                delay=_NOTHING if delay is None else delay,
                priority=self._value(event.getPriority()) if event.isSetPriority() else None,
                before=trigger.getInitialValue(),
                persistent=trigger.getPersistent(),
                values_at_trigger=event.getUseValuesFromTriggerTime(),
                place=self._place(event),
            )

    def _by_variable(self, elements: Iterator[Element]) -> dict[str, Expression]:
        known = [element for element in elements if self._demand(element.getVariable(), element)]
        values = {name_of(element.getVariable()): self._value(element) for element in known}
        return {name: value for name, value in values.items() if value is not None}

    def _demand(self, identifier: str, element: Element) -> bool:
        """Whether ``element`` names a quantity; a problem where not."""
        if name_of(identifier) in self._quantities:
            return True
        refusal = RefusalError(
            "unknown-name", f"{identifier!r} is no quantity", did_you_mean(identifier, self._quantities)
        )
        self.problems.append(refusal.at(self._place(element)))
        return False

    def _value(
        self,
        element: Element,
        local: Mapping[str, Expression] | None = None,
        read: Callable[..., Expression] | None = None,
    ) -> Expression | None:
        """The formula of ``element``; None where it has none, so that it has no effect."""
        if not element.isSetMath():
            return None
        try:
            return (read or self._formulas.value)(element.getMath(), local)
        except RefusalError as refusal:
            self.problems.append(refusal.at(self._place(element)))
            return NAN

    def _place(self, element: Element) -> str:
        named = element
        while not named.getIdAttribute() and named.getParentSBMLObject() is not None:
            named = named.getParentSBMLObject()
        what = f"{named.getElementName()} {named.getIdAttribute()}".strip()
        return f"{self._file}, line {element.getLine()}, {what}"


def _locals(reaction: Element) -> list[Element]:
    law = reaction.getKineticLaw()
    return [] if law is None else list(law.getListOfLocalParameters())


def _local_name(reaction: Element, local: Element) -> str:
    return f"{reaction.getId()}.{local.getId()}"


def _stoichiometry(reference: Element) -> float:
    return float(reference.getStoichiometry()) if reference.isSetStoichiometry() else math.nan


def _coefficient(reference: Element) -> Expression:
    return symengine.Symbol(name_of(reference.getId())) if reference.isSetId() else number(_stoichiometry(reference))
