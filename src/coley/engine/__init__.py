"""The engine: solves a System for many individuals. It knows individuals and doses, nothing of biology or trials."""

from coley.engine.batch import Budget
from coley.engine.simulation import Simulation, solve
from coley.engine.tableau import RODAS3, RODAS4, RODAS5P

__all__ = ["RODAS3", "RODAS4", "RODAS5P", "Budget", "Simulation", "solve"]
