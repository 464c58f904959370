"""Interface: names by which drugs and mechanisms meet, and what stands for one that a disease lacks.

A drug acts through shared terms and reads states and rules by name. Not every disease has all of them: a leukaemia has
no dendritic cells that a vaccine could mature. What is named here and lacks its biology counts for nothing, so that any
drug goes with any disease. What is named nowhere is a fault, as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import symengine

from coley.facts import Quantity
from coley.modeling import Context, Mechanism
from coley.system import Expression

Kind = Literal["total", "product", "value"]


@dataclass(frozen=True)
class Term:
    """A name that drugs may use; ``{c}`` stands for each clone and ``{s}`` for each site.

    Attributes:
        kind: a shared total, which is 0 where nothing uses it, a shared product, which is 1, or a state or rule.
        value: what a state or rule is where the disease has none.
    """

    name: str
    unit: str
    kind: Kind
    meaning: str
    value: float = 0.0


TERMS = (
    Term("kill_{c}_{s}", "1/day", "total", "killing of a clone"),
    Term("removal_{s}", "1/day", "total", "removal of all cells"),
    Term("danger_{s}", "cell", "total", "danger signal"),
    Term("IFNg_added_{s}", "nmol/mL", "total", "interferon-gamma that is added"),
    Term("immune_volume_{s}", "mL", "total", "volume of immune cells"),
    Term("crowd_{s}", "cell", "total", "normal cells among which effector cells look for cancer cells"),
    Term("adjuvant", "cell/day", "total", "mature dendritic cells brought to the node"),
    Term("recall", "cell/day", "total", "memory T cells called back"),
    Term("kill_dividing", "1/day", "total", "killing of dividing immune cells"),
    Term("deplete_Treg", "1/day", "total", "depletion of regulatory T cells of the tumour"),
    Term("deplete_T", "1/day", "total", "depletion of circulating T cells"),
    Term("expand_NK", "1/day", "total", "division of natural killer cells"),
    Term("hazard_harm", "1/day", "total", "hazard of death from harm"),
    Term("vaccination", "1/day", "total", "full doses of vaccine against an infection"),
    Term("division_{s}", "", "product", "division of cancer cells"),
    Term("vessels_{s}", "", "product", "vascular capacity"),
    Term("infiltration_{s}", "", "product", "entry of T cells"),
    Term("restraint_{s}", "", "product", "killing that suppressors leave"),
    Term("T_function", "", "product", "function of T cells"),
    Term("macrophages_{s}", "", "product", "macrophages that drugs leave"),
    Term("drive_neutrophils", "", "product", "formation of neutrophils, relative to that without drugs"),
    Term("free_IL1", "", "product", "interleukin 1 that is not blocked"),
    Term("free_IL6", "", "product", "interleukin 6 that is not blocked"),
    Term("free_TNF", "", "product", "tumour necrosis factor that is not blocked"),
    Term("free_PD1", "", "product", "PD-1 that is not blocked"),
    Term("free_PDL1", "", "product", "PD-L1 that is not blocked"),
    Term("free_CTLA4", "", "product", "CTLA-4 that is not blocked"),
    Term("C_{c}_{s}", "cell", "value", "cancer cells of a clone"),
    Term("C_dead_{s}", "cell", "value", "dead cancer cells"),
    Term("C_total_{s}", "cell", "value", "cancer cells"),
    Term("C_total", "cell", "value", "cancer cells"),
    Term("V_{s}", "mL", "value", "volume: a drop, so that nothing divides by 0", 0.05),
    Term("V_tumour", "mL", "value", "volume: a drop, so that nothing divides by 0", 0.05),
    Term("depth_{s}", "cm", "value", "depth: so deep that nothing on a surface reaches it", 1.0),
    Term("V_fibrosis_{s}", "mL", "value", "fibrous tissue"),
    Term("CD8_T_{s}", "cell", "value", "CD8 T cells"),
    Term("P8_{s}", "cell", "value", "progenitor CD8 T cells"),
    Term("E8_{s}", "cell", "value", "effector CD8 T cells"),
    Term("X8_{s}", "cell", "value", "exhausted CD8 T cells"),
    Term("Treg_{s}", "cell", "value", "regulatory T cells"),
    Term("NK_{s}", "cell", "value", "natural killer cells"),
    Term("M1_{s}", "cell", "value", "M1 macrophages"),
    Term("M2_{s}", "cell", "value", "M2 macrophages"),
    Term("IFNg_{s}", "nmol/mL", "value", "interferon-gamma"),
    Term("H_IFNg_{s}", "", "value", "effect of interferon-gamma"),
    Term("TGFb_{s}", "nmol/mL", "value", "TGF-beta"),
    Term("H_PD1_{s}", "", "value", "inhibition through PD-1"),
    Term("kill_T_{s}", "1/day", "value", "killing by the patient's own T cells"),
    Term("kill_NK_{s}", "1/day", "value", "killing by natural killer cells"),
    Term("kill_mean", "1/day", "value", "killing of the first clone, mean"),
    Term("mAPC_N", "cell", "value", "mature dendritic cells of the node"),
    Term("aCD8", "cell", "value", "activated CD8 T cells of the node"),
    Term("aCD4", "cell", "value", "activated CD4 T cells of the node"),
    Term("n_answered", "", "value", "antigens that T cells answer"),
    Term("CD8_S", "cell", "value", "circulating tumour-specific CD8 T cells"),
    Term("M8", "cell", "value", "memory CD8 T cells"),
    Term("Treg_S", "cell", "value", "circulating regulatory T cells"),
    Term("NK_S", "cell", "value", "circulating natural killer cells"),
    Term("H_APC", "", "value", "presentation in the node"),
    Term("H_CD28", "", "value", "co-stimulation"),
    Term("H_IL2", "", "value", "effect of IL-2"),
)


def lacking(context: Context, parts: Sequence[Mechanism]) -> list[Mechanism]:
    """One mechanism that declares what ``parts`` name, the interface knows and no part declares; or none."""
    declared = {name for part in parts for name in _declared(part)}
    moved = {name for part in parts for reaction in part.reactions for name in reaction.stoichiometry}
    used = {name for part in parts for name in _used(part)} | moved
    m = Mechanism("lacking", "What this disease has no biology for counts for nothing.", context)
    for name, term in _terms(context):
        if name in declared or name not in used:
            continue
        meaning = f"{term.meaning}, which counts for nothing in this disease"
        if term.kind == "total":
            m.total(name, term.unit, meaning)
        elif term.kind == "product":
            m.product(name, meaning)
        elif name in moved:
            m.state(name, term.unit, _value(m, term), 1.0, meaning)
        else:
            m.rule(name, term.unit, _value(m, term), meaning)
    return [m] if m.rules or m.states or m.totals or m.products else []


def _value(m: Mechanism, term: Term) -> Expression:
    """The value of ``term``: 0 has any unit, another number needs to be a quantity."""
    if term.value == 0:
        return symengine.Integer(0)
    known = Quantity(value=term.value, unit=term.unit, source="definition", known="assumed")
    return m.constant(f"none_{term.name.split('_')[0]}", known, term.meaning)


def _terms(context: Context) -> Iterator[tuple[str, Term]]:
    """Each name with its term, for every clone and site."""
    for term in TERMS:
        for name in dict.fromkeys(term.name.format(c=c.name, s=s) for c in context.clones for s in context.sites):
            yield name, term


def _declared(part: Mechanism) -> Iterator[str]:
    for group in (part.states, part.rules, part.totals, part.products):
        yield from (item.name for item in group)
    yield from part.parameters


def _used(part: Mechanism) -> Iterator[str]:
    expressions = [rule.expression for rule in part.rules] + [reaction.rate for reaction in part.reactions]
    expressions += [symengine.sympify(n) for reaction in part.reactions for n in reaction.stoichiometry.values()]
    for target, term in part.contributions:
        yield target
        expressions.append(term)
    for expression in expressions:
        yield from map(str, expression.free_symbols)
