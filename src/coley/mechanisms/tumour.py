"""Tumour: clones that grow to a vascular limit, die and are cleared.

Growth and vascular capacity follow Hahnfeldt et al., Cancer Research 59:4770 (1999), with logistic in place of Gompertz
growth; clones differ in what the immune system and cytotoxic drugs can do to them.
"""

from __future__ import annotations

from coley.model import Context, Mechanism
from coley.system import Expression

CLONES = {
    "visible": "cancer cells that present antigen",
    "hidden": "cancer cells that have lost most antigen presentation (MHC-low)",
    "tolerant": "cancer cells that cytotoxic drugs do not kill",
}


def tumour(context: Context) -> Mechanism:
    """Clones, dead cells, vascular capacity and volume of all lesions together."""
    m = Mechanism("tumour", "Clones grow to a vascular limit, turn over, mutate and die.", context)
    k_growth = m.parameter("k_growth", "net growth rate of an unrestrained tumour")
    k_turnover = m.parameter("k_turnover", "rate of spontaneous death that division makes good")
    k_clear = m.parameter("k_clear", "clearance rate of dead cells")
    k_vascular = m.parameter("k_vascular", "rate at which vascular capacity follows the tumour")
    capacity = m.parameter("C_max", "largest number of cancer cells that vessels can carry")
    density = m.parameter("rho_cell", "cancer cells per volume of tumour")
    seed = m.parameter("C_seed", "cancer cells at the start of the natural history")
    one = m.parameter("C_one", "number of cells below which a clone dies out")
    total, kinds = m["C_total"], list(CLONES)

    hidden = m.parameter("f_hidden", f"{CLONES['hidden']}: share at the start of those that are not tolerant")
    tolerant = m.parameter("f_tolerant", f"{CLONES['tolerant']}: share at the start")
    fractions = {"visible": (1 - tolerant) * (1 - hidden), "hidden": (1 - tolerant) * hidden, "tolerant": tolerant}
    for kind, meaning in CLONES.items():
        m.state(f"C_{kind}", "cell", seed * fractions[kind], 1e3, meaning)
    m.state("C_dead", "cell", 0, 1e3, "dead cancer cells not yet cleared")
    vessels = seed ** (1 / 3) * capacity ** (2 / 3)  # in balance with the seed
    m.state("K_vascular", "cell", vessels, 1e6, "cancer cells that the present vessels can carry")

    m.rule("C_total", "cell", sum(m[f"C_{kind}"] for kind in kinds), "living cancer cells")
    immune_volume = m.total("immune_volume", "mL", "volume of the immune cells in the tumour")
    m.rule("V_tumour", "mL", (total + one + m["C_dead"]) / density + immune_volume, "volume of all lesions")
    for kind in kinds:
        _fate(m, kind, k_growth, k_turnover, one)
    _mutate(m, k_growth + k_turnover)
    m.reaction("clearance", k_clear * m["C_dead"], {"C_dead": -1})
    m.reaction("angiogenesis", k_vascular * total, {"K_vascular": 1})
    surface = ((total + one) / capacity) ** (2 / 3)  # inhibition of vessels goes with the radius squared
    m.reaction("vessel_loss", k_vascular * m["K_vascular"] * surface, {"K_vascular": -1})
    return m


def _fate(m: Mechanism, kind: str, k_growth: Expression, k_turnover: Expression, one: Expression) -> None:
    """Growth, turnover, killing and dying out of one clone. A clone below one cell has no cell left to divide."""
    cells = m[f"C_{kind}"]
    alive = cells**2 / (cells**2 + one**2)
    kill = m.total(f"kill_{kind}", "1/day", f"rate at which one {kind} cancer cell is killed")
    room = 1 - m["C_total"] / (m["K_vascular"] + one)
    m.reaction(f"growth_{kind}", k_growth * cells * alive * room, {f"C_{kind}": 1})
    m.reaction(f"extinction_{kind}", k_growth * cells * (1 - alive), {f"C_{kind}": -1})
    m.reaction(f"turnover_{kind}", k_turnover * cells, {"C_dead": 1})
    m.reaction(f"killing_{kind}", kill * cells, {f"C_{kind}": -1, "C_dead": 1})


def _mutate(m: Mechanism, division: Expression) -> None:
    """Mutation of visible cells, which divide as often as those of an unrestrained tumour."""
    for kind in ("hidden", "tolerant"):
        mutation = m.parameter(f"mu_{kind}", f"probability per division that a visible cell becomes {kind}")
        m.reaction(f"mutation_{kind}", mutation * division * m["C_visible"], {"C_visible": -1, f"C_{kind}": 1})
