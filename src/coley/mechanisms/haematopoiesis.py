"""Haematopoiesis: neutrophils and platelets mature in the room that cancer leaves in the marrow.

Maturation in a chain of compartments with feedback from the count in blood, after Friberg et al., J Clin Oncol 20:4713
(2002). There the first compartment renews itself; here stem cells feed it in proportion to the room that they have, so
that a marrow full of cancer makes few cells and an emptied one recovers.
"""

from __future__ import annotations

from itertools import pairwise

from coley.modeling import Context, Mechanism
from coley.system import Expression

LINES = {"neutrophils": "neutrophils", "platelets": "platelets"}
STAGES = 3


def haematopoiesis(context: Context) -> Mechanism:
    """Neutrophils and platelets of blood, and their precursors."""
    meaning = "Neutrophils and platelets mature in the room that cancer leaves in the marrow."
    m = Mechanism("haematopoiesis", meaning, context)
    arrest = m.total("kill_dividing", "1/day", "rate at which drugs kill dividing cells of marrow and immune system")
    for line, cells in LINES.items():
        _line(m, line, cells, arrest)
    return m


def _line(m: Mechanism, line: str, cells: str, arrest: Expression) -> None:
    base = m.parameter(f"{line}_0", f"{cells} of healthy blood")
    transit = m.parameter(f"transit_{line}", f"mean time from precursor to {cells}")
    feedback = m.parameter(f"feedback_{line}", f"exponent with which few {cells} speed up their formation")
    rate = (STAGES + 1) / transit
    blood = m.state(line, "cell/mL", base, 1e3, f"{cells} of blood")
    before = [
        m.state(f"{line}_m{k}", "cell/mL", base, 1e3, f"precursors of {cells}, stage {k}, as count in blood")
        for k in range(1, STAGES + 1)
    ]
    # a thousandth of normal: the feedback is bounded where no cell is left
    drive = m.product(f"drive_{line}", f"formation of {cells} under drugs, relative to that without")
    formed = rate * base * m["room"] * (base / (blood + base / 1000)) ** feedback * drive
    m.reaction(f"formation_{line}", formed, {f"{line}_m1": 1})
    m.reaction(f"arrest_{line}", arrest * before[0], {f"{line}_m1": -1})
    names = [*(f"{line}_m{k}" for k in range(1, STAGES + 1)), line]
    for source, target in pairwise(names):
        m.reaction(f"maturation_{source}", rate * m[source], {source: -1, target: 1})
    m.reaction(f"loss_{line}", rate * blood, {line: -1})
