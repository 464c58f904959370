"""The engine: solves a System for many individuals. It knows individuals and doses, nothing of biology or trials."""

from coley.engine.simulation import Simulation, solve

__all__ = ["Simulation", "solve"]
