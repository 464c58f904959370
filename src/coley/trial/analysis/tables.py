"""ADaM-like tables of a trial: ADSL, ADEX, ADTR, ADRS, ADTTE, ADAE and ADCM.

Names follow the CDISC ADaM Implementation Guide 1.3. Days count from the first dose (day 0), but in ADAE and ADCM,
which have whole study days from 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.harm import adae as of_events
from coley.harm import adcm as of_medicines
from coley.population import Cohort
from coley.protocol import Trial
from coley.regimen.vocabulary import PROCEDURE
from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import FROM_SURGERY
from coley.trial.arms import Epoch, Plan
from coley.trial.conduct.history import History
from coley.trial.conduct.reading import TARGETS
from coley.trial.response.histories import nadirs

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Subjects = NDArray[np.str_]
EPOCHS = tuple(epoch.value for epoch in Epoch)
"""What a dose of ADEX belongs to: the trial treatment, the same once more, or one received after progression."""
_TIMES = ("OS", "PFS", "EFS", "RFS", "DOR", "TTR")


def subjects(trial: Trial, numbers: NDArray[np.int64]) -> dict[str, Subjects]:
    """USUBJID by arm of the patients of these ``numbers``: trial, arm and number.

    The number is the same virtual patient in each arm.
    """
    slugs = ["-".join("".join(c if c.isalnum() else " " for c in arm.name.lower()).split()) for arm in trial.arms]
    if len(set(slugs)) < len(slugs):  # names that differ in signs alone
        slugs = [f"{slug}-{number}" for number, slug in enumerate(slugs, 1)]
    return {
        arm.name: np.array([f"{trial.name}-{slug}-{k:04d}" for k in numbers.tolist()])
        for arm, slug in zip(trial.arms, slugs, strict=True)
    }


def adsl(
    trial: Trial, plan: Plan, ids: Subjects, cohort: Cohort, history: History, analysis: Analysis, entry: Floats
) -> pd.DataFrame:
    """One row per patient: who they are, what became of them."""
    people = cohort.covariates.drop(columns="ATTEMPT")
    trial_lines = np.array([k for k, line in enumerate(plan.lines) if line.epoch is Epoch.TREATMENT])
    later = np.array([*(line.text if line.epoch is Epoch.SUBSEQUENT else "" for line in plan.lines), ""])
    columns = {
        "STUDYID": trial.name,
        "USUBJID": ids,
        "SUBJID": people.index.to_numpy(),
        "ARM": plan.arm.name,
        "TRT01A": np.array([plan.lines[k].text for k in trial_lines])[history.option],
        **{name: people[name].to_numpy() for name in people},
        "ENTRYDY": entry,
        "TRTEDY": history.last_dose(trial_lines),
        "DTHDY": history.death,
        "STATUS": history.status,
        "REASON": history.reason,
        "BOR": history.criteria.names(analysis.responses),
        "SUBSEQ": later[history.line],
    }
    if TARGETS in history.findings:
        columns["BASESLD"] = history.findings[TARGETS][:, 0].sum(axis=1)
    if analysis.known.operated.any():
        columns["SURGDY"], columns["VIABLE"] = history.surgery, history.viable
    return pd.DataFrame(columns)


def adex(plan: Plan, ids: Subjects, history: History) -> pd.DataFrame:
    """One row per administration, of the trial treatment and of what followed it."""
    doses = history.doses[history.doses["LINE"] >= 0].sort_values(["ID", "TIME", "DRUG"], kind="stable")
    taken_in_hand = doses["ROUTE"] == PROCEDURE
    doses = doses[~(taken_in_hand & doses.duplicated(["ID", "TIME", "DRUG"]))]  # one operation, on several lesions
    epochs = np.array([line.epoch.value for line in plan.lines], dtype=object)
    return pd.DataFrame(
        {
            "USUBJID": ids.astype(object)[doses["ID"].to_numpy(dtype=int)],
            "ARM": plan.arm.name,
            "EPOCH": epochs[doses["LINE"].to_numpy(dtype=int)],
            "EXTRT": doses["DRUG"].to_numpy(dtype=object),
            "EXDOSE": doses["AMT"].to_numpy(dtype=float),
            "EXDOSU": doses["UNIT"].to_numpy(dtype=object),
            "EXROUTE": doses["ROUTE"].to_numpy(dtype=object),
            "ASTDY": doses["TIME"].to_numpy(dtype=float),
            "EXDUR": doses["DUR"].to_numpy(dtype=float) * 24,
        }
    )


def adtr(plan: Plan, ids: Subjects, history: History) -> pd.DataFrame:
    """What examinations of the trial treatment showed: LDIAM and SUMDIAM of target lesions, and whatever else was read.

    AVAL is in mm for diameters, else as :mod:`coley.trial.response` has it.
    """
    done = _scanned(history)
    parts = []
    if TARGETS in history.findings:
        diameters = history.findings[TARGETS]
        single = np.broadcast_to(done[:, :, None], diameters.shape) & (diameters[:, :1] > 0)
        parts.append(_measurements(history.days, diameters, single, "LDIAM"))
        size = np.where(diameters[:, :1] > 0, diameters, 0.0).sum(axis=2)
        measured = done & (size[:, :1] > 0)  # patients without target lesions have no sum
        total = _measurements(history.days, size, measured, "SUMDIAM")
        parts.append(total.assign(NADIR=nadirs(size)[measured]))
    for name, values in history.findings.items():
        if name != TARGETS and values.ndim == 2 and not np.isnan(values).all():
            parts.append(_measurements(history.days, values, done, name.upper()))
    table = pd.concat(parts).sort_values(["patient", "VISITNUM", "PARAMCD", "TRLNKID"], kind="stable")
    return _labelled(plan, ids, table, ["ADY", "VISITNUM", "PARAMCD", "TRLNKID", "AVAL", "BASE", "PCHG", "NADIR"])


def adrs(plan: Plan, ids: Subjects, history: History, analysis: Analysis) -> pd.DataFrame:
    """Overall response at each scan, and the best overall response."""
    done = _scanned(history)
    done[:, 0] = False
    patient, visit = np.nonzero(done)
    each = pd.DataFrame({"patient": patient, "ADY": history.days[done], "VISITNUM": visit.astype(float)})
    each["PARAMCD"], each["AVALC"] = "OVRLRESP", _shared(history.criteria.names(history.codes[done]))
    best = pd.DataFrame({"patient": np.arange(len(ids)), "ADY": np.nan, "VISITNUM": np.nan, "PARAMCD": "BESTRESP"})
    best["AVALC"] = history.criteria.names(analysis.responses)
    table = pd.concat([each, best]).sort_values(["patient", "VISITNUM"], kind="stable")
    return _labelled(plan, ids, table, ["ADY", "VISITNUM", "PARAMCD", "AVALC"])


def adtte(plan: Plan, ids: Subjects, analysis: Analysis) -> pd.DataFrame:
    """Times to event of the patients who count; DOR and TTR of responders alone, EFS and RFS where there is surgery."""
    parts = []
    for name in _TIMES:
        if name in FROM_SURGERY and not (analysis.known.operated.any() or analysis.known.free_of_disease):
            continue
        times = analysis.times(name)
        part = pd.DataFrame(
            {"patient": times.patients, "AVAL": times.duration, "CNSR": (~times.event).astype(np.int64)}
        )
        parts.append(part.assign(PARAMCD=name, EVNTDESC=times.description))
    table = pd.concat(parts).sort_values("patient", kind="stable")
    return _labelled(plan, ids, table, ["PARAMCD", "AVAL", "CNSR", "EVNTDESC"])


def adae(trial: Trial, plan: Plan, ids: Subjects, numbers: NDArray[np.int64], history: History) -> pd.DataFrame:
    """One row per event of harm that began while the patient was followed; ``numbers`` are those of the patients."""
    safety = history.safety
    found = of_events(safety.events, safety.harms, trial.name, _by(numbers, ids), _ends(history, numbers))
    found.insert(2, "ARM", plan.arm.name)
    until = pd.Series(history.safety.until, index=ids)[found["USUBJID"]].to_numpy()
    found["TRTEMFL"] = np.where(found["ASTDY"].to_numpy(dtype=float) - 1 <= until, "Y", "N").astype(object)
    return found


def adcm(trial: Trial, plan: Plan, ids: Subjects, numbers: NDArray[np.int64], history: History) -> pd.DataFrame:
    """What was given for harm; ``numbers`` are those of the patients."""
    found = of_medicines(history.safety.prescriptions, trial.name, _by(numbers, ids), _ends(history, numbers))
    found.insert(2, "ARM", plan.arm.name)
    order = np.argsort(pd.Index(ids).get_indexer(pd.Index(found["USUBJID"])), kind="stable")
    # where nothing was given, columns have no type of their own
    return found.iloc[order].reset_index(drop=True).astype({"CMDOSE": float})


def _ends(history: History, numbers: NDArray[np.int64]) -> dict[int, float]:
    """Day on which follow-up of each patient ends."""
    return _by(numbers, np.fmin(history.lost, history.days[:, -1]))


def _by(numbers: NDArray[np.int64], values: NDArray[Any]) -> dict[int, Any]:
    """``values`` by the number of the patient."""
    return dict(zip(numbers.tolist(), values.tolist(), strict=True))


def _shared(texts: NDArray[np.str_]) -> NDArray[np.object_]:
    """The same texts, each kept once however often it occurs."""
    distinct, which = np.unique(texts, return_inverse=True)
    return np.asarray(distinct.astype(object)[which])


def _scanned(history: History) -> Flags:
    """(patients, scans) due on trial treatment: those made, and those missed before the last that was made."""
    made = np.zeros(history.days.shape, dtype=np.bool_)
    for values in history.findings.values():
        made |= ~np.isnan(values.reshape(*made.shape, -1)).all(axis=2)
    return np.flip(np.logical_or.accumulate(np.flip(made, axis=1), axis=1), axis=1).copy()


def _measurements(days: Floats, values: Floats, wanted: Flags, parameter: str) -> pd.DataFrame:
    """A row for each wanted one of ``values`` (patients × scans, or × lesions as well), beside its baseline."""
    where = np.nonzero(wanted)
    base = np.broadcast_to(values[:, :1], values.shape)[wanted]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (values[wanted] / base - 1)
    change[~np.isfinite(change)] = np.nan
    link = where[2] + 1.0 if len(where) > 2 else np.nan
    rows = {"patient": where[0], "ADY": days[where[0], where[1]], "VISITNUM": where[1], "PARAMCD": parameter}
    return pd.DataFrame(
        {**rows, "TRLNKID": link, "AVAL": values[wanted], "BASE": base, "PCHG": change, "NADIR": np.nan}
    )


def _labelled(plan: Plan, ids: Subjects, table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """``columns`` of a table, after whom its rows are of."""
    out = table[columns].reset_index(drop=True)
    out.insert(0, "ARM", plan.arm.name)
    out.insert(0, "USUBJID", ids.astype(object)[table["patient"].to_numpy(dtype=int)])
    return out
