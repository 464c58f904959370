"""Named models: which mechanisms make up a model, and what it shows."""

from coley.library.basic import basic
from coley.library.immuno_oncology import immuno_oncology
from coley.library.observables import Observable, compartment, observables

__all__ = ["Observable", "basic", "compartment", "immuno_oncology", "observables"]
