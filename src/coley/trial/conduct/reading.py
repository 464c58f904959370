"""What examinations show over time, and what response criteria judge by: measures since a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.disease import Disease
from coley.trial.response import Criteria
from coley.trial.response.recist import NODE_NORMAL_MM, PROGRESSION_FRACTION, PROGRESSION_MM, NonTarget

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
TARGETS, NODAL, OTHERS = "diameters", "nodal", "rest"
"""Findings of diseases with lesions: diameters of those that are measured, in mm; which of these are nodes; and the
diameter of all others as one sphere."""


VISITS = "visits"
"""The axis of measures that differ between visits."""


@dataclass(frozen=True)
class Reader:
    """Who reads examinations: the investigator, or an independent committee, each with errors of its own.

    Attributes:
        findings: (patients, scans, ...) what was read, by name; NaN where nothing was.
    """

    disease: Disease
    patients: Integers
    seed: int
    findings: dict[str, Floats]

    @classmethod
    def of(cls, disease: Disease, patients: Integers, scans: int, *, seed: int) -> Reader:
        """A reader who has read nothing yet."""
        shapes = {name: np.shape(values)[1:] for name, values in disease.absent(1).items()}
        blank = {name: np.full((len(patients), scans, *shape), np.nan) for name, shape in shapes.items()}
        return cls(disease, patients, seed, blank)

    def read(self, values: Mapping[str, Floats], who: Flags, scan: int, held: Flags) -> None:
        """Examine ``who``.

        Args:
            values: (patients,) what the disease asks for, by name.
            held: (patients, lesions) which of the sites that are measured have ever held a lesion.
        """
        rows = np.flatnonzero(who)
        if not len(rows):
            return
        seen = {name: values[name][rows] for name in self.disease.watched}
        for name, shown in self.disease.examine(seen, self.patients[rows], scan, seed=self.seed).items():
            self.findings[name][rows, scan] = np.where(held[rows], shown, 0.0) if name.endswith(TARGETS) else shown


@dataclass
class Baseline:
    """From where on the disease is judged, an element per patient.

    Attributes:
        scan: number of the scan that counts as baseline.
        removed: (patients, lesions) resected since: the measured ones, then the others; they count as absent from it.
        elsewhere: new lesions by then that have no site of their own.
    """

    scan: Integers
    removed: Flags
    elsewhere: Floats

    @classmethod
    def at_entry(cls, disease: Disease, size: int) -> Baseline:
        """Everybody at the first examination."""
        return cls(np.zeros(size, dtype=np.int64), np.zeros((size, len(disease.sites)), dtype=np.bool_), np.zeros(size))

    def reset(self, who: Flags, scan: int, elsewhere: Floats) -> None:
        """Let ``who`` be judged from ``scan`` on."""
        self.scan[who], self.removed[who], self.elsewhere[who] = scan, False, elsewhere[who]


@dataclass(frozen=True)
class Judge:
    """Judges findings by criteria.

    Attributes:
        days: (patients, scans).
        elsewhere: (patients, scans) new lesions so far that have no site of their own.
    """

    criteria: Criteria
    days: Floats
    elsewhere: Floats

    def judge(self, findings: Mapping[str, Floats], since: Baseline, scan: int) -> NDArray[np.int8]:
        """(patients, scans up to ``scan``) responses since each patient's baseline, which stands for all before it."""
        column = np.maximum(np.arange(scan + 1), since.scan[:, None])
        column = np.minimum(column, scan)
        shown = {name: _taken(values, column) for name, values in findings.items()}
        before = np.arange(scan + 1) <= since.scan[:, None]
        more = _taken(self.elsewhere, column) - since.elsewhere[:, None]
        if TARGETS in shown:
            shown |= lesion_measures(shown, since.removed, before, np.maximum(more, 0.0))
        measures = self.criteria.measures
        known = {
            name: values if VISITS in measures[name].axes else values[:, 0]
            for name, values in shown.items()
            if name in measures
        }
        return self.criteria.judge(known, self.days[:, : scan + 1])


def lesion_measures(shown: Mapping[str, Floats], removed: Flags, before: Flags, elsewhere: Floats) -> dict[str, Floats]:
    """What criteria for lesions judge by.

    New is a lesion that is seen where none was at baseline, or where one was resected; a node, once it is no normal
    one any more. The others have progressed where
    they have grown, as one sphere, by as much as progression takes of measured ones (RECIST 1.1, section 4.3.4: an
    increase that would count as progression of measurable disease).

    Args:
        shown: ``diameters`` and ``nodal`` (patients, scans, lesions), and ``rest`` (patients, scans), mm.
        removed: (patients, lesions and rest).
        before: (patients, scans) up to and with the baseline.
        elsewhere: (patients, scans) new lesions without a site of their own.
    """
    size = np.where(before[:, :, None] & removed[:, None, :-1], 0.0, shown[TARGETS])
    rest = np.where(before & removed[:, None, -1], 0.0, shown[OTHERS])
    least = np.where(shown[NODAL][:, :1] > 0, NODE_NORMAL_MM, 1e-9)
    absent = (size[:, :1] == 0.0) & (size >= least)
    fresh = (rest[:, :1] == 0.0) & (rest > 0.0)
    smallest = np.fmin.accumulate(np.concatenate([rest[:, :1], rest[:, :-1]], axis=1), axis=1)
    grown = rest - smallest >= np.maximum(PROGRESSION_FRACTION * smallest, PROGRESSION_MM) - 1e-9
    status = np.select(
        [rest[:, :1] == 0.0, np.isnan(rest), rest == 0.0, grown],
        [NonTarget.NONE, NonTarget.NE, NonTarget.CR, NonTarget.PD],
        NonTarget.NON_CR_NON_PD,
    )
    last = np.concatenate([rest[:, :1], rest[:, :-1]], axis=1)
    return {
        TARGETS: size,
        "nontarget": status.astype(float),
        "nontarget_larger": (rest > last).astype(float),
        "new_lesions": absent.sum(axis=2) + np.where(np.isnan(rest), 0.0, np.maximum(elsewhere, fresh)),
        "new_lesion_sum": np.where(absent, size, 0.0).sum(axis=2),
    }


def _taken(values: Floats, column: Integers) -> Floats:
    """Values at the scan that ``column`` (patients, scans) says."""
    index = column.reshape(*column.shape, *(1,) * (values.ndim - 2))
    return np.take_along_axis(values, np.broadcast_to(index, (*column.shape, *values.shape[2:])), axis=1)
