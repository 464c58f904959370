"""Autoimmunity: T cells against the body are held by CTLA-4, PD-1 and regulatory T cells, and harm when released.

A brake of which the share ``left`` works releases (1 - left) / (1 + strength left) of what it holds: 0 at rest and 1
without it. For CTLA-4 this is what is left of B7 for CD28 where both compete for it. Self-reactive T cells follow with
their turnover; this much is the same for the whole body. An organ differs in how many of its T cells each brake holds:
what the release of each gains there adds up, as drugs against CTLA-4 and PD-1 together cause little more colitis than
the first alone (Larkin et al., N Engl J Med 373:23, 2015: 11.8 against 11.6 %), where gains that multiply would cause
twice as much. Damage follows their attack with the repair of the organ, and the hazard of an event goes with a power of
the damage: hence the weeks between first dose and onset. Where repair takes less than a week (``SWIFT``), damage is in
balance with attack and is no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.facts import Entry, Quantity, like
from coley.modeling import Context, Mechanism
from coley.system import Expression
from coley.units import convert

Floats = NDArray[np.float64]
SWIFT = 1 / 7
"""Repair from which on damage is taken to be in balance with attack, 1/day: visits are weeks apart."""
REST, CTLA4, PD1, LEFT = "T_self", "T_self_CTLA4", "T_self_PD1", "repertoire_self"
FUNCTION = "T_function"
DRIVERS = {REST: 1.0, CTLA4: 0.0, PD1: 0.0, LEFT: 1.0, FUNCTION: 1.0}
"""What the attack on every organ follows from, with what it is where the model does not have it."""


class Autoimmunity(Entry):
    """How self-reactive T cells of an organ raise the hazard of harm.

    Attributes:
        susceptibility: of a patient, a factor on the hazard; 0 for one who cannot have the event.
        CTLA4: attack that comes free where CTLA-4 is blocked, relative to the attack at rest.
        PD1: the same of PD-1 or its ligand PD-L1.
        tolerance: how steeply what comes free falls with the repertoire that is left: 0 for an organ that never gets
            used to it.
        repair: rate at which damage to the organ heals.
        exponent: how steeply the hazard rises with damage.
    """

    susceptibility: Annotated[Quantity, like("", zero=True)]
    CTLA4: Annotated[Quantity, like("", zero=True)]
    PD1: Annotated[Quantity, like("", zero=True)]
    tolerance: Annotated[Quantity, like("", zero=True)]
    repair: Annotated[Quantity, like("1/day")]
    exponent: Annotated[Quantity, like("")]

    def multiplier(self, m: Mechanism, symbol: str, present: frozenset[str]) -> Expression:
        """Factor on the hazard of the harm ``symbol``; ``present`` are names that the rest of the model declares."""
        exponent = m.constant(f"n_{symbol}", self.exponent, "how the hazard rises with damage")
        susceptibility = m.constant(f"susceptibility_{symbol}", self.susceptibility, "the patient's susceptibility")
        freed: Expression = symengine.Integer(0)
        for name, gain in ((CTLA4, self.CTLA4), (PD1, self.PD1)):
            if name in present:
                label = name.removeprefix("T_self_")
                freed += m.constant(f"{label}_{symbol}", gain, f"attack that {label} holds") * m[name]
        if LEFT in present and self.tolerance.value > 0:
            freed *= m[LEFT] ** m.constant(f"tolerance_{symbol}", self.tolerance, "how the organ gets used to attack")
        function = m[FUNCTION] if FUNCTION in present else symengine.Integer(1)
        harming = function * (m[REST] + freed)
        if self._swift:
            return susceptibility * harming**exponent
        repair = m.constant(f"k_repair_{symbol}", self.repair, "repair of the organ")
        damage = m.state(f"damage_{symbol}", "", 1, 1e-2, "damage to the organ, relative to rest")
        m.reaction("attack", repair * harming, {f"damage_{symbol}": 1})
        m.reaction("repair", repair * damage, {f"damage_{symbol}": -1})
        return susceptibility * damage**exponent

    def course(self, days: Floats, drivers: Mapping[str, Floats]) -> Floats:
        """(patients, days) the same factor for a susceptibility of 1, where the body's T cells went a known way.

        Args:
            days: ascending, the first being that of the first dose.
            drivers: (patients, days) ``DRIVERS`` by name, linear in between.
        """
        freed = self.CTLA4.value * drivers[CTLA4] + self.PD1.value * drivers[PD1]
        harming = drivers[FUNCTION] * (drivers[REST] + freed * drivers[LEFT] ** self.tolerance.value)
        if self._swift:
            return np.asarray(harming**self.exponent.value)
        rate = convert(self.repair.value, self.repair.unit, "1/day")
        damage = np.ones_like(harming)
        for k, step in enumerate(np.diff(days)):  # exact for an attack that is linear in each step
            fall = np.exp(-rate * step)
            mean = (1 - fall) / (rate * step)
            early, late = harming[:, k], harming[:, k + 1]
            damage[:, k + 1] = damage[:, k] * fall + early * (mean - fall) + late * (1 - mean)
        return np.asarray(damage**self.exponent.value)

    @property
    def _swift(self) -> bool:
        return convert(self.repair.value, self.repair.unit, "1/day") >= SWIFT


def self_reactivity(context: Context, present: frozenset[str]) -> Mechanism:
    """Self-reactive T cells of the body: at rest 1, and what the release of each brake adds, from 0 to 1."""
    m = Mechanism("self_reactivity", "T cells against the body, and what holds them", context)
    turnover = m.parameter("k_T_self", "turnover of self-reactive T cells")
    held: Expression = symengine.Integer(1)
    if "Treg_S" in present:
        left = m["Treg_S"] / m.parameter("Treg_0", "regulatory T cells of the body at rest")
        strength = m.parameter("brake_Treg", "brake by regulatory T cells")
        held = (1 + strength) / (1 + strength * left)
    _follow(m, REST, 1, turnover, held, "self-reactive T cells, relative to rest")
    if "free_CTLA4" in present:
        released = _released(m.parameter("brake_CTLA4", "brake by CTLA-4"), m["free_CTLA4"])
        _follow(m, CTLA4, 0, turnover, released, "self-reactive T cells that CTLA-4 held, share set free")
    signal = [m[name] for name in ("free_PD1", "free_PDL1") if name in present]
    if signal:
        left = signal[0] * signal[1] if len(signal) == 2 else signal[0]
        released = _released(m.parameter("brake_PD1", "brake by PD-1"), left)
        _follow(m, PD1, 0, turnover, released, "self-reactive T cells that PD-1 held, share set free")
    freed = [m[state.name] for state in m.states if state.name != REST]
    if freed:
        still: Expression = symengine.Integer(1)
        for share in freed:
            still *= 1 - share
        free = 1 - still  # by either brake: both hold the same cells
        spent = m.parameter("k_spent_self", "loss of self-reactive T cells that were set free")
        back = m.parameter("k_renewal_self", "renewal of the self-reactive repertoire")
        repertoire = m.state(LEFT, "", 1, 1e-2, "self-reactive repertoire that brakes hold, share left")
        m.reaction("repertoire_loss", spent * free * repertoire, {LEFT: -1})
        m.reaction("repertoire_renewal", back * (1 - repertoire), {LEFT: 1})
    return m


def _follow(m: Mechanism, name: str, rest: int, turnover: Expression, level: Expression, meaning: str) -> None:
    cells = m.state(name, "", rest, 1e-2, meaning)
    m.reaction(f"{name}_activation", turnover * level, {name: 1})
    m.reaction(f"{name}_loss", turnover * cells, {name: -1})


def _released(strength: Expression, left: Expression) -> Expression:
    """Share of what a brake holds that is set free where the share ``left`` of it works."""
    return (1 - left) / (1 + strength * left)
