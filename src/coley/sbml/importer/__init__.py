"""From SBML to a System, step by step: document, Model, System."""
