"""First infection: whether a person who is exposed to a virus has been infected since the start, and whether for long.

The endpoint of trials of vaccines against papillomavirus: Koutsky et al., N Engl J Med 2002;347:1645-1651, doi
10.1056/NEJMoa020586. Precancer is judged by ``histological-clearance``, where it is progression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np

from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import Codes, Reals, first_true


class Response(IntEnum):
    """What there has been by a visit; who has had a persistent infection has had the event."""

    NE = 0
    PERSISTENT = 1
    INFECTED = 2
    FREE = 3


@dataclass(frozen=True)
class FirstInfection(Criteria):
    """Persistent infection is the event that ends the endpoint's time; no confirmation is asked for."""

    name = "first-infection"
    title = "First persistent infection"
    source = "Koutsky et al., N Engl J Med 2002;347:1645-1651, doi 10.1056/NEJMoa020586"
    Code = Response
    measures: ClassVar = {
        "infection": Measure("whether there has been a new infection since the start", "yes or no"),
        "persistent_infection": Measure("whether one has been found twice, half a year apart", "yes or no", missing=0),
    }
    progressive = Response.PERSISTENT
    controlled = Response.INFECTED
    responders = Response.FREE
    complete = Response.FREE

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        return first_true(
            (x["persistent_infection"] > 0, Response.PERSISTENT),
            (np.isnan(x["infection"]), Response.NE),
            (x["infection"] > 0, Response.INFECTED),
            otherwise=Response.FREE,
        )


CRITERIA = FirstInfection()
