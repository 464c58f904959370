"""The report's page: what it says, of usual and unusual trials."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coley.report.figures import drawings
from coley.report.page import render_page
from made_up import ONE_ARM, UNDRAWN, PageReader, made_up


def test_page_stands_alone_and_its_identifiers_are_unique(made_up_page: PageReader, made_up_report: Path) -> None:
    links = [
        value for _, name, value in made_up_page.attributes if name in ("href", "src", "xlink:href", "action", "srcset")
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    text = (made_up_report / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"url\((?!#)|@import|<script|<link|<iframe", text)
    identifiers = [value for _, name, value in made_up_page.attributes if name == "id"]
    assert len(set(identifiers)) == len(identifiers)
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | {link[1:] for link in links}
    assert used <= set(identifiers)


def test_page_says_what_must_be_said(made_up_page: PageReader) -> None:
    assert "A made-up trial <of three arms>" in made_up_page.text
    assert made_up_page.text.count("For research and teaching, never for deciding one person's treatment.") == 2
    # By hand from made_up: 45.0 is above 55 * 40 / 60 * 1.2 = 44.0.
    assert (
        "nivolumab & more: objective response rate published 45.0 %, above the simulated 36.7 (29.3\u201344.0)"
        in made_up_page.text
    )
    assert "fitted, not predicted" not in made_up_page.text.casefold()
    assert "Predicted: the published outcomes of this trial were not used" in made_up_page.text
    assert "tumour vanished before diagnosis" in made_up_page.text
    assert "more than 60 s" in made_up_page.text
    assert "nivolumab-label, 12.3 & https://example.org" in made_up_page.text


def test_a_fitted_trial_says_so() -> None:
    text = PageReader(render_page(made_up(fitted=True), UNDRAWN)).text
    assert "Fitted, not predicted" in text
    assert "were not used to choose parameters" not in text


def test_a_published_value_without_simulated_interval_is_named() -> None:
    result = made_up(ONE_ARM, 3)
    summary = result.summary.assign(lower=np.nan, upper=np.nan)
    text = PageReader(render_page(dataclasses.replace(result, summary=summary), UNDRAWN)).text
    assert "Of 0 published outcomes that can be compared" in text
    # By hand from made_up: the simulated rate is 55 * 20 / 60 = 18.3.
    assert "ipilimumab: objective response rate published 19.0 %, simulated 18.3 %" in text


def test_a_trial_without_any_outcome_has_a_page() -> None:
    result = made_up(ONE_ARM, 3, with_published=False)
    unknown = result.summary.assign(predicted=np.nan, lower=np.nan, upper=np.nan)
    assert (
        "Nothing published is known"
        in PageReader(render_page(dataclasses.replace(result, summary=unknown), UNDRAWN)).text
    )


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
