"""Amounts of drug for patients, and the dose records of NONMEM."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem
from coley.regimen.schedule import Course, courses
from coley.regimen.syntax import Administration, Regimen
from coley.regimen.vocabulary import UNITS

Floats = NDArray[np.float64]

CALVERT_OFFSET = 25.0
"""Clearance of carboplatin that is not renal, in mL/min. Calvert AH et al., J Clin Oncol 1989;7:1748-1756."""

COLUMNS = ("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS")
_PATIENT_COLUMNS = ("WEIGHT", "BSA", "GFR")


def amounts(administration: Administration, *, weight: Floats, bsa: Floats, gfr: Floats) -> Floats:
    """Amount of one dose for each patient.

    Masses are in mg. Cells, plaque-forming units and international units are their own number. A target AUC is met by
    the dose of Calvert: mg = AUC · (GFR + 25). GFR is used as it is given; a practice that caps it caps it before.

    Args:
        administration: what is given.
        weight: body weight in kg, one value per patient.
        bsa: body surface in m², one value per patient.
        gfr: glomerular filtration rate in mL/min, not indexed to surface, one value per patient.
    """
    unit = UNITS[administration.unit]
    if unit.kind == "AUC":
        return administration.dose * (np.asarray(gfr, dtype=np.float64) + CALVERT_OFFSET)
    sizes = {"": np.ones_like(weight, dtype=np.float64), "kg": weight, "m2": bsa}
    return administration.dose * unit.factor * np.asarray(sizes[unit.per], dtype=np.float64)


def nonmem_table(
    regimen: Regimen, patients: pd.DataFrame, horizon_days: float, *, infusion_hours: Mapping[str, float]
) -> pd.DataFrame:
    """Dose records of every patient as NONMEM reads them, regular doses as one record with II and ADDL.

    TIME, DUR and II are in days from the first day of the regimen, AMT in mg (or the number of cells, PFU or IU) and
    RATE in AMT per day, 0 for a bolus; the frame's ``attrs["units"]`` says the same. CMT is the drug's name, EVID 1,
    SS 0. A dose of zero is no record. Rows are in the order of patients, then of time.

    Args:
        regimen: what is given.
        patients: one row per patient, columns ID (unique), WEIGHT (kg), BSA (m²) and GFR (mL/min).
        horizon_days: no dose falls on this day or later.
        infusion_hours: by drug, how long an intravenous dose takes where the regimen does not say; others are boluses.

    Raises:
        ColeyError: where the horizon, the patients or the infusion times cannot be used.
    """
    _check_inputs(patients, infusion_hours)
    found = courses(regimen, horizon_days)
    frames = [_records(course, patients, infusion_hours) for course in found]
    table = pd.concat(frames, ignore_index=True) if frames else _records_of_none(patients)
    rank = np.tile(np.arange(len(patients)), len(frames))
    order = np.lexsort((np.arange(len(table)), table["TIME"], rank))
    table = table.iloc[order]
    table = table[table["AMT"] > 0].reset_index(drop=True)
    table.attrs["units"] = {"TIME": "day", "AMT": "mg", "RATE": "mg/day", "DUR": "day", "II": "day"}
    return table


def _records(course: Course, patients: pd.DataFrame, infusion_hours: Mapping[str, float]) -> pd.DataFrame:
    """One record per patient for ``course``."""
    administration = course.administration
    weight, bsa, gfr = (patients[name].to_numpy(dtype=np.float64) for name in _PATIENT_COLUMNS)
    amount = amounts(administration, weight=weight, bsa=bsa, gfr=gfr)
    days = _infusion_days(administration, infusion_hours)
    return pd.DataFrame(
        {
            "ID": patients["ID"].to_numpy(),
            "TIME": course.start,
            "AMT": amount,
            "RATE": amount / days if days > 0 else 0.0,
            "DUR": days,
            "EVID": 1,
            "CMT": administration.drug,
            "II": course.interval,
            "ADDL": course.count - 1,
            "SS": 0,
        },
        columns=list(COLUMNS),
    )


def _records_of_none(patients: pd.DataFrame) -> pd.DataFrame:
    kinds = {"ID": patients["ID"].dtype, "CMT": object, "EVID": np.int64, "ADDL": np.int64, "SS": np.int64}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, np.float64)) for name in COLUMNS})


def _infusion_days(administration: Administration, infusion_hours: Mapping[str, float]) -> float:
    if administration.duration_hours is not None:
        return administration.duration_hours / 24
    return infusion_hours.get(administration.drug, 0.0) / 24 if administration.route == "iv" else 0.0


def _check_inputs(patients: pd.DataFrame, infusion_hours: Mapping[str, float]) -> None:
    problems = [
        Problem(f"infusion_hours[{drug!r}]", f"{hours} is not a number of hours", "write a finite number from 0 up")
        for drug, hours in infusion_hours.items()
        if not (np.isfinite(hours) and hours >= 0)
    ]
    problems += [
        Problem(f"patients, column {name}", "the column is missing", "patients need ID, WEIGHT, BSA and GFR")
        for name in ("ID", *_PATIENT_COLUMNS)
        if name not in patients
    ]
    if "ID" in patients and not patients["ID"].is_unique:
        problems.append(Problem("patients, column ID", "two patients have the same ID", "number them"))
    for name in _PATIENT_COLUMNS:
        if name in patients:
            problems += _check_sizes(patients, name)
    if problems:
        raise ColeyError(problems)


def _check_sizes(patients: pd.DataFrame, name: str) -> list[Problem]:
    values = patients[name].to_numpy(dtype=np.float64)
    usable = np.isfinite(values) & ((values >= 0) if name == "GFR" else (values > 0))
    if usable.all():
        return []
    return [Problem(f"patients, column {name}", f"{int((~usable).sum())} values are not positive numbers")]
