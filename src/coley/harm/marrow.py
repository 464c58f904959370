"""Marrow: cytotoxic drugs kill cells that divide in marrow, and cells in blood fall days later, for days.

Cells that divide, three steps of maturation and the cells in blood, with feedback from these on division: Friberg et
al., J Clin Oncol 20:4713 (2002). All are relative to rest. The kill follows the effect of each drug, which its action
gives. The hazard of an event rises steeply where few cells are left in blood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import symengine
from pydantic import Field

from coley.facts import Entry, Quantity, Text, like
from coley.modeling import Mechanism
from coley.system import Expression

STEPS = 3


class Kill(Entry):
    """Kill of dividing cells of the marrow at full effect of a drug of one of the classes."""

    classes: Annotated[tuple[Text, ...], Field(min_length=1)]
    rate: Annotated[Quantity, like("1/day")]


class Marrow(Entry):
    """How cytotoxic drugs lower one kind of blood cell.

    Attributes:
        line: which cells they are: those whose formation growth factors of that name drive.
        sensitivity: of a patient, a factor on the kill.
        transit: mean time from division to blood.
        feedback: exponent of the feedback from cells in blood on division.
        critical: cells in blood, relative to rest, at which the hazard is half of the most.
        exponent: how steeply the hazard rises around that.
        most: hazard where no cell is left.
        kills: by class; of a drug that is of several, the first counts.
    """

    line: Literal["neutrophils", "platelets"]
    sensitivity: Annotated[Quantity, like("", zero=True)]
    transit: Annotated[Quantity, like("day")]
    feedback: Annotated[Quantity, like("", zero=True)]
    critical: Annotated[Quantity, like("")]
    exponent: Annotated[Quantity, like("")]
    most: Annotated[Quantity, like("1/day")]
    kills: Annotated[tuple[Kill, ...], Field(min_length=1)]

    def hazard(
        self, m: Mechanism, symbol: str, present: frozenset[str], classes: Mapping[str, Sequence[str]]
    ) -> Expression:
        """Hazard of too few cells.

        Args:
            present: names that the rest of the model declares.
            classes: classes of each drug, by its name as it stands in the names of the model.
        """
        kill: Expression = symengine.Integer(0)
        for drug, own in classes.items():
            row = next((index for index, row in enumerate(self.kills) if set(row.classes) & set(own)), None)
            if row is not None and f"H_{drug}" in present:
                rate = m.constant(f"k_{symbol}_{row + 1}", self.kills[row].rate, "kill of dividing marrow")
                kill += rate * m[f"H_{drug}"]
        if kill == 0:
            return kill
        growth = m[f"drive_{self.line}"] if f"drive_{self.line}" in present else symengine.Integer(1)
        left = self._cells(m, symbol, kill, growth)
        critical = m.constant(f"critical_{symbol}", self.critical, "cells in blood at which the hazard is half")
        exponent = m.constant(f"n_marrow_{symbol}", self.exponent, "how the hazard rises as cells fall")
        most = m.constant(f"h_{symbol}_most", self.most, "hazard where no cell is left")
        return most / (1 + (left / critical) ** exponent)

    def _cells(self, m: Mechanism, symbol: str, kill: Expression, growth: Expression) -> Expression:
        """Cells in blood, relative to rest."""
        sensitivity = m.constant(f"sensitivity_{symbol}", self.sensitivity, "the patient's sensitivity")
        transit = m.constant(f"transit_{symbol}", self.transit, "mean time from division to blood")
        feedback = m.constant(f"feedback_{symbol}", self.feedback, "feedback from blood on division")
        names = [f"marrow_{symbol}_{step}" for step in range(STEPS + 1)] + [f"blood_{symbol}"]
        pace = (STEPS + 1) / transit
        cells = [m.state(name, "", 1, 1e-3, "cells, relative to rest") for name in names]
        division = growth * pace * cells[0] * (cells[-1] + 1e-3) ** (-feedback)
        m.reaction("division", division, {names[0]: 1})
        m.reaction("kill", sensitivity * kill * cells[0], {names[0]: -1})
        for step, name in enumerate(names):
            following = {names[step + 1]: 1} if step < STEPS + 1 else {}
            m.reaction(f"passage_{step}", pace * cells[step], {name: -1, **following})
        return cells[-1]
