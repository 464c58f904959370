"""Conduct of a trial: each patient of an arm is treated, seen, examined, and treated otherwise, until lost or the end."""

from coley.trial.conduct.course import follow
from coley.trial.conduct.history import History

__all__ = ["History", "follow"]
