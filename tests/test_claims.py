"""Claims as experiments: rules beside closed forms, files beside their mistakes, one claim from file to page."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.claims import Found, judge, write_claims
from coley.claims.measures import measure
from coley.claims.report import markdown
from coley.claims.rules import Outcome, difference, spearman
from coley.claims.sample import Sample
from coley.cli import main as main
from coley.cli.commands import app
from coley.errors import ColeyError
from coley.protocol import Bounds, Claim, Difference, Equivalence, Order
from coley.trial import TrialResult
from coley.trial.analysis.paired import Flags

CLAIM = """\
name = "x1"
title = "nothing does nothing"
claim = "Two arms without treatment have the same response rate."
patients = 10

[[arms]]
name = "one"
cancer = "melanoma"
months = 3

[[arms]]
name = "other"
cancer = "melanoma"
regimen = "observation"
months = 3

[[rules]]
rule = "equivalence"
measure = "ORR"
first = "one"
second = "other"
margin = 35

[[rules]]
rule = "bounds"
measure = "ORR"
arm = "one"
min = 90

[[evidence]]
says = "They are the same."
source = "definition"
known = "derived"
"""


def share(flags: Flags, *, same: bool = True) -> Sample:
    """A share of people numbered from 1."""
    values = 100.0 * flags
    people = np.arange(1, len(flags) + 1) if same else np.array([], dtype=np.int64)
    return Sample("Share", "%", people, len(flags), lambda w: w @ values / w.sum(axis=1), 100.0, flags)


def test_the_difference_of_paired_shares_has_mcnemars_interval() -> None:
    """Standard error of paired proportions: sqrt(b + c - (b - c)^2 / n) / n (Fleiss 1981, 8.1)."""
    n, b, c = 400, 60, 20
    first, second = np.arange(n) < c, np.arange(n) >= n - b
    found = difference(share(first), share(second), seed=1)
    assert found.value == pytest.approx(100 * (b - c) / n)
    error = 100 * sqrt(b + c - (b - c) ** 2 / n) / n
    assert found.upper - found.lower == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_the_difference_of_other_people_has_the_interval_of_independent_shares() -> None:
    """Standard error sqrt(p (1 - p) / n + q (1 - q) / m), of people who are not the same."""
    n, m = 400, 300
    first, second = share(np.arange(n) < 80, same=False), share(np.arange(m) < 120, same=False)
    found = difference(first, second, seed=1)
    error = 100 * sqrt(0.2 * 0.8 / n + 0.4 * 0.6 / m)
    assert found.value == pytest.approx(20.0)
    assert found.upper - found.lower == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_people_who_are_in_one_arm_only_are_left_out() -> None:
    flags = np.array([True, False, True, False])
    shorter = Sample("Share", "%", np.array([1, 2]), 2, lambda w: w @ np.array([0.0, 0.0]) / w.sum(axis=1), 100.0)
    assert difference(shorter, share(flags), seed=1).value == 50.0  # of the first two, one has it


def test_bounds_of_a_share_are_clopper_and_pearsons() -> None:
    """10 of 100: 4.90 to 17.62 % (Clopper and Pearson 1934)."""
    sample = {"a": share(np.arange(100) < 10)}
    found = judge(Bounds(rule="bounds", measure="ORR", arm="a", max=17.7), sample, {}, seed=1)
    assert (found.value, found.lower, found.upper) == pytest.approx((10.0, 4.90, 17.62), abs=0.01)
    assert found.passed
    assert not judge(Bounds(rule="bounds", measure="ORR", arm="a", max=17.6), sample, {}, seed=1).passed
    assert not judge(Bounds(rule="bounds", measure="ORR", arm="a", min=5.0), sample, {}, seed=1).passed


def test_a_rule_passes_where_the_whole_interval_lies_where_it_asks() -> None:
    samples = {"a": share(np.arange(200) < 40), "b": share(np.arange(200) < 80)}  # 20 points apart
    assert judge(Difference(rule="difference", measure="ORR", more="b", less="a"), samples, {}, seed=1).passed
    assert not judge(Difference(rule="difference", measure="ORR", more="a", less="b"), samples, {}, seed=1).passed
    close = Difference(rule="difference", measure="ORR", more="b", less="a", margin=19.0)
    assert not judge(close, samples, {}, seed=1).passed  # 20 is above, its interval is not
    wide, narrow = (Equivalence(rule="equivalence", measure="ORR", first="a", second="b", margin=m) for m in (30, 21))
    assert judge(wide, samples, {}, seed=1).passed
    assert not judge(narrow, samples, {}, seed=1).passed


def test_spearman_is_that_of_the_textbook() -> None:
    """1 - 6 sum d^2 / (n (n^2 - 1)) without ties: 1, -1, and 0.8 where two neighbours of four change places."""
    known = np.array([1.0, 2.0, 3.0, 4.0])
    rows = np.array([[10.0, 20, 30, 40], [4, 3, 2, 1], [2, 1, 3, 4], [5, 5, 5, 5]])
    assert spearman(rows, known) == pytest.approx([1.0, -1.0, 0.8, 0.0])


def test_an_order_is_judged_by_its_interval() -> None:
    apart = {name: share(np.arange(400) < k, same=False) for name, k in (("a", 20), ("b", 120), ("c", 250))}
    rule = Order(rule="order", measure="ORR", least=0.5)
    assert judge(rule, apart, {"a": 1.0, "b": 2.0, "c": 3.0}, seed=1).passed
    assert not judge(rule, apart, {"a": 3.0, "b": 2.0, "c": 1.0}, seed=1).passed
    near = {name: share(np.arange(20) < k, same=False) for name, k in (("a", 4), ("b", 5), ("c", 6))}
    found = judge(rule, near, {"a": 1.0, "b": 2.0, "c": 3.0}, seed=1)
    assert found.value == 1.0 and not found.passed  # in this order by chance


def test_measures_are_those_of_the_tables(small_result: TrialResult) -> None:
    result = small_result
    with pytest.raises(ColeyError, match="after the end of follow-up"):
        measure("OS_24mo", result)
    with pytest.raises(ColeyError, match="is not kept of the courses"):
        measure("course_nonsense_3mo", result)
    turned = dict(zip(result.rejected["REASON"], result.rejected["N"], strict=True))
    gone = turned.get("not plausible: immunity eliminated the tumour", 0)
    sample = measure("eliminated", result)
    assert sample.flags is not None and sample.flags.sum() == gone
    assert sample.size >= gone + result.patients


def own(folder: Path, text: str) -> Path:
    (folder / "claims").mkdir()
    (folder / "claims" / "x1.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('measure = "ORR"', 'measure = "ORRR"', "'ORRR' cannot be measured"),
        ('first = "one"', 'first = "none"', "a rule names 'none', which is no arm of this claim"),
        ('second = "other"', 'second = "one"', "a rule compares 'one' with itself"),
        ('rule = "bounds"', 'rule = "bond"', "bond"),
        ("min = 90", "min = 90\nmax = 80", "min is not below max"),
        ("margin = 35", "margin = 0", "greater than 0"),
        ('name = "other"', 'name = "one"', "two arms have the same name"),
        ("patients = 10", "patients = 3", "10"),
    ],
)
def test_mistakes_in_the_file_of_a_claim_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CLAIM
    with pytest.raises(ColeyError, match=message) as error:
        load_catalogue(own(tmp_path, CLAIM.replace(old, new, 1)))
    assert all("x1.toml" in problem.where for problem in error.value.problems)


def test_what_the_catalogue_does_not_know_is_told_by_check(tmp_path: Path) -> None:
    text = CLAIM.replace('regimen = "observation"', 'regimen = "nivolumap 3 mg/kg iv q2w"\nset = ["k_grow = 1"]')
    text = text.replace('cancer = "melanoma"\nmonths = 3', 'cancer = "melanom"\nmonths = 3', 1)
    text = text.replace("set =", 'prior = ["prayer"]\nset =')
    told = CliRunner().invoke(app, ["check", str(own(tmp_path, text))])
    assert told.exit_code == 2
    for what in ("unknown cancer 'melanom'", "nivolumap", "'k_grow'", "'prayer'"):
        assert what in told.output


def test_an_unknown_claim_is_refused_with_those_that_are_near() -> None:
    told = CliRunner().invoke(app, ["claims", "G77", "--patients", "0"])
    assert told.exit_code == 2
    assert "unknown claim 'G77'" in told.output and "--patients" in told.output


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coley.claims.experiments", None)
    (file := tmp_path / "file").write_text("")
    told = CliRunner().invoke(app, ["claims", "G1", "--out", str(file)])
    assert told.exit_code == 2 and "cannot be written" in told.output


def test_a_claim_from_an_own_folder_is_run_and_fails_as_measured(tmp_path: Path) -> None:
    folder, out = own(tmp_path, CLAIM), tmp_path / "out"
    arguments = ["claims", "x1", "--catalogue", str(folder), "--out", str(out), "--threads", "1", "--json"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0, told.output
    (found,) = json.loads(told.stdout)
    assert found["id"] == "X1" and found["verdict"] == "fail" and found["patients"] == 10
    same, bound = found["rules"]
    assert same["passed"] and same["value"] == 0.0 and same["most"] == 35.0  # the same people, given the same: nothing
    assert not bound["passed"] and bound["least"] == 90.0 and bound["most"] is None
    page = (out / "claims.html").read_text(encoding="utf-8")
    assert "X1: nothing does nothing (fail)" in page and "<svg" in page


def test_the_page_shows_what_failed_and_what_could_not_be_run(tmp_path: Path) -> None:
    claim = load_catalogue().claims["g16"]
    outcome = Outcome("Objective response: b less a", "%", 1.0, -2.0, 4.0, 0.0, np.inf, {"3 mg/kg": 40.0})
    found = [Found(claim, 10, (outcome,)), Found(load_catalogue().claims["g8"], 10, (), ("melanoma: is not there",))]
    assert [each.verdict for each in found] == ["fail", "not run"]
    files = write_claims(found, tmp_path)
    page = files[0].read_text(encoding="utf-8")
    assert "0 of 2 claims pass" in page and "It could not be run: melanoma: is not there" in page
    text = markdown(found)
    assert "0 of 2 claims pass" in text and "| G16 |" in text and "1.00 [-2.00 to 4.00] %" in text
    assert "melanoma: is not there" in text


def test_shipped_claims_name_published_evidence() -> None:
    claims = load_catalogue().claims
    assert set(claims) >= {f"g{k}" for k in (*range(1, 10), *range(11, 17), 22, *range(24, 31))}
    assert all(isinstance(claim, Claim) and claim.evidence for claim in claims.values())
