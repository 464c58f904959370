"""Repertoire: against how many of a tumour's antigens a response has begun.

Blocking CTLA-4 widens the repertoire of tumour-reactive T cells: Kvistborg et al., Sci Transl Med 6:254ra128 (2014).
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def repertoire(context: Context) -> Mechanism:
    """Antigens of the tumour, and those among them that T cells answer."""
    m = Mechanism(
        "repertoire", "Responses begin against more antigens where co-stimulation is strong, and last.", context
    )
    shared = m.parameter("n_shared", "shared tumour antigens that T cells recognise")
    exome = m.parameter("exome", "length of the exome")
    fraction = m.parameter("f_neoantigen", "share of mutations that give an antigen which T cells recognise")
    burden = m.parameter("TMB", "tumour mutational burden")
    begin = m.parameter("k_broaden", "rate at which a response to one more antigen begins under full co-stimulation")
    lapse = m.parameter("k_narrow", "rate at which a response to an antigen lapses")
    antigens = m.rule(
        "n_antigens", "", shared + fraction * exome * burden, "tumour antigens that T cells can recognise"
    )
    answered = m.state("n_answered", "", 0, 1e-2, "tumour antigens against which a response has begun")
    # a T cell of low affinity needs co-stimulation at its first and at its second encounter
    strength = m["H_APC"] * m["H_CD28"] ** 2
    m.reaction("broadening", begin * strength * (antigens - answered), {"n_answered": 1})
    m.reaction("lapse", lapse * answered, {"n_answered": -1})
    return m
