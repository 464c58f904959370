"""PEtab formulas as expressions in the names of a System. Text is parsed by libpetab's grammar, never evaluated."""

from __future__ import annotations

from typing import Any

import symengine

from coley.system import Expression


class Names:
    """What the ids of an SBML model mean in formulas: a species is its concentration, unless it only has an amount.

    Attributes:
        compartments: of the species that are concentrations, by species.
    """

    def __init__(self, sbml_model: Any) -> None:
        self.compartments: dict[str, str] = {
            species.getId(): species.getCompartment()
            for species in sbml_model.getListOfSpecies()
            if not species.getHasOnlySubstanceUnits()
        }
        self._known: dict[str, Expression] = {}

    def read(self, formula: Any) -> Expression:
        """The expression of a formula, from its text, a number, or what libpetab made of it.

        Raises:
            ValueError: the text is no formula.
        """
        if isinstance(formula, str) and formula in self._known:
            return self._known[formula]
        expression = self._read(formula)
        if isinstance(formula, str):
            self._known[formula] = expression
        return expression

    def _read(self, formula: Any) -> Expression:
        from petab.v1.math import sympify_petab

        parsed = formula if hasattr(formula, "free_symbols") else sympify_petab(_plain(formula))
        expression = symengine.sympify(parsed)
        symbols = {symengine.Symbol(name): symengine.Symbol(f"[{name}]") for name in self.compartments}
        return expression.subs({old: new for old, new in symbols.items() if old in expression.free_symbols})


def _plain(formula: Any) -> Any:
    return formula.strip() if isinstance(formula, str) else float(formula)
