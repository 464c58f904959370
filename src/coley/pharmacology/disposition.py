"""Disposition: absorption from a depot, one or two compartments, linear clearance that may fall over time.

CL, V1, Q and V2 are those of population pharmacokinetics; A is an amount, C a concentration. Clearance that falls as
patients recover follows Bajaj et al., CPT Pharmacometrics Syst Pharmacol 6:58 (2017): CL exp(Emax t^n / (T50^n + t^n)).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Self

import symengine
from pydantic import model_validator

from coley.facts import Entry, Quantity, Unit, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics
from coley.system import TIME, Expression

_NO_DEPOT = "iv"


class FallingClearance(Entry):
    """How clearance changes over time on treatment: the logarithm of its ratio in the end, and when half is reached."""

    log_ratio: Quantity
    half_time: Annotated[Quantity, like("day")]
    hill: Annotated[Quantity, like("")]


class Disposition(Kinetics):
    """One or two compartments with linear clearance, to which kinds of kinetics add.

    Volumes and clearances are those of the reference patient.

    A parameter scales with body weight as (weight / reference_weight) ** exponent, where an exponent is given.
    ``unit`` is that of an amount: IU for what is measured by its activity.
    ``absorption`` and ``bioavailability`` are those of every route but the intravenous. Tumour and node take so little
    of a drug that plasma does not notice.
    """

    unit: Unit = "mg"
    clearance: Annotated[Quantity, like("L/day")]
    central_volume: Annotated[Quantity, like("L")]
    intercompartmental_clearance: Annotated[Quantity, like("L/day")] | None = None
    peripheral_volume: Annotated[Quantity, like("L")] | None = None
    falling_clearance: FallingClearance | None = None
    reference_weight: Annotated[Quantity, like("kg")] | None = None
    clearance_weight_exponent: Annotated[Quantity, like("", zero=True)] | None = None
    volume_weight_exponent: Annotated[Quantity, like("", zero=True)] | None = None
    tumour_partition: Annotated[Quantity, like("")] | None = None
    node_partition: Annotated[Quantity, like("")] | None = None
    tissue_exchange: Annotated[Quantity, like("1/day")] | None = None
    absorption: Annotated[Quantity, like("1/day")] | None = None
    bioavailability: Annotated[Quantity, like("", most=1.0)] | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.intercompartmental_clearance is None) != (self.peripheral_volume is None):
            raise ValueError("give intercompartmental_clearance and peripheral_volume together, or neither")
        if (self.absorption is None) != (self.bioavailability is None):
            raise ValueError("give absorption and bioavailability together, or neither")
        return self

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The central compartment where intravenous or where the drug has no depot, else the depot."""
        depot = route != _NO_DEPOT and self.absorption is not None
        return f"A{0 if depot else 1}_{agent.symbol}"

    def by(self, routes: Collection[str]) -> Self:
        """Without the depot where every dose is intravenous."""
        if set(routes) - {_NO_DEPOT}:
            return self
        return self.model_copy(update={"absorption": None, "bioavailability": None})

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Amounts in depot, central and peripheral compartment, and concentrations in tumour and node."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} is absorbed, distributed and cleared.", context)
        kilograms = self.reference_weight.value if self.reference_weight else 1.0
        on_clearance = self.clearance_weight_exponent.value if self.clearance_weight_exponent else 0.0
        on_volume = self.volume_weight_exponent.value if self.volume_weight_exponent else 0.0

        def flow(symbol: str, quantity: Quantity, meaning: str) -> Expression:
            return m.constant(f"{symbol}_{name}", quantity, meaning, exponent=on_clearance, reference_weight=kilograms)

        def space(symbol: str, quantity: Quantity, meaning: str) -> Expression:
            return m.constant(f"{symbol}_{name}", quantity, meaning, exponent=on_volume, reference_weight=kilograms)

        clearance = flow("CL", self.clearance, "clearance") * self._course(m, name)
        volume = space("V1", self.central_volume, "central volume of distribution")
        central = m.state(f"A1_{name}", self.unit, 0, 1.0, f"{title} in the central compartment")
        serum = m.rule(f"Cp_{name}", f"{self.unit}/mL", self.unbound(m, agent, central / volume), f"{title} in plasma")
        lost = clearance * serum + self.consumed(m, agent, serum)
        m.rule(f"eliminated_{name}", f"{self.unit}/day", lost, f"{title} that the body eliminates per time")
        m.reaction("elimination", m[f"eliminated_{name}"], {f"A1_{name}": -1})
        if self.peripheral_volume is not None and self.intercompartmental_clearance is not None:
            exchange = flow("Q", self.intercompartmental_clearance, "intercompartmental clearance")
            second = space("V2", self.peripheral_volume, "peripheral volume of distribution")
            peripheral = m.state(f"A2_{name}", self.unit, 0, 1.0, f"{title} in the peripheral compartment")
            m.reaction("distribution", exchange * serum, {f"A1_{name}": -1, f"A2_{name}": 1})
            m.reaction("return", exchange * peripheral / second, {f"A2_{name}": -1, f"A1_{name}": 1})
        if self.absorption is not None and self.bioavailability is not None:
            rate = m.constant(f"ka_{name}", self.absorption, "absorption rate")
            share = m.constant(f"F_{name}", self.bioavailability, "bioavailability")
            depot = m.state(f"A0_{name}", self.unit, 0, 1.0, f"{title} at the site of injection")
            m.reaction("absorption", rate * depot, {f"A0_{name}": -1, f"A1_{name}": share})
        self._tissues(m, agent, serum)
        return m

    def unbound(self, m: Mechanism, agent: Agent, total: Expression) -> Expression:
        """Concentration that is not bound to the drug's target, of the ``total`` in the central compartment."""
        return total

    def consumed(self, m: Mechanism, agent: Agent, serum: Expression) -> Expression:
        """Amount per time that the drug's target takes away, besides clearance."""
        return symengine.Integer(0)

    def _course(self, m: Mechanism, name: str) -> Expression:
        """Clearance relative to that of the first dose."""
        if self.falling_clearance is None:
            return symengine.Integer(1)
        ratio = m.constant(f"Emax_{name}", self.falling_clearance.log_ratio, "logarithm of the last ratio of clearance")
        half = m.constant(f"T50_{name}", self.falling_clearance.half_time, "time at which half of it is reached")
        hill = m.constant(f"n_CL_{name}", self.falling_clearance.hill, "Hill exponent in time")
        begun = symengine.Max(TIME / half, 0) ** hill
        return symengine.exp(ratio * begun / (1 + begun))

    def _tissues(self, m: Mechanism, agent: Agent, serum: Expression) -> None:
        name = agent.symbol
        if self.tissue_exchange is None:
            return
        rate = m.constant(f"k_tissue_{name}", self.tissue_exchange, "exchange rate of plasma with tumour and node")
        for tissue, place, partition in (("T", "tumour", self.tumour_partition), ("N", "node", self.node_partition)):
            if partition is None:
                continue
            meaning = f"concentration in the {place} at equilibrium, relative to plasma"
            ratio = m.constant(f"gamma_{tissue}_{name}", partition, meaning)
            inside = m.state(f"C{tissue}_{name}", f"{self.unit}/mL", 0, 1e-4, f"{agent.title} in {place}")
            m.reaction(f"exchange_{tissue}", rate * (ratio * serum - inside), {f"C{tissue}_{name}": 1})
