"""SBML: models of others become Systems, and Systems become SBML."""
