"""Cytokine release: T cells that a drug drives against their target at once release what others answer to.

What they release is measured by the interferon-gamma that drugs add in all lesions together; it drives macrophages to
IL-6 and the endothelium to leak. An organ, or the barrier that shields it, follows with a delay of its own: fever and
hypotension within hours to days, the nervous system later. The hazard saturates: where release is high, everybody has
the event. A drug that takes IL-6 its signal lessens it.
"""

from __future__ import annotations

from typing import Annotated

import symengine

from coley.facts import Entry, Quantity, like
from coley.modeling import Mechanism
from coley.system import Expression


class CytokineRelease(Entry):
    """How release of cytokines raises the hazard of harm.

    Attributes:
        susceptibility: of a patient, a factor on what reaches the organ.
        half: interferon-gamma that drugs add, at steady state and in all lesions, for half the hazard.
        delay: time by which the organ follows.
        exponent: how steeply the hazard rises below that.
        most: hazard where release is without limit.
    """

    susceptibility: Annotated[Quantity, like("", zero=True)]
    half: Annotated[Quantity, like("nmol")]
    delay: Annotated[Quantity, like("day")]
    exponent: Annotated[Quantity, like("")]
    most: Annotated[Quantity, like("1/day")]

    def hazard(self, m: Mechanism, symbol: str, present: frozenset[str]) -> Expression:
        """Hazard that release adds; ``present`` are names that the rest of the model declares."""
        sites = [site for site in m.context.sites if f"IFNg_added_{site}" in present and f"V_{site}" in present]
        added = sum((m[f"IFNg_added_{site}"] * m[f"V_{site}"] for site in sites), symengine.Integer(0))
        if not sites:
            return symengine.Integer(0)
        susceptibility = m.constant(f"susceptibility_{symbol}", self.susceptibility, "the patient's susceptibility")
        half = m.constant(f"IFNg_50_{symbol}", self.half, "interferon-gamma for half the hazard")
        delay = m.constant(f"tau_{symbol}", self.delay, "time by which the organ follows")
        exponent = m.constant(f"n_release_{symbol}", self.exponent, "how the hazard rises with release")
        most = m.constant(f"h_release_{symbol}", self.most, "hazard where release is without limit")
        reached = m.state(f"release_{symbol}", "", 0, 1e-2, "release of cytokines that reaches the organ")
        m.reaction("release", added / half / delay, {f"release_{symbol}": 1})
        m.reaction("clearance", reached / delay, {f"release_{symbol}": -1})
        signal = m["free_IL6"] if "free_IL6" in present else symengine.Integer(1)
        strength = (susceptibility * signal * reached) ** exponent
        return most * strength / (1 + strength)
