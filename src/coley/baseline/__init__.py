"""Virtual patients before treatment beside published ones: what they have in common, and where they differ."""

from coley.baseline.comparison import MEASURES, Comparison, compare, patients_of
from coley.baseline.write import write_comparison

__all__ = ["MEASURES", "Comparison", "compare", "patients_of", "write_comparison"]
