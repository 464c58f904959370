"""How well trials are foreseen: every published figure beside the model, the look-up and a regression."""

from coley.validation.intervals import with_posterior
from coley.validation.validate import Settings, Validation, validate
from coley.validation.write import write_validation

__all__ = ["Settings", "Validation", "validate", "with_posterior", "write_validation"]
