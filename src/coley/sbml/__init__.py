"""SBML: models of others become Systems, and Systems become SBML."""

from coley.sbml.loading import load_sbml
from coley.sbml.writing import save_sbml

__all__ = ["load_sbml", "save_sbml"]
