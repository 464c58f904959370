"""The catalogue: drugs, cancers, physiology, regimens and published trials, every number with its source."""

from coley.catalogue.catalogue import NOTHING, Catalogue
from coley.catalogue.loader import load_catalogue, read_catalogue
from coley.catalogue.models import model
from coley.catalogue.trial_file import load_trial, load_trial_file, load_trials
from coley.catalogue.values import Change

__all__ = [
    "NOTHING",
    "Catalogue",
    "Change",
    "load_catalogue",
    "load_trial",
    "load_trial_file",
    "load_trials",
    "model",
    "read_catalogue",
]
