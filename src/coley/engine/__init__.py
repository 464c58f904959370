"""The engine: solves a System for many individuals. It knows individuals and doses, nothing of biology or trials."""

from coley.engine.batch import Budget
from coley.engine.simulation import Simulation, solve
from coley.engine.tableau import RODAS4

__all__ = ["RODAS4", "Budget", "Simulation", "solve"]
