"""The course of one arm: all patients go from visit to visit; doses are decided between, and their fate at each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Arm, Trial
from coley.engine import Simulation
from coley.library import Observable
from coley.population import Cohort
from coley.system import System
from coley.trial.calendar import course_days, visit_days
from coley.trial.dosing import Treatment, joined
from coley.trial.fate import Fate, draw_fate
from coley.trial.history import History
from coley.trial.lesions import Lesions
from coley.trial.response import recist
from coley.trial.trajectories import Recorder

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RTOL = 1e-4
REST_BEFORE_NEXT = 21.0
"""Days from progression to the first dose of the next treatment; an assumption."""
_HAZARDS = ("hazard_death", "hazard_lesion")


class Stage(IntEnum):
    """Where a patient stands: on trial treatment, on or before a next one, or on none any more."""

    TRIAL = 0
    NEXT = 1
    OFF = 2


@dataclass
class _State:
    """Where each patient stands during the loop, an element each.

    Attributes:
        start: first day of the present treatment.
        baseline, nadir: sums of diameters since then, mm.
        lesion: cumulative hazard at which the next new lesion appears.
        death: day of death, NaN for the living.
    """

    stage: NDArray[np.int64]
    start: Floats
    baseline: Floats
    nadir: Floats
    lesion: Floats
    death: Floats

    @classmethod
    def at_entry(cls, total: Floats, fate: Fate) -> _State:
        n = len(total)
        unknown = np.full(n, np.nan)
        return cls(np.full(n, Stage.TRIAL), np.zeros(n), total.copy(), total.copy(), fate.lesion.copy(), unknown)


def follow(
    trial: Trial,
    arm: Arm,
    system: System,
    treatments: Sequence[Treatment],
    cohort: Cohort,
    lesions: Lesions,
    shown: Sequence[Observable],
    *,
    seed: int,
    threads: int | None,
    progress: Callable[[int, int], None],
) -> History:
    """Follow one arm to the end of follow-up.

    Args:
        system: the model, with every drug of ``treatments``.
        treatments: the arm's own and then its subsequent ones; without any, nobody is treated.
        lesions: of the patients of ``cohort``, for every visit.
        shown: what to keep of the courses.
        progress: called with visits done and visits in all.
    """
    known = [name for name in cohort.parameters if name in {*system.parameter_names, *system.state_names}]
    parameters = cohort.parameters[known].reset_index(drop=True)
    course = _Course(
        simulation=Simulation(system, parameters, rtol=RTOL, threads=threads),
        treatments=treatments,
        fate=draw_fate(trial, arm, cohort.parameters.index.to_numpy(), seed=seed),
        lesions=lesions,
        recorder=Recorder(shown, course_days(trial), len(parameters)),
        days=visit_days(trial),
        volume=cohort.parameters["V_diagnosis"].to_numpy(),
    )
    return course.run(progress)


class _Course:
    def __init__(
        self,
        *,
        simulation: Simulation,
        treatments: Sequence[Treatment],
        fate: Fate,
        lesions: Lesions,
        recorder: Recorder,
        days: Floats,
        volume: Floats,
    ) -> None:
        self.simulation, self.treatments, self.fate = simulation, treatments, fate
        self.lesions, self.recorder, self.days = lesions, recorder, days
        read = lesions.read(volume, 0)
        self.now = _State.at_entry(read.sum(axis=1), fate)
        self.diameters = np.full((len(read), len(days), read.shape[1]), np.nan)
        self.diameters[:, 0] = read
        self.codes = np.full((len(read), len(days)), recist.Response.NE, dtype=np.int8)
        self.nadirs = np.full((len(read), len(days)), np.nan)
        self.doses: list[pd.DataFrame] = []

    def run(self, progress: Callable[[int, int], None]) -> History:
        last = len(self.days) - 1
        for visit in range(1, last + 1):
            progress(visit - 1, last)
            present = self._present(self.days[visit - 1])
            if not present.any():
                break
            volume, hazard = self._advance(visit, present)
            self._scan(visit, volume, hazard)
        progress(last, last)
        return self._history()

    def _present(self, day: float) -> Flags:
        """Who is alive, in the trial and without a fault of the solver on ``day``."""
        alive = np.isnan(self.now.death)
        return np.asarray(alive & ~(self.fate.dropout <= day) & (self.simulation.status == "ok"))

    def _advance(self, visit: int, present: Flags) -> tuple[Floats, Floats]:
        """From the last visit to this one: give doses, integrate, and see who died on the way.

        Returns:
            volume of all lesions (mL) and cumulative hazard of a new lesion at this visit, NaN for those not followed.
        """
        begin, end = float(self.days[visit - 1]), float(self.days[visit])
        doses = self._doses(begin, end, present)
        times = np.unique([begin, *self.recorder.due(begin, end), end])
        names = sorted({"V_scan", *_HAZARDS, *self.recorder.names})
        path = self.simulation.advance(times, doses=doses, active=present, observables=names)
        self.recorder.record(path, present)
        died = crossing(path["hazard_death"].to_numpy(), times, self.fate.death)
        self.now.death = np.where(present, died, self.now.death)
        self.doses.append(self._given(doses))
        return path["V_scan"].to_numpy()[:, -1], path["hazard_lesion"].to_numpy()[:, -1]

    def _doses(self, begin: float, end: float, present: Flags) -> pd.DataFrame:
        """Doses planned in [begin, end); an infusion that is still running at ``end`` runs on."""
        now, frames = self.now, []
        for line, treatment in enumerate(self.treatments):
            on = (now.stage == Stage.NEXT) & (self.fate.choice == line - 1) if line else now.stage == Stage.TRIAL
            frames.append(treatment.window(np.where(present & on, now.start, np.nan), begin, end))
        return joined(frames)

    def _given(self, doses: pd.DataFrame) -> pd.DataFrame:
        """Those of the planned doses that the patient was there to receive."""
        until = _lost(self.now.death, self.fate.dropout)
        until = np.where(self.simulation.status == "ok", until, np.fmin(until, self.simulation.end_time))
        missed: Flags = doses["TIME"].to_numpy() > until[doses["ID"].to_numpy(dtype=int)]
        return doses[~missed]

    def _scan(self, visit: int, volume: Floats, hazard: Floats) -> None:
        """Read the lesions of those who are here, judge their response, and act on progression."""
        now = self.now
        here = self._present(self.days[visit])
        read = self.lesions.read(np.where(here, volume, 0.0), visit)
        evaluable = here & ~np.isnan(read).any(axis=1)
        total = read.sum(axis=1)
        gone = recist.disappeared(read, nodal=False)
        target = recist.target_response(total, now.baseline, now.nadir, gone, evaluable)
        others = np.where(self.lesions.others_gone(volume), recist.NonTarget.CR, recist.NonTarget.NON_CR_NON_PD)
        code = recist.overall_response(target, others, hazard >= now.lesion)
        code = np.where(evaluable, code, np.int8(recist.Response.NE))
        on_trial = here & (now.stage == Stage.TRIAL)
        self.codes[on_trial, visit] = code[on_trial]
        self.diameters[on_trial, visit] = read[on_trial]
        self.nadirs[on_trial, visit] = now.nadir[on_trial]
        now.nadir = np.where(evaluable, np.fmin(now.nadir, total), now.nadir)
        progressed = code == recist.Response.PD
        now.stage[progressed] = Stage.OFF
        self._move_on(progressed & on_trial & (self.fate.choice >= 0), total, hazard, self.days[visit])

    def _move_on(self, who: Flags, total: Floats, hazard: Floats, day: float) -> None:
        """Those who go on to a next treatment start afresh: the scan that showed progression is their new baseline."""
        now = self.now
        now.stage[who], now.start[who] = Stage.NEXT, day + REST_BEFORE_NEXT
        now.baseline[who], now.nadir[who] = total[who], total[who]
        now.lesion[who] = hazard[who] + self.fate.later_lesion[who]

    def _history(self) -> History:
        dropout = self.fate.dropout
        death = np.where(self.now.death > dropout, np.nan, self.now.death)
        lost = _lost(death, dropout)
        complete = (self.simulation.status == "ok") | (lost <= self.simulation.end_time)
        return History(
            days=self.days,
            diameters=self.diameters,
            codes=self.codes,
            nadir=self.nadirs,
            death=death,
            dropout=dropout,
            doses=joined(self.doses),
            status=np.where(complete, "ok", self.simulation.status.astype(str)),
            reason=np.where(complete, "", self.simulation.reason.astype(str)),
            trajectories=self.recorder.dataset(lost),
        )


def crossing(hazard: Floats, times: Floats, mark: Floats) -> Floats:
    """Time at which each row of a rising ``hazard`` (patients × times) meets its ``mark``, by linear interpolation.

    NaN where it does not, or where the hazard is NaN before it does.
    """
    passed = hazard >= mark[:, None]
    rows = np.flatnonzero(passed.any(axis=1))
    after = np.maximum(passed[rows].argmax(axis=1), 1)
    low, high = hazard[rows, after - 1], hazard[rows, after]
    slope = (times[after] - times[after - 1]) / (high - low)
    found = np.full(len(hazard), np.nan)
    found[rows] = slope * (mark[rows] - low) + times[after - 1]
    return found


def _lost(death: Floats, dropout: Floats) -> Floats:
    """Day on which each patient was lost, whichever way; NaN for those who were not."""
    return np.asarray(np.fmin(death, dropout))
