"""Response by RECIST 1.1.

Source: Eisenhauer et al., Eur J Cancer 2009;45:228-247, doi 10.1016/j.ejca.2008.10.026. Section numbers below are those
of the guideline. Where it leaves a choice to the protocol, the convention taken is said at the function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from coley.trial.response import histories
from coley.trial.response.base import LESION, READING, Criteria, Measure
from coley.trial.response.histories import Codes, Flags, Reals, at_least, first_true

RESPONSE_FRACTION = 0.30  # of the baseline sum, section 4.3.1
PROGRESSION_FRACTION = 0.20  # of the nadir, section 4.3.1
PROGRESSION_MM = 5.0  # section 4.3.1
NODE_NORMAL_MM = 10.0  # a short axis below this is a normal node, section 4.3.1


class Response(IntEnum):
    """Response of a patient; non-CR/non-PD is for patients without target lesions (section 4.4.1, Table 2)."""

    NE = 0
    PD = 1
    NON_CR_NON_PD = 2
    SD = 3
    PR = 4
    CR = 5


class NonTarget(IntEnum):
    """Status of non-target lesions (section 4.3.3). ``codes >= NonTarget.CR`` leave no non-target disease."""

    NE = 0
    PD = 1
    NON_CR_NON_PD = 2
    CR = 3
    NONE = 4


MEASURES = {
    "diameters": Measure(
        "diameters of the target lesions, the short axis for nodes; 0 where a lesion has gone, and at baseline in "
        "slots that hold none; 5 where it is seen but too small to measure (section 4.3.2); NaN where it was not "
        "measured, and from then on where it was resected or irradiated",
        "mm",
        READING,
    ),
    "nodal": Measure("whether each target lesion is a lymph node", "yes or no", LESION, missing=0),
    "nontarget": Measure(
        "status of all other lesions together: 0 not read, 1 unequivocal progression, 2 neither gone nor progressed, "
        "3 gone, 4 there were none",
        "1",
        missing=NonTarget.NONE,
    ),
    "new_lesions": Measure("how many unequivocal new lesions are seen, at least", "1", missing=0),
}


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
    larger = at_least(growth, np.maximum(PROGRESSION_FRACTION * smallest, PROGRESSION_MM))
    smaller = at_least(at_start - size, RESPONSE_FRACTION * at_start)
    return first_true(
        (np.asarray(all_disappeared, dtype=np.bool_) & measured, Response.CR),
        (larger, Response.PD),
        (~measured, Response.NE),
        (smaller, Response.PR),
        otherwise=Response.SD,
    )


def target_responses(diameters: Reals, nodal: ArrayLike) -> tuple[Codes, Reals, Flags]:
    """Response of the target lesions at every visit.

    Args:
        diameters: (patients, visits, lesions) as in ``MEASURES``.
        nodal: (patients, lesions).

    Returns:
        (patients, visits) codes of ``Response``; (patients, visits) sums of diameters, NaN where incomplete; and
        (patients,) who has target lesions. Without a complete baseline nothing is evaluable.
    """
    present = diameters[:, 0] != 0.0
    size = np.where(present[:, None, :], diameters, 0.0)
    sums = size.sum(axis=2)
    read = np.where(np.isnan(size).all(axis=2), np.nan, np.nansum(size, axis=2))
    baseline = sums[:, :1]
    gone = disappeared(size, np.asarray(nodal, dtype=np.bool_)[:, None, :])
    evaluable = ~np.isnan(sums) & ~np.isnan(baseline)
    codes = target_response(read, baseline, histories.nadirs(sums), gone, evaluable)
    return codes, sums, present.any(axis=1)


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
    return first_true((worse, Response.PD), (disease_left, Response.PR), otherwise=of_target)


def overall_without_targets(nontarget: ArrayLike, new_lesion: ArrayLike) -> Codes:
    """Overall response at one visit of patients without target lesions (section 4.4.1, Table 2).

    Who had no disease at all at baseline is non-CR/non-PD until a new lesion appears (a convention: such a patient can
    neither respond nor be called unevaluable).
    """
    of_others = np.asarray(nontarget)
    return first_true(
        ((of_others == NonTarget.PD) | np.asarray(new_lesion, dtype=np.bool_), Response.PD),
        (of_others == NonTarget.CR, Response.CR),
        (of_others == NonTarget.NE, Response.NE),
        otherwise=Response.NON_CR_NON_PD,
    )


@dataclass(frozen=True)
class Recist(Criteria):
    """RECIST 1.1, for patients with target lesions (Table 1) and without (Table 2).

    SD and non-CR/non-PD need a scan without progression at least ``stable_after_days`` after baseline; an unconfirmed
    CR or PR counts as such a scan. Without one the best response is PD where the patient progressed, else NE.
    """

    name = "recist-1.1"
    title = "RECIST 1.1"
    source = "Eisenhauer et al., Eur J Cancer 2009;45:228-247, doi 10.1016/j.ejca.2008.10.026"
    Code = Response
    labels: ClassVar = {Response.NON_CR_NON_PD: "NON-CR/NON-PD"}
    measures = MEASURES
    progressive = Response.PD
    controlled = Response.NON_CR_NON_PD
    responders = Response.PR
    complete = Response.CR

    stable_after_days: float = 42.0  # sections 4.4.3 and 4.6.1: six to eight weeks, set by the protocol

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        target, _, has_targets = target_responses(x["diameters"], x["nodal"])
        new = x["new_lesions"] > 0
        with_targets = overall_response(target, x["nontarget"], new)
        return np.where(has_targets[:, None], with_targets, overall_without_targets(x["nontarget"], new))

    def best(self, codes: ArrayLike, days: ArrayLike, *, confirm: bool) -> Codes:
        """(patients,) best overall response (section 4.4.3, Table 3). Scans after the first PD do not count.

        The guideline decides two successive scans only; these conventions settle the rest:

        * A response is confirmed by any later scan at least ``confirm_after_days`` after its first (section 4.6.1),
          with at most one scan in a row between that does not show it: NE for CR; NE or SD for PR, since a PR lasts
          until progression is shown from the nadir (RECIST working group, recist.eortc.org, "The definition of SD: a
          clarification").
        * CR then PR is read as PR at both (Table 3, footnote a): disease that truly came back was called PD already, by
          20 % and 5 mm above the nadir.
        * CR then SD is SD, or PD where SD is too short (Table 3).
        * Who has no target lesions and no confirmed CR is non-CR/non-PD rather than SD.
        """
        found = super().best(codes, days, confirm=confirm)
        seen, _ = self._until_progression(codes, days)
        back = ((seen == Response.SD) & histories.so_far(seen == Response.CR)).any(axis=1)
        without_targets = (seen == Response.NON_CR_NON_PD).any(axis=1)
        return first_true(
            ((found == Response.NE) & back, Response.PD),
            ((found == Response.SD) & without_targets, Response.NON_CR_NON_PD),
            otherwise=found,
        )

    def _ended(self, seen: Codes, level: IntEnum) -> Flags:
        return spell_ended(seen, level, complete=Response.CR, progression=Response.PD)


def spell_ended(seen: Codes, level: IntEnum, *, complete: IntEnum, progression: IntEnum) -> Flags:
    """What ends a spell: two scans in a row that do not show it; of CR any disease; of less progression alone."""
    shown = seen >= level
    worse = (seen != 0) & (~shown if level == complete else seen <= progression)
    return np.asarray(worse | histories.missed_twice(shown))


CRITERIA = Recist()
