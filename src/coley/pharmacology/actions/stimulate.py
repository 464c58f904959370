"""Stimulate: a cytokine makes lymphocytes divide or secrete interferon-gamma, matures dendritic cells, slows cancer.

Effects saturate in plasma, each with its own rate: interleukin 2 drives NK cells, T cells and, at far lower
concentrations, regulatory T cells (Malek, Annu Rev Immunol 26:453, 2008); interferon alpha slows division; interleukin
12 makes T cells and NK cells secrete interferon-gamma (Trinchieri, Nat Rev Immunol 3:133, 2003); GM-CSF matures
dendritic cells (Dranoff et al., PNAS 90:3539, 1993).
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.system import Expression


class Stimulate(Action):
    """Effect of a cytokine.

    Attributes:
        half_effect: concentration in plasma for half the effect, in the unit of the drug's amount per volume.
        half_regulatory: the same for regulatory T cells.
        NK_cells: rate at which full effect makes NK cells divide; ``T_cells`` that of circulating T cells which know
            the tumour; ``regulatory`` that of regulatory T cells.
        division: share of the division of cancer cells that full effect takes.
        interferon_gamma: what full effect makes an effector T cell or NK cell of a lesion secrete, where it does.
        dendritic_cells: mature dendritic cells that full effect brings to the node per time, where it does.
    """

    kind: Literal["stimulate"]
    half_effect: Quantity
    half_regulatory: Quantity
    NK_cells: Annotated[Quantity, like("1/day", zero=True)]
    T_cells: Annotated[Quantity, like("1/day", zero=True)]
    regulatory: Annotated[Quantity, like("1/day", zero=True)]
    division: Annotated[Quantity, like("", zero=True, most=1.0)]
    interferon_gamma: Annotated[Quantity, like("nmol/cell/day", zero=True)] | None = None
    dendritic_cells: Annotated[Quantity, like("cell/day", zero=True)] | None = None

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Division of lymphocytes, and of cancer cells."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"stimulate_{name}", f"{title} makes lymphocytes divide and slows cancer cells.", context)
        NK = m.constant(f"k_NK_{name}", self.NK_cells, "rate at which full effect makes NK cells divide")
        T = m.constant(f"k_T_{name}", self.T_cells, "rate at which full effect makes T cells divide")
        regulatory = m.constant(f"k_Treg_{name}", self.regulatory, "the same of regulatory T cells")
        taken = m.constant(f"f_division_{name}", self.division, "share of division that full effect takes")
        effect = self._effect(m, name, "H", self.half_effect, f"effect of {title}, 0 to 1")
        on_Treg = self._effect(m, name, "H_Treg", self.half_regulatory, f"effect of {title} on regulatory T cells")
        m.contribute("expand_NK", NK * effect)
        m.reaction("T_cells", T * effect * m["CD8_S"], {"CD8_S": 1})
        m.reaction("regulatory", regulatory * on_Treg * m["Treg_S"], {"Treg_S": 1})
        for site in context.sites:
            m.contribute(f"division_{site}", 1 - taken * effect)
        if self.interferon_gamma is not None:
            self._secretion(m, name, self.interferon_gamma, effect)
        if self.dendritic_cells is not None:
            brought = m.constant(f"k_DC_{name}", self.dendritic_cells, "dendritic cells that full effect matures")
            m.contribute("adjuvant", brought * effect)
        return m

    def _secretion(self, m: Mechanism, name: str, most: Quantity, effect: Expression) -> None:
        """Interferon-gamma at quasi-steady state, as that of the cells by themselves."""
        rate = m.constant(f"k_IFNg_{name}", most, "interferon-gamma that full effect makes a lymphocyte secrete")
        decay = m.parameter("k_IFNg_deg", "decay rate of interferon-gamma")
        for site in m.context.sites:
            cells = m[f"E8_{site}"] + m[f"NK_{site}"]
            m.contribute(f"IFNg_added_{site}", rate * effect * cells / (decay * m[f"V_{site}"]))

    def _effect(self, m: Mechanism, name: str, symbol: str, half: Quantity, meaning: str) -> Expression:
        level = m[f"Cp_{name}"]
        at = m.constant(f"EC50_{symbol}_{name}", half, f"concentration for half the {meaning}")
        return m.rule(f"{symbol}_{name}", "", level / (level + at), meaning)
