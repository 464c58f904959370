"""Cases of the SBML Test Suite, run and judged: ``python -m coley.sbml.conformance PATH``."""
