"""The report: figures, page and folder, from a made-up trial result whose numbers are drawn with a fixed seed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr

import browser
from coley.errors import ColeyError
from coley.facts import Biomarker
from coley.protocol import Trial
from coley.report import check_writable, figures, read_result, write_report
from coley.report.comparison import headline
from coley.report.courses import _quantiles
from coley.report.figures import drawings, plates
from coley.report.folder import clear
from coley.report.measures import _shares
from coley.report.page import render_page
from coley.report.published import Point, dodged
from coley.report.safety import care
from coley.report.select import DAYS_PER_MONTH, Outcome, harm_rates, outcomes, response_names, survival_kinds
from coley.report.survival import at_risk
from coley.report.svg import Drawing, Sketch, draw
from coley.report.tables import comparisons
from coley.report.theme import spread
from coley.trial.result import ModelDescription, TrialResult

SUMMARY_COLUMNS = [
    "arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper",
]  # fmt: skip
BIOMARKERS = (
    Biomarker(name="PDL1", title="PD-L1, tumour proportion score", unit="percent", parameter="TPS"),
    Biomarker(name="TMB", title="Mutations per megabase", unit="", parameter="TMB"),
)
ARMS = {"combination": 60.0, "nivolumab & more": 40.0, "ipilimumab": 20.0}


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("results") / "deep" / "report"
    write_report(made_up(), target)
    return target


@pytest.fixture(scope="module")
def page(folder: Path) -> PageReader:
    return PageReader((folder / "report.html").read_text(encoding="utf-8"))


def files_in(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_every_file_is_there_with_its_digest(folder: Path) -> None:
    digests = files_in(folder)
    report = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["report"]["files"]
    assert report == {name: digest for name, digest in digests.items() if name != "manifest.json"}
    tables = {f"tables/{name}.parquet" for name in ("ADSL", "ADEX", "ADTR", "ADRS", "ADTTE", "ADAE", "ADCM")}
    drawn = {f"figures/{plate.name}.svg" for plate in plates(made_up(n=2))}
    others = {
        "report.html",
        "summary.csv",
        "rejected.csv",
        "trajectories.parquet",
        "parameters.parquet",
        "manifest.json",
    }
    assert set(digests) == tables | drawn | others
    assert [path.name for path in folder.parent.iterdir()] == ["report"]


def test_summary_has_exactly_its_columns_and_values(folder: Path) -> None:
    first = (folder / "summary.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == "arm,endpoint,predicted,lower,upper,published,published_lower,published_upper"
    pd.testing.assert_frame_equal(pd.read_csv(folder / "summary.csv"), made_up().summary)


def test_tables_and_trajectories_come_back(folder: Path) -> None:
    result = made_up()
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(folder / "tables" / f"{name}.parquet"), table)
    stored = pq.read_table(folder / "trajectories.parquet")
    assert stored.field("nivolumab_blood").metadata[b"units"] == b"mg/L"
    frame = stored.to_pandas()
    who = result.tables["ADSL"]["USUBJID"].iloc[3]
    expected = result.trajectories["cancer_cells"].isel(individual=3).dropna("time")
    own = frame[frame["USUBJID"] == who]
    np.testing.assert_array_equal(own["cancer_cells"], expected)
    np.testing.assert_array_equal(own["TIME"], expected["time"])


def test_page_stands_alone_and_its_identifiers_are_unique(page: PageReader, folder: Path) -> None:
    links = [value for _, name, value in page.attributes if name in ("href", "src", "xlink:href", "action", "srcset")]
    assert links
    assert all(link.startswith("#") for link in links)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"url\((?!#)|@import|<script|<link|<iframe", text)
    identifiers = [value for _, name, value in page.attributes if name == "id"]
    assert len(set(identifiers)) == len(identifiers)
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | {link[1:] for link in links}
    assert used <= set(identifiers)


def test_every_drawing_is_well_formed_small_and_labelled(folder: Path) -> None:
    for plate in plates(made_up(n=2)):
        path = folder / "figures" / f"{plate.name}.svg"
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("role") == "img"
        assert root.get("aria-label") == plate.caption
        assert path.stat().st_size < 600_000


def test_page_says_what_must_be_said(page: PageReader) -> None:
    assert "A made-up trial <of three arms>" in page.text
    assert page.text.count("For research and teaching, never for deciding one person's treatment.") == 2
    # By hand from made_up: 45.0 is above 55 * 40 / 60 * 1.2 = 44.0.
    assert (
        "nivolumab & more: objective response rate published 45.0 %, above the simulated 36.7 (29.3\u201344.0)"
        in page.text
    )
    assert "fitted, not predicted" not in page.text.casefold()
    assert "Predicted: the published outcomes of this trial were not used" in page.text
    assert "tumour vanished before diagnosis" in page.text
    assert "more than 60 s" in page.text
    assert "nivolumab-label, 12.3 & https://example.org" in page.text


def test_a_fitted_trial_says_so() -> None:
    text = PageReader(render_page(made_up(fitted=True), UNDRAWN)).text
    assert "Fitted, not predicted" in text
    assert "were not used to choose parameters" not in text


@pytest.mark.parametrize(
    ("predicted", "lower", "upper", "published", "missed", "judged"),
    [
        (np.nan, 20.0, np.nan, 25.0, False, True),
        (np.nan, 20.0, np.nan, 15.0, True, True),
        (10.0, 8.0, 12.0, 12.0, False, True),
        (10.0, 8.0, 12.0, 12.1, True, True),
        (10.0, 8.0, 12.0, np.nan, False, False),
        (10.0, np.nan, np.nan, 99.0, False, False),
    ],
)
def test_misses_are_judged_against_open_bounds(
    predicted: float, lower: float, upper: float, published: float, missed: bool, judged: bool
) -> None:
    outcome = Outcome("arm", "ORR", predicted, lower, upper, published, np.nan, np.nan)
    assert (outcome.missed, outcome.judged) == (missed, judged)


def test_a_published_value_without_simulated_interval_is_named() -> None:
    result = made_up(ONE_ARM, 3)
    summary = result.summary.assign(lower=np.nan, upper=np.nan)
    text = PageReader(render_page(dataclasses.replace(result, summary=summary), UNDRAWN)).text
    assert "Of 0 published outcomes that can be compared" in text
    # By hand from made_up: the simulated rate is 55 * 20 / 60 = 18.3.
    assert "ipilimumab: objective response rate published 19.0 %, simulated 18.3 %" in text


def test_same_result_same_bytes(folder: Path, tmp_path: Path) -> None:
    figures(made_up(n=5))
    write_report(made_up(), tmp_path / "again")
    assert files_in(tmp_path / "again") == files_in(folder)


def test_charts_are_valid_vega_lite() -> None:
    for chart in figures(made_up()).values():
        assert chart.to_dict(validate=True)  # altair raises where its copy of the schema is broken


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings that cost nothing, for tests of the folder alone."""
    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)


@pytest.mark.usefixtures("quick")
def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report"
    write_report(small := made_up(ONE_ARM, 3), target)
    before = files_in(target)
    written = write_report(dataclasses.replace(small, seed=8), target)
    assert all(path.is_file() for path in written)
    assert files_in(target)["report.html"] != before["report.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("step", ["write._write_manifest", "folder.os.rename"])
def test_failing_midway_leaves_the_earlier_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException], step: str
) -> None:
    target = tmp_path / "report"
    result = made_up(ONE_ARM, 3)
    write_report(result, target)
    before = files_in(target)
    rename = os.rename

    def fail(*arguments: Any) -> None:
        # Of the renames, the one that puts the new report in place fails.
        if step == "folder.os.rename" and not str(arguments[0]).endswith("new"):
            return rename(*arguments)
        raise failure("stopped")

    monkeypatch.setattr(f"coley.report.{step}", fail)
    with pytest.raises(ColeyError if failure is OSError else failure):
        write_report(result, target)
    monkeypatch.setattr("os.rename", rename)
    assert files_in(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("quick")
def test_other_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    result = made_up(ONE_ARM, 3)
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("years of work")
    (own / "manifest.json").write_text('{"report": 1}')
    report = tmp_path / "report"
    write_report(result, report)
    (report / "note.txt").write_text("mine")
    for place in (own, own / "thesis.txt", own / "thesis.txt" / "below", report):
        with pytest.raises(ColeyError) as caught:
            check_writable(place)
        assert str(place) in str(caught.value)
        with pytest.raises(ColeyError):
            write_report(result, place)
    assert (own / "thesis.txt").read_text() == "years of work"
    assert (report / "note.txt").read_text() == "mine"


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    (tmp_path / "empty").mkdir()
    check_writable(tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


ONE_ARM = {"ipilimumab": 20.0}
UNUSUAL: dict[str, dict[str, Any]] = {
    "one arm, nothing published": {"arms": ONE_ARM, "with_published": False},
    "nobody responds": {"ipilimumab": "no response", "nivolumab": "no response", "combination": "no response"},
    "an arm fails": {"nivolumab": "failed"},
    "all fail": {"arms": ONE_ARM, "ipilimumab": "failed"},
    "one patient per arm": {"n": 1},
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_unusual_trials_have_a_report(case: str) -> None:
    result = made_up(**({"n": 4} | UNUSUAL[case]))
    drawn = drawings(result)
    text = PageReader(render_page(result, drawn)).text
    for name, drawing in drawn.items():
        assert drawing.svg and not drawing.fault, name
        assert not re.search(r"NaN|undefined|Infinity", drawing.svg), name
    assert not re.search(r"\bnan\b", text)
    if "nothing published" in case:
        assert "Nothing published is known of these arms" in text
    if case == "an arm fails":
        assert "No evaluable patient in: nivolumab & more." in text
        assert "step size fell below 1e-12 d" in text
    if case == "all fail":
        assert "No patient of any arm was evaluable." in text


def test_arms_are_compared_in_pairs() -> None:
    """Freireich's leukaemia data, as in Collett: hazard ratio 4.82 (R survival, coxph, efron), log-rank chi2 16.8."""
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    censored = [0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1]
    result = made_up(n=4)
    one, other = result.tables["ADSL"]["ARM"].unique()[:2]
    rows = [(one, t, 0) for t in placebo] + [(other, t, c) for t, c in zip(treated, censored, strict=True)]
    frame = pd.DataFrame(rows, columns=["ARM", "AVAL", "CNSR"]).assign(PARAMCD="OS", USUBJID="", EVNTDESC="")
    table = comparisons(dataclasses.replace(result, tables={**result.tables, "ADTTE": frame}))
    first = table.groups[0]
    assert first.label == f"{one} against {other}"
    assert first.rows[0][0] == "OS"
    assert first.rows[0][1].startswith("4.82") and first.rows[0][2] == "< 0.001"
    assert first.rows[1] == ("PFS", "\u2014", "\u2014")


def test_labels_do_not_overlap() -> None:
    assert spread([10.0, 90.0], [5.0, 5.0], 0.0, 100.0) == [10.0, 90.0]
    moved = spread([99.0, 98.0, 50.0], [10.0, 10.0, 10.0], 0.0, 100.0)
    assert moved == [95.0, 85.0, 50.0]
    crowded = spread([1.0, 2.0, 3.0], [50.0, 50.0, 50.0], 0.0, 100.0)
    assert crowded == sorted(crowded)
    assert min(np.diff(crowded)) > 30


def test_quantiles_agree_with_numpy_where_patients_are_missing() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(60, 8))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[:, 5] = np.nan
    own = _quantiles(values, (0.05, 0.5, 0.95))
    for column in (0, 1, 2, 3, 4, 6, 7):
        expected = np.nanquantile(values[:, column], (0.05, 0.5, 0.95))
        np.testing.assert_allclose([part[column] for part in own], expected, rtol=1e-12)
    assert all(np.isnan(part[5]) for part in own)


def test_large_trials_keep_drawings_small() -> None:
    result = made_up(ARMS, 400)
    for name, drawing in drawings(result).items():
        assert 0 < len(drawing.svg) < 600_000, name


def test_a_drug_that_few_receive_and_late_has_a_course() -> None:
    """Its band is 0 for as long as fewer than 5 % of an arm have the drug, and no logarithm can be taken of that."""
    result = made_up(ONE_ARM, 40)
    courses = result.trajectories.copy(deep=True)
    courses["nivolumab_blood"][:] = 0.0
    courses["nivolumab_blood"][0, courses["time"] > 49] = 20.0
    result = dataclasses.replace(result, trajectories=courses)
    for name, drawing in drawings(result).items():
        assert drawing.svg and not drawing.fault, name


def test_a_figure_that_fails_is_a_note_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(result: TrialResult) -> Any:
        raise ZeroDivisionError("a fault of the <program>")

    result = made_up(ONE_ARM, 3)
    names = {plate.name for plate in plates(result)}
    broken = dataclasses.replace(next(plate for plate in plates(result) if plate.name == "cells"), draw=fails)
    monkeypatch.setattr(sys.modules["coley.report.figures"], "_CELLS", broken)
    write_report(result, tmp_path / "report")
    text = PageReader((tmp_path / "report" / "report.html").read_text(encoding="utf-8")).text
    assert "This figure could not be drawn: ZeroDivisionError: a fault of the <program>" in text
    drawn = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    assert drawn == names - {"cells"}
    faults = json.loads((tmp_path / "report" / "manifest.json").read_text(encoding="utf-8"))["report"]["faults"]
    assert list(faults) == ["cells"]
    check_writable(tmp_path / "report")


def test_results_are_on_disk_before_anything_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = made_up(ONE_ARM, 3)
    found: list[str] = []

    def look(result: TrialResult) -> dict[str, Drawing]:
        found.extend(path.name for path in tmp_path.rglob("*.parquet"))
        return UNDRAWN

    monkeypatch.setattr("coley.report.write.drawings", look)
    write_report(result, tmp_path / "report")
    assert {"trajectories.parquet", *(f"{name}.parquet" for name in result.tables)} <= set(found)


def test_a_page_that_fails_takes_no_result_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)
    monkeypatch.setattr("coley.report.write.render_page", lambda result, drawn: 1 / 0)
    write_report(made_up(ONE_ARM, 3), tmp_path / "report")
    assert "ZeroDivisionError" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    monkeypatch.undo()
    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)
    write_report(read_result(tmp_path / "report"), tmp_path / "again")
    assert "A made-up trial" in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")


ABORTS = """
import os, sys
for number, line in enumerate(sys.stdin):
    if number == 1:
        os.abort()
    print('["<svg ></svg>", ""]', flush=True)
"""


def test_a_renderer_that_dies_costs_one_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is aborted at the second chart of each process: of three figures, the second is a fault."""
    program = tmp_path / "aborts.py"
    program.write_text(ABORTS)
    monkeypatch.setattr("coley.report.svg._PROGRAM", program)
    chart = figures(made_up(ONE_ARM, 2))["swimmer"]
    drawn = draw([Sketch(name, lambda: chart, "") for name in ("first", "second", "third")])
    assert [bool(drawing.svg) for drawing in drawn.values()] == [True, False, True]
    assert "the renderer was ended by SIGABRT" in drawn["second"].fault


def test_a_chart_that_the_renderer_refuses_is_a_fault() -> None:
    refused = SimpleNamespace(to_dict=lambda validate: {"mark": "no such mark"})
    drawing = draw([Sketch("refused", lambda: refused, "")])["refused"]  # type: ignore[arg-type, return-value]
    assert drawing.fault and not drawing.svg


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from test_report import made_up, drawings
result = made_up({"ipilimumab": 20.0}, 2)
drawings(result)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
faults = [drawing.fault for drawing in drawings(result).values()]
print(sum(map(bool, faults)), len(faults))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of address space")
def test_short_memory_ends_the_renderer_and_not_the_run() -> None:
    """The JavaScript engine reserves gigabytes of addresses, and aborts its process where it cannot."""
    asked = [sys.executable, "-c", LIMITED, str(Path(__file__).parent)]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    failed, among = map(int, told.stdout.split())
    assert failed == among > 0
    assert "the renderer" in told.stderr


HOLDS = """
import sys
from pathlib import Path
from coley.report.folder import replaced

with replaced(Path(sys.argv[1])) as folder:
    (folder / "trajectories.parquet").write_text("much")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="told by locks of POSIX")
def test_what_a_killed_run_left_is_cleared_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    target = tmp_path / "report"

    def holding() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", HOLDS, str(target)], stdin=pipe, stdout=pipe, text=True)

    with holding() as killed, holding() as living:
        places = [Path(process.stdout.readline().strip()).parent for process in (killed, living)]  # type: ignore[union-attr]
        killed.kill()
        killed.wait()
        assert all(place.exists() for place in places)
        (tmp_path / ".report-mine").mkdir()
        (tmp_path / ".report-abcdefgh").mkdir()
        (tmp_path / ".report-abcdefgh" / "thesis.txt").write_text("years of work")
        check_writable(target)
        assert [place.exists() for place in places] == [False, True]
        assert (tmp_path / ".report-mine").exists()
        assert (tmp_path / ".report-abcdefgh" / "thesis.txt").exists()
        living.communicate("")
    assert (target / "trajectories.parquet").exists()
    assert not places[1].exists()


@pytest.mark.skipif(os.name == "nt", reason="told by locks of POSIX")
def test_a_report_that_was_aside_when_a_run_was_killed_is_put_back(tmp_path: Path) -> None:
    """A kill between the two renames leaves the earlier report in the hidden folder alone."""
    aside = tmp_path / ".report-abcdefgh" / "old"
    aside.mkdir(parents=True)
    (aside / "manifest.json").write_text("{}")
    clear(tmp_path / "report")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")] == ["report/manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def demand_equal(one: TrialResult, other: TrialResult) -> None:
    """Every field of two results is the same."""
    plain = ("trial", "seed", "patients", "criteria", "biomarkers", "manifest", "notes")
    assert [getattr(one, name) for name in plain] == [getattr(other, name) for name in plain]
    xr.testing.assert_identical(one.trajectories, other.trajectories)
    assert {name: values.dtype for name, values in one.trajectories.data_vars.items()} == {
        name: values.dtype for name, values in other.trajectories.data_vars.items()
    }
    assert one.tables.keys() == other.tables.keys()
    pairs = [(one.tables[name], other.tables[name]) for name in one.tables]
    frames = ("rejected", "summary")
    pairs += [(getattr(one, name), getattr(other, name)) for name in frames]
    for left, right in [*pairs, (one.model.parameters, other.model.parameters)]:
        pd.testing.assert_frame_equal(left, right)
    fields = ("name", "mechanisms", "assumptions")
    assert [getattr(one.model, name) for name in fields] == [getattr(other.model, name) for name in fields]


def test_a_report_is_a_result_again(folder: Path, tmp_path: Path) -> None:
    again = read_result(folder)
    demand_equal(again, made_up())
    write_report(again, tmp_path / "again")
    assert files_in(tmp_path / "again") == files_in(folder)


def test_a_simulated_result_is_a_result_again(small_result: TrialResult, tmp_path: Path) -> None:
    write_report(small_result, tmp_path / "report")
    demand_equal(read_result(tmp_path / "report"), small_result)


@pytest.mark.usefixtures("quick")
def test_what_is_rare_comes_back(tmp_path: Path) -> None:
    """Arms named like a number, like missing data and with signs of CSV; patients without a course; a table more."""
    result = made_up({"1": 20.0, "NA": 20.0, 'a "b", c': 20.0}, 4, with_published=False, NA="failed")
    another = pd.DataFrame({"USUBJID": ["x"], "AVAL": [3], "FLAG": [True]})
    odd = result.summary.assign(predicted=np.nextafter(1 / 3, 1) * 10.0 ** np.arange(-3, len(result.summary) - 3))
    result = dataclasses.replace(result, tables={**result.tables, "ADLB": another}, summary=odd, notes=("ünï", "–"))
    write_report(result, tmp_path / "report")
    demand_equal(read_result(tmp_path / "report"), result)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", ["empty", "none", "foreign", "deep", "unlisted", "half", "changed", "other version"])
def test_what_is_no_whole_report_is_refused(tmp_path: Path, fault: str) -> None:
    place = tmp_path / "report"
    expected = {"none": "is no folder", "half": "cannot be read", "changed": "is not as it was written"}
    if fault in ("unlisted", "half", "changed", "other version"):
        write_report(made_up(ONE_ARM, 3), place)
    elif fault != "none":
        place.mkdir()
    if fault == "foreign":
        (place / "manifest.json").write_text('{"report": {"software": "another", "files": {}}}')
    elif fault == "deep":
        (place / "manifest.json").write_text("[" * 100_000)
        with pytest.raises(ColeyError, match="no part of an earlier report"):
            check_writable(place)
    elif fault == "unlisted":
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        del manifest["report"]["files"]["tables/ADSL.parquet"]
        (place / "manifest.json").write_text(json.dumps(manifest))
        expected["unlisted"] = "no table ADSL"
    elif fault == "half":
        (place / "tables" / "ADSL.parquet").unlink()
    elif fault == "changed":
        (place / "summary.csv").write_text("arm\n")
    elif fault == "other version":
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        del manifest["result"]["trial"]["visits"]
        (place / "manifest.json").write_text(json.dumps(manifest | {"coley": "9.9"}))
        expected["other version"] = "was written by coley 9.9"
    with pytest.raises(ColeyError) as caught:
        read_result(place)
    assert expected.get(fault, "holds no report") in str(caught.value)
    assert str(place) in str(caught.value)


def test_published_markers_lie_on_none_other() -> None:
    """By hand: markers are 10 px wide; of three rates at one place two move aside, a median moves up and not along."""
    same = [Point(arm, False, 100.0, 140.0, 120.0, 160.0) for arm in "abc"]
    assert [point.x for point in dodged(same, 450.0)] == [100.0, 110.0, 90.0]
    edge = [Point(arm, False, 450.0, 140.0) for arm in "abc"]
    assert [point.x for point in dodged(edge, 450.0)] == [450.0, 440.0, 430.0]
    apart = [Point("a", False, 100.0, 20.0, 10.0, 30.0), Point("b", False, 100.0, 80.0, 60.0, 100.0)]
    assert dodged(apart, 450.0) == apart
    medians = [Point("a", True, 100.0, 140.0, 50.0, 200.0), Point("b", True, 190.0, 140.0, 150.0, 300.0)]
    assert [(point.x, point.y) for point in dodged(medians, 450.0)] == [(100.0, 140.0), (190.0, 150.0)]


def test_numbers_at_risk_end_with_follow_up() -> None:
    """Nobody is known to be at risk, or not, after the last patient was censored; after the last death, none is."""
    times = np.array([0.0, 6.0, 12.0, 18.0])
    assert at_risk(np.array([3.0, 12.0]), np.array([True, False]), times) == [(0.0, 2), (6.0, 1), (12.0, 1)]
    assert at_risk(np.array([3.0, 12.0]), np.array([True, True]), times)[-1] == (18.0, 0)
    assert at_risk(np.array([]), np.array([], dtype=bool), times) == []


def test_progression_is_said_to_be_seen_at_visits(folder: Path) -> None:
    said = "so the curves step at visits"
    assert said in (folder / "figures" / "progression_free_survival.svg").read_text(encoding="utf-8")
    assert said not in (folder / "figures" / "overall_survival.svg").read_text(encoding="utf-8")


def test_of_many_arms_each_is_compared_with_the_first() -> None:
    few, many = (made_up({f"arm {k}": 20.0 for k in range(n)}, 2, with_published=False) for n in (8, 9))
    assert len(comparisons(few).groups) == 8 * 7 / 2
    assert [group.label for group in comparisons(many).groups] == [f"arm {k} against arm 0" for k in range(1, 9)]


def test_tables_and_figures_stand_in_boxes_that_scroll(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    boxed = re.findall(r'<div class="(table|drawing)" tabindex="0"[^>]*>\s*<(table|svg)', text)
    assert len(boxed) == text.count("<table>") + len(UNDRAWN)
    assert re.search(r"\.table \{[^}]*overflow-x: auto", text) and re.search(r"\.drawing \{[^}]*overflow-x: auto", text)


def test_the_dark_is_for_screens_and_keeps_figures_on_white(folder: Path) -> None:
    """A page printed from a dark screen is black on white; the ink of figures is dark."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"@media ([^{]*prefers-color-scheme: dark[^{]*)\{", text) == [
        "screen and (prefers-color-scheme: dark) "
    ]
    assert re.search(r"\.drawing \{[^}]*background: #fff", text)
    used = set(re.findall(r"var\((--\w+)\)", text))
    light, dark = (set(re.findall(r"(--\w+):", block)) for block in re.findall(r":root \{([^}]*)\}", text))
    assert used <= light == dark


@pytest.mark.skipif(not browser.CHROMIUM, reason=browser.MISSING)
@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_nothing_is_cut_and_all_can_be_read(folder: Path, tmp_path: Path, dark: bool) -> None:
    """390 px. What is wider scrolls in its box; WCAG 2.1 asks for a contrast of 4.5."""
    seen = browser.laid_out((folder / "report.html").read_text(encoding="utf-8"), tmp_path, width=390, dark=dark)
    assert (seen["width"], seen["dark"]) == (390, dark)
    assert seen["sideways"] <= 390 and seen["clipped"] == [] and seen["out"] == []
    assert seen["tables"] > 5 and seen["scrolled"] > 5
    assert seen["smallest"] >= 9 and seen["smallest_table"] >= 12
    assert seen["faintest"][0] >= 4.5, seen["faintest"]
    assert (max(seen["paper"][:3]) < 64) == dark and set(seen["drawings"]) == {1}


@pytest.mark.skipif(not browser.CHROMIUM, reason=browser.MISSING)
def test_print_is_a4_and_nothing_is_wider_than_the_sheet(folder: Path, tmp_path: Path) -> None:
    """The rules for print, on a screen as wide as A4 without its margins: 180 mm at 96 px an inch."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    as_printed = page.replace("@media print", "@media screen").replace("(max-width: 44rem)", "(max-width: 0)")
    seen = browser.laid_out(as_printed, tmp_path, width=680)
    assert seen["sideways"] <= 680 and seen["scrolled"] == 0 and seen["out"] == []
    assert seen["smallest"] >= 7 and seen["smallest_table"] >= 9
    boxes = re.findall(rb"/MediaBox *\[ *0 +0 +([0-9.]+) +([0-9.]+) *\]", browser.printed(page, tmp_path))
    assert {(round(float(x)), round(float(y))) for x, y in boxes} == {(595, 842)}  # 210 by 297 mm, in points


def test_strata_stand_under_their_arm_and_recalled_values_are_marked() -> None:
    """In made_up, survival was read and all else recalled; a stratum of each arm has one published value."""
    table = headline(made_up())
    assert [(group.label, group.under) for group in table.groups[:2]] == [("combination", False), ("PD-L1 high", True)]
    cells = {row[0]: row[2] for row in table.groups[0].rows}
    assert cells["Objective response rate, %"] == "58.0 (52.0\u201363.6)\u2020"
    assert cells["Overall survival at 60 months, %"] == "52.0"
    assert table.groups[1].rows == (
        ("Objective response rate, %", "72.0 (60.0\u201380.0)", "70.0\u2020", "inside"),
    )  # fmt: skip
    assert "\u2020 The published value was recalled" in table.caption


def test_the_same_endpoint_at_two_data_cuts_keeps_its_own_source() -> None:
    result = made_up(ONE_ARM, 3)
    early, late = (published("ORR", value) | {"source": f"cut of {value}"} for value in (15.0, 19.0))
    described = result.trial.model_dump(mode="json")
    described["arms"][0]["published"] = [early, late]
    rows = [("ipilimumab", "ORR", 16.0, 12.0, 20.0, value, np.nan, np.nan) for value in (15.0, 19.0)]
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    found = outcomes(dataclasses.replace(result, trial=Trial.model_validate(described), summary=summary))
    assert [o.fact.source for o in found if o.fact] == ["cut of 15.0", "cut of 19.0"]


def test_harm_is_counted_by_patient() -> None:
    """By hand from made_up: of 39 patients, three with colitis of grades 2, 3 and 5, begun on days 7, 21 and 35; the
    one of the median began in week 3. Prednisone was given from day 7 to day 20: two weeks."""
    result = made_up()
    rate = harm_rates(result)[0]
    assert (rate.term, rate.patients, rate.any_grade, rate.severe, rate.fatal) == ("Colitis", 39, 3, 2, 1)
    assert (rate.onset_weeks, rate.held, rate.stopped) == (3.0, 1, 2)
    assert [other.any_grade for other in harm_rates(result)[1:]] == [0, 0]
    assert care(result).groups[0].rows == (
        ("Colitis", "prednisone", "1 (3\u00a0%)", "1.0", "2.0 [2.0\u20132.0]"),
    )  # fmt: skip
    text = PageReader(render_page(result, UNDRAWN)).text
    assert "Harm of treatment was not simulated" not in text
    assert "1 calibrated; 1 label, read; 1 measured, recalled" in text


def test_no_harm_is_said_in_a_sentence() -> None:
    result = made_up(ONE_ARM, 3)
    without = {name: table for name, table in result.tables.items() if name not in ("ADAE", "ADCM")}
    nobody = {name: result.tables[name].iloc[:0] for name in ("ADAE", "ADCM")}
    texts = [
        PageReader(render_page(dataclasses.replace(result, tables=tables), UNDRAWN)).text
        for tables in (without, without | nobody)
    ]
    assert "Harm of treatment was not simulated." in texts[0]
    assert "No patient had an event of the harms that are simulated." in texts[1]


def leukaemia(n: int = 10) -> TrialResult:
    """One arm: at the first visit 60 % are in CR and 40 % not; at the second, half of those in CR have relapsed and
    the others were not examined. Blasts are 50 % at baseline, then 2 % in CR.
    """
    result = made_up({"blinatumomab": 20.0}, n, with_published=False)
    ids = result.tables["ADSL"]["USUBJID"]
    result.tables["ADSL"]["STATUS"] = "ok"
    scans, read = [], []
    for k, who in enumerate(ids):
        cr = k < 6 * n // 10
        read += [(who, "blinatumomab", day, visit, "MARROW_BLASTS", np.nan, value, 50.0, np.nan, np.nan)
                 for visit, day, value in ((0, 0.0, 50.0), (1, 30.0, 2.0 if cr else 60.0))]  # fmt: skip
        scans.append((who, "blinatumomab", 30.0, 1.0, "OVRLRESP", "CR" if cr else "NR"))
        if k < 3 * n // 10:
            scans.append((who, "blinatumomab", 60.0, 2.0, "OVRLRESP", "RELAPSE"))
    tables = dict(result.tables)
    tables["ADTR"] = pd.DataFrame(read, columns=tables["ADTR"].columns)
    tables["ADRS"] = pd.DataFrame(scans, columns=tables["ADRS"].columns)
    return dataclasses.replace(result, criteria="acute-leukaemia", tables=tables)


def test_what_is_no_solid_tumour_is_shown_by_its_own_criteria(tmp_path: Path) -> None:
    result = leukaemia()
    names = [plate.name for plate in plates(result)]
    assert {"responses_over_time", "findings"} <= set(names)
    assert not {"waterfall", "spider", "swimmer"} & set(names)
    known = response_names(result)  # ELN 2022: responses are CR, CRh and CRi; Doehner et al., Blood 2022;140:1345
    assert known.objective == ("CR MRD-", "CR", "CRh", "CRi")
    assert known.others[-1] == "NE" and set(known.progressive) == {"PD", "REFRACTORY", "RELAPSE"}
    shares = _shares(result).set_index(["response", "low"])
    assert shares["high"].to_dict() == {("CR", 0.0): 60.0, ("NR", 60.0): 100.0, ("RELAPSE", 0.0): 30.0}
    drawn = drawings(result)
    assert all(drawing.svg and not drawing.fault for drawing in drawn.values())
    assert "Blasts of the marrow" in drawn["findings"].svg
    text = PageReader(render_page(result, drawn)).text
    assert "ELN 2022" in text and "RECIST" not in text


def test_surgery_in_a_trial_has_curves_of_its_own() -> None:
    result = made_up(ONE_ARM, 6, with_published=False)
    assert survival_kinds(result) == ("OS", "PFS")
    free = result.tables["ADTTE"].query("PARAMCD == 'PFS'")
    both = pd.concat([result.tables["ADTTE"], free.assign(PARAMCD="RFS"), free.assign(PARAMCD="EFS")])
    adjuvant = dataclasses.replace(result, tables=result.tables | {"ADTTE": both})
    assert survival_kinds(adjuvant) == ("OS", "RFS")
    operated = adjuvant.tables["ADSL"].assign(SURGDY=42.0, VIABLE=5.0)
    neoadjuvant = dataclasses.replace(result, tables=adjuvant.tables | {"ADSL": operated})
    drawn = figures(neoadjuvant)
    assert {"overall_survival", "event_free_survival", "recurrence_free_survival"} <= set(drawn)
    assert "Time since surgery (months)" in json.dumps(drawn["recurrence_free_survival"].to_dict(validate=False))
