"""ADaM-like tables of a trial: ADSL, ADEX, ADTR, ADRS and ADTTE.

Names follow the CDISC ADaM Implementation Guide 1.3; days count from the first dose (day 0).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from coley.catalogue.schema import Arm, Trial
from coley.population import Cohort
from coley.trial import recist
from coley.trial.course import History
from coley.trial.endpoints import Analysis


def subjects(trial: Trial, arm: Arm, patients: int) -> np.ndarray:
    """USUBJID of each patient of an arm: trial, arm and number. The number is the same virtual patient in each arm."""
    slug = "-".join("".join(c if c.isalnum() else " " for c in arm.name.lower()).split())
    return np.array([f"{trial.name}-{slug}-{k:04d}" for k in range(patients)])


def adsl(trial: Trial, arm: Arm, cohort: Cohort, history: History, analysis: Analysis, entry: np.ndarray) -> pd.DataFrame:
    """One row per patient: who they are, what became of them."""
    people = cohort.covariates
    names = np.array([option.regimen for option in arm.subsequent] + [""])
    return pd.DataFrame(
        {
            "STUDYID": trial.name,
            "USUBJID": subjects(trial, arm, len(people)),
            "SUBJID": people.index.to_numpy(),
            "ARM": arm.name,
            **{name: people[name].to_numpy() for name in ("AGE", "SEX", "WEIGHT", "HEIGHT", "BSA", "GFR", "ECOG", "PRETREAT")},
            "PDL1": people["PDL1"].to_numpy(),
            "TMB": people["TMB"].to_numpy(),
            "BASESLD": history.diameters[:, 0].sum(axis=1),
            "ENTRYDY": entry,
            "TRTEDY": history.stopped,
            "DTHDY": history.death,
            "STATUS": history.status,
            "REASON": history.reason,
            "BOR": recist.names(analysis.responses),
            "SUBSEQ": names[history.next_treatment],
        }
    )


def adex(trial: Trial, arm: Arm, history: History) -> pd.DataFrame:
    """One row per administration."""
    ids = subjects(trial, arm, len(history.death))
    doses = history.doses.sort_values(["ID", "TIME", "DRUG"], kind="stable")
    return pd.DataFrame(
        {
            "USUBJID": ids[doses["ID"].to_numpy(dtype=int)],
            "ARM": arm.name,
            "EXTRT": doses["DRUG"].to_numpy(dtype=str),
            "EXDOSE": doses["AMT"].to_numpy(dtype=float),
            "EXDOSU": "mg",
            "EXROUTE": doses["ROUTE"].to_numpy(dtype=str),
            "ASTDY": doses["TIME"].to_numpy(dtype=float),
            "EXDUR": doses["DUR"].to_numpy(dtype=float) * 24,
        }
    )


def adtr(trial: Trial, arm: Arm, history: History) -> pd.DataFrame:
    """Diameters of target lesions and their sum at each scan of the trial treatment."""
    n, visits, slots = history.diameters.shape
    lesions = history.diameters[:, 0] > 0
    done = _scanned(history)
    patient, visit, slot = (a.ravel() for a in np.indices((n, visits, slots)))
    keep = done[patient, visit] & lesions[patient, slot]
    single = _measurements(history, patient[keep], visit[keep], history.diameters[patient, visit, slot][keep], history.diameters[patient, 0, slot][keep])
    single["PARAMCD"], single["TRLNKID"] = "LDIAM", slot[keep] + 1.0
    patient, visit = (a.ravel() for a in np.indices((n, visits)))
    keep = done[patient, visit]
    total = history.diameters.sum(axis=2)
    sums = _measurements(history, patient[keep], visit[keep], total[patient, visit][keep], total[patient, 0][keep])
    sums["PARAMCD"], sums["TRLNKID"], sums["NADIR"] = "SUMDIAM", np.nan, history.nadir[patient, visit][keep]
    table = pd.concat([single, sums], ignore_index=True).sort_values(["patient", "VISITNUM", "PARAMCD", "TRLNKID"], kind="stable")
    return _labelled(trial, arm, table, n, ["ADY", "VISITNUM", "PARAMCD", "TRLNKID", "AVAL", "BASE", "PCHG", "NADIR"])


def adrs(trial: Trial, arm: Arm, history: History, analysis: Analysis) -> pd.DataFrame:
    """Overall response at each scan, and the best overall response."""
    n = len(history.death)
    done = _scanned(history)
    done[:, 0] = False
    patient, visit = np.nonzero(done)
    each = pd.DataFrame(
        {
            "patient": patient,
            "ADY": history.days[visit],
            "VISITNUM": visit.astype(float),
            "PARAMCD": "OVRLRESP",
            "AVALC": recist.names(history.codes[patient, visit]),
        }
    )
    best = pd.DataFrame(
        {"patient": np.arange(n), "ADY": np.nan, "VISITNUM": np.nan, "PARAMCD": "BESTRESP", "AVALC": recist.names(analysis.responses)}
    )
    table = pd.concat([each, best], ignore_index=True).sort_values(["patient", "VISITNUM"], kind="stable")
    return _labelled(trial, arm, table, n, ["ADY", "VISITNUM", "PARAMCD", "AVALC"])


def adtte(trial: Trial, arm: Arm, history: History, analysis: Analysis) -> pd.DataFrame:
    """Times to event; DOR for responders alone."""
    parts = []
    for name in ("OS", "PFS", "DOR"):
        times = analysis.times(name)
        parts.append(
            pd.DataFrame(
                {
                    "patient": times.patients,
                    "PARAMCD": name,
                    "AVAL": times.duration,
                    "CNSR": (~times.event).astype(np.int64),
                    "EVNTDESC": times.description,
                }
            )
        )
    return _labelled(trial, arm, pd.concat(parts, ignore_index=True), len(history.death), ["PARAMCD", "AVAL", "CNSR", "EVNTDESC"])


def _scanned(history: History) -> np.ndarray:
    """(patients, visits) scans that were due while a patient was on trial treatment: those made, and those missed before the last."""
    made = ~np.isnan(history.diameters[:, :, 0])
    later = np.flip(np.logical_or.accumulate(np.flip(made, axis=1), axis=1), axis=1)
    return np.asarray(later)


def _measurements(history: History, patient: np.ndarray, visit: np.ndarray, value: np.ndarray, base: np.ndarray) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (value / base - 1)
    return pd.DataFrame(
        {"patient": patient, "ADY": history.days[visit], "VISITNUM": visit, "AVAL": value, "BASE": base, "PCHG": change, "NADIR": np.nan}
    )


def _labelled(trial: Trial, arm: Arm, table: pd.DataFrame, patients: int, columns: list[str]) -> pd.DataFrame:
    ids = subjects(trial, arm, patients)
    out = table[columns].reset_index(drop=True)
    out.insert(0, "ARM", arm.name)
    out.insert(0, "USUBJID", ids[table["patient"].to_numpy(dtype=int)])
    return out
