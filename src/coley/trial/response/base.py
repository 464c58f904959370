"""The protocol of response criteria: what is read at each visit becomes a code, and codes become endpoints."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coley.errors import ColeyError, Problem, did_you_mean
from coley.trial.response import histories
from coley.trial.response.histories import Codes, Flags, Reals

PATIENT = ("patients",)
VISIT = ("patients", "visits")
LESION = ("patients", "lesions")
READING = ("patients", "visits", "lesions")


@dataclass(frozen=True)
class Measure:
    """An array that criteria judge by.

    Attributes:
        meaning: what it holds, in words.
        unit: of its values; ``1`` for counts and codes, ``yes or no`` for flags (1, 0, and NaN where not looked at).
        axes: its shape in words.
        missing: the value taken throughout where the array is not given; None where it has to be given.
    """

    meaning: str
    unit: str
    axes: tuple[str, ...] = VISIT
    missing: float | None = None


@dataclass(frozen=True)
class Criteria(ABC):
    """Response criteria. A subclass in a file of its own, with an instance called ``CRITERIA``, is found by itself.

    A subclass gives the class attributes and ``_judge``, and where its publication asks for it another ``best`` or
    ``_ended``. What is judged is always the whole history so far; nothing is kept between calls, and a later visit
    never changes the code of an earlier one.

    Class attributes:
        name: by which it is found, such as ``recist-1.1``.
        title: for people.
        source: publications, with their DOI.
        Code: responses, ``NE`` (not evaluable) 0 and then from worse to better.
        labels: of the codes whose label is not their name.
        measures: what ``judge`` needs.
        progressive: codes up to this one are progression; what follows the first one does not count.
        pending: codes above ``progressive`` up to this one are progression that awaits confirmation.
        pending_counts: whether progression that was never confirmed nor followed by anything better is an event.
        controlled, responders, complete: codes from this one are disease control, response, complete response.
        confirmed: codes from this one need confirmation where the protocol asks for it; None for ``responders``.

    Attributes:
        confirm_after_days: shortest time between a response and its confirmation, days.
        stable_after_days: shortest time from baseline to a best response that is not a response, days.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    Code: ClassVar[type[IntEnum]]
    labels: ClassVar[Mapping[IntEnum, str]] = {}
    measures: ClassVar[Mapping[str, Measure]]
    progressive: ClassVar[IntEnum]
    pending: ClassVar[IntEnum | None] = None
    pending_counts: ClassVar[bool] = False
    controlled: ClassVar[IntEnum]
    responders: ClassVar[IntEnum]
    complete: ClassVar[IntEnum]
    confirmed: ClassVar[IntEnum | None] = None

    confirm_after_days: float = 28.0
    stable_after_days: float = 0.0

    @abstractmethod
    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        """(patients, visits) codes from every one of ``measures``, as floats of their full shape."""

    def judge(self, findings: Mapping[str, ArrayLike], days: ArrayLike) -> Codes:
        """Overall response at each visit, by all visits up to it.

        Args:
            findings: arrays by the names of ``measures``; the first visit is the baseline.
            days: days since baseline, (visits,) or (patients, visits).

        Returns:
            (patients, visits) codes of ``Code``; NE at baseline.

        Raises:
            ColeyError: where an array is unknown, missing or of another shape than the others.
        """
        x = _filled(self.name, self.measures, findings)
        shape = next(array.shape for name, array in x.items() if self.measures[name].axes == VISIT)
        codes = self._judge(x, np.broadcast_to(np.asarray(days, dtype=np.float64), shape))
        codes[:, :1] = self.Code["NE"]
        return codes

    def best(self, codes: ArrayLike, days: ArrayLike, *, confirm: bool) -> Codes:
        """(patients,) best overall response; NE where nothing was evaluable.

        What is below ``controlled`` counts only where nothing from there up was reached. Responses have to be confirmed
        where ``confirm``; one that was not counts as the best code below response that it fulfils.

        Args:
            codes: (patients, visits) overall responses.
            days: days since baseline, broadcast against ``codes``; NaN where the visit was not made.
            confirm: whether the protocol requires confirmation of responses.
        """
        seen, day = self._until_progression(codes, days)
        progressed = np.where(self._progression(seen), seen, 0).max(axis=1, initial=0)
        below = np.where(seen < self.controlled, seen, 0).max(axis=1, initial=0)
        found = np.where(progressed > 0, progressed, below)
        for code in self.Code:
            if code >= (self.confirmed or self.responders):
                found = np.where(np.isnan(self._level_day(seen, day, code, confirm)), found, code)
            elif code >= self.controlled:
                late = (seen >= code) & histories.at_least(day, self.stable_after_days)
                found = np.where(late.any(axis=1), code, found)
        return np.asarray(found, dtype=np.int8)

    def response_day(self, codes: ArrayLike, days: ArrayLike, *, confirm: bool) -> Reals:
        """(patients,) first day of the first response, of the first confirmed one where ``confirm``; else NaN."""
        seen, day = self._until_progression(codes, days)
        return self._level_day(seen, day, self.responders, confirm)

    def progression_day(self, codes: ArrayLike, days: ArrayLike) -> Reals:
        """(patients,) day of progression, NaN without; of progression that was confirmed, the day it was first seen."""
        seen, day = self._until_progression(codes, days)
        if self.pending is None:
            return histories.first_day(self._progression(seen), day)
        suspected = (seen > 0) & (seen <= self.pending)
        onset = histories.first_day(suspected & histories.after_last(seen > self.pending), day)
        if self.pending_counts:
            return onset
        return np.where(self._progression(seen).any(axis=1), onset, np.nan)

    def last_adequate_day(self, codes: ArrayLike, days: ArrayLike) -> Reals:
        """(patients,) day of the last evaluable visit without progression, before the first one; 0 without one.

        The usual day of censoring of progression-free survival (FDA guidance "Clinical Trial Endpoints for the Approval
        of Cancer Drugs and Biologics", 2018, appendix on progression-free survival).
        """
        seen, day = self._until_progression(codes, days)
        return histories.last_day(seen > (self.progressive if self.pending is None else self.pending), day)

    def progressed(self, codes: ArrayLike) -> Flags:
        """(patients,) whether the latest visit shows progression, confirmed where these criteria ask for that."""
        return self._progression(np.asarray(codes, dtype=np.int8)[:, -1])

    def names(self, codes: ArrayLike) -> NDArray[np.str_]:
        """Label of each code, in the shape of ``codes``."""
        labels = np.array([self.labels.get(code, code.name) for code in self.Code])
        return np.asarray(labels[np.asarray(codes)])

    def _ended(self, seen: Codes, level: IntEnum) -> Flags:
        """What ends a spell of ``level`` or better: any evaluable visit below it. A missed one does not."""
        return np.asarray((seen != 0) & (seen < level))

    def _progression(self, codes: Codes) -> Flags:
        return np.asarray((codes > 0) & (codes <= self.progressive))

    def _until_progression(self, codes: ArrayLike, days: ArrayLike) -> tuple[Codes, Reals]:
        """Codes and days of the same shape, with NE where the day is missing and after the first progression."""
        given = np.asarray(codes, dtype=np.int8)
        day = np.broadcast_to(np.asarray(days, dtype=np.float64), given.shape)
        seen = np.where(np.isnan(day), np.int8(0), given)
        return np.where(histories.earlier(self._progression(seen)), np.int8(0), seen), day

    def _level_day(self, seen: Codes, day: Reals, level: IntEnum, confirm: bool) -> Reals:
        """(patients,) first day of the first spell of ``level`` or better that lasts long enough, NaN without one."""
        after = self.confirm_after_days if confirm else 0.0
        return histories.lasting_from(seen >= level, self._ended(seen, level), day, after)


def _filled(name: str, measures: Mapping[str, Measure], findings: Mapping[str, ArrayLike]) -> dict[str, Reals]:
    """All of ``measures`` as floats of their full shape, those that were not given filled with what stands for them."""
    given = {key: np.asarray(value, dtype=np.float64) for key, value in findings.items()}
    problems = [
        Problem(f"{name}: {key}", "these criteria do not judge by it", did_you_mean(key, measures))
        for key in given
        if key not in measures
    ]
    sizes: dict[str, int] = {}
    for key, measure in measures.items():
        if key in given:
            problems += _misfits(f"{name}: {key}", measure, given[key].shape, sizes)
        elif measure.missing is None:
            problems.append(Problem(f"{name}: {key}", "is missing", f"needed: {measure.meaning}"))
    if not problems and "visits" not in sizes:
        problems.append(Problem(name, "nothing was read", f"give at least one of {', '.join(measures)}"))
    if problems:
        raise ColeyError(problems)
    for key in measures.keys() - given.keys():
        shape = tuple(sizes.get(axis, 0) for axis in measures[key].axes)
        given[key] = np.broadcast_to(np.float64(measures[key].missing or 0.0), shape)
    return given


def _misfits(where: str, measure: Measure, shape: tuple[int, ...], sizes: dict[str, int]) -> list[Problem]:
    """What is wrong with the shape of an array; ``sizes`` of axes are learnt from the first array that has them."""
    expected = " × ".join(measure.axes)
    if len(shape) != len(measure.axes):
        return [Problem(where, f"has {len(shape)} dimensions", f"its shape is {expected}")]
    return [
        Problem(where, f"has {size} {axis}, others have {sizes[axis]}", f"its shape is {expected}")
        for axis, size in zip(measure.axes, shape, strict=True)
        if sizes.setdefault(axis, size) != size
    ]
