"""Tables that people bring: cohorts, variation between individuals, doses and observations.

::

    cohort = draw(read_variations(["k_growth ~ lognormal(median=0.01, cv=40%)"], system), n=1000, seed=1)
    course = simulate(system, read_records("doses.csv", system), parameters=cohort)
    course.rows, course.individuals
"""

from coley.data.cohort import read_cohort
from coley.data.correlation import Correlation
from coley.data.records import Records, read_records
from coley.data.resting import steady_state
from coley.data.simulation import Course, simulate
from coley.data.tolerance import tolerance_problems
from coley.data.variation import Variation, draw, read_variations

__all__ = [
    "Correlation",
    "Course",
    "Records",
    "Variation",
    "draw",
    "read_cohort",
    "read_records",
    "read_variations",
    "simulate",
    "steady_state",
    "tolerance_problems",
]
