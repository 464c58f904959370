"""The catalogue: drugs, cancers, physiology, regimens and published trials, every number with its source."""

from coley.catalogue.loader import (
    NOTHING,
    Catalogue,
    load_catalogue,
    load_trial,
    load_trial_file,
    read_catalogue,
)

__all__ = ["NOTHING", "Catalogue", "load_catalogue", "load_trial", "load_trial_file", "read_catalogue"]
