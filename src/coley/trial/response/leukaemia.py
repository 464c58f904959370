"""Response of acute leukaemia, myeloid or lymphoblastic, by the European LeukemiaNet.

Source: Döhner et al., Blood 2022;140:1345-1377, doi 10.1182/blood.2022016867, its table of response criteria.
Progression before any remission is that of Döhner et al., Blood 2017;129:424-447, doi 10.1182/blood-2016-08-733196.
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
from coley.trial.response.histories import Codes, Flags, Reals, at_least, first_true

BLASTS_CLEAR = 5.0  # % of the marrow, below
BLASTS_PARTIAL = 25.0  # % of the marrow, at most
BLASTS_FRACTION = 0.50  # fall of marrow blasts for PR; rise for progression
BLASTS_INCREASE = 15.0  # percentage points, of progression from a baseline below BLASTS_LOW
BLASTS_LOW = 30.0  # %
NEUTROPHILS, PLATELETS = 1.0, 100.0  # recovery, 10⁹/L
NEUTROPHILS_PARTLY, PLATELETS_PARTLY = 0.5, 50.0  # partial recovery, 10⁹/L
MRD_NEGATIVE = 1e-4  # of leucocytes, below; ELN gives 1e-3 for flow in AML, trials in ALL 1e-4
BLOOD_AGAIN_DAYS = 7.0  # blasts back in blood are relapse where two samples this far apart show them


class Response(IntEnum):
    """NR is no response yet, REFRACTORY none by the landmark; CR_MRD_NEG is CR without measurable residual disease."""

    NE = 0
    PD = 1
    REFRACTORY = 2
    RELAPSE = 3
    NR = 4
    PR = 5
    MLFS = 6
    CRi = 7
    CRh = 8
    CR = 9
    CR_MRD_NEG = 10


@dataclass(frozen=True)
class AcuteLeukaemia(Criteria):
    """ELN 2022. Response is CR, CRh or CRi; each with or without MRD is told by ``mrd_negative``.

    The publication asks for no confirmation; where a protocol does, responses are confirmed ``confirm_after_days``
    later.

    Attributes:
        landmark_days: who is in no remission at the first evaluable visit from this day on is refractory. 180 days is
            ELN's example for treatment of low intensity; after intensive induction it is the end of two courses.
        mrd_below: MRD is negative below this share of cells.
    """

    name = "acute-leukaemia"
    title = "ELN 2022"
    source = "Döhner et al., Blood 2022;140:1345-1377, doi 10.1182/blood.2022016867"
    Code = Response
    labels: ClassVar = {Response.CR_MRD_NEG: "CR MRD-"}
    measures: ClassVar = {
        "marrow_blasts": Measure("blasts of the marrow", "%"),
        "blood_blasts": Measure("blasts in blood", "10⁹/L", missing=0),
        "neutrophils": Measure("neutrophils in blood", "10⁹/L"),
        "platelets": Measure("platelets in blood, without transfusion", "10⁹/L"),
        "extramedullary": Measure("whether leukaemia is seen outside of marrow and blood", "yes or no", missing=0),
        "mrd": Measure("leukaemic share of leucocytes in the marrow", "1", missing=nan),
    }
    progressive = Response.RELAPSE
    controlled = Response.PR
    responders = Response.CRi
    complete = Response.CR

    landmark_days: float = 180.0
    mrd_below: float = MRD_NEGATIVE

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        codes = _at_visits(x, x["mrd"] < self.mrd_below)
        codes[:, 0] = Response.NE
        remission = histories.earlier(codes >= Response.CRi)
        failed = ~remission & (codes > Response.NE) & (codes < Response.CRi) & (day >= self.landmark_days)
        return first_true(
            (remission & _back(x, day), Response.RELAPSE),
            (remission & (codes == Response.NR), Response.NE),  # blasts in one sample of blood alone
            (~remission & _worse(x), Response.PD),
            (failed, Response.REFRACTORY),
            otherwise=codes,
        )

    def mrd_negative(self, codes: Codes, mrd: Reals) -> Flags:
        """(patients, visits) CR, CRh or CRi with MRD below the threshold, as ELN reports them beside each other."""
        return np.asarray((codes >= Response.CRi) & (np.asarray(mrd) < self.mrd_below))


def _at_visits(x: Mapping[str, Reals], mrd_negative: Flags) -> Codes:
    """Response at each visit from what is read there and the baseline."""
    marrow, neutrophils, platelets = x["marrow_blasts"], x["neutrophils"], x["platelets"]
    clear = (marrow < BLASTS_CLEAR) & (x["blood_blasts"] == 0) & (x["extramedullary"] == 0)
    fewer = at_least(marrow[:, :1] - marrow, BLASTS_FRACTION * marrow[:, :1]) & (marrow <= BLASTS_PARTIAL)
    partly = (neutrophils >= NEUTROPHILS_PARTLY) & (platelets >= PLATELETS_PARTLY)
    either, both = (
        join(neutrophils >= NEUTROPHILS, platelets >= PLATELETS) for join in (np.logical_or, np.logical_and)
    )
    return first_true(
        (np.isnan(marrow), Response.NE),
        (clear & both & mrd_negative, Response.CR_MRD_NEG),
        (clear & both, Response.CR),
        (clear & partly, Response.CRh),
        (clear & either, Response.CRi),
        (clear, Response.MLFS),
        (fewer & both & (marrow >= BLASTS_CLEAR), Response.PR),
        otherwise=Response.NR,
    )


def _back(x: Mapping[str, Reals], day: Reals) -> Flags:
    """Leukaemia that is back: 5 % of the marrow, outside of it, or in two samples of blood a week apart."""
    blood = x["blood_blasts"] > 0
    known = histories.last_read(np.where(blood, day, np.where(np.isnan(x["blood_blasts"]), nan, -np.inf)))
    since = np.full_like(day, -np.inf)
    since[:, 1:] = known[:, :-1]
    twice = blood & (since > 0) & at_least(day - since, BLOOD_AGAIN_DAYS)
    return np.asarray((x["marrow_blasts"] >= BLASTS_CLEAR) | (x["extramedullary"] > 0) | twice)


def _worse(x: Mapping[str, Reals]) -> Flags:
    """Progression without remission: marrow blasts 50 % above baseline, and by 15 points where few; new sites outside.

    Of ELN 2017 this leaves out its rules for a marrow that stays full and for counts in blood.
    """
    marrow, at_start = x["marrow_blasts"], x["marrow_blasts"][:, :1]
    more = marrow - at_start > BLASTS_FRACTION * at_start
    many = (at_start >= BLASTS_LOW) | at_least(marrow - at_start, BLASTS_INCREASE)
    new_site = (x["extramedullary"] > 0) & ~histories.so_far(x["extramedullary"] > 0)[:, :1]
    return np.asarray((more & many) | new_site)


CRITERIA = AcuteLeukaemia()
