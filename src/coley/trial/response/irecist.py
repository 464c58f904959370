"""Response by iRECIST: progression has to be confirmed, and what improves before it is starts afresh.

Source: Seymour et al., Lancet Oncol 2017;18:e143-e152, doi 10.1016/S1470-2045(17)30074-8: its Table 2 (response at a
visit) and Table 3 (best response), and the working group's questions and answers at recist.eortc.org ("FAQ"). Lesions
are judged as by RECIST 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np

from coley.trial.response import recist
from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import Codes, Flags, Reals, at_least
from coley.trial.response.recist import NonTarget, Response

FURTHER_MM = 5.0  # growth of target lesions, or of measured new ones, that confirms progression: Table 2


class ImmuneResponse(IntEnum):
    """iUPD is progression not yet confirmed, iCPD confirmed."""

    NE = 0
    iCPD = 1
    iUPD = 2
    NON_iCR_NON_iUPD = 3
    iSD = 4
    iPR = 5
    iCR = 6


_FROM_RECIST = np.array(
    [
        ImmuneResponse.NE,
        ImmuneResponse.iUPD,
        ImmuneResponse.NON_iCR_NON_iUPD,
        ImmuneResponse.iSD,
        ImmuneResponse.iPR,
        ImmuneResponse.iCR,
    ],
    dtype=np.int8,
)


@dataclass(frozen=True)
class IRecist(Criteria):
    """iRECIST. Table 3 asks for no confirmation of iCR and iPR in randomised trials; elsewhere as RECIST 1.1.

    Progression dates from the first iUPD after which nothing better was seen, whether it was confirmed or could not be.

    Attributes:
        confirm_progression_after_days: shortest time from iUPD to iCPD: 28 days less the 2 of variance that the FAQ
            recommends. An earlier scan never confirms. A later one than the 8 weeks of the guideline does (convention:
            it is the next assessment that was made).
    """

    name = "irecist"
    title = "iRECIST"
    source = "Seymour et al., Lancet Oncol 2017;18:e143-e152, doi 10.1016/S1470-2045(17)30074-8"
    Code = ImmuneResponse
    labels: ClassVar = {ImmuneResponse.NON_iCR_NON_iUPD: "NON-iCR/NON-iUPD"}
    measures: ClassVar = {
        **recist.MEASURES,
        "new_lesions": Measure("how many unequivocal new lesions are seen", "1", missing=0),
        "new_lesion_sum": Measure("sum of diameters of the measured new lesions; NaN where not read", "mm", missing=0),
        "new_lesion_larger": Measure(
            "whether a new lesion that is not measured is larger than at the visit before", "yes or no", missing=0
        ),
        "nontarget_larger": Measure(
            "whether non-target disease is larger than at the visit before, unequivocally or not",
            "yes or no",
            missing=0,
        ),
    }
    progressive = ImmuneResponse.iCPD
    pending = ImmuneResponse.iUPD
    pending_counts = True
    controlled = ImmuneResponse.NON_iCR_NON_iUPD
    responders = ImmuneResponse.iPR
    complete = ImmuneResponse.iCR

    stable_after_days: float = 42.0
    confirm_progression_after_days: float = 26.0

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        target, sums, has_targets = recist.target_responses(x["diameters"], x["nodal"])
        patients, visits = target.shape
        codes = np.zeros((patients, visits), dtype=np.int8)
        state = _State.of(patients)
        for visit in range(1, visits):
            now = _Visit(
                day=day[:, visit],
                target=target[:, visit],
                has_targets=has_targets,
                nontarget=x["nontarget"][:, visit],
                sum=sums[:, visit],
                nontarget_larger=x["nontarget_larger"][:, visit] > 0,
                new=x["new_lesions"][:, visit],
                new_sum=x["new_lesion_sum"][:, visit],
                new_larger=x["new_lesion_larger"][:, visit] > 0,
            )
            codes[:, visit] = _step(state, now, self.confirm_progression_after_days)
        return codes

    def _ended(self, seen: Codes, level: IntEnum) -> Flags:
        return recist.spell_ended(seen, level, complete=ImmuneResponse.iCR, progression=ImmuneResponse.iCPD)


@dataclass(frozen=True)
class _Visit:
    """What is read at one visit, an element per patient; names as in ``measures``."""

    day: Reals
    target: Codes
    has_targets: Flags
    nontarget: Reals
    sum: Reals
    nontarget_larger: Flags
    new: Reals
    new_sum: Reals
    new_larger: Flags

    @property
    def response(self) -> Codes:
        """By RECIST 1.1 as if there were no new lesion; complete only where there is none."""
        with_targets = recist.overall_response(self.target, self.nontarget, False)
        without = recist.overall_without_targets(self.nontarget, False)
        left = np.where(self.has_targets, Response.PR, Response.NON_CR_NON_PD)
        found = np.where(self.has_targets, with_targets, without)
        return np.where((found == Response.CR) & (self.new > 0), left, found).astype(np.int8)


@dataclass
class _State:
    """Where each patient stands between visits.

    Attributes:
        pending, since: whether progression awaits confirmation, and from which day.
        by_target, by_nontarget, by_new: which lesions showed that progression.
        bar_sum, bar_new_sum, bar_new: the smallest values since then, above which growth confirms it.
        target_then: response of the target lesions when it began.
        known, known_sum: new lesions that were there when an earlier iUPD was taken back, and the smallest they were.
        confirmed: progression was confirmed.
    """

    pending: Flags
    since: Reals
    by_target: Flags
    by_nontarget: Flags
    by_new: Flags
    bar_sum: Reals
    bar_new_sum: Reals
    bar_new: Reals
    target_then: Codes
    known: Reals
    known_sum: Reals
    confirmed: Flags

    @classmethod
    def of(cls, patients: int) -> _State:
        no, zero = np.zeros(patients, dtype=np.bool_), np.zeros(patients)
        return cls(no, zero, no, no, no, zero, zero, zero, np.zeros(patients, dtype=np.int8), zero, zero, no)

    def set(self, where: Flags, **values: Flags | Reals | Codes) -> None:
        """Take ``values`` for the patients of ``where``; the others keep theirs."""
        for name, value in values.items():
            setattr(self, name, np.where(where, value, getattr(self, name)))


def _step(state: _State, now: _Visit, after: float) -> Codes:
    """Codes at one visit; moves ``state`` on.

    New lesions keep iUPD standing until they have gone, or until the target lesions respond better than when the new
    ones were first seen (FAQ, "Assigning response after the appearance of new lesions"): then what is there no longer
    counts, but more of them does, and growth as RECIST 1.1 asks it of target lesions.
    """
    response = now.response
    by_target = now.target == Response.PD
    by_nontarget = now.nontarget == NonTarget.PD
    more = np.maximum(recist.PROGRESSION_FRACTION * state.known_sum, FURTHER_MM)
    by_new = (now.new > state.known) | ((state.known > 0) & at_least(now.new_sum - state.known_sum, more))
    progression = by_target | by_nontarget | by_new
    evaluable = (response != Response.NE) | progression

    further = (
        (state.by_target & at_least(now.sum - state.bar_sum, FURTHER_MM))
        | (state.by_nontarget & now.nontarget_larger)
        | (state.by_new & ((now.new > state.bar_new) | at_least(now.new_sum - state.bar_new_sum, FURTHER_MM)))
        | (state.by_new & now.new_larger)
        | (by_target & ~state.by_target)
        | (by_nontarget & ~state.by_nontarget)
        | (by_new & ~state.by_new)
    )
    confirmed = state.confirmed | (state.pending & further & (now.day - state.since >= after))
    improved = (now.target > state.target_then) & (state.target_then != Response.NE)
    stands = by_target | by_nontarget | (by_new & ~(state.by_new & improved)) | further
    reset = state.pending & evaluable & ~stands & ~confirmed
    begins = ~state.pending & progression & ~confirmed
    goes_on = state.pending & ~reset

    state.set(
        begins,
        since=now.day,
        by_target=by_target,
        by_nontarget=by_nontarget,
        by_new=by_new,
        target_then=now.target,
        bar_sum=now.sum,
        bar_new_sum=now.new_sum,
        bar_new=now.new,
    )
    for bar, value in (("bar_sum", now.sum), ("bar_new_sum", now.new_sum), ("bar_new", now.new)):
        state.set(goes_on & evaluable, **{bar: np.fmin(getattr(state, bar), value)})
    state.set(reset, known=np.fmax(now.new, 0.0), known_sum=np.fmax(now.new_sum, 0.0))
    fewer = evaluable & ~begins & ~goes_on
    state.set(fewer, known=np.fmin(state.known, now.new), known_sum=np.fmin(state.known_sum, now.new_sum))
    state.pending = (state.pending | begins) & ~reset
    state.confirmed = confirmed

    codes = np.where(state.pending & evaluable, np.int8(ImmuneResponse.iUPD), _FROM_RECIST[response])
    return np.where(confirmed & evaluable, np.int8(ImmuneResponse.iCPD), codes)


CRITERIA = IRecist()
