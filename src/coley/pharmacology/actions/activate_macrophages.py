"""Activate macrophages: a drug that macrophages take for bacterial wall makes those of a tumour kill its cells.

Muramyl peptides act through NOD2; monocytes of patients kill cancer cells for days after an infusion (Kleinerman et
al., Cancer Res 49:4665, 1989): an effect compartment, as drug has left plasma within hours.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class ActivateMacrophages(Action):
    """Killing by macrophages.

    Attributes:
        half_effect: concentration that macrophages retain, as in plasma, for half the effect.
        retention: time for which they retain it.
        kill_rate: cancer cells that one macrophage kills per time at full effect where targets abound.
    """

    kind: Literal["activate-macrophages"]
    half_effect: Annotated[Quantity, like("mg/L")]
    retention: Annotated[Quantity, like("day")]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Effect through what macrophages retain, and killing in each lesion."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"activate_macrophages_{name}", f"{title} makes macrophages kill cancer cells.", context)
        half = m.constant(f"EC50_M_{name}", self.half_effect, "retained concentration for half the effect")
        retention = m.constant(f"tau_M_{name}", self.retention, "time for which macrophages retain the drug")
        rate = m.constant(f"k_M_{name}", self.kill_rate, "cells that one active macrophage kills per time")
        one = m.parameter("C_one", "one cell: so that nothing divides by 0")
        retained = m.state(f"CM_{name}", "mg/mL", 0, 1e-6, f"{title} that macrophages retain, as in plasma")
        m.reaction("retention", (m[f"Cp_{name}"] - retained) / retention, {f"CM_{name}": 1})
        effect = m.rule(f"H_M_{name}", "", retained / (retained + half), f"effect of {title}, 0 to 1")
        for site in context.sites:
            present = m[f"M1_{site}"] + m[f"M2_{site}"]
            meeting = present / (present + m[f"C_total_{site}"] + one)
            for clone in context.clones:
                m.contribute(f"kill_{clone.name}_{site}", rate * effect * meeting)
        return m
