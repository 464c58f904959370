"""Response of lymphoma by the Lugano classification of 2014, by PET-CT where it was made and by CT elsewhere.

Source: Cheson et al., J Clin Oncol 2014;32:3059-3068, doi 10.1200/JCO.2013.54.8800, its Table 3. Lengths are in mm
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import nan
from typing import ClassVar

import numpy as np

from coley.trial.response import histories
from coley.trial.response.base import LESION, READING, Criteria, Measure
from coley.trial.response.histories import Codes, Flags, Reals, at_least, first_true
from coley.trial.response.recist import NonTarget

RESPONSE_FRACTION = 0.50  # of the baseline sum of products
PROGRESSION_FRACTION = 0.50  # of the nadir of a lesion's product
NODE_NORMAL_MM = 15.0  # longest diameter of a normal node, at most
SMALL_MM = 20.0  # lesions up to this have progressed at SMALL_GROWTH_MM, larger ones at LARGE_GROWTH_MM
SMALL_GROWTH_MM = 5.0
LARGE_GROWTH_MM = 10.0
NEW_EXTRANODAL_MM = 10.0  # an extranodal lesion that had gone is back above this
SPLEEN_NORMAL_MM = 130.0  # its length, at most
SPLEEN_FRACTION = 0.50  # of its excess over normal at baseline: less excess is response, as much more progression
SPLEEN_GROWTH_MM = 20.0  # progression of a spleen that was normal
METABOLIC_SCORE = 3.0  # Deauville score of a complete metabolic response, at most
# The paper asks for a "significant" change of uptake and gives no number; 25 % of SUVmax is EORTC's (Young et al., Eur
# J Cancer 1999;35:1773).
UPTAKE_FRACTION = 0.25


class Response(IntEnum):
    """Metabolic where PET was read: CMR, PMR, no metabolic response (SD) and progressive metabolic disease."""

    NE = 0
    PD = 1
    SD = 2
    PR = 3
    CR = 4


@dataclass(frozen=True)
class Lugano(Criteria):
    """Lugano 2014. Where a PET-CT was read at a visit, it decides; else CT does.

    The paper asks for no confirmation; where a protocol does, responses are confirmed ``confirm_after_days`` later.
    """

    name = "lugano-2014"
    title = "Lugano 2014"
    source = "Cheson et al., J Clin Oncol 2014;32:3059-3068, doi 10.1200/JCO.2013.54.8800"
    Code = Response
    measures: ClassVar = {
        "longest_diameters": Measure(
            "longest diameters (LDi) of up to six target nodes and lesions; 0 where gone, and at baseline in slots "
            "that hold none; 5 where too small to measure; NaN where not measured",
            "mm",
            READING,
            missing=0,
        ),
        "shortest_diameters": Measure("diameters perpendicular to them (SDi)", "mm", READING, missing=0),
        "extranodal": Measure("whether each target is no lymph node", "yes or no", LESION, missing=0),
        "spleen_length": Measure("cranial to caudal length of the spleen", "mm", missing=100),
        "nontarget": Measure(
            "status of what is not measured, other than spleen and marrow: codes as in RECIST 1.1", "1", missing=4
        ),
        "new_lesions": Measure("how many new lesions are seen, or new foci of uptake, at least", "1", missing=0),
        "marrow": Measure("whether the marrow is involved, by biopsy", "yes or no", missing=0),
        "deauville": Measure("Deauville score, 1 to 5; NaN where no PET was made", "1", missing=nan),
        "uptake": Measure("SUVmax of the hottest lesion", "1", missing=nan),
    }
    progressive = Response.PD
    controlled = Response.SD
    responders = Response.PR
    complete = Response.CR

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        new = x["new_lesions"] > 0
        pet = metabolic_response(x["deauville"], x["uptake"], new)
        return np.where(np.isnan(x["deauville"]), _by_ct(x, new), pet)


def metabolic_response(deauville: Reals, uptake: Reals, new_lesion: Flags) -> Codes:
    """Response at each visit by PET-CT, NE where none was made.

    Reduced uptake is that from baseline; increased uptake is that from the lowest before, so that a relapse from a
    complete metabolic response is one (convention: the paper compares with baseline). Scores of 4 and 5 whose uptake
    was not measured are no metabolic response.
    """
    hot = deauville > METABOLIC_SCORE
    lower = at_least(uptake[:, :1] - uptake, UPTAKE_FRACTION * uptake[:, :1])
    lowest = histories.nadirs(uptake)
    higher = at_least(uptake - lowest, UPTAKE_FRACTION * lowest)
    return first_true(
        (np.isnan(deauville), Response.NE),
        (new_lesion | (hot & higher), Response.PD),
        (~hot, Response.CR),
        (lower, Response.PR),
        otherwise=Response.SD,
    )


def _by_ct(x: Mapping[str, Reals], new: Flags) -> Codes:
    present = x["longest_diameters"][:, 0] != 0
    longest, shortest = (np.where(present[:, None], x[f"{name}_diameters"], 0.0) for name in ("longest", "shortest"))
    extranodal = x["extranodal"][:, None] > 0
    product = longest * shortest
    total = product.sum(axis=2)
    normal = np.where(extranodal, longest == 0, longest <= NODE_NORMAL_MM).all(axis=2)
    response = at_least(total[:, :1] - total, RESPONSE_FRACTION * total[:, :1])

    spleen, marrow, nontarget = x["spleen_length"], x["marrow"], x["nontarget"]
    excess = np.maximum(spleen[:, :1] - SPLEEN_NORMAL_MM, 0.0)
    spleen_smaller = (excess == 0) | (spleen - SPLEEN_NORMAL_MM < (1 - SPLEEN_FRACTION) * excess)
    grown = lesions_grown(longest, shortest, extranodal).any(axis=2) | spleen_grown(spleen)
    marrow_clear = histories.last_read(marrow) == 0
    marrow_back = (marrow > 0) & (histories.nadirs(marrow) == 0)
    worse = grown | marrow_back | new | (nontarget == NonTarget.PD)
    targets = present.any(axis=1)[:, None]
    nothing = ~targets & (excess == 0) & (marrow[:, :1] == 0) & ((nontarget == NonTarget.NONE) | (nontarget == 0))
    unread = np.isnan(total) | np.isnan(total[:, :1]) | np.isnan(spleen) | nothing
    clear = normal & (spleen <= SPLEEN_NORMAL_MM) & (nontarget >= NonTarget.CR) & marrow_clear
    return first_true(
        (worse, Response.PD),
        (unread, Response.NE),
        (clear, Response.CR),
        ((response | ~targets) & spleen_smaller & (targets | (excess > 0)), Response.PR),
        otherwise=Response.SD,
    )


def lesions_grown(longest: Reals, shortest: Reals, extranodal: Flags) -> Flags:
    """(patients, visits, lesions) which lesions have progressed from their nadirs.

    All three: longest diameter above 15 mm, product 50 % above its nadir, and either diameter above its nadir by 5 mm,
    or 10 mm where the lesion was longer than 20 mm there. Or an extranodal lesion that had gone
    is back.
    """
    lowest = histories.nadirs(longest)
    product = longest * shortest
    least = histories.nadirs(product)
    step = np.where(lowest > SMALL_MM, LARGE_GROWTH_MM, SMALL_GROWTH_MM)
    longer = at_least(longest - lowest, step) | at_least(shortest - histories.nadirs(shortest), step)
    abnormal = (longest > NODE_NORMAL_MM) & longer & at_least(product - least, PROGRESSION_FRACTION * least)
    back = extranodal & (lowest == 0) & (longest > NEW_EXTRANODAL_MM)
    return np.asarray(abnormal | back)


def spleen_grown(length: Reals) -> Flags:
    """(patients, visits) whether the spleen shows progression.

    One that was enlarged at baseline: by more than half its excess over normal then (150 mm: above 160 mm). One that
    was normal at baseline, or has been since: enlarged again and at least 20 mm above its shortest.
    """
    baseline, shortest = length[:, :1], histories.nadirs(length)
    enlarged = baseline > SPLEEN_NORMAL_MM
    more = enlarged & (length - baseline > SPLEEN_FRACTION * (baseline - SPLEEN_NORMAL_MM))
    anew = (shortest <= SPLEEN_NORMAL_MM) & (length > SPLEEN_NORMAL_MM) & at_least(length - shortest, SPLEEN_GROWTH_MM)
    return np.asarray(more | anew)


CRITERIA = Lugano()
