"""SBML: systems to files."""

from coley.sbml.writing import save_sbml

__all__ = ["save_sbml"]
