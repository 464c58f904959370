"""Killing of cancer cells by effector CD8 T cells.

Double saturation: few T cells are limited by how fast each kills, many by how many targets there are; De Boer and
Perelson, J Theor Biol 175:567 (1995).
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def killing(context: Context) -> Mechanism:
    """Rate at which effector T cells kill the cells of each clone."""
    m = Mechanism("killing", "Effector CD8 T cells kill cancer cells that present antigen.", context)
    rate = m.parameter("k_kill", "rate at which a cancer cell is killed when T cells abound")
    half = m.parameter("K_T_C", "T cells per cancer cell for half that rate")
    hidden = m.parameter("p_hidden", "killing of MHC-low cells, relative to visible cells")
    restraint = m.product("restraint", "what suppressive cells leave of killing, 1 for all")
    E, C, one = m["E8_T"], m["C_total"], m["C_one"]  # one cell more, so that nothing divides by 0
    per_cell = rate * (1 - m["H_PD1"]) * restraint * E / (E + half * (C + one))
    m.rule("kill_T", "1/day", per_cell, "rate at which T cells kill a visible cancer cell")
    m.contribute("kill_visible", m["kill_T"])
    m.contribute("kill_tolerant", m["kill_T"])
    m.contribute("kill_hidden", hidden * m["kill_T"])
    return m
