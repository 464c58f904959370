"""Trials, named regimens and their sources as data: each file by itself, whatever the model makes of it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coley.catalogue import load_catalogue
from coley.facts import Source
from coley.protocol import Arm, Published, Trial
from coley.regimen import parse

DATA = Path(__file__).parents[1] / "src" / "coley" / "catalogue" / "data"
NAMED = load_catalogue().regimen_texts
TRIALS = sorted((DATA / "trials").glob("*.toml"))
REGIMENS = sorted((DATA / "regimens").glob("*.toml"))
NOTHING = ("observation", "placebo")

# A hazard ratio below 1 beside a median that is shorter, as published: the curves cross after half the patients under
# the checkpoint inhibitor have progressed, many of them by the first scan.
CROSSING = {
    ("checkmate-057", "nivolumab", "PFS"),
    ("checkmate-057", "nivolumab, PD-L1 of 1 % or more", "PFS"),
    ("checkmate-025", "nivolumab", "PFS"),
    ("checkmate-141", "nivolumab", "PFS"),
    ("checkmate-141", "nivolumab, PD-L1 below 1 %", "OS"),
    ("keynote-010", "pembrolizumab 2 mg/kg", "PFS"),
    ("keynote-045", "pembrolizumab", "PFS"),
    ("keynote-048", "pembrolizumab + chemotherapy", "PFS"),
    ("keynote-119", "pembrolizumab", "OS"),
    ("oak", "atezolizumab", "PFS"),
}


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def trial_of(path: Path) -> Trial:
    return Trial.model_validate(read(path))


def published(trial: Trial) -> Iterator[tuple[Arm, str, str, tuple[Published, ...]]]:
    """Every arm and stratum: the arm, a label, the stratum's name ("" for the whole arm), its published outcomes."""
    for arm in trial.arms:
        yield arm, arm.name, "", arm.published
        for stratum in arm.strata:
            yield arm, f"{arm.name}, {stratum.name}", stratum.name, stratum.published


@pytest.fixture(scope="module")
def sources() -> dict[str, Source]:
    tables = [read(path) for path in sorted((DATA / "sources").glob("*.toml"))]
    keys = Counter(key for table in tables for key in table)
    assert [key for key, count in keys.items() if count > 1] == []
    return {key: Source.model_validate(entry) for table in tables for key, entry in table.items()}


def test_each_trial_is_in_the_file_of_its_name() -> None:
    assert len(TRIALS) >= 12
    assert [trial_of(path).name for path in TRIALS] == [path.stem for path in TRIALS]


def test_trials_of_one_registration_are_cohorts_of_one_programme() -> None:
    """Their names begin alike; trials from before there were registers have none."""
    named: dict[str, list[str]] = {}
    for path in TRIALS:
        trial = trial_of(path)
        if trial.registration:
            assert re.fullmatch(r"NCT\d{8}", trial.registration), trial.name
            named.setdefault(trial.registration, []).append(trial.name)
    for names in named.values():
        assert len({name.split("-")[0] for name in names}) == 1, names


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_every_regimen_of_a_trial_can_be_read(path: Path) -> None:
    for arm in trial_of(path).arms:
        texts = [arm.regimen, arm.reinduction, *(option.regimen for option in (*arm.choice, *arm.subsequent))]
        for text in texts:
            if text and text not in NOTHING:
                assert parse(str(parse(text, NAMED)), NAMED) == parse(text, NAMED)


@pytest.mark.parametrize("path", REGIMENS, ids=lambda path: path.stem)
def test_every_named_regimen_can_be_read_and_has_a_source(path: Path, sources: dict[str, Source]) -> None:
    entry = read(path)
    assert entry["name"] == path.stem
    assert parse(entry["text"])
    assert entry["source"] in sources


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_sources_that_a_trial_cites_exist(path: Path, sources: dict[str, Source]) -> None:
    trial = trial_of(path)
    cited = {trial.eligibility_source} - {""}
    for arm, _, _, facts in published(trial):
        cited |= {fact.source for fact in (*facts, *arm.subsequent)}
    assert cited - set(sources) == set()


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_a_note_does_not_repeat_what_the_flag_says(path: Path) -> None:
    for _, _, _, facts in published(trial_of(path)):
        for fact in facts:
            assert not fact.note.startswith(("Seen", "Recalled"))
            assert fact.known in ("measured", "derived")


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_published_figures_are_plausible_and_given_once(path: Path) -> None:
    for _, label, _, facts in published(trial_of(path)):
        counts = Counter((fact.endpoint, fact.versus) for fact in facts)
        assert [key for key, count in counts.items() if count > 1] == [], label
        for fact in facts:
            numbers = [x for x in (fact.lower, fact.value, fact.upper) if x is not None]
            if fact.endpoint.endswith("_HR"):
                assert all(0.05 < x < 3 for x in numbers), (label, fact)
            elif fact.endpoint.endswith("_median"):
                assert all(0.5 < x < 120 for x in numbers), (label, fact)
                assert fact.value < fact.cutoff, (label, fact)
            elif months := re.fullmatch(r"(OS|PFS|EFS|RFS|DFS|DRR)_(\d+)mo", fact.endpoint):
                assert all(0 <= x <= 100 for x in numbers), (label, fact)
                assert float(months[2]) <= fact.cutoff, (label, fact)
            else:
                assert re.fullmatch("ORR|CR|DCR|DRR|pCR|MPR|MRD.*|AE.*|INC.*", fact.endpoint), (label, fact)
                assert all(0 <= x <= 100 for x in numbers), (label, fact)


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_figures_of_an_arm_agree_with_each_other(path: Path) -> None:
    """Complete among all responses, responses among controlled disease; survival falls, and lies above free of it."""
    for _, label, _, facts in published(trial_of(path)):
        value = {fact.endpoint: fact.value for fact in facts}
        rates = [value[name] for name in ("CR", "ORR", "DCR") if name in value]
        assert rates == sorted(rates), label
        for kind in ("OS", "PFS"):
            times = sorted((int(key[len(kind) + 1 : -2]), x) for key, x in value.items() if _at_a_time(key, kind))
            assert all(later <= earlier + 0.5 for (_, earlier), (_, later) in pairwise(times)), (label, kind)  # rounded
            for month, x in times:
                assert kind == "OS" or x <= value.get(f"OS_{month}mo", 100), (label, month)
                median = value.get(f"{kind}_median")
                if median is not None and abs(month - median) > 1:
                    assert (x > 50) == (month < median), (label, kind, month)


def _at_a_time(endpoint: str, kind: str) -> bool:
    return re.fullmatch(rf"{kind}_\d+mo", endpoint) is not None


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_hazard_ratios_point_where_the_medians_do(path: Path) -> None:
    trial = trial_of(path)
    medians = {
        (arm.name, stratum, fact.endpoint.removesuffix("_median")): fact.value
        for arm, _, stratum, facts in published(trial)
        for fact in facts
        if fact.endpoint in ("OS_median", "PFS_median")
    }
    against = set()
    for arm, label, stratum, facts in published(trial):
        for fact in facts:
            if not fact.versus:
                continue
            kind = fact.endpoint.removesuffix("_HR")
            own, other = medians.get((arm.name, stratum, kind)), medians.get((fact.versus, stratum, kind))
            if own is not None and other is not None and (own - other) * (1 - fact.value) < 0:
                against.add((trial.name, label, kind))
    assert against == {case for case in CROSSING if case[0] == trial.name}


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_strata_lie_within_those_who_may_enter(path: Path) -> None:
    trial = trial_of(path)
    for arm in trial.arms:
        for stratum in arm.strata:
            assert stratum.n is None or arm.n is None or stratum.n < arm.n
            for name, range_ in stratum.biomarkers.items():
                entry = trial.eligibility.biomarkers.get(name)
                if entry is not None and entry.min is not None:
                    assert range_.min is not None and range_.min >= entry.min


def test_biomarkers_and_earlier_treatment_have_the_names_of_the_cancers() -> None:
    for path in TRIALS:
        trial = trial_of(path)
        cancer = load_catalogue().cancer(trial.cancer)
        strata = [stratum for arm in trial.arms for stratum in arm.strata]
        used = {*trial.eligibility.biomarkers, *(name for stratum in strata for name in stratum.biomarkers)}
        assert used <= {marker.name for marker in cancer.biomarkers}
        assert {line.given for line in trial.eligibility.prior} <= set(cancer.prior)


def test_response_to_pembrolizumab_in_lung_cancer_rises_with_pd_l1() -> None:
    """Garon 2015 and Herbst 2016: the threshold of 50 % was set by it."""
    for name, arm_name in (("keynote-001", "pembrolizumab"), ("keynote-010", "pembrolizumab 2 mg/kg")):
        arm = next(arm for arm in trial_of(DATA / "trials" / f"{name}.toml").arms if arm.name == arm_name)
        by_pdl1 = sorted(arm.strata, key=lambda stratum: stratum.biomarkers["PDL1"].min or 0)
        rates = [fact.value for stratum in by_pdl1 for fact in stratum.published if fact.endpoint == "ORR"]
        assert len(rates) >= 2
        assert rates == sorted(rates)
