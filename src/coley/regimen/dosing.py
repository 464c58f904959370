"""Amounts of drug for patients, and the dose records of NONMEM."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem
from coley.regimen.placing import Course
from coley.regimen.schedule import courses
from coley.regimen.syntax import Administration, Regimen
from coley.regimen.terms import Amount, Band
from coley.regimen.vocabulary import CONCENTRATIONS, UNITS

Floats = NDArray[np.float64]

CALVERT_OFFSET = 25.0
"""Clearance of carboplatin that is not renal, in mL/min. Calvert AH et al., J Clin Oncol 1989;7:1748-1756."""
LEG_SHARE, ARM_SHARE = 0.161, 0.050
"""A leg's and an arm's share of body weight. Winter DA, Biomechanics and Motor Control of Human Movement (recalled)."""
LIMB_DENSITY = 1.06
"""Density of a limb in kg/L, of the same source (recalled)."""

COLUMNS = ("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS")
_PATIENT_COLUMNS = ("WEIGHT", "BSA", "GFR")


def amounts(
    administration: Administration,
    *,
    weight: Floats,
    bsa: Floats,
    gfr: Floats,
    age: Floats | None = None,
    blasts: Floats | None = None,
) -> Floats:
    """Amount of one dose for each patient, in ``administration.base_unit``; 1 for a procedure.

    Masses are in mg, cells, viruses and international units their own number, volumes in mL (or what they hold, where a
    concentration is given), activities in MBq, absorbed doses in Gy. A target AUC is met by the dose of Calvert:
    mg = AUC · (GFR + 25). GFR is used as it is given; a practice that caps it caps it before. A dose a day is the whole
    of its infusion, a divided dose one fraction. A dose per litre takes the volume of a leg, or of an arm where that is
    the site, from body weight; adjusted ideal body weight is that of women (ideal + 0.4 of what is above it). Bands of
    patients and the cap are applied; first doses and steps are not, as ``expand`` returns each of them as an
    administration of its own.

    Args:
        administration: what is given.
        weight: body weight in kg, one value per patient.
        bsa: body surface in m² by Mosteller, one value per patient; with weight it says height.
        gfr: glomerular filtration rate in mL/min, not indexed to surface, one value per patient.
        age: age in years, for doses that go by it.
        blasts: blasts in % of marrow cells, for doses that go by them.

    Raises:
        ColeyError: where a dose goes by the age or blasts of patients, which are not given.
    """
    weight, bsa, gfr = (np.asarray(values, dtype=np.float64) for values in (weight, bsa, gfr))
    if administration.procedure:
        return np.ones_like(weight)
    sizes = _sizes(administration, weight, bsa, gfr)
    days = administration.infusion_days or 0.0
    total = _total(Amount(administration.dose, administration.unit), sizes, days)
    measures = {"kg": weight, "m2": bsa, "mL/min": gfr, "years": age, "% blasts": blasts}
    for band in administration.tailoring.bands:
        total = np.where(_inside(band, measures[band.measure], administration), _total(band.amount, sizes, days), total)
    if administration.tailoring.cap is not None:
        total = np.minimum(total, _total(administration.tailoring.cap, sizes, days))
    if administration.concentration is not None:
        held = administration.concentration
        total = total * held.number * CONCENTRATIONS[held.unit].factor
    return total / (administration.fractions or 1)


def _sizes(administration: Administration, weight: Floats, bsa: Floats, gfr: Floats) -> dict[str, Floats]:
    """What a dose may be proportional to; ``AUC`` is what a target AUC is multiplied with."""
    height = 3600.0 * bsa**2 / weight  # cm; Mosteller RD, N Engl J Med 1987;317:1098
    ideal = 0.9 * height - 92.0  # kg; of women, label of mirvetuximab soravtansine (recalled)
    limb = ARM_SHARE if administration.site == "arm" else LEG_SHARE
    return {
        "": np.ones_like(weight),
        "kg": weight,
        "m2": bsa,
        "ideal kg": ideal + 0.4 * (weight - ideal),
        "L": limb * weight / LIMB_DENSITY,
        "AUC": gfr + CALVERT_OFFSET,
    }


def _total(amount: Amount, sizes: Mapping[str, Floats], days: float) -> Floats:
    """``amount`` for each patient, in the base unit of its kind."""
    unit = UNITS[amount.unit]
    size = sizes["AUC" if unit.kind == "AUC" else unit.per]
    return amount.number * unit.factor * size * (days if unit.per_day else 1.0)


def _inside(band: Band, values: Floats | None, administration: Administration) -> NDArray[np.bool_]:
    if values is None:
        what = f"the dose goes by {band.measure} ({band}), which are not given"
        raise ColeyError(Problem(administration.drug, what, "give them for every patient"))
    values = np.asarray(values, dtype=np.float64)
    if band.edge == "below":
        return values < band.bound
    return values > band.bound if band.edge == "above" else values >= band.bound


def nonmem_table(
    regimen: Regimen, patients: pd.DataFrame, horizon_days: float, *, infusion_hours: Mapping[str, float]
) -> pd.DataFrame:
    """Dose records of every patient as NONMEM reads them, regular doses as one record with II and ADDL.

    TIME, DUR and II are in days from the first day of the regimen, AMT in mg (for what is no mass, in the drug's own
    ``base_unit``, such as cells, IU or Gy) and RATE in AMT per day, 0 for a bolus; the frame's ``attrs["units"]`` says
    the same. CMT is the drug's name, EVID 1, SS 0. A dose of zero is no record, nor is a procedure. Rows are in the
    order of patients, then of time. Doses on conditions are those of a patient in whom no state is met.

    Args:
        regimen: what is given.
        patients: one row per patient, columns ID (unique), WEIGHT (kg), BSA (m²) and GFR (mL/min); AGE (years) and
            BLASTS (% of marrow cells) where a dose goes by them.
        horizon_days: no dose falls on this day or later.
        infusion_hours: by drug, how long an intravenous dose takes where the regimen does not say; others are boluses.

    Raises:
        ColeyError: where the horizon, the patients or the infusion times cannot be used.
    """
    _check_inputs(patients, infusion_hours)
    found = [course for course in courses(regimen, horizon_days) if not course.administration.procedure]
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
    age, blasts = (
        patients[name].to_numpy(dtype=np.float64) if name in patients else None for name in ("AGE", "BLASTS")
    )
    amount = amounts(administration, weight=weight, bsa=bsa, gfr=gfr, age=age, blasts=blasts)
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
