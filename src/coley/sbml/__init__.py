"""SBML: models of others become Systems, and Systems become SBML."""

from coley.sbml.writing import save_sbml

__all__ = ["save_sbml"]
