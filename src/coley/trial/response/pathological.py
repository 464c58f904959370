"""Pathological response of a resected tumour, by the share of the tumour bed that is viable.

Sources: Cottrell et al., Ann Oncol 2018;29:1853-1860, doi 10.1093/annonc/mdy218 (immune-related pathologic response
criteria); Tetzlaff et al., Ann Oncol 2018;29:1861-1868, doi 10.1093/annonc/mdy226 (classes of response); Deutsch et
al., Nat Med 2024;30:218-228, doi 10.1038/s41591-023-02660-6 (primary and nodes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import nan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import Codes, Reals, first_true

MAJOR = 10.0  # % viable, at most
PARTIAL = 50.0  # % viable, at most


class Response(IntEnum):
    """pNR, pPR, near-pCR and pCR; major pathological response (MPR) is near-pCR or better."""

    NE = 0
    PD = 1
    pNR = 2
    pPR = 3
    NEAR_pCR = 4
    pCR = 5


@dataclass(frozen=True)
class Pathological(Criteria):
    """Pathological response at the visit of surgery; every other visit is NE but for progression or recurrence.

    Primary and nodes are judged by the larger of their shares, so that pCR and MPR hold for both. There is one
    specimen, and so nothing to confirm.
    """

    name = "pathological"
    title = "Pathological response"
    source = "Cottrell et al., Ann Oncol 2018;29:1853-1860, doi 10.1093/annonc/mdy218; Tetzlaff et al., ibid. 1861-1868"
    Code = Response
    labels: ClassVar = {Response.NEAR_pCR: "near-pCR"}
    measures: ClassVar = {
        "viable_primary": Measure("viable tumour in the bed of the primary; NaN at visits without surgery", "%"),
        "viable_nodes": Measure("viable tumour in the beds of nodes; NaN where none was taken", "%", missing=nan),
        "recurrence": Measure(
            "whether the tumour progressed so that it was not resected, or came back", "yes or no", missing=0
        ),
    }
    progressive = Response.PD
    controlled = Response.pPR
    responders = Response.NEAR_pCR
    complete = Response.pCR

    confirm_after_days: float = 0.0

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        viable = np.where(np.isnan(x["viable_primary"]), nan, np.fmax(x["viable_primary"], x["viable_nodes"]))
        return first_true(
            (x["recurrence"] > 0, Response.PD),
            (np.isnan(viable), Response.NE),
            (viable == 0, Response.pCR),
            (viable <= MAJOR, Response.NEAR_pCR),
            (viable <= PARTIAL, Response.pPR),
            otherwise=Response.pNR,
        )


def viable_share(viable: ArrayLike, necrosis: ArrayLike, regression: ArrayLike) -> Reals:
    """Residual viable tumour in % of the tumour bed, from the areas of its three parts (Cottrell et al. 2018).

    The bed is viable tumour, necrosis and the bed of regression, where immunity cleared tumour; NaN where there is
    none.
    """
    alive, dead, cleared = (np.asarray(area, dtype=np.float64) for area in (viable, necrosis, regression))
    bed = alive + dead + cleared
    return np.where(bed > 0, 100.0 * alive / np.where(bed > 0, bed, 1.0), np.nan)


CRITERIA = Pathological()
