"""Virtual patients before treatment beside published facts: statistics, verdicts, files, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from coley.baseline import Comparison, compare, patients_of, write_comparison
from coley.baseline.comparison import _compared
from coley.catalogue import Catalogue, load_catalogue
from coley.cli.commands import app
from coley.facts import Baseline, Fact
from coley.trial import RunSettings, TrialResult

CATALOGUE = load_catalogue()
KNOWN = {"source": "test", "known": "assumed", "title": "A fact"}


def fact(value: float, about: dict[str, object], unit: str = "", span: float = 1.0) -> Fact:
    """A fact with an interval of ``span`` on either side."""
    baseline = Baseline(cancer="melanoma", **about)
    return Fact(name="one", value=value, unit=unit, lower=value - span, upper=value + span, baseline=baseline, **KNOWN)


def test_statistics_are_those_of_the_patients() -> None:
    """Median, mean and share of 1 to 99; the standard error of a mean is the spread over the root of n."""
    people = pd.DataFrame({"AGE": np.arange(1.0, 100.0) ** 2})
    middle, mean, share, none = (
        _compared([fact(2500, about, unit, span)], people, 1).iloc[0]
        for about, unit, span in (
            ({"measure": "AGE", "statistic": "median"}, "year", 1.0),
            ({"measure": "AGE", "statistic": "mean"}, "year", 1.0),
            ({"measure": "AGE", "statistic": "share", "least": 2500}, "percent", 2400.0),
            ({"measure": "LDH", "statistic": "mean"}, "", 1.0),
        )
    )
    assert middle["predicted"] == 2500 and middle["verdict"] == "agrees"
    assert mean["predicted"] == pytest.approx(np.mean(people["AGE"])) and mean["verdict"] == "misses"
    error = people["AGE"].std() / 99**0.5
    assert mean["upper"] - mean["lower"] == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert share["predicted"] == pytest.approx(100 * 50 / 99) and share["statistic"] == "share from 2500"
    assert none["verdict"] == "unknown" and np.isnan(none["predicted"])


def test_a_fact_without_bounds_and_a_share_without_a_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="needs its lower and its upper bound"):
        Fact(name="one", value=1, unit="", baseline=Baseline(cancer="nsclc", measure="AGE", statistic="mean"), **KNOWN)
    for about in ({"statistic": "share"}, {"statistic": "mean", "least": 3}):
        with pytest.raises(ValueError, match="says in 'least'"):
            Baseline(cancer="nsclc", measure="AGE", **about)


def test_facts_are_of_cancers_and_measures_that_are_there() -> None:
    """But for LDH, which the model lacks, and which a miss therefore names."""
    facts = [each for each in CATALOGUE.facts.values() if each.baseline]
    assert len(facts) > 15
    for each in facts:
        markers = {marker.name for marker in CATALOGUE.cancer(each.baseline.cancer).biomarkers}
        assert each.baseline.measure in {"AGE", "WEIGHT", "LESION", "LESIONS", "SUMDIAM", "LDH"} | markers


def test_lesions_are_those_of_the_first_examination(small_result: TrialResult) -> None:
    found = patients_of(small_result)
    scans = small_result.tables["ADTR"]
    first = scans[(scans["VISITNUM"] == 0) & (scans["PARAMCD"] == "LDIAM")]
    total = first.groupby("USUBJID")["AVAL"].sum()
    assert sorted(found["SUMDIAM"].dropna()) == pytest.approx(sorted(total))
    assert (found["LESIONS"].dropna() >= 1).all() and found["LESIONS"].sum() == len(first)
    assert (found["LESION"].dropna() <= found["SUMDIAM"].dropna() + 1e-9).all()


def small(monkeypatch: pytest.MonkeyPatch, result: TrialResult) -> None:
    """Take the patients of a result that is there, as if they had been drawn."""
    monkeypatch.setattr("coley.baseline.comparison.run", lambda trial, *, catalogue, settings: result)


def compared(monkeypatch: pytest.MonkeyPatch, result: TrialResult) -> Comparison:
    small(monkeypatch, result)
    known: Catalogue = replace(CATALOGUE, facts=dict(CATALOGUE.facts))
    return compare("melanoma", known, RunSettings(12, 1, 1))


def test_distributions_and_misses_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_result: TrialResult
) -> None:
    found = compared(monkeypatch, small_result)
    assert {"AGE", "WEIGHT", "PDL1", "TMB", "CD8", "LESION", "SUMDIAM"} <= set(found.quantiles["measure"])
    assert found.misses.set_index("fact").loc["melanoma-ldh", "verdict"] == "unknown"
    age = found.quantiles.set_index("measure").loc["AGE"]
    assert age["q50"] == pytest.approx(small_result.tables["ADSL"]["AGE"].median())
    files = write_comparison(found, tmp_path)
    names = ["population.html", "facts.csv", "quantiles.csv", "patients.parquet", "population.svg"]
    assert [path.name for path in files] == names and all(path.exists() for path in files)
    assert list(pd.read_csv(files[1])["fact"]) == list(found.facts["fact"])
    assert len(pd.read_parquet(files[3])) == len(found.patients)
    page = files[0].read_text(encoding="utf-8")
    assert "<svg" in page and "the model has no LDH" in page


def test_the_command_lists_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_result: TrialResult) -> None:
    small(monkeypatch, small_result)
    arguments = ["population", "melanoma", "--patients", "12", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "the model has no LDH" in " ".join(done.stdout.split())
    said = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert said["cancer"] == "melanoma" and {row["verdict"] for row in said["facts"]} <= {"agrees", "misses", "unknown"}
    assert CliRunner().invoke(app, ["population", "melanomma"]).exit_code == 2
    assert CliRunner().invoke(app, [*arguments, "--patients", "0"]).exit_code == 2
