"""Cytotoxic chemotherapy: it kills cancer cells and dividing immune cells for as long as cells retain it.

An effect compartment after Sheiner et al., Clin Pharmacol Ther 25:358 (1979), drives a saturable rate of killing.
"""

from __future__ import annotations

from coley.catalogue.schema import Drug
from coley.errors import ColeyError, Problem
from coley.model import Context, Mechanism, symbol


def chemotherapy(context: Context, drug: Drug) -> Mechanism:
    """Effect of one cytotoxic drug, through the concentration that cells retain."""
    name, toxicity = symbol(drug), drug.cytotoxicity
    m = Mechanism(f"chemotherapy_{name}", f"{drug.title} kills cancer cells and dividing immune cells.", context)
    if toxicity is None:
        raise ColeyError(Problem(f"drug {drug.name}", "a cytotoxic drug needs [cytotoxicity]", "say how it kills"))
    rate = m.constant(f"k_kill_{name}", toxicity.kill_rate, "rate at which cancer cells are killed at saturation")
    half = m.constant(f"EC50_{name}", toxicity.half_effect, "retained concentration for half that rate")
    retention = m.constant(f"tau_{name}", toxicity.retention, "time for which cells retain the drug")
    meaning = "killing of dividing immune cells, relative to cancer cells of sensitivity 1"
    immune = m.constant(f"f_immune_{name}", toxicity.immune_fraction, meaning)
    sensitivity = m.parameter("chemo_sensitivity", "how sensitive this patient's cancer is to chemotherapy")
    retained = m.state(f"Ce_{name}", "mg/mL", 0, 1e-5, f"{drug.title} that cells retain, as plasma concentration")
    m.reaction("retention", (m[f"Cp_{name}"] - retained) / retention, {f"Ce_{name}": 1})
    effect = m.rule(f"H_{name}", "", retained / (retained + half), f"effect of {drug.title}, 0 to 1")
    for kind in ("visible", "hidden"):
        m.contribute(f"kill_{kind}", rate * sensitivity * effect)
    m.contribute("kill_dividing", immune * rate * effect)
    return m
