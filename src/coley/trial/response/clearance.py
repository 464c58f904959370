"""Histological clearance of precancer and superficial cancer of skin and mucosa, by biopsy and by what is seen.

Sources: regression of cervical neoplasia to CIN 1 or less: Grimm et al., Obstet Gynecol 2012;120:152-159, doi
10.1097/AOG.0b013e31825bc6e8. Classes of lesion size: van Seters et al., N Engl J Med 2008;358:1465-1473, doi
10.1056/NEJMoa072685. Clearance by histology as well as clinically: Geisse et al., J Am Acad Dermatol 2004;50:722-733.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import nan
from typing import ClassVar

import numpy as np

from coley.trial.response import histories
from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import Codes, Flags, Reals, first_true

PARTIAL_FRACTION = 0.75  # of the lesions at baseline that is gone, more than
WEAK_FRACTION = 0.25


class Grade(IntEnum):
    """What the worst biopsy shows: intraepithelial neoplasia of grades 1 to 3, or cancer that invades.

    Carcinoma in situ of the skin, actinic keratosis and superficial basal cell carcinoma are HIGH.
    """

    CLEAR = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    INVASIVE = 4


class Response(IntEnum):
    """CC is complete clearance, PC partial clearance, WEAK a weak partial response, NR none."""

    NE = 0
    PD = 1
    RECURRED = 2
    NR = 3
    WEAK = 4
    PC = 5
    CC = 6


@dataclass(frozen=True)
class Clearance(Criteria):
    """Complete clearance: no lesion is left and, in whom disease was proven by biopsy, the biopsy is clear.

    Partial clearance: the biopsy regressed from grade 2 or 3 to grade 1 or less, or more than 75 % of the lesions are
    gone; 26 to 75 % is a weak partial response. What is invasive, or of a higher grade than at baseline, is
    progression; lesions or grade 2 after complete clearance are recurrence. Visits without a biopsy are judged by the
    lesions, and cannot be complete clearance where the baseline had one. No confirmation is asked for.
    """

    name = "histological-clearance"
    title = "Histological clearance"
    source = (
        "Grimm et al., Obstet Gynecol 2012;120:152-159, doi 10.1097/AOG.0b013e31825bc6e8; "
        "van Seters et al., N Engl J Med 2008;358:1465-1473, doi 10.1056/NEJMoa072685"
    )
    Code = Response
    measures: ClassVar = {
        "histology": Measure("worst biopsy: 0 clear, 1 to 3 grade of neoplasia, 4 invasive", "1", missing=nan),
        "lesions": Measure("lesions that are seen: their number, or their area", "1 or mm²", missing=nan),
    }
    progressive = Response.RECURRED
    controlled = Response.WEAK
    responders = Response.PC
    complete = Response.CC

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        grade, lesions = x["histology"], x["lesions"]
        proven = ~np.isnan(grade[:, :1])
        complete = np.where(proven, grade == Grade.CLEAR, lesions == 0) & ~(lesions > 0)
        complete[:, 0] = False
        cleared = histories.earlier(complete)
        regressed = (grade <= Grade.LOW) & (grade[:, :1] >= Grade.MODERATE)
        return first_true(
            ((grade >= Grade.INVASIVE) | (grade > grade[:, :1]), Response.PD),
            (cleared & ((lesions > 0) | (grade >= Grade.MODERATE)), Response.RECURRED),
            (np.isnan(grade) & np.isnan(lesions), Response.NE),
            (complete, Response.CC),
            (regressed | _gone(lesions, PARTIAL_FRACTION), Response.PC),
            (_gone(lesions, WEAK_FRACTION), Response.WEAK),
            otherwise=Response.NR,
        )


def _gone(lesions: Reals, more_than: float) -> Flags:
    """Whether more than a share of the lesions at baseline, of which there were some, are gone."""
    at_start = lesions[:, :1]
    return np.asarray((at_start > 0) & (at_start - lesions > more_than * at_start))


CRITERIA = Clearance()
