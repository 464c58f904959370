"""Virtual trials in four parts: protocol (``coley.protocol``), conduct, response, analysis."""

from coley.trial.arms import model
from coley.trial.result import ModelDescription, TrialResult
from coley.trial.run import predict, run
from coley.trial.settings import MAX_PATIENTS, RunSettings

__all__ = ["MAX_PATIENTS", "ModelDescription", "RunSettings", "TrialResult", "model", "predict", "run"]
