"""Whatever happens in a trial, it has its figures and tables: results made up at random, full of what is rare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from coley.facts import Biomarker
from coley.protocol import Trial
from coley.report.figures import plates
from coley.report.page import render_page
from coley.report.svg import Drawing, Renderer
from coley.trial.response import Criteria, criteria
from coley.trial.result import ModelDescription, TrialResult

COLUMNS = {
    "ADSL": ["USUBJID", "ARM", "SUBJID", "AGE", "SEX", "WEIGHT", "ECOG", "PRIOR", "PDL1", "TMB", "BASESLD",
             "TRTEDY", "DTHDY", "STATUS", "REASON", "BOR", "SUBSEQ"],
    "ADEX": ["USUBJID", "ARM", "EPOCH", "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "ASTDY", "EXDUR"],
    "ADTR": ["USUBJID", "ARM", "ADY", "VISITNUM", "PARAMCD", "TRLNKID", "AVAL", "BASE", "PCHG", "NADIR"],
    "ADRS": ["USUBJID", "ARM", "ADY", "VISITNUM", "PARAMCD", "AVALC"],
    "ADTTE": ["USUBJID", "ARM", "PARAMCD", "AVAL", "CNSR", "EVNTDESC"],
    "ADAE": ["USUBJID", "ARM", "AEDECOD", "AETOXGR", "ASTDY", "AENDY", "AEACN", "TRTEMFL"],
    "ADCM": ["USUBJID", "ARM", "CMDECOD", "ASTDY", "AENDY", "CMINDC"],
}  # fmt: skip
CRITERIA = {name: known for name, known in criteria().items() if name != "pathological"}
FATES = ("usual", "dies", "dies at once", "drops out", "drops out at once", "fails", "has no scan", "never responds")
NAMES = ("arm A", "NA", "it's <b>\\n</b>", '"quoted" & 90 % — ünï', "a name without end " * 6)
SIZES = (0.0, 1e-30, 1e-7, 1.0, 1e4, 1e18)
ENDPOINTS = ("ORR", "CR", "DCR", "DOR_median", "PFS_median", "OS_median", "PFS_12mo", "OS_12mo", "OS_240mo", "OS_HR")


def patient(
    rows: dict[str, list[tuple[Any, ...]]], who: str, arm: str, fate: str, known: Criteria, rng: np.random.Generator
) -> None:
    """Rows of one patient in all tables."""
    codes = [int(code) for code in known.Code if code]
    low = [code for code in codes if code < known.responders]
    end = 0.0 if fate.endswith("at once") else float(rng.choice([1.0, 42.0, 900.0, 7000.0]))
    dead = fate.startswith("dies")
    scans = 0 if fate in ("fails", "has no scan") or end == 0 else int(rng.integers(1, 4))
    code = 0 if scans < 2 else int(rng.choice(low if fate == "never responds" else codes))
    best = str(known.names(code))
    later = "rarely, late" if rng.random() < 0.2 else ""
    died = end if dead else np.nan
    status, reason = ("step_too_small", "it stops") if fate == "fails" else ("ok", "")
    people = (60.0, rng.choice(["F", "M"]), 70.0, int(rng.integers(0, 2)), "", 0.0, 1.0, 40.0)
    rows["ADSL"].append((who, arm, len(rows["ADSL"]), *people, end, died, status, reason, best, later))
    if fate == "fails":
        return
    rows["ADEX"].append((who, arm, "TREATMENT", "a drug", float(rng.choice([0.0, 240.0])), "mg", "iv", 0.0, 1.0))
    for visit in range(scans):
        value, base = float(rng.choice([0.0, 10.0, 40.0])), float(rng.choice([0.0, 40.0]))
        change = 100 * (value / base - 1) if base else np.nan
        measured = ["SUMDIAM"] if "diameters" in known.measures else [name.upper() for name in known.measures]
        for name in measured:
            rows["ADTR"].append((who, arm, 42.0 * visit, float(visit), name, np.nan, value, base, change, value))
        if visit:
            seen = str(known.names(int(rng.choice([0, *codes]))))
            rows["ADRS"].append((who, arm, 42.0 * visit, float(visit), "OVRLRESP", seen))
    rows["ADRS"].append((who, arm, np.nan, np.nan, "BESTRESP", best))
    rows["ADTTE"].append((who, arm, "OS", end, int(not dead), "death" if dead else "dropout"))
    rows["ADTTE"].append((who, arm, "PFS", min(end, 42.0), int(rng.random() < 0.5), "progression"))
    if code >= known.responders:
        rows["ADTTE"].append((who, arm, "DOR", max(end - 42.0, 0.0), 1, "no progression at last scan"))
    if rng.random() < 0.3:
        action = str(rng.choice(["DRUG INTERRUPTED", "DRUG WITHDRAWN", "NOT APPLICABLE"]))
        term = str(rng.choice(["Colitis", "Rash <b>"]))
        grade, over = int(rng.integers(1, 6)), None if rng.random() < 0.5 else 20
        rows["ADAE"].append((who, arm, term, grade, 8, over, action, "Y"))
        rows["ADCM"].append((who, arm, "PREDNISONE", 8, 8, term))


def courses(adsl: pd.DataFrame, rng: np.random.Generator) -> xr.Dataset:
    """Courses of some observables: none, always 0, 0 until late and then only for some, of any size, or unknown."""
    times = np.sort(rng.choice(np.arange(0.0, 900.0, 7.0), int(rng.choice([1, 2, 60])), replace=False))
    shape = (len(adsl), len(times))
    data = {}
    for number in range(int(rng.integers(0, 6))):
        values = np.full(shape, rng.choice(SIZES)) * rng.lognormal(0, float(rng.choice([0.0, 0.5, 4.0])), shape)
        values[:, : int(rng.integers(0, len(times) + 1))] = 0.0
        values[rng.random(len(adsl)) < float(rng.choice([0.3, 0.7, 1.0]))] = 0.0
        values[: int(rng.integers(0, 2)), -1:] = 1.0  # one patient, late
        values[rng.random(shape) < float(rng.choice([0.0, 0.3, 1.0], p=[0.6, 0.3, 0.1]))] = np.nan
        values[(adsl["STATUS"] != "ok").to_numpy()] = np.nan
        attrs = {"units": str(rng.choice(["", "cell/mL"])), "group": str(rng.choice(["drug", "tumour", "harm"]))}
        data[f"observable_{number}"] = (("individual", "time"), values.astype(np.float32), attrs)
    who = {name: ("individual", adsl[name].to_numpy().astype(str)) for name in ("USUBJID", "ARM")}
    return xr.Dataset(data, coords={"time": times, **who})


def published(arms: list[str], arm: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    facts = []
    for endpoint in ENDPOINTS:
        if rng.random() < 0.6 or (endpoint == "OS_HR" and len(arms) == 1):
            continue
        value = float(rng.choice([0.2, 5.0, 50.0]))
        bounds = {"lower": value / 2, "upper": value * 2} if rng.random() < 0.5 else {}
        versus = next(name for name in [*arms, ""] if name != arm) if endpoint == "OS_HR" else ""
        fact = {"endpoint": endpoint, "value": value, "cutoff": 60.0, "source": "x", "known": "assumed", **bounds}
        facts.append(fact | {"versus": versus})
    return facts


def strata(arms: list[str], arm: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    names = [name for name in ("high <90 %>", "low | low") if rng.random() < 0.3]
    return [
        {"name": name, "biomarkers": {"PDL1": {"min": 1}}, "published": published(arms, arm, rng)} for name in names
    ]


def summary(trial: Trial, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    groups = [
        pair
        for arm in trial.arms
        for pair in [(arm.name, arm.published), *((f"{arm.name} | {s.name}", s.published) for s in arm.strata)]
    ]
    for name, facts in groups:
        for fact in facts:
            got = np.where(rng.random(3) < 0.3, np.nan, fact.value * rng.choice([0.0, 0.5, 1.0, 3.0], 3))
            known = [np.nan if value is None else value for value in (fact.lower, fact.upper)]
            rows.append((name, fact.endpoint, *got, fact.value, *known))
    columns = ["arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))


def made(arms: list[str], fates: list[list[str]], judged: str, seed: int) -> TrialResult:
    """A result, judged by these criteria, whose patients of each arm meet these fates; the rest is drawn."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for number, (arm, own) in enumerate(zip(arms, fates, strict=True)):
        for k, fate in enumerate(own):
            patient(rows, f"{number}-{k}", arm, fate, CRITERIA[judged], rng)
    tables = {name: pd.DataFrame(rows[name], columns=columns) for name, columns in COLUMNS.items()}
    for name in ("ADAE", "ADCM"):
        tables[name] = tables[name].astype({"ASTDY": "Int64", "AENDY": "Int64"})
    trial = Trial.model_validate(
        {
            "name": "any", "title": "Any trial", "summary": "Made up.", "cancer": "melanoma",
            "visits": {"scans": [6.0], "every": 6.0},
            "arms": [
                {"name": arm, "regimen": "x", "published": published(arms, arm, rng), "strata": strata(arms, arm, rng)}
                for arm in arms
            ],
        }
    )  # fmt: skip
    parameters = pd.DataFrame(columns=["name", "value", "unit", "spread", "known", "source", "meaning"])
    return TrialResult(
        trial=trial,
        seed=seed,
        patients=len(fates[0]),
        criteria=judged,
        biomarkers=(Biomarker(name="PDL1", title="PD-L1", unit="percent", parameter="TPS"),),
        tables=tables,
        trajectories=courses(tables["ADSL"], rng),
        rejected=pd.DataFrame({"REASON": pd.Series(dtype=object), "N": pd.Series(dtype=int)}),
        summary=summary(trial, rng),
        model=ModelDescription("none", (), (), parameters),
        manifest={"seed": seed},
        notes=(),
    )


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as shared:
        yield shared


arm_lists = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


# Without shrinking: an example takes a second, and what fails is told apart by its seed.
@settings(derandomize=True, max_examples=12, deadline=None, phases=[Phase.generate])
@given(arms=arm_lists, data=st.data(), seed=st.integers(0, 2**31))
def test_any_trial_has_all_figures_and_tables(
    renderer: Renderer, arms: list[str], data: st.DataObject, seed: int
) -> None:
    one_fate = st.tuples(st.sampled_from(FATES), st.sampled_from([1, 3, 41])).map(lambda many: [many[0]] * many[1])
    each = st.one_of(one_fate, st.lists(st.sampled_from(FATES), min_size=1, max_size=6))
    judged = data.draw(st.sampled_from(sorted(CRITERIA)))
    result = made(arms, [data.draw(each) for _ in arms], judged, seed)
    drawn = {}
    for plate in plates(result):
        svg = renderer.svg(json.dumps(plate.draw(result).to_dict(validate=False), allow_nan=False))
        assert not re.search(r"NaN|undefined|Infinity", svg), plate.name
        drawn[plate.name] = Drawing(svg)
    page = re.sub("<svg.*?</svg>|None of", "", render_page(result, drawn), flags=re.DOTALL)
    assert not re.search(r"\b(nan|inf|None|NaT)\b", page)
