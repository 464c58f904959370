"""The report's page in a real browser: on a phone, in the dark, on A4."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import browser
from made_up import UNDRAWN


def test_tables_and_figures_stand_in_boxes_that_scroll(made_up_report: Path) -> None:
    text = (made_up_report / "report.html").read_text(encoding="utf-8")
    boxed = re.findall(r'<div class="(table|drawing)" tabindex="0"[^>]*>\s*<(table|svg)', text)
    assert len(boxed) == text.count("<table>") + len(UNDRAWN)
    assert re.search(r"\.table \{[^}]*overflow-x: auto", text) and re.search(r"\.drawing \{[^}]*overflow-x: auto", text)


def test_the_dark_is_for_screens_and_keeps_figures_on_white(made_up_report: Path) -> None:
    """A page printed from a dark screen is black on white; the ink of figures is dark."""
    text = (made_up_report / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"@media ([^{]*prefers-color-scheme: dark[^{]*)\{", text) == [
        "screen and (prefers-color-scheme: dark) "
    ]
    assert re.search(r"\.drawing \{[^}]*background: #fff", text)
    used = set(re.findall(r"var\((--\w+)\)", text))
    light, dark = (set(re.findall(r"(--\w+):", block)) for block in re.findall(r":root \{([^}]*)\}", text))
    assert used <= light == dark


@pytest.mark.skipif(not browser.CHROMIUM, reason=browser.MISSING)
@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_nothing_is_cut_and_all_can_be_read(made_up_report: Path, tmp_path: Path, dark: bool) -> None:
    """390 px. What is wider scrolls in its box; WCAG 2.1 asks for a contrast of 4.5."""
    seen = browser.laid_out(
        (made_up_report / "report.html").read_text(encoding="utf-8"), tmp_path, width=390, dark=dark
    )
    assert (seen["width"], seen["dark"]) == (390, dark)
    assert seen["sideways"] <= 390 and seen["clipped"] == [] and seen["out"] == []
    assert seen["tables"] > 5 and seen["scrolled"] > 5
    assert seen["smallest"] >= 9 and seen["smallest_table"] >= 12
    assert seen["faintest"][0] >= 4.5, seen["faintest"]
    assert (max(seen["paper"][:3]) < 64) == dark and set(seen["drawings"]) == {1}


@pytest.mark.skipif(not browser.CHROMIUM, reason=browser.MISSING)
def test_print_is_a4_and_nothing_is_wider_than_the_sheet(made_up_report: Path, tmp_path: Path) -> None:
    """The rules for print, on a screen as wide as A4 without its margins: 180 mm at 96 px an inch."""
    page = (made_up_report / "report.html").read_text(encoding="utf-8")
    as_printed = page.replace("@media print", "@media screen").replace("(max-width: 44rem)", "(max-width: 0)")
    seen = browser.laid_out(as_printed, tmp_path, width=680)
    assert seen["sideways"] <= 680 and seen["scrolled"] == 0 and seen["out"] == []
    assert seen["smallest"] >= 7 and seen["smallest_table"] >= 9
    boxes = re.findall(rb"/MediaBox *\[ *0 +0 +([0-9.]+) +([0-9.]+) *\]", browser.printed(page, tmp_path))
    assert {(round(float(x)), round(float(y))) for x, y in boxes} == {(595, 842)}  # 210 by 297 mm, in points
