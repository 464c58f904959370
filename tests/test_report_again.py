"""A report is a result again, or is refused with what is wrong."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from coley.errors import ColeyError
from coley.report import check_writable, read_result, write_report
from coley.trial.result import TrialResult
from made_up import ONE_ARM, files_in, made_up


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


def test_a_report_is_a_result_again(made_up_report: Path, tmp_path: Path) -> None:
    again = read_result(made_up_report)
    demand_equal(again, made_up())
    write_report(again, tmp_path / "again")
    assert files_in(tmp_path / "again") == files_in(made_up_report)


def test_a_simulated_result_is_a_result_again(small_result: TrialResult, tmp_path: Path) -> None:
    write_report(small_result, tmp_path / "report")
    demand_equal(read_result(tmp_path / "report"), small_result)


@pytest.mark.usefixtures("undrawn")
def test_what_is_rare_comes_back(tmp_path: Path) -> None:
    """Arms named like a number, like missing data and with signs of CSV; patients without a course; a table more."""
    result = made_up({"1": 20.0, "NA": 20.0, 'a "b", c': 20.0}, 4, with_published=False, NA="failed")
    another = pd.DataFrame({"USUBJID": ["x"], "AVAL": [3], "FLAG": [True]})
    odd = result.summary.assign(predicted=np.nextafter(1 / 3, 1) * 10.0 ** np.arange(-3, len(result.summary) - 3))
    result = dataclasses.replace(result, tables={**result.tables, "ADLB": another}, summary=odd, notes=("ünï", "–"))
    write_report(result, tmp_path / "report")
    demand_equal(read_result(tmp_path / "report"), result)


@pytest.mark.usefixtures("undrawn")
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
