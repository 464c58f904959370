"""Analysis of a trial: endpoints with their intervals, statistics, and tables."""

from coley.trial.analysis.analysis import Analysis, analyse
from coley.trial.analysis.times import Times

__all__ = ["Analysis", "Times", "analyse"]
