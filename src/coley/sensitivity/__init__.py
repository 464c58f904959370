"""Global sensitivity: which parameters decide the outcomes of a trial, within what is not known of them."""

from coley.sensitivity.analysis import Sensitivity, Settings, sensitivity
from coley.sensitivity.parameters import Parameter, read_parameters
from coley.sensitivity.write import write_sensitivity

__all__ = ["Parameter", "Sensitivity", "Settings", "read_parameters", "sensitivity", "write_sensitivity"]
