"""The course of one arm: all patients go from visit to visit; between visits their doses, at each their fate, are decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.catalogue.schema import Arm, Trial
from coley.engine import Simulation
from coley.library import Observable
from coley.population import Cohort
from coley.population.streams import uniforms
from coley.system import System
from coley.trial import recist
from coley.trial.calendar import visit_days
from coley.trial.dosing import Treatment, joined
from coley.trial.lesions import Lesions
from coley.units import convert, internal_unit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RTOL = 1e-4
STEP = 7.0
"""Days between two stored time points."""
REST_BEFORE_NEXT = 21.0
"""Days from progression to the first dose of the next treatment; an assumption."""
FIRST, BETWEEN_LINES, NEXT = 0, 1, 2


@dataclass
class History:
    """What happened in one arm, a row per patient; days count from the first dose, NaN where a thing did not happen.

    Attributes:
        days: (visits,) scan days, day 0 the baseline.
        diameters: (patients, visits, lesions) in mm as read; NaN where not read.
        codes: (patients, visits) overall responses of the first treatment; NE at baseline and where not scanned.
        nadir: (patients, visits) smallest sum before each scan, mm.
        death, dropout: day of death, and of leaving the trial.
        next_treatment: index into the arm's subsequent treatments, -1 for none.
        doses: ID, TIME, AMT, DUR, DRUG, ROUTE as given.
        status, reason: "ok", or why this patient's simulation failed.
        trajectories: (individual × time), NaN after death or dropout.
    """

    days: Floats
    diameters: Floats
    codes: NDArray[np.int8]
    nadir: Floats
    death: Floats
    dropout: Floats
    next_treatment: NDArray[np.int64]
    doses: pd.DataFrame
    status: NDArray[np.str_]
    reason: NDArray[np.str_]
    trajectories: xr.Dataset

    @property
    def stopped(self) -> Floats:
        """(patients,) day of the last dose of any treatment; NaN for none."""
        last = np.full(len(self.death), np.nan)
        if len(self.doses):
            of_each = self.doses.groupby("ID")["TIME"].max()
            last[of_each.index.to_numpy(dtype=int)] = of_each.to_numpy()
        return last


@dataclass
class _State:
    """Where each patient stands during the loop."""

    stage: NDArray[np.int64]
    start: Floats
    baseline: Floats
    nadir: Floats
    alive: Flags
    death: Floats
    lesion_clock: Floats
    moved: Flags
    doses: list[pd.DataFrame] = field(default_factory=list)


def follow(
    trial: Trial,
    arm: Arm,
    system: System,
    treatments: tuple[Treatment, ...],
    cohort: Cohort,
    lesions: Lesions,
    shown: tuple[Observable, ...],
    *,
    seed: int,
    threads: int | None,
    progress: Callable[[int, int], None],
) -> History:
    """Follow one arm to the end of follow-up. ``treatments`` are the arm's own and then its subsequent ones."""
    return _Course(trial, arm, system, treatments, cohort, lesions, shown, seed, threads).run(progress)


class _Course:
    def __init__(
        self,
        trial: Trial,
        arm: Arm,
        system: System,
        treatments: tuple[Treatment, ...],
        cohort: Cohort,
        lesions: Lesions,
        shown: tuple[Observable, ...],
        seed: int,
        threads: int | None,
    ) -> None:
        known = [name for name in cohort.parameters if name in system.units]
        self.simulation = Simulation(
            system, cohort.parameters[known].reset_index(drop=True), rtol=RTOL, threads=threads
        )
        self.trial, self.treatments, self.lesions, self.shown = trial, treatments, lesions, shown
        patients = np.arange(len(cohort.parameters))
        self.days = visit_days(trial)
        self.death_at = -np.log1p(-uniforms(seed, "death", patients))
        self.lesion_at = -np.log1p(-uniforms(seed, "new lesion", patients))
        self.again = -np.log1p(-uniforms(seed, "next new lesion", patients))
        leave = -np.log1p(-uniforms(seed, "dropout", patients)) / -np.log1p(-trial.dropout_per_year) * 365.25
        self.dropout = np.where(leave < self.days[-1], leave, np.nan)
        self.choice = _subsequent(arm, uniforms(seed, "next treatment", patients))
        n = len(patients)
        volume = cohort.parameters["V_diagnosis"].to_numpy()
        read = lesions.read(volume, 0)
        self.diameters = np.full((n, len(self.days), read.shape[1]), np.nan)
        self.diameters[:, 0] = read
        self.codes = np.zeros((n, len(self.days)), dtype=np.int8)
        self.nadirs = np.full((n, len(self.days)), np.nan)
        total = read.sum(axis=1)
        self.now = _State(
            np.full(n, FIRST), np.zeros(n), total, total.copy(), np.ones(n, bool), np.full(n, np.nan), self.lesion_at.copy(), np.zeros(n, bool)
        )
        self.grid = np.arange(0.0, self.days[-1] + STEP / 2, STEP)
        self.kept = {o.name: np.full((n, len(self.grid)), np.nan, dtype=np.float32) for o in shown}

    def run(self, progress: Callable[[int, int], None]) -> History:
        for visit in range(1, len(self.days)):
            progress(visit - 1, len(self.days) - 1)
            present = self.now.alive & ~(self.dropout <= self.days[visit - 1])
            present &= self.simulation.status == "ok"
            if not present.any():
                break
            self._advance(visit, present)
            self._scan(visit, present)
        progress(len(self.days) - 1, len(self.days) - 1)
        return self._history()

    def _advance(self, visit: int, present: Flags) -> None:
        """From the last visit to this: give doses, integrate, and see who died on the way."""
        begin, end = self.days[visit - 1], self.days[visit]
        doses = self._doses(begin, end, present)
        inner = self.grid[(self.grid >= begin) & (self.grid < end)]
        times = np.unique(np.concatenate([[begin], inner, [end]]))
        names = sorted({"V_tumour", "hazard_death", "hazard_lesion", *(o.name for o in self.shown)})
        path = self.simulation.advance(times, doses=doses, active=present, observables=names)
        died = self._deaths(path, times, present)
        self.now.doses.append(doses[doses["TIME"].to_numpy() <= np.where(np.isnan(died), np.inf, died)[doses["ID"].to_numpy(dtype=int)]])
        columns = np.searchsorted(self.grid, inner)
        for o in self.shown:
            self.kept[o.name][:, columns] = path[o.name].to_numpy()[:, np.searchsorted(times, inner)]
        self.volume = path["V_tumour"].to_numpy()[:, -1]
        self.seeded = path["hazard_lesion"].to_numpy()[:, -1]

    def _doses(self, begin: float, end: float, present: Flags) -> pd.DataFrame:
        frames = []
        for k, treatment in enumerate(self.treatments):
            mine = (self.now.stage == FIRST) if k == 0 else (self.now.stage == NEXT) & (self.choice == k - 1)
            frames.append(treatment.window(np.where(present & mine, self.now.start, np.nan), begin, end))
        return joined(frames)

    def _deaths(self, path: xr.Dataset, times: Floats, present: Flags) -> Floats:
        """Day of death of those who died in this stretch, interpolated where the cumulative hazard meets its mark."""
        hazard = path["hazard_death"].to_numpy()
        passed = hazard >= self.death_at[:, None]
        died = np.full(len(present), np.nan)
        for row in np.flatnonzero(present & passed.any(axis=1)):
            died[row] = np.interp(self.death_at[row], hazard[row], times)
        gone = ~np.isnan(died)
        self.now.alive &= ~gone
        self.now.death[gone] = died[gone]
        return died

    def _scan(self, visit: int, present: Flags) -> None:
        """Read the lesions of those who are here, judge their response, and change or stop treatment on progression."""
        now, day = self.now, self.days[visit]
        here = present & now.alive & ~(self.dropout <= day) & (self.simulation.status == "ok")
        here &= now.stage != BETWEEN_LINES
        read = self.lesions.read(np.where(here, self.volume, 0.0), visit)
        evaluable = here & ~np.isnan(read).any(axis=1)
        total = read.sum(axis=1)
        gone = recist.disappeared(read, nodal=False)
        target = recist.target_response(total, now.baseline, now.nadir, gone, evaluable)
        others = np.where(self.lesions.others_gone(self.volume), recist.NonTarget.CR, recist.NonTarget.NON_CR_NON_PD)
        code = recist.overall_response(target, others, evaluable & (self.seeded >= now.lesion_clock))
        code = np.where(evaluable, code, np.int8(recist.Response.NE))
        first = here & (now.stage == FIRST)
        self.codes[first, visit] = code[first]
        self.diameters[first, visit] = read[first]
        self.nadirs[first, visit] = now.nadir[first]
        now.nadir = recist.update_nadir(now.nadir, total, evaluable)
        self._progress(code == recist.Response.PD, total, first, day)

    def _progress(self, progressed: Flags, total: Floats, first: Flags, day: float) -> None:
        """Who progresses leaves the present treatment; after the first, some start another, with a new baseline."""
        now = self.now
        onward = progressed & first & (self.choice >= 0)
        now.stage[progressed & ~onward] = BETWEEN_LINES
        now.stage[onward], now.moved[onward] = NEXT, True
        now.start[onward] = day + REST_BEFORE_NEXT
        now.baseline[onward] = total[onward]
        now.nadir[onward] = total[onward]
        now.lesion_clock[onward] = self.seeded[onward] + self.again[onward]

    def _history(self) -> History:
        status, reason = self.simulation.status.astype(str), self.simulation.reason.astype(str)
        ended = np.fmin(self.now.death, self.dropout)
        late = self.grid[None, :] > np.where(np.isnan(ended), np.inf, ended)[:, None]
        data = {}
        for o in self.shown:
            factor = convert(1.0, f"{internal_unit(o.unit)}", o.unit)
            values = np.where(late, np.float32(np.nan), self.kept[o.name] * np.float32(factor))
            data[o.name] = (("individual", "time"), values, {"units": o.unit, "long_name": o.title, "group": o.group})
        grid = ("time", self.grid, {"units": "day"})
        return History(
            days=self.days,
            diameters=self.diameters,
            codes=self.codes,
            nadir=self.nadirs,
            death=self.now.death,
            dropout=self.dropout,
            next_treatment=np.where(self.now.moved, self.choice, -1),
            doses=joined(self.now.doses),
            status=status,
            reason=reason,
            trajectories=xr.Dataset(data, coords={"time": grid}),
        )


def _subsequent(arm: Arm, draw: Floats) -> NDArray[np.int64]:
    """Which subsequent treatment each patient would receive after progression; -1 for none."""
    bounds = np.cumsum([option.fraction for option in arm.subsequent])
    choice = np.searchsorted(bounds, draw, side="right")
    return np.where(choice < len(bounds), choice, -1)
