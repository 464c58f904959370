"""Autoimmunity: T cells against an organ are held by CTLA-4, PD-1 and regulatory T cells, and damage it when released.

A brake of which the share ``left`` works lets activation be ``(1 + strength) / (1 + strength left)``: 1 at rest and
``1 + strength`` without the brake. For CTLA-4 this is what is left of B7 for CD28 where both compete for it. What the
release of each brake gains adds up: drugs against CTLA-4 and PD-1 together cause little more colitis than the first
alone (Larkin et al., N Engl J Med 373:23, 2015: 11.8 against 11.6 %), where gains that multiply would cause twice as
much. The T cells follow activation with their turnover, damage follows their attack with the repair of the organ, and
the hazard of an event goes with a power of the damage: hence the weeks between first dose and onset.
"""

from __future__ import annotations

from typing import Annotated

import symengine

from coley.facts import Entry, Quantity, like
from coley.modeling import Mechanism
from coley.system import Expression


class Autoimmunity(Entry):
    """How self-reactive T cells of an organ raise the hazard of harm.

    Attributes:
        susceptibility: of a patient, a factor on the hazard; 0 for one who cannot have the event.
        CTLA4: strength of the brake that CTLA-4 is.
        PD1: strength of the brake that PD-1 with its ligand PD-L1 is.
        Treg: strength of the brake that regulatory T cells are.
        turnover: rate at which the self-reactive T cells of the organ are replaced.
        repair: rate at which damage to the organ heals.
        exponent: how steeply the hazard rises with damage.
    """

    susceptibility: Annotated[Quantity, like("", zero=True)]
    CTLA4: Annotated[Quantity, like("", zero=True)]
    PD1: Annotated[Quantity, like("", zero=True)]
    Treg: Annotated[Quantity, like("", zero=True)]
    turnover: Annotated[Quantity, like("1/day")]
    repair: Annotated[Quantity, like("1/day")]
    exponent: Annotated[Quantity, like("")]

    def multiplier(self, m: Mechanism, symbol: str, present: frozenset[str]) -> Expression:
        """Factor on the hazard of the harm ``symbol``; ``present`` are names that the rest of the model declares."""
        activation = self._activation(m, symbol, present)
        turnover = m.constant(f"k_auto_{symbol}", self.turnover, "turnover of self-reactive T cells")
        repair = m.constant(f"k_repair_{symbol}", self.repair, "repair of the organ")
        exponent = m.constant(f"n_{symbol}", self.exponent, "how the hazard rises with damage")
        susceptibility = m.constant(f"susceptibility_{symbol}", self.susceptibility, "the patient's susceptibility")
        T = m.state(f"T_auto_{symbol}", "", 1, 1e-2, "self-reactive T cells of the organ, relative to rest")
        damage = m.state(f"damage_{symbol}", "", 1, 1e-2, "damage to the organ, relative to rest")
        function = m["T_function"] if "T_function" in present else symengine.Integer(1)
        m.reaction("activation", turnover * activation, {f"T_auto_{symbol}": 1})
        m.reaction("loss", turnover * T, {f"T_auto_{symbol}": -1})
        m.reaction("attack", repair * function * T, {f"damage_{symbol}": 1})
        m.reaction("repair", repair * damage, {f"damage_{symbol}": -1})
        return susceptibility * damage**exponent

    def _activation(self, m: Mechanism, symbol: str, present: frozenset[str]) -> Expression:
        """Activation of self-reactive T cells relative to rest, by the brakes that the model has."""
        activation: Expression = symengine.Integer(1)
        if "free_CTLA4" in present:
            activation += _gain(m.constant(f"CTLA4_{symbol}", self.CTLA4, "brake by CTLA-4"), m["free_CTLA4"])
        signal = [m[name] for name in ("free_PD1", "free_PDL1") if name in present]
        if signal:
            left = signal[0] * signal[1] if len(signal) == 2 else signal[0]
            activation += _gain(m.constant(f"PD1_{symbol}", self.PD1, "brake by PD-1"), left)
        if "Treg_S" in present:
            left = m["Treg_S"] / m.parameter("Treg_0", "regulatory T cells of the body at rest")
            activation += _gain(m.constant(f"Treg_{symbol}", self.Treg, "brake by regulatory T cells"), left)
        return activation


def _gain(strength: Expression, left: Expression) -> Expression:
    """What activation gains where the share ``left`` of a brake works; above -1."""
    return (1 + strength) / (1 + strength * left) - 1
