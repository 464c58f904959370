"""Response of non-muscle-invasive bladder cancer: complete response of carcinoma in situ, recurrence, progression.

Sources: FDA, "BCG-Unresponsive Nonmuscle Invasive Bladder Cancer: Developing Drugs and Biologics for Treatment,
Guidance for Industry", 2018, on complete response; Kamat et al. (International Bladder Cancer Group), J Clin Oncol
2016;34:1935-1944, doi 10.1200/JCO.2015.64.4070, on recurrence and progression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import nan
from typing import ClassVar

import numpy as np

from coley.trial.response import histories
from coley.trial.response.base import PATIENT, Criteria, Measure
from coley.trial.response.histories import Codes, Reals, first_true


class Biopsy(IntEnum):
    """What a biopsy or resection of the bladder shows."""

    BENIGN = 0
    LOW_GRADE = 1
    HIGH_GRADE = 2
    MUSCLE_INVASIVE = 3


class Response(IntEnum):
    """CIS that is still there is PERSISTENT; who had papillary disease alone, resected, stays RECURRENCE_FREE."""

    NE = 0
    PROGRESSED = 1
    RECURRED = 2
    PERSISTENT = 3
    RECURRENCE_FREE = 4
    CR = 5


@dataclass(frozen=True)
class Bladder(Criteria):
    """Response of carcinoma in situ by cystoscopy, cytology and biopsy; recurrence of papillary disease.

    Free of high-grade disease is who has either

    * a cystoscopy without finding, or with a finding that biopsy shows to be benign or of low grade, and a negative
      cytology (an atypical or suspicious one is negative); or
    * a positive cytology that tumour outside of the bladder explains, with a negative biopsy of the bladder.

    A finding at cystoscopy without a biopsy counts as high grade (convention). Where cystoscopy or cytology was not
    made, the visit is NE unless the other shows disease. No confirmation is asked for.
    """

    name = "bladder"
    title = "Bladder (CIS, papillary)"
    source = "FDA guidance on BCG-unresponsive NMIBC, 2018; Kamat et al., J Clin Oncol 2016;34:1935-1944"
    Code = Response
    labels: ClassVar = {Response.RECURRENCE_FREE: "RECURRENCE-FREE"}
    measures: ClassVar = {
        "carcinoma_in_situ": Measure("whether there is carcinoma in situ at baseline", "yes or no", PATIENT),
        "cystoscopy": Measure("whether cystoscopy shows a suspicious finding", "yes or no"),
        "cytology": Measure("whether urine cytology shows malignant cells", "yes or no"),
        "biopsy": Measure("biopsy: 0 benign, 1 low grade, 2 high grade, 3 muscle-invasive", "1", missing=nan),
        "outside_bladder": Measure("whether tumour of the upper tract or urethra is found", "yes or no", missing=0),
        "metastasis": Measure("whether nodal or distant metastasis is found", "yes or no", missing=0),
    }
    progressive = Response.RECURRED
    controlled = Response.RECURRENCE_FREE
    responders = Response.CR
    complete = Response.CR

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        cystoscopy, cytology, biopsy = x["cystoscopy"], x["cytology"], x["biopsy"]
        low = biopsy <= Biopsy.LOW_GRADE
        seen = ((cystoscopy > 0) & ~low) | (biopsy >= Biopsy.HIGH_GRADE)
        shed = (cytology > 0) & ~((x["outside_bladder"] > 0) & low)
        progressed = (biopsy >= Biopsy.MUSCLE_INVASIVE) | (x["metastasis"] > 0)
        progressed[:, 0] = False
        disease = seen | shed
        unread = ~disease & (np.isnan(cystoscopy) | np.isnan(cytology))
        in_situ = x["carcinoma_in_situ"][:, None] > 0
        free = ~disease & ~unread
        free[:, 0] = False
        was_free = ~in_situ | histories.earlier(free)
        return first_true(
            (progressed, Response.PROGRESSED),
            (unread, Response.NE),
            (disease & was_free, Response.RECURRED),
            (disease, Response.PERSISTENT),
            (np.broadcast_to(in_situ, disease.shape), Response.CR),
            otherwise=Response.RECURRENCE_FREE,
        )


CRITERIA = Bladder()
