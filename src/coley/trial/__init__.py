"""Virtual trials: visits, response criteria, endpoints, tables."""

from coley.trial.arms import model
from coley.trial.result import ModelDescription, TrialResult
from coley.trial.run import MAX_PATIENTS, run

__all__ = ["MAX_PATIENTS", "ModelDescription", "TrialResult", "model", "run"]
