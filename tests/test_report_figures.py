"""The figures of the report: how they are drawn, and what they show."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd

from coley.report import figures
from coley.report.courses import _quantiles
from coley.report.figures import drawings, plates
from coley.report.forest import sheets
from coley.report.measures import _shares
from coley.report.page import render_page
from coley.report.published import Point, dodged
from coley.report.select import response_names, survival_kinds
from coley.report.survival import at_risk
from coley.report.theme import spread
from coley.trial.result import TrialResult
from made_up import ARMS, ONE_ARM, PageReader, made_up


def test_every_drawing_is_well_formed_small_and_labelled(made_up_report: Path) -> None:
    for plate in plates(made_up(n=2)):
        path = made_up_report / "figures" / f"{plate.name}.svg"
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("role") == "img"
        assert root.get("aria-label") == plate.caption
        assert path.stat().st_size < 600_000


def test_charts_are_valid_vega_lite() -> None:
    for chart in figures(made_up()).values():
        assert chart.to_dict(validate=True)  # altair raises where its copy of the schema is broken


def test_large_trials_keep_drawings_small() -> None:
    result = made_up(ARMS, 400)
    for name, drawing in drawings(result).items():
        assert 0 < len(drawing.svg) < 600_000, name


def test_figures_of_many_arms_can_be_read_on_a_sheet_of_paper() -> None:
    """A4 leaves 180 by 215 mm, 680 by 812 px at 96 an inch: type of 11 px is then 7 px or more, 5.25 points."""
    result = made_up({f"arm {k}": 20.0 for k in range(9)}, 2, with_published=False)
    for name, drawing in drawings(result).items():
        width, height = (float(ElementTree.fromstring(drawing.svg).attrib[side]) for side in ("width", "height"))
        assert 11 * min(680 / width, 812 / height, 1.0) >= 7, name


def test_many_outcomes_are_drawn_in_several_figures_of_whole_arms() -> None:
    many = sheets(made_up({f"arm {k}": 20.0 for k in range(30)}, 1, with_published=False))
    names = [sheet.name.removeprefix("predicted_vs_published_") for sheet in many]
    assert names == ["rates_1", "rates_2", "medians_1", "medians_2"]
    arms = [{outcome.arm for outcome in sheet.outcomes} for sheet in many]
    assert arms[0] & arms[1] == set() and len(arms[0] | arms[1]) == 30
    few = [sheet.name.removeprefix("predicted_vs_published_") for sheet in sheets(made_up(n=1))]
    assert few == ["rates", "medians", "ratios"]


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


def test_a_drug_that_few_receive_and_late_has_a_course() -> None:
    """Its band is 0 for as long as fewer than 5 % of an arm have the drug, and no logarithm can be taken of that."""
    result = made_up(ONE_ARM, 40)
    courses = result.trajectories.copy(deep=True)
    courses["nivolumab_blood"][:] = 0.0
    courses["nivolumab_blood"][0, courses["time"] > 49] = 20.0
    result = dataclasses.replace(result, trajectories=courses)
    for name, drawing in drawings(result).items():
        assert drawing.svg and not drawing.fault, name


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


def test_progression_is_said_to_be_seen_at_visits(made_up_report: Path) -> None:
    said = "so the curves step at visits"
    assert said in (made_up_report / "figures" / "progression_free_survival.svg").read_text(encoding="utf-8")
    assert said not in (made_up_report / "figures" / "overall_survival.svg").read_text(encoding="utf-8")


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
