"""A made-up trial result, whose numbers are drawn with a fixed seed, and a reader of its page."""

from __future__ import annotations

import hashlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from coley.facts import Biomarker
from coley.protocol import Trial
from coley.report.figures import plates
from coley.report.select import DAYS_PER_MONTH
from coley.report.svg import Drawing
from coley.trial.result import ModelDescription, TrialResult

SUMMARY_COLUMNS = [
    "arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper",
]  # fmt: skip


BIOMARKERS = (
    Biomarker(name="PDL1", title="PD-L1, tumour proportion score", unit="percent", parameter="TPS"),
    Biomarker(name="TMB", title="Mutations per megabase", unit="", parameter="TMB"),
)


ARMS = {"combination": 60.0, "nivolumab & more": 40.0, "ipilimumab": 20.0}


ONE_ARM = {"ipilimumab": 20.0}


def published(endpoint: str, value: float, lower: float | None = None, upper: float | None = None) -> dict[str, Any]:
    fact = {"endpoint": endpoint, "value": value, "cutoff": 60.0, "source": "made-up", "known": "measured"}
    fact["read"] = endpoint.startswith("OS")
    return fact | {"lower": lower, "upper": upper, "versus": "ipilimumab" if endpoint.endswith("_HR") else ""}


PUBLISHED = {
    "combination": [
        published("ORR", 58.0, 52.0, 63.6), published("PFS_median", 11.5, 8.7, 19.3), published("OS_60mo", 52.0),
        published("OS_HR", 0.52, 0.42, 0.64), published("OS_24mo", 64.0, 59.0, 69.0), published("PFS_12mo", 49.0),
    ],
    "nivolumab & more": [
        published("ORR", 45.0, 39.1, 50.3), published("PFS_median", 6.9, 5.1, 10.2),
        published("OS_median", 36.9, 28.2, 58.7), published("OS_HR", 0.63, 0.52, 0.76), published("PFS_HR", 0.53),
    ],
    "ipilimumab": [published("ORR", 19.0, 14.9, 23.8), published("OS_median", 19.9, 16.8, 24.6)],
}  # fmt: skip


STRATA = [{"name": "PD-L1 high", "biomarkers": {"PDL1": {"min": 50}}, "n": 60, "published": [published("ORR", 70.0)]}]


def made_up_trial(arms: dict[str, float], *, with_published: bool, fitted: bool) -> Trial:
    return Trial.model_validate(
        {
            "name": "made-up-1",
            "title": "A made-up trial <of three arms>",
            "registration": "NCT00000000" if with_published else "",
            "summary": "Previously untreated patients, none of them real.",
            "cancer": "melanoma",
            "eligibility": {"biomarkers": {"TMB": {"min": 1.0}}},
            "fitted": fitted,
            "visits": {"scans": [12.0, 18.0], "every": 12.0},
            "arms": [
                {
                    "name": name,
                    "regimen": "nivolumab 3 mg/kg iv q2w",
                    "n": 300,
                    "published": PUBLISHED[name] if with_published else [],
                    "strata": STRATA if with_published else [],
                    "subsequent": [
                        {"regimen": "ipilimumab 3 mg/kg iv q3w x4", "fraction": 0.3, "source": "x", "known": "assumed"}
                    ],
                }
                for name in arms
            ],
        }
    )


def one_arm_tables(name: str, median: float, n: int, fate: str, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Tables of one arm; ``fate`` is "usual", "no response" or "failed"."""
    ids = [f"made-up-1-{name.split()[0]}-{k:04d}" for k in range(1, n + 1)]
    survival = np.minimum(rng.weibull(0.8, n) * median * 1.6, rng.uniform(48, 60, n))
    dead = survival < 48
    free = np.minimum(survival, rng.weibull(0.7, n) * median * 0.5 + 1.5)
    depth = np.zeros(n) + 40 if fate == "no response" else np.clip(rng.normal(40 - median, 55, n), -100, 160)
    best = np.select([depth <= -100, depth <= -30, depth < 20], ["CR", "PR", "SD"], "PD").astype(object)
    status = "step_too_small" if fate == "failed" else "ok"
    adsl = pd.DataFrame(
        {
            "STUDYID": "made-up-1", "USUBJID": ids, "SUBJID": range(1, n + 1),
            "ARM": name, "AGE": rng.normal(61, 11, n).clip(18, 90), "SEX": rng.choice(["F", "M"], n),
            "WEIGHT": rng.normal(78, 14, n),
            "HEIGHT": rng.normal(171, 9, n), "BSA": rng.normal(1.9, 0.2, n), "ECOG": rng.integers(0, 2, n),
            "PRIOR": "", "PDL1": rng.beta(0.4, 1.2, n) * 100, "TMB": rng.lognormal(2, 1, n),
            "BASESLD": rng.lognormal(4, 0.5, n), "ENTRYDY": rng.uniform(0, 365, n), "TRTEDY": free * 25,
            "DTHDY": np.where(dead, survival * DAYS_PER_MONTH, np.nan), "STATUS": status,
            "REASON": "" if status == "ok" else "step size fell below 1e-12 d", "BOR": best,
            "SUBSEQ": np.where(rng.random(n) < 0.3, "ipilimumab 3 mg/kg iv q3w x4", ""),
        }
    )  # fmt: skip
    adsl.loc[adsl.index[-1:], ["STATUS", "REASON"]] = (
        ("timeout", "more than 60 s") if n > 5 and status == "ok" else (status, adsl["REASON"].iloc[-1])
    )
    if status != "ok":
        adsl["BOR"] = "NE"
    fine = adsl[adsl["STATUS"] == "ok"].index
    rows: dict[str, list[tuple[Any, ...]]] = {"ADEX": [], "ADTR": [], "ADRS": [], "ADTTE": []}
    for i in fine:
        add_patient(rows, ids[i], name, survival[i], free[i], bool(dead[i]), depth[i], str(best[i]))
    columns = {
        "ADEX": ["USUBJID", "ARM", "EPOCH", "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "ASTDY", "EXDUR"],
        "ADTR": ["USUBJID", "ARM", "ADY", "VISITNUM", "PARAMCD", "TRLNKID", "AVAL", "BASE", "PCHG", "NADIR"],
        "ADRS": ["USUBJID", "ARM", "ADY", "VISITNUM", "PARAMCD", "AVALC"],
        "ADTTE": ["USUBJID", "ARM", "PARAMCD", "AVAL", "CNSR", "EVNTDESC"],
    }
    return {"ADSL": adsl} | {table: pd.DataFrame(rows[table], columns=names) for table, names in columns.items()}


def add_patient(
    rows: dict[str, list[tuple[Any, ...]]],
    who: str, arm: str, survival: float, free: float, dead: bool, depth: float, best: str,
) -> None:  # fmt: skip
    for day in np.arange(0, max(free, 0.1) * 25, 14.0):
        rows["ADEX"].append((who, arm, "TREATMENT", "nivolumab", 240.0, "mg", "iv", day, 1.0))
    for visit, week in enumerate([0, 12, 18, *range(30, 260, 12)]):
        if week > survival * DAYS_PER_MONTH / 7:
            break
        change = depth * min(1.0, week / 24) + (0.6 * (week - free * 4.3) if week > free * 4.3 + 20 else 0.0)
        value = max(0.0, 80 * (1 + change / 100))
        for lesion in (1.0, np.nan):
            what = "SUMDIAM" if np.isnan(lesion) else "LDIAM"
            rows["ADTR"].append((who, arm, week * 7.0, visit, what, lesion, value, 80.0, value / 0.8 - 100, value))
        if visit:
            seen = "SD" if visit == 1 and best in ("CR", "PR") else best
            rows["ADRS"].append((who, arm, week * 7.0, visit, "OVRLRESP", seen))
    rows["ADRS"].append((who, arm, np.nan, np.nan, "BESTRESP", best))
    end = "death" if dead else "end of follow-up"
    days = survival * DAYS_PER_MONTH
    rows["ADTTE"].append((who, arm, "OS", days, int(not dead), end))
    rows["ADTTE"].append((who, arm, "PFS", free * DAYS_PER_MONTH, int(free >= survival), "progression"))
    if best in ("CR", "PR"):
        rows["ADTTE"].append((who, arm, "DOR", max(free * DAYS_PER_MONTH - 84, 1.0), 0, "progression"))


def harm(adsl: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """In the first arm, colitis of grades 2, 3 and 5 of the first three patients, who begin with it in weeks 1, 3, 5;
    the first has it twice, and is given prednisone.
    """
    ids = adsl.loc[(adsl["ARM"] == adsl["ARM"].iloc[0]) & (adsl["STATUS"] == "ok"), "USUBJID"].to_list()[:3]
    events = [
        (ids[0], 2, 7, 30, "DRUG INTERRUPTED", "RECOVERED/RESOLVED"),
        (ids[0], 1, 70, 77, "DOSE NOT CHANGED", "RECOVERED/RESOLVED"),
        *[(who, 3, 21, 60, "DRUG WITHDRAWN", "RECOVERED/RESOLVED") for who in ids[1:2]],
        *[(who, 5, 35, 40, "DRUG WITHDRAWN", "FATAL") for who in ids[2:3]],
    ] if ids else []  # fmt: skip
    rows = [
        (adsl["STUDYID"].iloc[0], who, adsl["ARM"].iloc[0], "Colitis", "Gastrointestinal disorders", grade, begin, end,
         "RELATED", action, outcome, "Y" if outcome == "FATAL" else "N", "Y")
        for who, grade, begin, end, action, outcome in events
    ]  # fmt: skip
    columns = ["STUDYID", "USUBJID", "ARM", "AEDECOD", "AEBODSYS", "AETOXGR", "ASTDY", "AENDY", "AREL", "AEACN",
               "AEOUT", "AESDTH", "TRTEMFL"]  # fmt: skip
    given = [(row[0], row[1], row[2], "PREDNISONE", dose, "mg/kg", begin, end, "Colitis")
             for row in rows[:1] for dose, begin, end in ((1.0, 7, 13), (0.5, 14, 20))]  # fmt: skip
    of_given = ["STUDYID", "USUBJID", "ARM", "CMDECOD", "CMDOSE", "CMDOSU", "ASTDY", "AENDY", "CMINDC"]
    days = {"ASTDY": "Int64", "AENDY": "Int64"}
    return {
        "ADAE": pd.DataFrame(rows, columns=columns).astype({**days, "AETOXGR": "int64"}),
        "ADCM": pd.DataFrame(given, columns=of_given).astype(days | {"CMDOSE": "float64"}),
    }


def trajectories(adsl: pd.DataFrame, rng: np.random.Generator) -> xr.Dataset:
    time = np.arange(0.0, 1800.0, 7.0)
    n = len(adsl)
    end = adsl["DTHDY"].fillna(1500.0).where(adsl["STATUS"] == "ok", -1.0).to_numpy()
    gone = time[None, :] > end[:, None]
    spread = rng.lognormal(0, 0.6, (n, 1))
    peak = 1 + 8 * np.exp(-(((time - 80) / 60) ** 2))
    shapes = {
        "cancer_cells": ("cell", "Cancer cells", "tumour", 1e10 * np.exp(-time / 300)),
        "effector_density": ("cell/mL", "CD8+ effector T cells in tumour", "immune", 1e5 * peak),
        "treg_share": ("", "Regulatory T cells, share of CD4+", "immune", 0.12 + 0.02 * np.cos(time / 100)),
        "pd1_occupancy": ("1", "PD-1 occupancy in tumour", "immune", 0.9 * np.ones_like(time)),
        "ifn_gamma": ("pg/mL", "Interferon gamma", "immune", 3 + 20 * np.exp(-time / 100)),
        "nivolumab_blood": ("mg/L", "Nivolumab in blood", "drug", 40 + 60 * np.exp(-(time % 14) / 9)),
        "ipilimumab_blood": ("mg/L", "Ipilimumab in blood", "drug", 60 * np.exp(-time / 15)),
    }  # fmt: skip
    data = {}
    for name, (unit, title, group, shape) in shapes.items():
        values = np.where(gone, np.nan, shape * spread)
        if name == "nivolumab_blood":
            values = np.where((adsl["ARM"] == "ipilimumab").to_numpy()[:, None], 0.0, values)
        attrs = {"units": unit, "long_name": title, "group": group}
        data[name] = xr.DataArray(values, dims=("individual", "time"), attrs=attrs)
    coords = {
        "time": time,
        "ARM": ("individual", adsl["ARM"].to_numpy()),
        "USUBJID": ("individual", adsl["USUBJID"].to_numpy()),
    }
    return xr.Dataset(data, coords=coords)


def made_up(
    arms: dict[str, float] = ARMS, n: int = 40, *, with_published: bool = True, fitted: bool = False, **fates: str
) -> TrialResult:
    """A trial result; ``fates`` says for an arm (by the first word of its name) what is unusual about it."""
    rng = np.random.default_rng(12)
    trial = made_up_trial(arms, with_published=with_published, fitted=fitted)
    parts = [one_arm_tables(a, m, n, fates.get(a.split()[0], "usual"), rng) for a, m in arms.items()]
    tables = {
        name: pd.DataFrame.from_records(
            [row for part in parts for row in part[name].to_dict("records")], columns=list(parts[0][name].columns)
        )
        for name in parts[0]
    }
    rows = []
    for arm in trial.arms:
        shift = arms[arm.name] / 60
        for endpoint, value in (
            ("ORR", 55.0),
            ("PFS_median", 9.0),
            ("OS_median", 40.0),
            ("OS_60mo", 45.0),
            ("OS_HR", 0.6),
        ):
            fact = next((p for p in arm.published if p.endpoint == endpoint), None)
            if endpoint.endswith("_HR") and fact is None:
                continue
            known = (fact.value, fact.lower, fact.upper) if fact else (np.nan,) * 3
            scale = 1.0 if endpoint.endswith("_HR") else shift
            upper = np.nan if endpoint == "OS_median" and shift == 1 else value * scale * 1.2
            rows.append((arm.name, endpoint, value * scale, value * scale * 0.8, upper, *known))
        rows += [
            (f"{arm.name} | {stratum.name}", "ORR", 72.0, 60.0, 80.0, 70.0, np.nan, np.nan) for stratum in arm.strata
        ]
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS).astype(dict.fromkeys(SUMMARY_COLUMNS[2:], float))
    parameters = pd.DataFrame(
        [
            ("growth_rate", 0.01, "1/day", "CV 30 %", "calibrated", "calibration", "growth rate of cancer cells"),
            ("volume", 5.0, "L", "", "measured, recalled", "someone-2001", "volume of plasma"),
            (
                "nivolumab_clearance",
                0.0094,
                "L/h",
                "",
                "label, read",
                "nivolumab-label, 12.3 & https://example.org",
                "clearance",
            ),
        ],
        columns=["name", "value", "unit", "spread", "known", "source", "meaning"],
    )
    return TrialResult(
        trial=trial,
        seed=7,
        patients=n,
        criteria="recist-1.1",
        biomarkers=BIOMARKERS,
        tables=tables | harm(tables["ADSL"]),
        trajectories=trajectories(tables["ADSL"], rng),
        rejected=pd.DataFrame({"REASON": ["tumour vanished before diagnosis", "ECOG above 1"], "N": [31, 12]}),
        summary=summary,
        model=ModelDescription(
            "solid tumour",
            (("growth", "Cancer cells grow towards a limit set by their vessels."), ("killing", "T cells kill.")),
            ("Lesions of a patient share one immune system.", "Antigen is never lost."),
            parameters,
        ),
        manifest={
            "coley": "0.1.0",
            "seed": 7,
            "patients": n,
            "model": "sha256:" + "ab" * 32,
            "versions": {"numpy": "2"},
        },
        notes=("Two patients were drawn again.",),
    )


UNDRAWN = {plate.name: Drawing("<svg ></svg>") for plate in plates(made_up(n=2))}
"""Drawings that cost nothing."""


class PageReader(HTMLParser):
    """Collects what the tests ask of a page, and fails on tags that are not closed in order."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())  # also turns no-break spaces into spaces


def files_in(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
