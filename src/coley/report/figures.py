"""All figures of a report, by name, with their captions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from coley.report.courses import cells, drugs
from coley.report.forest import predicted_vs_published
from coley.report.response import spider, swimmer, waterfall
from coley.report.survival import kaplan_meier
from coley.report.svg import Drawing, Sketch, draw
from coley.report.theme import Figure

if TYPE_CHECKING:
    from coley.trial.result import TrialResult


@dataclass(frozen=True)
class Plate:
    """A figure of the report: its name, how it is drawn, and what is seen in it."""

    name: str
    draw: Callable[[TrialResult], Figure]
    caption: str


PLATES = (
    Plate(
        "predicted_vs_published",
        predicted_vs_published,
        "Simulated and published outcomes of each arm with their 95 % intervals: proportions of patients, medians in "
        "months, and hazard ratios. A cross marks a published value outside the simulated interval.",
    ),
    Plate(
        "overall_survival",
        partial(kaplan_meier, endpoint="OS"),
        "Overall survival of the virtual patients of each arm, with published values where there are any. The table "
        "under the plot counts the patients still at risk.",
    ),
    Plate(
        "progression_free_survival",
        partial(kaplan_meier, endpoint="PFS"),
        "Progression-free survival of the virtual patients of each arm, from the scans of the protocol and RECIST 1.1, "
        "with published values where there are any.",
    ),
    Plate(
        "waterfall",
        waterfall,
        "Best change of the sum of target lesion diameters of each virtual patient against baseline, ranked within the "
        "arm. Reader error is part of what is measured.",
    ),
    Plate(
        "spider",
        spider,
        "Sum of target lesion diameters of single virtual patients over time, as change from baseline at each scan.",
    ),
    Plate(
        "swimmer",
        swimmer,
        "Treatment and follow-up of single virtual patients, with first response, progression and death.",
    ),
    Plate(
        "drugs",
        drugs,
        "Drug concentrations in each arm that receives the drug. Bands show the spread between virtual patients.",
    ),
    Plate(
        "cells",
        cells,
        "Tumour and immune cells and signals in each arm. Patients leave the median when they die or drop out, so late "
        "values are those of survivors.",
    ),
)


def figures(result: TrialResult) -> dict[str, Figure]:
    """Every figure of the report by name, as Altair charts."""
    return {plate.name: plate.draw(result) for plate in PLATES}


def drawings(result: TrialResult) -> dict[str, Drawing]:
    """Every figure of the report by name, as SVG text; or why there is none."""
    return draw(Sketch(plate.name, partial(plate.draw, result), plate.caption) for plate in PLATES)
