"""A document while it is written: the model, what things are called in it, and what could not be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libsbml
import symengine

from coley.errors import ColeyError, Problem
from coley.sbml.mathml import formula
from coley.sbml.notes import Reference
from coley.sbml.outline import Outline
from coley.sbml.unit_definitions import DIMENSIONLESS
from coley.system import Expression, System


@dataclass(frozen=True)
class Draft:
    """An SBML model that fills.

    Attributes:
        values: numbers by identifier, in full.
        problems: what SBML has no words for.
    """

    model: libsbml.Model
    outline: Outline
    units: Mapping[str, str]
    references: Mapping[str, Reference]
    values: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def system(self) -> System:
        return self.outline.system

    def unit(self, name: str) -> str:
        """Identifier of the unit of a state, parameter, rule or delay."""
        return self.units[self.system.units[name]]

    def write(self, element: libsbml.SBase, expression: Expression, owner: str, unit: str = DIMENSIONLESS) -> None:
        """Make ``expression`` the formula of ``element``, which belongs to ``owner``."""
        element.setMath(self.formula(expression, owner, unit))

    def formula(self, expression: Expression, owner: str, unit: str = DIMENSIONLESS) -> libsbml.ASTNode:
        """``expression`` as a formula; ``unit`` is what a bare number is in."""
        try:
            return formula(expression, unit, self.outline.names, self.outline.concentrations)
        except ColeyError as error:
            where = f"model {self.system.name}, {owner}"
            self.problems.extend(Problem(where, problem.what, problem.hint) for problem in error.problems)
            return libsbml.ASTNode(libsbml.AST_UNKNOWN)

    def start(self, name: str, initial: Expression, owner: str) -> float | None:
        """What a quantity starts with: a number, or else an initial assignment."""
        initial = symengine.sympify(initial)
        identifier = self.outline.names[name]
        if initial.is_Number:
            self.values[identifier] = float(initial)
            return float(initial)
        assignment = self.model.createInitialAssignment()
        assignment.setSymbol(identifier)
        self.write(assignment, initial, owner, self.unit(name))
        return None

    def finish(self) -> None:
        """Raises what could not be said."""
        if self.problems:
            raise ColeyError(self.problems)
