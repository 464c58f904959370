"""Calibration: free parameters of the catalogue fitted to published trials, and predictions of trials left out."""

from coley.calibration.calibrate import Settings, calibrate, objective, seeds_of
from coley.calibration.plan import CalibrationPlan, read_plan

__all__ = ["CalibrationPlan", "Settings", "calibrate", "objective", "read_plan", "seeds_of"]
