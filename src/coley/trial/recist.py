"""Response by RECIST 1.1, elementwise over patients and over their whole histories.

Source: Eisenhauer et al., Eur J Cancer 2009;45:228-247, doi 10.1016/j.ejca.2008.10.026, for patients with measurable
disease (its Table 1). Section numbers below are those of the guideline. Where it leaves a choice to the protocol, the
convention taken is said at the function.

Arrays of any shape are accepted by the elementwise functions (one visit of all patients, or all visits at once).
Histories are (patients, visits) with visits in order of time; a scan that was not made is ``NE`` or has day NaN.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]

RESPONSE_FRACTION = 0.30  # of the baseline sum, section 4.3.1
PROGRESSION_FRACTION = 0.20  # of the nadir, section 4.3.1
PROGRESSION_MM = 5.0  # section 4.3.1
NODE_NORMAL_MM = 10.0  # a short axis below this is a normal node, section 4.3.1
# Sums of readings in tenths of a millimetre are inexact in binary; without this, exact thresholds would be missed.
_ROUNDING_MM = 1e-9


class Response(IntEnum):
    """Response of a patient. Better is larger: the maximum is the best, ``codes >= Response.PR`` are responders and
    ``codes >= Response.SD`` have their disease controlled."""

    NE = 0
    PD = 1
    SD = 2
    PR = 3
    CR = 4


class NonTarget(IntEnum):
    """Status of non-target lesions (section 4.3.3). ``codes >= NonTarget.CR`` leave no non-target disease."""

    NE = 0
    PD = 1
    NON_CR_NON_PD = 2
    CR = 3
    NONE = 4


_NAMES = np.array([response.name for response in Response])


def names(codes: ArrayLike) -> NDArray[np.str_]:
    """``CR``, ``PR``, ``SD``, ``PD`` or ``NE`` for each code, in the shape of ``codes``."""
    return np.asarray(_NAMES[np.asarray(codes)])


def disappeared(diameters: ArrayLike, nodal: ArrayLike) -> Flags:
    """Whether all target lesions of each patient have disappeared (section 4.3.1).

    Args:
        diameters: (..., lesions) in mm, the short axis for nodes; NaN where not evaluable, which is not disappeared;
            0 in slots that hold no lesion.
        nodal: whether each lesion is a lymph node, broadcast against ``diameters``.

    Returns:
        (...): true where every node is below 10 mm and every other lesion is 0 mm.
    """
    size = np.asarray(diameters, dtype=np.float64)
    gone = np.where(np.asarray(nodal, dtype=np.bool_), size < NODE_NORMAL_MM, size == 0.0)
    return np.asarray(gone.all(axis=-1))


def target_response(
    total: ArrayLike, baseline: ArrayLike, nadir: ArrayLike, all_disappeared: ArrayLike, evaluable: ArrayLike
) -> Codes:
    """Response of the target lesions at one visit (section 4.3.1).

    CR comes before PD: nodes that grow but stay below 10 mm are normal (RECIST working group, recist.eortc.org,
    "Abnormal lymph node"). PD comes before PR: a sum 30 % below baseline may still have progressed from its nadir.

    Args:
        total: sum of the diameters measured at this visit, mm; NaN where nothing was measured.
        baseline: sum at baseline, mm, above zero.
        nadir: smallest sum before this visit, baseline included, mm.
        all_disappeared: from ``disappeared``; the sum may then still be above zero, from normal nodes.
        evaluable: whether all target lesions were measured. Where they were not, the response is NE unless those that
            were measured show PD by themselves (section 4.4.2).

    Returns:
        codes of ``Response`` in the common shape of the arguments.
    """
    size, at_start, smallest = (np.asarray(a, dtype=np.float64) for a in (total, baseline, nadir))
    measured = np.asarray(evaluable, dtype=np.bool_) & ~np.isnan(size)
    growth = size - smallest
    larger = growth >= np.maximum(PROGRESSION_FRACTION * smallest, PROGRESSION_MM) - _ROUNDING_MM
    smaller = at_start - size >= RESPONSE_FRACTION * at_start - _ROUNDING_MM
    return _first_true(
        (np.asarray(all_disappeared, dtype=np.bool_) & measured, Response.CR),
        (larger, Response.PD),
        (~measured, Response.NE),
        (smaller, Response.PR),
        otherwise=Response.SD,
    )


def update_nadir(nadir: ArrayLike, total: ArrayLike, evaluable: ArrayLike) -> Reals:
    """Smallest sum so far, mm, with this visit's ``total`` taken in where all target lesions were measured."""
    return np.where(np.asarray(evaluable, dtype=np.bool_), np.fmin(nadir, total), np.asarray(nadir, dtype=np.float64))


def overall_response(target: ArrayLike, nontarget: ArrayLike, new_lesion: ArrayLike) -> Codes:
    """Overall response at one visit of patients with target lesions (section 4.4.1, Table 1).

    Args:
        target: codes of ``Response`` of the target lesions.
        nontarget: codes of ``NonTarget``.
        new_lesion: whether an unequivocal new lesion is seen.

    Returns:
        codes of ``Response`` in the common shape of the arguments.
    """
    of_target, of_others = np.asarray(target), np.asarray(nontarget)
    worse = (of_target == Response.PD) | (of_others == NonTarget.PD) | np.asarray(new_lesion, dtype=np.bool_)
    disease_left = (of_target == Response.CR) & (of_others < NonTarget.CR)
    return _first_true((worse, Response.PD), (disease_left, Response.PR), otherwise=of_target)


def best_overall_response(
    codes: ArrayLike,
    days: ArrayLike,
    *,
    confirm: bool,
    confirm_after_days: float = 28.0,
    stable_after_days: float = 42.0,
) -> Codes:
    """Best overall response of each patient (section 4.4.3, Table 3). Scans after the first PD do not count.

    SD needs a scan without progression at least ``stable_after_days`` after baseline; an unconfirmed CR or PR counts
    as such a scan. Without one the result is PD where the patient progressed, else NE. The guideline decides two
    successive scans only; these conventions settle the rest:

    * A response is confirmed by any later scan at least ``confirm_after_days`` after its first, with at most one scan
      in a row between that does not show it: NE for CR; NE or SD for PR, since a PR lasts until progression is shown
      from the nadir (RECIST working group, recist.eortc.org, "The definition of SD: a clarification").
    * CR then PR is read as PR at both (Table 3, footnote a): disease that truly came back was called PD already, by
      20 % and 5 mm above the nadir.
    * CR then SD is SD, or PD where SD is too short (Table 3).

    Args:
        codes: (patients, visits) overall responses.
        days: days since baseline, broadcast against ``codes``.
        confirm: whether the protocol requires confirmation of CR and PR.
        confirm_after_days: shortest time between a response and its confirmation, days (section 4.6.1).
        stable_after_days: shortest time from baseline to SD, days (sections 4.4.3 and 4.6.1).

    Returns:
        (patients,) codes of ``Response``.
    """
    seen, day = _until_progression(codes, days)
    after = confirm_after_days if confirm else 0.0
    stable: Flags = np.any((seen >= Response.SD) & (day >= stable_after_days), axis=1)
    back: Flags = np.any((seen == Response.SD) & np.logical_or.accumulate(seen == Response.CR, axis=1), axis=1)
    progressed: Flags = np.any(seen == Response.PD, axis=1)
    return _first_true(
        (~np.isnan(_complete_from(seen, day, after)), Response.CR),
        (~np.isnan(_response_from(seen, day, after)), Response.PR),
        (stable, Response.SD),
        (progressed | back, Response.PD),
        otherwise=Response.NE,
    )


def response_day(codes: ArrayLike, days: ArrayLike, *, confirm: bool, confirm_after_days: float = 28.0) -> Reals:
    """Day on which the criteria of CR or PR, whichever came first, were first met (section 4.6.2); NaN without one.

    Where ``confirm``, of the first response that was later confirmed, as in ``best_overall_response``.
    """
    seen, day = _until_progression(codes, days)
    return _response_from(seen, day, confirm_after_days if confirm else 0.0)


def progression_day(codes: ArrayLike, days: ArrayLike) -> Reals:
    """(patients,) day of the first PD, NaN without one."""
    seen, day = _until_progression(codes, days)
    first = np.where(seen == Response.PD, day, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(first), np.nan, first)


def last_adequate_day(codes: ArrayLike, days: ArrayLike) -> Reals:
    """(patients,) day of the last evaluable scan without progression, before the first PD; 0 (baseline) without one.

    The usual day of censoring of progression-free survival (FDA guidance "Clinical Trial Endpoints for the Approval of
    Cancer Drugs and Biologics", 2018, appendix on progression-free survival).
    """
    seen, day = _until_progression(codes, days)
    return np.asarray(np.where(seen >= Response.SD, day, 0.0).max(axis=1, initial=0.0))


def _first_true(*cases: tuple[Flags, Response], otherwise: ArrayLike) -> Codes:
    """Code of the first case that holds, elementwise."""
    flags, codes = zip(*cases, strict=True)
    return np.select(list(flags), [int(code) for code in codes], otherwise).astype(np.int8)


def _until_progression(codes: ArrayLike, days: ArrayLike) -> tuple[Codes, Reals]:
    """Codes and days of the same shape, with NE where the day is missing and after the first PD."""
    given = np.asarray(codes, dtype=np.int8)
    day = np.broadcast_to(np.asarray(days, dtype=np.float64), given.shape)
    seen = np.where(np.isnan(day), np.int8(Response.NE), given)
    progressed = seen == Response.PD
    later = np.logical_or.accumulate(progressed, axis=1)
    later[:, 1:] = later[:, :-1].copy()
    later[:, :1] = False
    return np.where(later, np.int8(Response.NE), seen), day


def _complete_from(seen: Codes, day: Reals, after: float) -> Reals:
    """First day of the first confirmed CR: any disease seen in between ends it."""
    complete = seen == Response.CR
    return _confirmed_from(complete, ~complete & (seen != Response.NE), day, after)


def _response_from(seen: Codes, day: Reals, after: float) -> Reals:
    """First day of the first confirmed CR or PR: only progression ends it."""
    return _confirmed_from(seen >= Response.PR, seen == Response.PD, day, after)


def _confirmed_from(shown: Flags, ended: Flags, day: Reals, after: float) -> Reals:
    """(patients,) first day of the first spell of ``shown`` that lasts ``after`` days or more, NaN without one.

    A spell runs from its first to its last ``shown`` scan; a scan of ``ended``, or two scans in a row that are not
    ``shown``, end it.
    """
    start = np.full(len(shown), np.nan)
    found = start.copy()
    gap = np.zeros(len(shown), dtype=np.bool_)
    for now, end, today in zip(shown.T, ended.T, day.T, strict=True):
        start[end | (gap & ~now)] = np.nan
        start = np.where(now & np.isnan(start), today, start)
        found = np.where(np.isnan(found) & now & (today - start >= after), start, found)
        gap = ~now
    return found
