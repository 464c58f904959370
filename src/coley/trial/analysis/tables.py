"""ADaM-like tables of a trial: ADSL, ADEX, ADTR, ADRS and ADTTE.

Names follow the CDISC ADaM Implementation Guide 1.3; days count from the first dose (day 0).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Arm, Trial
from coley.population import Cohort
from coley.trial import recist
from coley.trial.endpoints import Analysis
from coley.trial.history import History

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Subjects = NDArray[np.str_]
EPOCHS = ("TREATMENT", "SUBSEQUENT")
"""What a dose of ADEX belongs to: the trial treatment, or one received after progression."""
_PEOPLE = ("AGE", "SEX", "WEIGHT", "HEIGHT", "BSA", "GFR", "ECOG", "PRETREAT", "PDL1", "TMB")


def subjects(trial: Trial, patients: int) -> dict[str, Subjects]:
    """USUBJID of each patient by arm: trial, arm and number. The number is the same virtual patient in each arm."""
    slugs = ["-".join("".join(c if c.isalnum() else " " for c in arm.name.lower()).split()) for arm in trial.arms]
    if len(set(slugs)) < len(slugs):  # names that differ in signs alone
        slugs = [f"{slug}-{number}" for number, slug in enumerate(slugs, 1)]
    return {
        arm.name: np.array([f"{trial.name}-{slug}-{k:04d}" for k in range(patients)])
        for arm, slug in zip(trial.arms, slugs, strict=True)
    }


def adsl(
    trial: Trial, arm: Arm, ids: Subjects, cohort: Cohort, history: History, analysis: Analysis, entry: Floats
) -> pd.DataFrame:
    """One row per patient: who they are, what became of them."""
    people = cohort.covariates
    later = np.array([*(option.regimen for option in arm.subsequent), ""])
    return pd.DataFrame(
        {
            "STUDYID": trial.name,
            "USUBJID": ids,
            "SUBJID": people.index.to_numpy(),
            "ARM": arm.name,
            **{name: people[name].to_numpy() for name in _PEOPLE},
            "BASESLD": history.diameters[:, 0].sum(axis=1),
            "ENTRYDY": entry,
            "TRTEDY": history.stopped,
            "DTHDY": history.death,
            "STATUS": history.status,
            "REASON": history.reason,
            "BOR": recist.names(analysis.responses),
            "SUBSEQ": later[history.next_treatment],
        }
    )


def adex(arm: Arm, ids: Subjects, history: History) -> pd.DataFrame:
    """One row per administration, of the trial treatment and of what followed it."""
    doses = history.doses.sort_values(["ID", "TIME", "DRUG"], kind="stable")
    return pd.DataFrame(
        {
            "USUBJID": ids[doses["ID"].to_numpy(dtype=int)],
            "ARM": arm.name,
            "EPOCH": np.where(doses["LINE"] == 0, *EPOCHS),
            "EXTRT": doses["DRUG"].to_numpy(dtype=str),
            "EXDOSE": doses["AMT"].to_numpy(dtype=float),
            "EXDOSU": "mg",
            "EXROUTE": doses["ROUTE"].to_numpy(dtype=str),
            "ASTDY": doses["TIME"].to_numpy(dtype=float),
            "EXDUR": doses["DUR"].to_numpy(dtype=float) * 24,
        }
    )


def adtr(arm: Arm, ids: Subjects, history: History) -> pd.DataFrame:
    """Diameters of target lesions and their sum at each scan of the trial treatment."""
    done = _scanned(history)
    single = np.broadcast_to(done[:, :, None], history.diameters.shape) & (history.diameters[:, :1] > 0)
    each = _measurements(history.days, history.diameters, single)
    each["PARAMCD"], each["TRLNKID"], each["NADIR"] = "LDIAM", np.nonzero(single)[2] + 1.0, np.nan
    total = _measurements(history.days, history.diameters.sum(axis=2), done)
    total["PARAMCD"], total["TRLNKID"], total["NADIR"] = "SUMDIAM", np.nan, history.nadir[done]
    table = pd.concat([each, total]).sort_values(["patient", "VISITNUM", "PARAMCD", "TRLNKID"], kind="stable")
    return _labelled(arm, ids, table, ["ADY", "VISITNUM", "PARAMCD", "TRLNKID", "AVAL", "BASE", "PCHG", "NADIR"])


def adrs(arm: Arm, ids: Subjects, history: History, analysis: Analysis) -> pd.DataFrame:
    """Overall response at each scan, and the best overall response."""
    done = _scanned(history)
    done[:, 0] = False
    patient, visit = np.nonzero(done)
    each = pd.DataFrame({"patient": patient, "ADY": history.days[visit], "VISITNUM": visit.astype(float)})
    each["PARAMCD"], each["AVALC"] = "OVRLRESP", recist.names(history.codes[done])
    best = pd.DataFrame({"patient": np.arange(len(ids)), "ADY": np.nan, "VISITNUM": np.nan, "PARAMCD": "BESTRESP"})
    best["AVALC"] = recist.names(analysis.responses)
    table = pd.concat([each, best]).sort_values(["patient", "VISITNUM"], kind="stable")
    return _labelled(arm, ids, table, ["ADY", "VISITNUM", "PARAMCD", "AVALC"])


def adtte(arm: Arm, ids: Subjects, analysis: Analysis) -> pd.DataFrame:
    """Times to event of the patients who count; DOR of responders alone."""
    parts = []
    for name in ("OS", "PFS", "DOR"):
        times = analysis.times(name)
        part = pd.DataFrame(
            {"patient": times.patients, "AVAL": times.duration, "CNSR": (~times.event).astype(np.int64)}
        )
        parts.append(part.assign(PARAMCD=name, EVNTDESC=times.description))
    return _labelled(arm, ids, pd.concat(parts), ["PARAMCD", "AVAL", "CNSR", "EVNTDESC"])


def _scanned(history: History) -> Flags:
    """(patients, visits) scans due on trial treatment: those made, and those missed before the last that was made."""
    made = ~np.isnan(history.diameters[:, :, 0])
    return np.flip(np.logical_or.accumulate(np.flip(made, axis=1), axis=1), axis=1).copy()


def _measurements(days: Floats, values: Floats, wanted: Flags) -> pd.DataFrame:
    """A row for each wanted one of ``values`` (patients × visits, or × lesions as well), beside its baseline."""
    where = np.nonzero(wanted)
    base = np.broadcast_to(values[:, :1], values.shape)[wanted]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (values[wanted] / base - 1)
    rows = {"patient": where[0], "ADY": days[where[1]], "VISITNUM": where[1]}
    return pd.DataFrame({**rows, "AVAL": values[wanted], "BASE": base, "PCHG": change})


def _labelled(arm: Arm, ids: Subjects, table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """``columns`` of a table, after whom its rows are of."""
    out = table[columns].reset_index(drop=True)
    out.insert(0, "ARM", arm.name)
    out.insert(0, "USUBJID", ids[table["patient"].to_numpy(dtype=int)])
    return out
