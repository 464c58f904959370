"""Pharmacokinetics: where a drug goes. One or two compartments, linear clearance, tumour and node by exchange.

CL, V1, Q and V2 are those of population pharmacokinetics; A is an amount, C a concentration.
"""

from __future__ import annotations

from coley.catalogue.schema import Drug
from coley.model import Context, Mechanism, symbol
from coley.system import Expression


def pharmacokinetics(context: Context, drug: Drug) -> Mechanism:
    """Amounts of one drug in depot, central and peripheral compartment, and its concentrations in tumour and node."""
    name, pk = symbol(drug), drug.pharmacokinetics
    m = Mechanism(f"pharmacokinetics_{name}", f"{drug.title} is absorbed, distributed and cleared.", context)
    kilograms = pk.reference_weight.value if pk.reference_weight else 1.0
    on_clearance = pk.clearance_weight_exponent.value if pk.clearance_weight_exponent else 0.0
    on_volume = pk.volume_weight_exponent.value if pk.volume_weight_exponent else 0.0
    by_clearance = {"exponent": on_clearance, "reference_weight": kilograms}
    by_volume = {"exponent": on_volume, "reference_weight": kilograms}
    clearance = m.constant(f"CL_{name}", pk.clearance, "clearance", **by_clearance)
    volume = m.constant(f"V1_{name}", pk.central_volume, "central volume of distribution", **by_volume)
    central = m.state(f"A1_{name}", "mg", 0, 1.0, f"{drug.title} in the central compartment")
    serum = m.rule(f"Cp_{name}", "mg/mL", central / volume, f"concentration of {drug.title} in plasma")
    m.reaction("elimination", clearance * serum, {f"A1_{name}": -1})
    if pk.peripheral_volume is not None and pk.intercompartmental_clearance is not None:
        between = pk.intercompartmental_clearance
        exchange = m.constant(f"Q_{name}", between, "intercompartmental clearance", **by_clearance)
        second = m.constant(f"V2_{name}", pk.peripheral_volume, "peripheral volume of distribution", **by_volume)
        peripheral = m.state(f"A2_{name}", "mg", 0, 1.0, f"{drug.title} in the peripheral compartment")
        m.reaction("distribution", exchange * serum, {f"A1_{name}": -1, f"A2_{name}": 1})
        m.reaction("return", exchange * peripheral / second, {f"A2_{name}": -1, f"A1_{name}": 1})
    if pk.absorption is not None and pk.bioavailability is not None:
        rate = m.constant(f"ka_{name}", pk.absorption, "absorption rate")
        share = m.constant(f"F_{name}", pk.bioavailability, "bioavailability")
        depot = m.state(f"A0_{name}", "mg", 0, 1.0, f"{drug.title} at the site of injection")
        m.reaction("absorption", rate * depot, {f"A0_{name}": -1, f"A1_{name}": share})
    _tissues(m, drug, serum)
    return m


def _tissues(m: Mechanism, drug: Drug, serum: Expression) -> None:
    """Concentrations in tumour and node, which take so little of an antibody that plasma does not notice."""
    name, pk = symbol(drug), drug.pharmacokinetics
    if pk.tissue_exchange is None:
        return
    rate = m.constant(f"k_tissue_{name}", pk.tissue_exchange, "exchange rate of plasma with tumour and node")
    for tissue, place, partition in (("T", "tumour", pk.tumour_partition), ("N", "node", pk.node_partition)):
        if partition is None:
            continue
        meaning = f"concentration in the {place} at equilibrium, relative to plasma"
        ratio = m.constant(f"gamma_{tissue}_{name}", partition, meaning)
        inside = m.state(f"C{tissue}_{name}", "mg/mL", 0, 1e-4, f"{drug.title} in {place}")
        m.reaction(f"exchange_{tissue}", rate * (ratio * serum - inside), {f"C{tissue}_{name}": 1})
