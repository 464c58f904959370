"""Compartments, species and parameters of a document, with their values, units, meanings and sources."""

from __future__ import annotations

import libsbml

from coley.sbml.draft import Draft
from coley.sbml.notes import cite, explain, provenance
from coley.sbml.outline import BODY
from coley.sbml.unit_definitions import DIMENSIONLESS, spatial_dimensions
from coley.system import Delay, Parameter, Rule, State


def write_quantities(draft: Draft) -> None:
    """Write everything that has a value."""
    if draft.outline.body:
        _write_body(draft)
    for state in draft.system.states:
        element = _write_species(draft, state) if state.name in draft.outline.home else _place(draft, state)
        kept = "Never below 0: the solver keeps it from that." if state.nonnegative else ""
        explain(element, state.meaning, kept)
    for parameter in draft.system.parameters:
        element = _place(draft, parameter)
        explain(element, parameter.meaning, *provenance(parameter, draft.references))
        cite(element, parameter, draft.references)
    computed: tuple[Rule | Delay, ...] = (*draft.outline.rules, *draft.system.delays)
    for item in computed:
        explain(_place(draft, item), item.meaning)


def _write_body(draft: Draft) -> None:
    """The compartment of what is nowhere in particular: amounts need one, and its size enters no formula."""
    body = draft.model.createCompartment()
    body.setId(draft.outline.body)
    body.setName(BODY)
    body.setConstant(True)
    body.setSpatialDimensions(3)
    body.setSize(1.0)
    body.setUnits(DIMENSIONLESS)
    explain(body, "Holds every amount whose place the model does not name. Its size has no meaning.")


def _write_species(draft: Draft, state: State) -> libsbml.Species:
    home = draft.outline.home[state.name]
    species = draft.model.createSpecies()
    species.setId(draft.outline.names[state.name])
    species.setName(state.name)
    species.setCompartment(draft.outline.names[home] if home else draft.outline.body)
    species.setSubstanceUnits(draft.unit(state.name))
    species.setHasOnlySubstanceUnits(True)
    species.setBoundaryCondition(False)
    species.setConstant(False)
    start = draft.start(state.name, state.initial, f"initial value of {state.name}")
    if start is not None:
        species.setInitialAmount(start)
    return species


def _place(draft: Draft, item: State | Parameter | Rule | Delay) -> libsbml.SBase:
    """The compartment that ``item`` is the size of, or a parameter."""
    is_space = item.name in draft.outline.compartments
    element = draft.model.createCompartment() if is_space else draft.model.createParameter()
    element.setId(draft.outline.names[item.name])
    element.setName(item.name)
    element.setUnits(draft.unit(item.name))
    element.setConstant(isinstance(item, Parameter))
    dimensions = spatial_dimensions(item.unit)
    if is_space and dimensions is not None:
        element.setSpatialDimensions(dimensions)
    start = None
    if isinstance(item, Parameter):
        start = draft.start(item.name, item.value, f"parameter {item.name}")
    if isinstance(item, State):
        start = draft.start(item.name, item.initial, f"initial value of {item.name}")
    if start is not None:
        (element.setSize if is_space else element.setValue)(start)
    return element
