"""Marrow: cancer cells fill it, leave less room for its own cells, and go into blood.

Site 1 is the marrow, the rest (R) is blood. Cells divide in the marrow alone, and make good what goes into blood.
Growth is logistic in the room that is left; the normal cells of the marrow give way in proportion, and come back as it
empties.
"""

from __future__ import annotations

import symengine

from coley.modeling import REST, Context, Mechanism
from coley.system import Expression


def marrow(context: Context) -> Mechanism:
    """Clones in marrow and blood, and what they leave to normal cells."""
    m = Mechanism("marrow", "Clones fill the marrow, crowd out its own cells, and go into blood.", context)
    one = m.parameter("C_one", "one cell: so that nothing divides by 0")
    normal = m.parameter("marrow_cells", "nucleated cells of healthy marrow")
    capacity = m.parameter("C_max", "cancer cells that fill the marrow")
    density = m.parameter("rho_cell", "cancer cells per volume")
    m.rule("V_1", "mL", m.parameter("V_marrow", "volume of red marrow"), "volume of the marrow")
    m.rule(f"V_{REST}", "mL", m.parameter("V_blood", "volume of blood"), "volume of blood")
    for site, place in (("1", "marrow"), (REST, "blood")):
        total = sum(m[f"C_{clone.name}_{site}"] for clone in context.clones)
        m.rule(f"C_total_{site}", "cell", total, f"living cancer cells of the {place}")
        m.total(f"removal_{site}", "1/day", f"rate at which a procedure removes cells of the {place}")
        m.product(f"infiltration_{site}", f"entry of T cells into a volume of {place}, relative to a tumour")
        entry = m.parameter(f"entry_{place}", f"entry of cells that are given into {place}, relative to a tumour")
        m.contribute(f"infiltration_{site}", entry)
    m.rule("C_total", "cell", m["C_total_1"] + m[f"C_total_{REST}"], "living cancer cells")
    m.rule("V_tumour", "mL", (m["C_total"] + one) / density, "volume of all cancer cells")
    m.product("division_1", "what drugs leave of division in the marrow, 1 for all")
    room = symengine.Max(1 - (m["C_total_1"] + one) / capacity, 0)
    m.rule("room", "", room, "share of the marrow that cancer leaves to normal cells")
    m.total("crowd_1", "cell", "normal cells of the marrow among which effector cells look for cancer cells")
    m.contribute("crowd_1", normal * m["room"])
    marrow_cells = m["C_total_1"] + normal * m["room"] + one
    m.rule("cancer_share", "", m["C_total_1"] / marrow_cells, "share of nucleated cells of the marrow that are cancer")
    m.rule("C_per_blood", "cell/mL", m[f"C_total_{REST}"] / m[f"V_{REST}"], "cancer cells per volume of blood")
    _clones(m, _shares(m))
    return m


def _clones(m: Mechanism, shares: dict[str, Expression]) -> None:
    growth = m.parameter("k_growth", "net growth rate of an unrestrained cancer")
    turnover = m.parameter("k_turnover", "rate of spontaneous death that division makes good")
    release = m.parameter("k_release", "rate at which cells of the marrow go into blood")
    loss = m.parameter("k_blood_loss", "rate at which cells leave blood, to die")
    seed = m.at_site("C_seed", "1", "cancer cells at the start of the natural history")
    first = m.context.clones[0].name
    for clone in m.context.clones:
        own, blood = f"C_{clone.name}_1", f"C_{clone.name}_{REST}"
        m.state(own, "cell", seed * shares[clone.name], 1e2, f"{clone.meaning}, in marrow")
        m.state(blood, "cell", 0, 1e2, f"{clone.meaning}, in blood")
        for site, name in (("1", own), (REST, blood)):
            kill = m.total(f"kill_{clone.name}_{site}", "1/day", f"rate at which {clone.meaning} are killed")
            m.reaction(f"killing_{clone.name}_{site}", (kill + m[f"removal_{site}"]) * m[name], {name: -1})
        # where drugs stop division altogether, cells still die, and leave, as before
        born = (growth + turnover + release) * m["division_1"] - growth * (1 - m["room"])
        m.reaction(f"division_{clone.name}", born * m[own], {own: 1})
        m.reaction(f"death_{clone.name}", turnover * m[own], {own: -1})
        m.reaction(f"release_{clone.name}", release * m[own], {own: -1, blood: 1})
        m.reaction(f"loss_{clone.name}", loss * m[blood], {blood: -1})
        if clone.name != first and clone.mutation is not None:
            rate = m.constant(f"mu_{clone.name}", clone.mutation, f"chance per division that {clone.meaning} arise")
            arising = rate * (growth + turnover + release) * m[f"C_{first}_1"]
            m.reaction(f"mutation_{clone.name}", arising, {f"C_{first}_1": -1, own: 1})


def _shares(m: Mechanism) -> dict[str, Expression]:
    """Share of each clone at the start: its fraction of what those before it leave; the first has the rest."""
    shares: dict[str, Expression] = {}
    left: Expression = symengine.Integer(1)
    for clone in m.context.clones[1:]:
        if clone.fraction is not None:
            fraction = m.constant(f"f_{clone.name}", clone.fraction, f"{clone.meaning}: share at the start")
            shares[clone.name] = left * fraction
            left = left * (1 - fraction)
    shares[m.context.clones[0].name] = left
    return shares
