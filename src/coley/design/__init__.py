"""Designs of trials: power and sample size by size, dose, interval and selection of patients."""

from coley.design.designs import Design, Settings, design
from coley.design.space import read_space
from coley.design.write import write_design

__all__ = ["Design", "Settings", "design", "read_space", "write_design"]
