"""The course of one arm: all patients go from visit to visit; doses are decided between, and their fate at each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.disease import Disease, Observable
from coley.engine import Simulation
from coley.population import Cohort
from coley.protocol import Trial
from coley.protocol.calendar import Calendar, calendar, course_days
from coley.streams import seed_of, uniform_rows
from coley.trial.arms import Plan
from coley.trial.conduct.decisions import Sequencing, Standing
from coley.trial.conduct.delays import Delays
from coley.trial.conduct.extinction import Extinction
from coley.trial.conduct.fate import draw_fate
from coley.trial.conduct.history import History
from coley.trial.conduct.lesions import NewLesions
from coley.trial.conduct.reading import Baseline, Judge, Reader
from coley.trial.conduct.safety import Ward
from coley.trial.conduct.states import Responses
from coley.trial.conduct.surgery import Surgery
from coley.trial.conduct.trajectories import Recorder
from coley.trial.conduct.treatment import Treatment, joined
from coley.trial.response import criteria
from coley.trial.settings import RunSettings

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RTOL = 1e-4
EMERGENT = 90.0
"""Days after the last dose within which an event counts as one of the treatment: trials count 30 to 100."""
DEATH = "hazard_death"


def follow(
    trial: Trial,
    plan: Plan,
    disease: Disease,
    cohort: Cohort,
    shown: Sequence[Observable],
    settings: RunSettings,
) -> History:
    """Follow one arm to the end of follow-up.

    Args:
        shown: what to keep of the courses.
        settings: progress is told visits done and visits in all, under the name of the arm.
    """
    course = _Course(trial, plan, disease, cohort, shown, settings)
    return course.run(lambda done, total: settings.progress(plan.arm.name, done, total))


@dataclass
class _Records:
    """What is written down on the way; ``seen`` says which scans of whom tell of trial treatment."""

    death: Floats
    codes: NDArray[np.int8]
    seen: Flags
    doses: list[pd.DataFrame] = field(default_factory=list)


class _Course:
    def __init__(
        self,
        trial: Trial,
        plan: Plan,
        disease: Disease,
        cohort: Cohort,
        shown: Sequence[Observable],
        settings: RunSettings,
    ) -> None:
        seed, patients = settings.seed, cohort.parameters.index.to_numpy()
        system, size = plan.system, len(patients)
        known = [name for name in cohort.parameters if name in {*system.parameter_names, *system.state_names}]
        parameters = cohort.parameters[known].reset_index(drop=True)
        self.simulation = Simulation(system, parameters, rtol=RTOL, threads=settings.threads, backend=settings.backend)
        self.disease, self.criteria = disease, criteria()[trial.criteria or disease.criteria]
        self.calendar: Calendar = calendar(trial, patients, seed=seed, clinics=bool(plan.harms))
        horizon = float(self.calendar.days[:, -1].max())
        self.treatments = [
            Treatment(line.regimen, plan.drugs, cohort.covariates, horizon, line=number, sites=disease.sites)
            for number, line in enumerate(plan.lines)
        ]
        self.delays = Delays(len(plan.lines), size)
        regimens = [line.regimen for line in plan.lines]
        self.given_by = [(*r.drugs, *r.procedures) if r is not None else () for r in regimens]
        self.fate = draw_fate(trial, plan.arm, patients, seed=seed)
        self.sequencing = Sequencing(plan.lines, self.treatments, self.fate)
        self.responses = [Responses(treatment, self.criteria, size) for treatment in self.treatments]
        self.now = Standing.at_entry(self.sequencing.first())
        self.extinction = Extinction(disease.mortals(), self.simulation, patients, seed=seed)
        self.lesions = NewLesions(disease, self.simulation, patients, seed=seed)
        cares = plan.cares if trial.stop_for_harm else ()
        drugs = list(plan.drugs.values())
        self.ward = Ward(plan.harms, cares, drugs, cohort.covariates, patients, seed=seed)
        self._for_harm = joined([])
        self.surgery = Surgery(disease, system, size)
        scans = self.calendar.scans
        self.missed = _missed(disease, patients, scans.shape[1], seed)
        self.reader = Reader.of(disease, patients, scans.shape[1], seed=seed)
        independent = trial.review == "independent"
        committee = Reader.of(disease, patients, scans.shape[1], seed=seed_of(seed, "independent review"))
        self.review = committee if independent else self.reader
        self.judge = Judge(self.criteria, scans, np.zeros(scans.shape))
        self.baseline = Baseline.at_entry(disease, size)  # of the trial treatment
        self.present_baseline = Baseline.at_entry(disease, size)  # of what is given now
        self.recorder = Recorder(shown, course_days(trial), patients)
        seen = np.broadcast_to(np.arange(scans.shape[1]) == 0, scans.shape).copy()
        self.records = _Records(np.full(size, np.nan), np.zeros(scans.shape, dtype=np.int8), seen)

    def run(self, progress: Callable[[int, int], None]) -> History:
        days, scan = self.calendar.days, 0
        last = days.shape[1] - 1
        self._examine(0, 0)
        for visit in range(1, last + 1):
            progress(visit - 1, last)
            present = self._present(days[:, visit - 1])
            if not present.any():
                break
            self._advance(visit, present)
            if self.calendar.scan[visit]:
                scan += 1
                self._examine(visit, scan)
                self._decide(visit, scan)
        progress(last, last)
        return self._history()

    def _present(self, day: Floats) -> Flags:
        """Who is alive, in the trial and without a fault of the solver on ``day``."""
        alive = np.isnan(self.records.death)
        return np.asarray(alive & ~(self.fate.dropout <= day) & (self.simulation.status == "ok"))

    def _advance(self, visit: int, present: Flags) -> None:
        """From the last visit to this one: give doses, integrate, and see what chance did on the way."""
        begin, end = self.calendar.days[:, visit - 1], self.calendar.days[:, visit]
        states = self.simulation.states
        cells = self.extinction.cells(states)
        planned = [
            self.delays.planned(
                line, treatment, self.now, present, (begin, end), self.ward.resumption(self.given_by[line])
            )
            for line, treatment in enumerate(self.treatments)
        ]
        doses = joined([self.ward.allowed(joined(planned)), self._for_harm])
        operations = self.surgery.days(doses)
        times = self.recorder.grid(begin, end, operations)
        hazards = {DEATH, *self.lesions.hazards, *self.ward.hazards}
        names = sorted({*hazards, *self.surgery.watched, *self.recorder.names})
        path = self.simulation.advance(times, doses=doses, active=present, observables=names)
        self.recorder.record(times, path, present)
        self.records.doses.append(doses)
        died = self._harmed(times, path, doses, present, crossing(path[DEATH].to_numpy(), times, self.fate.death))
        self.records.death = np.where(present, died, self.records.death)
        operated = self.surgery.settle(operations, times, path, fmin(died, self.fate.dropout))
        here = self._present(end)
        self._operated(operated & here, begin)
        self.extinction.settle(states, cells, end - begin, here, visit)
        if self.lesions.hazards:
            self.lesions.appear(states, last_value(path[self.lesions.hazards[0]].to_numpy()), here)

    def _harmed(self, times: Floats, path: xr.Dataset, doses: pd.DataFrame, present: Flags, died: Floats) -> Floats:
        """See who was harmed in a window; the day of death of those who died in it, of whatever cause."""
        if not self.ward.watches:
            return died
        hazards = np.array([path.variables[name].to_numpy() for name in self.ward.hazards])
        self._for_harm = self.ward.settle(times, hazards, doses, present, fmin(died, self.fate.dropout))
        return fmin(died, np.where(self.ward.death <= np.nanmax(times, axis=1), self.ward.death, np.nan))

    def _operated(self, who: Flags, begin: Floats) -> None:
        """After surgery, disease is judged from the examination before it, with what was resected absent."""
        done = np.maximum((self.calendar.scans <= begin[:, None]).sum(axis=1) - 1, 0)
        for baseline in (self.baseline, self.present_baseline):
            baseline.scan[who] = done[who]
            baseline.removed[who] |= self.surgery.removed[who]
            baseline.elsewhere[who] = self.lesions.elsewhere[who]

    def _examine(self, visit: int, scan: int) -> None:
        """Examine the disease of those who are here and come."""
        day = self.calendar.days[:, visit]
        self.judge.elsewhere[:, scan] = self.lesions.elsewhere
        who = self._present(day) & ~self.missed[:, scan]
        if not who.any():
            return
        look = self.simulation.advance(day[:, None], active=who, observables=self.disease.watched)
        values = {name: look.variables[name].to_numpy()[:, -1] for name in self.disease.watched}
        self.reader.read(values, who, scan, self.lesions.held)
        if self.review is not self.reader:
            self.review.read(values, who & self.now.followed, scan, self.lesions.held)

    def _decide(self, visit: int, scan: int) -> None:
        """Judge response, and act on progression."""
        day = self.calendar.days[:, visit]
        here = self._present(day)
        trial = self.judge.judge(self.review.findings, self.baseline, scan)
        followed = here & self.now.followed
        self.records.codes[followed, scan] = trial[followed, -1]
        present = self.judge.judge(self.reader.findings, self.present_baseline, scan)
        shown = {name: values[:, scan] for name, values in self.reader.findings.items()}
        for line, responses in enumerate(self.responses):
            responses.see(present[:, -1], shown, self.now.on(line, here), day)
        progressed = here & self.criteria.progressed(present)
        self.records.seen[followed, scan] = True
        self.sequencing.progressed(self.now, progressed, day)
        self.present_baseline.reset(progressed, scan, self.lesions.elsewhere)

    def _emergent(self, doses: pd.DataFrame) -> Floats:
        """(patients,) day until which events count as those of trial treatment: some weeks, or another treatment."""
        ours = doses["LINE"].isin(self.sequencing.trial)
        rows = np.arange(len(self.records.death))
        last = doses[ours].groupby("ID")["TIME"].max().reindex(rows).to_numpy(dtype=float) + EMERGENT
        other = doses[~ours & (doses["LINE"] >= 0)].groupby("ID")["TIME"].min().reindex(rows).to_numpy(dtype=float)
        return np.nan_to_num(fmin(last, other), nan=np.inf)

    def _history(self) -> History:
        dropout = self.fate.dropout
        death = np.where(self.records.death > dropout, np.nan, self.records.death)
        lost = fmin(death, dropout)
        failed = self.simulation.status != "ok"
        complete = ~failed | (lost <= self.simulation.end_time)
        until = np.where(failed, fmin(lost, self.simulation.end_time), lost)
        doses = joined(self.records.doses)
        missed = doses["TIME"].to_numpy() > until[doses["ID"].to_numpy(dtype=int)]
        return History(
            criteria=self.criteria,
            days=self.calendar.scans,
            findings={name: _only(values, self.records.seen) for name, values in self.review.findings.items()},
            codes=self.records.codes,
            death=death,
            dropout=dropout,
            doses=doses[~missed].reset_index(drop=True),
            option=self.fate.option,
            surgery=np.where(self.surgery.day > until, np.nan, self.surgery.day),
            viable=self.surgery.viable,
            safety=self.ward.record(self._emergent(doses)),
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
    slope = (times[rows, after] - times[rows, after - 1]) / (high - low)
    found = np.full(len(hazard), np.nan)
    found[rows] = slope * (mark[rows] - low) + times[rows, after - 1]
    return found


def last_value(values: Floats) -> Floats:
    """(patients,) the last of each row that is not NaN; NaN where none is."""
    known = ~np.isnan(values)
    last = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.asarray(values[np.arange(len(values)), last])


def _only(values: Floats, seen: Flags) -> Floats:
    """``values`` (patients, scans, ...) where they were ``seen``, NaN elsewhere."""
    return np.where(seen.reshape(*seen.shape, *(1,) * (values.ndim - 2)), values, np.nan)


def fmin(first: Floats, second: Floats) -> Floats:
    """The earlier of two days, either of which may be NaN."""
    return np.asarray(np.fmin(first, second))


def _missed(disease: Disease, patients: NDArray[np.int64], scans: int, seed: int) -> Flags:
    """(patients, scans) examinations that will not be made; never the first, which is the baseline."""
    share = disease.patients["scan_missed"].value
    missed = uniform_rows(seed, "missed scans", patients, scans) < share
    missed[:, 0] = False
    return np.asarray(missed)
