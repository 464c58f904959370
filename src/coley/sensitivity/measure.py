"""Outcomes of a run that sensitivity is told of: response, times without progression and alive, severe harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coley.catalogue import Catalogue
from coley.protocol import Trial

UNITS = {"ORR": "%", "severe harm": "%"}
"""Of outcomes that are no times; those are in months."""


def measure(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
    """Columns arm, endpoint and predicted of one run on one thread; it can be sent to other processes.

    Times are means within follow-up, the area under Kaplan and Meier's curve: unlike medians, they are always reached
    and change with every patient. ``severe harm`` is the share with an adverse event of grade 3 or more.
    """
    from coley.report.select import SEVERE, evaluable, response_names, rows_of_evaluable, survival_kinds, times_to_event
    from coley.trial.analysis.paired import Follow, mean_time
    from coley.trial.run import run
    from coley.trial.settings import RunSettings

    result = run(trial, catalogue=catalogue, settings=RunSettings(patients=patients, seed=seed, threads=1))
    people, events = evaluable(result), rows_of_evaluable(result, "ADAE")
    objective = response_names(result).objective
    rows: list[tuple[str, str, float]] = []
    for arm in trial.arms:
        own = people[people["ARM"] == arm.name]
        if not len(own):
            continue
        rows.append((arm.name, "ORR", 100 * float(own["BOR"].isin(objective).mean())))
        for kind in survival_kinds(result):
            times = times_to_event(result, arm.name, kind)
            mean = mean_time(Follow(*times), trial.follow_up_months) if len(times[0]) else np.nan
            rows.append((arm.name, kind, mean))
        if len(events):
            severe = set(events.loc[events["AETOXGR"] >= SEVERE, "USUBJID"])
            rows.append((arm.name, "severe harm", 100 * float(own["USUBJID"].isin(severe).mean())))
    return pd.DataFrame(rows, columns=["arm", "endpoint", "predicted"])
