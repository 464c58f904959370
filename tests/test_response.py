"""What holds for all response criteria: the protocol, and properties of any history that is judged by them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from coley.errors import ColeyError
from coley.trial import response
from coley.trial.response import Criteria, criteria
from coley.trial.response.histories import last_read, lasting_from, nadirs

NAN = float("nan")
ALL = criteria()
quick = settings(derandomize=True, max_examples=40, deadline=None)
every = pytest.mark.parametrize("each", ALL.values(), ids=ALL.keys())

# Values that findings are drawn from, by name: around the thresholds of the criteria, NaN where a thing may go unread
VALUES: dict[str, list[float]] = {
    "diameters": [0, 5, 8, 10, 15, 20, 26, 40, NAN],
    "nontarget": [0, 1, 2, 2, 2, 3, 3, 4],
    "new_lesions": [0, 0, 0, 0, 1, 2],
    "new_lesion_sum": [0, 10, 14, 15, 30],
    "longest_diameters": [0, 5, 12, 15, 16, 25, 40, NAN],
    "shortest_diameters": [0, 5, 10, 12, 20],
    "spleen_length": [110, 130, 135, 150, 161],
    "deauville": [1, 3, 4, 5, NAN],
    "uptake": [1, 3, 8, 10, 15],
    "serum_m_protein": [0, 0.4, 1, 2, 2.5, 4, NAN],
    "urine_m_protein": [0, 90, 150, 400, 800],
    "flc_kappa": [1, 10, 50, 100],
    "flc_lambda": [0.5, 1, 2],
    "marrow_plasma_cells": [2, 10, 35, 60, NAN],
    "mrd": [0, 9e-6, 1e-4, 1e-2, NAN],
    "plasmacytomas": [0, 0, 100, 400],
    "circulating_plasma_cells": [0, 100, 200, 400],
    "marrow_blasts": [1, 4, 5, 20, 40, 80, NAN],
    "blood_blasts": [0, 0, 0.5],
    "neutrophils": [0.3, 0.5, 1, 2],
    "platelets": [20, 50, 100, 200],
    "biopsy": [0, 1, 2, 2, 3, NAN],
    "histology": [0, 1, 2, 3, 4, NAN],
    "lesions": [0, 10, 24, 26, 100, NAN],
    "viable_primary": [0, 5, 10, 40, 80, NAN],
    "viable_nodes": [0, 5, 40, NAN],
}
FLAG = [0.0, 0.0, 0.0, 1.0]


def findings_of(each: Criteria, seed: int, patients: int = 12, visits: int = 7) -> dict[str, NDArray[np.float64]]:
    draw = np.random.default_rng(seed)
    sizes = {"patients": patients, "visits": visits, "lesions": 3}
    found = {}
    for name, measure in each.measures.items():
        pool = FLAG if measure.unit == "yes or no" else VALUES[name]
        found[name] = draw.choice(np.array(pool, dtype=float), size=[sizes[axis] for axis in measure.axes])
    return found


def days_of(seed: int, patients: int = 12, visits: int = 7) -> NDArray[np.float64]:
    """Visits about 6 weeks apart, each patient's on days of its own; some were not made."""
    draw = np.random.default_rng([seed, 1])
    days = 42.0 * np.arange(visits) + draw.integers(-7, 8, (patients, visits)) * (np.arange(visits) > 0)
    days[:, 1:][draw.random((patients, visits - 1)) < 0.05] = NAN
    return days


@every
def test_codes_run_from_not_evaluable_over_worse_to_better(each: Criteria) -> None:
    values = [code.value for code in each.Code]
    assert each.Code(0).name == "NE" and values == list(range(len(values)))
    order = [0, each.progressive, each.pending or each.progressive, each.controlled, each.responders, each.complete]
    assert order == sorted(order) and each.controlled > (each.pending or each.progressive)
    assert "doi" in each.source or "guidance" in each.source
    assert each.names([0]).tolist() == ["NE"]


@every
@quick
@given(st.integers(0, 10**6))
def test_order_of_patients_does_not_matter(each: Criteria, seed: int) -> None:
    findings, days = findings_of(each, seed), days_of(seed)
    order = np.random.default_rng([seed, 2]).permutation(len(days))
    codes = each.judge(findings, days)
    again = each.judge({name: values[order] for name, values in findings.items()}, days[order])
    assert again.tolist() == codes[order].tolist()
    assert each.best(again, days[order], confirm=True).tolist() == each.best(codes, days, confirm=True)[order].tolist()


@every
@quick
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_later_visits_do_not_change_earlier_codes(each: Criteria, seed: int, known: int) -> None:
    findings, days = findings_of(each, seed), days_of(seed)
    short = {
        name: values[:, :known] if "visits" in each.measures[name].axes else values for name, values in findings.items()
    }
    codes = each.judge(findings, days)
    assert each.judge(short, days[:, :known]).tolist() == codes[:, :known].tolist()
    assert each.progressed(codes[:, :known]).shape == (len(days),)


@every
@quick
@given(st.integers(0, 10**6), st.booleans())
def test_best_response_and_days_agree_with_the_codes(each: Criteria, seed: int, confirm: bool) -> None:
    days = days_of(seed)
    codes = each.judge(findings_of(each, seed), days)
    best = each.best(codes, days, confirm=confirm)
    made = np.where(np.isnan(days), 0, codes)
    assert (best <= made.max(axis=1)).all()
    assert (best <= each.best(codes, days, confirm=False)).all()
    response, progression = each.response_day(codes, days, confirm=confirm), each.progression_day(codes, days)
    np.testing.assert_equal(~np.isnan(response), best >= each.responders)
    assert not (response > progression).any()
    assert not (each.last_adequate_day(codes, days) >= progression).any()
    ends = each.progressed(codes) & ~np.isnan(days[:, -1])
    assert not np.isnan(progression[ends]).any()


SCALED = {"lugano-2014": "uptake", "histological-clearance": "lesions", "imwg": "plasmacytomas"}


@pytest.mark.parametrize("name", SCALED)
@quick
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_scale_of_what_is_compared_with_itself_does_not_matter(name: str, seed: int, scale: float) -> None:
    """Uptake, lesions and plasmacytomas count only relative to what they were."""
    findings, days = findings_of(ALL[name], seed), days_of(seed)
    other = {key: values * scale if key == SCALED[name] else values for key, values in findings.items()}
    assert ALL[name].judge(other, days).tolist() == ALL[name].judge(findings, days).tolist()


@every
def test_nobody_and_baseline_alone(each: Criteria) -> None:
    nobody = each.judge(findings_of(each, 0, patients=0), np.zeros((0, 7)))
    assert nobody.shape == (0, 7) and each.best(nobody, np.zeros((0, 7)), confirm=True).shape == (0,)
    first = each.judge(findings_of(each, 0, visits=1), [0])
    assert not first.any() and not each.best(first, [0], confirm=True).any() and not each.progressed(first).any()


def test_criteria_by_name() -> None:
    assert list(ALL) == [
        "acute-leukaemia",
        "bladder",
        "first-infection",
        "histological-clearance",
        "imwg",
        "irecist",
        "lugano-2014",
        "pathological",
        "recist-1.1",
    ]


def test_new_criteria_are_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "halving.py").write_text(
        """
from enum import IntEnum
from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import at_least, first_true
import numpy as np

class Response(IntEnum):
    NE, PD, SD, PR = range(4)

class Halving(Criteria):
    name, title, source = "halving", "Halving", "doi of a paper"
    Code, progressive, controlled = Response, Response.PD, Response.SD
    responders = complete = Response.PR
    measures = {"marker": Measure("a marker", "U/mL")}

    def _judge(self, x, day):
        marker = x["marker"]
        return first_true(
            (np.isnan(marker), Response.NE),
            (at_least(marker, 2 * marker[:, :1]), Response.PD),
            (at_least(marker[:, :1] / 2, marker), Response.PR),
            otherwise=Response.SD,
        )

CRITERIA = Halving()
"""
    )
    monkeypatch.setattr(response, "__path__", [*response.__path__, str(tmp_path)])
    found = criteria()["halving"]
    codes = found.judge({"marker": [[8, 6, 4, NAN, 16]]}, [0, 28, 56, 84, 112])
    assert found.names(codes).tolist() == [["NE", "SD", "PR", "NE", "PD"]]
    assert found.best(codes, [0, 28, 56, 84, 112], confirm=False).tolist() == [found.responders]


def test_findings_that_do_not_fit_are_named_all_at_once() -> None:
    findings = {"diametres": np.ones((2, 3, 1)), "nodal": [True], "nontarget": np.ones((2, 3)), "new_lesions": [[0, 1]]}
    with pytest.raises(ColeyError) as found:
        ALL["recist-1.1"].judge(findings, [0, 42, 84])
    assert [str(problem) for problem in found.value.problems] == [
        "recist-1.1: diametres: these criteria do not judge by it; did you mean 'diameters'?",
        f"recist-1.1: diameters: is missing; needed: {ALL['recist-1.1'].measures['diameters'].meaning}",
        "recist-1.1: nodal: has 1 dimensions; its shape is patients × lesions",
        "recist-1.1: new_lesions: has 1 patients, others have 2; its shape is patients × visits",
        "recist-1.1: new_lesions: has 2 visits, others have 3; its shape is patients × visits",
    ]
    with pytest.raises(ColeyError, match="nothing was read"):
        ALL["imwg"].judge({}, [0, 28])


def test_days_may_differ_between_patients() -> None:
    """The same two PR, 27 and 28 days apart: confirmation asks for 28 (RECIST 1.1, section 4.6.1)."""
    recist = ALL["recist-1.1"]
    codes = recist.judge({"diameters": [[[50], [30], [30]], [[50], [30], [30]]]}, [[0, 42, 69], [0, 42, 70]])
    assert recist.names(recist.best(codes, [[0, 42, 69], [0, 42, 70]], confirm=True)).tolist() == ["SD", "PR"]
    hasty = replace(recist, confirm_after_days=21)
    assert hasty.names(hasty.best(codes, [[0, 42, 69], [0, 42, 70]], confirm=True)).tolist() == ["PR", "PR"]


def test_values_so_far() -> None:
    """By hand: the lowest before each visit, and the last that was read."""
    values = np.array([[5.0, NAN, 3.0, 4.0, NAN], [NAN, 2.0, NAN, 1.0, 9.0]])
    np.testing.assert_equal(nadirs(values), [[5, 5, 5, 3, 3], [NAN, NAN, 2, 2, 1]])
    np.testing.assert_equal(last_read(values), [[5, 5, 3, 4, 4], [NAN, 2, 2, 1, 9]])


def test_spells() -> None:
    """By hand: the first spell of 28 days begins on day 56; the one before was ended after 14."""
    shown = np.array([[True, True, False, True, False, True]])
    ended = np.array([[False, False, True, False, False, False]])
    day = np.array([[0.0, 14.0, 28.0, 56.0, 70.0, 84.0]])
    assert lasting_from(shown, ended, day, 28.0).tolist() == [56.0]
    assert lasting_from(shown, ended, day, 0.0).tolist() == [0.0]
    assert np.isnan(lasting_from(shown, ended, day, 29.0)).all()


@every
def test_documentation_names_every_criterion_measure_and_code(each: Criteria) -> None:
    page = (Path(__file__).parents[1] / "docs" / "response.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {each.name}\n")[1].split("\n## ")[0]
    inherited = ALL["recist-1.1"].measures if each.name == "irecist" else {}
    assert [name for name in each.measures if name not in inherited and f"`{name}`" not in section] == []
    assert [label for label in each.names(list(each.Code)) if label not in section and label != "NE"] == []


def test_documentation_example() -> None:
    page = (Path(__file__).parents[1] / "docs" / "response.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    recist, codes, days = ALL["recist-1.1"], np.asarray(names["codes"]), names["days"]
    assert f"# {recist.names(codes)}" in page
    assert recist.progression_day(codes, days).tolist() == [126]
