"""Immunoglobulin: the protein of a plasma-cell cancer (M-protein), that of normal plasma cells, and free light chains.

IgG is one well-mixed pool with a half-life of some 21 days; light chains last hours and are at quasi-steady state.
Normal plasma cells need room in the marrow, and bear what the cancer bears: they are killed as its first clone is.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def immunoglobulin(context: Context) -> Mechanism:
    """Amounts and serum concentrations of M-protein, normal IgG and free light chains."""
    meaning = "Cancerous and normal plasma cells secrete immunoglobulin, which is broken down slowly."
    m = Mechanism("immunoglobulin", meaning, context)
    secretion = m.parameter("M_secretion", "M-protein that one cancerous plasma cell secretes")
    breakdown = m.parameter("k_IgG_loss", "rate at which IgG is broken down")
    volume = m.parameter("V_IgG", "volume of distribution of IgG")
    resting = m.parameter("plasma_cells_0", "normal plasma cells of healthy marrow")
    renewal = m.parameter("k_plasma_cell", "turnover of normal plasma cells")
    normal = m.parameter("IgG_0", "IgG of healthy serum")
    M = m.state("M_protein", "mg", 0, 1.0, "M-protein of the body")
    m.reaction("secretion", secretion * m["C_total"], {"M_protein": 1})
    m.reaction("breakdown", breakdown * M, {"M_protein": -1})
    m.rule("M_serum", "mg/mL", M / volume, "M-protein in serum")
    cells = m.state("plasma_cells", "cell", resting, 1e3, "normal plasma cells of the marrow")
    m.reaction("renewal", renewal * resting * m["room"], {"plasma_cells": 1})
    m.reaction("death", (renewal + m[f"kill_{context.clones[0].name}_1"]) * cells, {"plasma_cells": -1})
    IgG = m.state("IgG", "mg", normal * volume, 1.0, "normal IgG of the body")
    m.reaction("secretion_IgG", breakdown * normal * volume * cells / resting, {"IgG": 1})
    m.reaction("breakdown_IgG", breakdown * IgG, {"IgG": -1})
    m.rule("IgG_serum", "mg/mL", IgG / volume, "normal IgG in serum")
    chains = m.parameter("FLC_secretion", "free light chains that one cancerous plasma cell secretes")
    cleared = m.parameter("k_FLC_loss", "rate at which kidneys clear free light chains")
    base = m.parameter("FLC_0", "free light chains of one kind in healthy serum")
    healthy = base * cells / resting
    involved = healthy + chains * m["C_total"] / (cleared * volume)
    m.rule("FLC_involved", "mg/mL", involved, "free light chains of the cancer's kind in serum")
    m.rule("FLC_other", "mg/mL", healthy, "free light chains of the other kind in serum")
    return m
