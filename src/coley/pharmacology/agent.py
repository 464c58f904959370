"""What every kind of kinetics and every action has: a schema for the catalogue, and equations for the model."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from coley.errors import ColeyError, Problem
from coley.facts import Entry, Quantity
from coley.modeling import Context, Mechanism
from coley.system import Expression


@dataclass(frozen=True)
class Agent:
    """The drug that kinetics and actions are of, as far as their equations need it."""

    name: str
    title: str
    molar_mass: Quantity | None = None

    @property
    def symbol(self) -> str:
        """The drug's name as it stands in the names of its states, parameters and rules."""
        return self.name.replace("-", "_")

    def mass(self, m: Mechanism) -> Expression:
        """Molar mass as a parameter of ``m``.

        Raises:
            ColeyError: where the catalogue does not give it.
        """
        if self.molar_mass is None:
            where, hint = f"drug {self.name}", "its doses are in mg, its affinity is in nM: give it in kg/mol"
            raise ColeyError(Problem(where, "needs its molar_mass", hint))
        return m.constant(f"M_{self.symbol}", self.molar_mass, "molar mass")


class Kinetics(Entry):
    """Where a drug goes. A subclass is one file: its ``kind``, its fields and its equations.

    Equations declare what actions use, as far as the drug gets there: ``Cp_X`` in plasma, ``CT_X`` in tumours and
    ``CN_X`` in draining nodes, for a drug with symbol X.
    """

    kind: str

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Absorption, distribution and elimination."""
        raise TypeError(f"{type(self).__name__} is no kind of kinetics")

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The state that a dose by ``route`` enters; ``site`` is the lesion that it is given to, "" for none."""
        raise TypeError(f"{type(self).__name__} is no kind of kinetics")

    def by(self, routes: Collection[str]) -> Self:
        """The same without what doses by ``routes`` do not need, so that no model carries it."""
        return self


class Action(Entry):
    """What a drug does where it is. A subclass is one file: its ``kind``, its fields and its equations.

    Equations act through shared terms of the model, by ``Mechanism.contribute``.
    """

    kind: str

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """The action's equations."""
        raise TypeError(f"{type(self).__name__} is no kind of action")
