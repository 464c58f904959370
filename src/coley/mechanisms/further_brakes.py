"""Further brakes on the T cells of a tumour, beside PD-1: each counts only where a drug takes it away.

LAG-3 binds MHC class II and FGL1, and holds division and killing of T cells that PD-1 holds too: Woo et al., Cancer Res
72:917 (2012). TIGIT takes the ligands of CD226 from it and holds the same T cells: Johnston et al., Cancer Cell 26:923
(2014). IDO1 takes tryptophan from them: Munn and Mellor, Trends Immunol 34:137 (2013). Every number of the T cells was
found with these brakes on. So a mechanism says what the blockade of one gains: the function of T cells is 1 with all of
the molecule free and 1 / (1 - h) with none.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def lag3(context: Context) -> Mechanism:
    """Function of T cells by the share of LAG-3 that is left free."""
    return _brake(context, "LAG-3", "LAG-3 holds T cells of the tumour beside PD-1.")


def tigit(context: Context) -> Mechanism:
    """Function of T cells by the share of TIGIT that is left free."""
    return _brake(context, "TIGIT", "TIGIT holds T cells of the tumour beside PD-1.")


def ido1(context: Context) -> Mechanism:
    """Function of T cells by the share of IDO1 that is left at work."""
    return _brake(context, "IDO1", "IDO1 takes tryptophan from T cells of the tumour.")


def _brake(context: Context, molecule: str, meaning: str) -> Mechanism:
    label = molecule.replace("-", "")
    m = Mechanism(label.lower(), meaning, context)
    held = m.parameter(f"h_{label}", f"share of the function of T cells that {molecule} takes")
    free = m.product(f"free_{label}", f"share of {molecule} that no drug blocks")
    m.contribute("T_function", (1 - held * free) / (1 - held))
    return m
