"""Events and what was given for them as tables of a trial, in the terms of CDISC (SDTM and ADaM)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import floor

import numpy as np
import pandas as pd

from coley.harm.care import Prescription
from coley.harm.events import Events, Floats
from coley.harm.schema import Harm
from coley.regimen import Administration, expand, parse

_ACTIONS = {
    "": "NOT APPLICABLE",
    "none": "DOSE NOT CHANGED",
    "reduce": "DOSE REDUCED",
    "hold": "DRUG INTERRUPTED",
    "stop": "DRUG WITHDRAWN",
}
_KEYS = ["STUDYID", "USUBJID"]
_OF_EVENTS = ["AEDECOD", "AEBODSYS", "AETOXGR", "ASTDY", "AENDY", "AREL", "AEACN", "AEOUT", "AESDTH"]
_OF_MEDICINES = ["CMDECOD", "CMDOSE", "CMDOSU", "ASTDY", "AENDY", "CMINDC"]
_HORIZON = 36525.0  # days: no treatment of an event is longer


def adae(
    events: Events, harms: Sequence[Harm], study: str, subjects: Mapping[int, str], ends: Mapping[int, float]
) -> pd.DataFrame:
    """One record per event that began before the patient's follow-up ended; days count from 1.

    AENDY is missing where the event goes on. An event is fatal, and of grade 5, only where its death came before the
    end of follow-up.

    Args:
        subjects: USUBJID by number of the patient.
        ends: day on which the patient's follow-up ends, by death or otherwise, by number of the patient.
    """
    last = np.array([ends[patient] for patient in events.patient.tolist()], dtype=float)
    seen = events.onset <= last
    events, last = events.take(seen), last[seen]
    fatal, over = events.death <= last, events.resolution <= last
    return pd.DataFrame(
        {
            "STUDYID": np.full(len(events), study, dtype=object),
            "USUBJID": np.array([subjects[patient] for patient in events.patient.tolist()], dtype=object),
            "AEDECOD": np.array([harms[index].title for index in events.harm], dtype=object),
            "AEBODSYS": np.array([harms[index].body_system for index in events.harm], dtype=object),
            "AETOXGR": np.where(fatal, 5, np.minimum(events.grade, 4)).astype(np.int64),
            "ASTDY": _study_day(events.onset),
            "AENDY": _study_day(np.select([fatal, over], [events.death, events.resolution], np.nan)),
            "AREL": np.where(events.related, "RELATED", "NOT RELATED").astype(object),
            "AEACN": np.array([_ACTIONS[action] for action in events.action.tolist()], dtype=object),
            "AEOUT": np.select([fatal, over], ["FATAL", "RECOVERED/RESOLVED"], "NOT RECOVERED/NOT RESOLVED").astype(
                object
            ),
            "AESDTH": np.where(fatal, "Y", "N").astype(object),
        },
        columns=_KEYS + _OF_EVENTS,
    )


def adcm(
    prescriptions: Iterable[Prescription], study: str, subjects: Mapping[int, str], ends: Mapping[int, float]
) -> pd.DataFrame:
    """One record per patient, prescription and step of its regimen (CMDOSE in CMDOSU), for doses before ``ends``."""
    records = []
    for prescription in prescriptions:
        steps = _steps(prescription.regimen)
        for patient, start in zip(prescription.patients.tolist(), prescription.starts.tolist(), strict=True):
            for step, days in steps:
                given = start + days
                given = given[given <= ends[patient]]
                if len(given):
                    dose = (step.drug.upper(), step.dose, step.unit, floor(given[0]) + 1, floor(given[-1]) + 1)
                    records.append((study, subjects[patient], *dose, prescription.indication))
    return pd.DataFrame(records, columns=_KEYS + _OF_MEDICINES).astype({"ASTDY": "Int64", "AENDY": "Int64"})


@cache
def _steps(regimen: str) -> tuple[tuple[Administration, Floats], ...]:
    """What a regimen gives, and on which days after its start."""
    days: dict[int, list[float]] = {}
    steps: dict[int, Administration] = {}
    for dose in expand(parse(regimen), _HORIZON):
        steps[id(dose.administration)] = dose.administration
        days.setdefault(id(dose.administration), []).append(dose.day)
    return tuple((step, np.array(days[key])) for key, step in steps.items())


def _study_day(days: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pd.arrays.IntegerArray:
    """Whole days, the first being 1; missing where not known."""
    return pd.array(np.floor(days) + 1, dtype="Int64")
