"""Myeloid cells of the tumour: suppressor cells (MDSC), and macrophages between M1 and M2.

Macrophages arrive as M2; interferon-gamma turns them to M1 and TGF-beta back. M1 take room and do nothing else.
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def myeloid(context: Context) -> Mechanism:
    """Myeloid-derived suppressor cells and macrophages, which restrain killing."""
    m = Mechanism("myeloid", "Suppressor cells and M2 macrophages, recruited by the tumour, restrain killing.", context)
    volume = m["V_tumour"]
    recruit = m.parameter("k_MDSC_rec", "recruitment of suppressor cells into a volume of tumour")
    death = m.parameter("k_MDSC_death", "death rate of suppressor cells")
    half = m.parameter("MDSC_50", "density of suppressor cells that halves killing")
    suppressors = m.state("MDSC", "cell", 0, 1e2, "myeloid-derived suppressor cells in the tumour")
    m.reaction("recruitment_MDSC", recruit * volume, {"MDSC": 1})
    m.reaction("death_MDSC", death * suppressors, {"MDSC": -1})
    m.contribute("restraint", 1 / (1 + suppressors / (half * volume)))

    arrive = m.parameter("k_Mac_rec", "recruitment of macrophages into a volume of tumour")
    leave = m.parameter("k_Mac_death", "death rate of macrophages")
    to_M1 = m.parameter("k_M1_pol", "polarisation rate to M1 under full interferon-gamma")
    to_M2 = m.parameter("k_M2_pol", "polarisation rate to M2 under full TGF-beta")
    M2_50 = m.parameter("M2_50", "density of M2 macrophages that halves killing")
    cell = m.parameter("vol_Mcell", "volume of a macrophage")
    M1 = m.state("M1", "cell", 0, 1e2, "M1 macrophages in the tumour")
    M2 = m.state("M2", "cell", 0, 1e2, "M2 macrophages in the tumour")
    m.reaction("recruitment_Mac", arrive * volume, {"M2": 1})
    m.reaction("polarisation_M1", to_M1 * m["H_IFNg"] * M2, {"M2": -1, "M1": 1})
    m.reaction("polarisation_M2", to_M2 * m["H_TGFb"] * M1, {"M1": -1, "M2": 1})
    m.reaction("death_M1", leave * M1, {"M1": -1})
    m.reaction("death_M2", leave * M2, {"M2": -1})
    m.contribute("immune_volume", cell * (M1 + M2))
    m.contribute("restraint", 1 / (1 + M2 / (M2_50 * volume)))
    return m
