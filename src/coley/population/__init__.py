"""Virtual patients: drawn, grown to the burden at diagnosis, and kept where they are plausible and eligible."""

from coley.population.cohort import Cohort, Progress, counted, recruit
from coley.population.comorbidities import Comorbid

__all__ = ["Cohort", "Comorbid", "Progress", "counted", "recruit"]
