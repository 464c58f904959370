"""All figures of a report, by name, with their captions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from coley.report.courses import cells, drugs
from coley.report.forest import predicted_vs_published, sheets
from coley.report.measures import findings, responses_over_time
from coley.report.response import spider, swimmer, waterfall
from coley.report.select import measures_lesions, response_names, survival_kinds, survival_name
from coley.report.survival import kaplan_meier
from coley.report.svg import Drawing, Sketch, draw
from coley.report.theme import Figure
from coley.trial.analysis.endpoints.base import MONTHS, PERCENT, RATIO

if TYPE_CHECKING:
    from coley.trial.result import TrialResult


@dataclass(frozen=True)
class Plate:
    """A figure of the report.

    Attributes:
        section: part of the page that shows it: headline, survival, response, drugs or cells.
        draw: how it is drawn.
        caption: what is seen in it.
    """

    name: str
    section: str
    draw: Callable[[TrialResult], Figure]
    caption: str


def plates(result: TrialResult) -> tuple[Plate, ...]:
    """The figures that the report of ``result`` has: response is shown as its criteria judge it."""
    return (*_headline(result), *_survival(result), *_response(result), _DRUGS, _CELLS)


_DRUGS = Plate(
    "drugs",
    "drugs",
    drugs,
    "Drug concentrations in each arm that receives the drug. Bands show the spread between virtual patients.",
)
_CELLS = Plate(
    "cells",
    "cells",
    cells,
    "Tumour and immune cells and signals in each arm. Patients leave the median when they die or drop out, so late "
    "values are those of survivors.",
)


def _headline(result: TrialResult) -> tuple[Plate, ...]:
    of = {PERCENT: "proportions of patients", MONTHS: "medians in months", RATIO: "hazard ratios"}
    return tuple(
        Plate(
            sheet.name,
            "headline",
            partial(predicted_vs_published, sheet=sheet),
            f"Simulated and published outcomes of each arm with their 95 % intervals: {of[sheet.unit]}. A cross marks "
            "a published value outside the simulated interval.",
        )
        for sheet in sheets(result)
    )


def _survival(result: TrialResult) -> tuple[Plate, ...]:
    by = f", from the visits of the protocol and {response_names(result).criteria}"
    return tuple(
        Plate(
            survival_name(kind).lower().replace(" ", "_").replace("-", "_"),
            "survival",
            partial(kaplan_meier, endpoint=kind),
            f"{survival_name(kind)} of the virtual patients of each arm{'' if kind == 'OS' else by}, with published "
            "values where there are any. The table under the plot counts the patients still at risk.",
        )
        for kind in survival_kinds(result)
    )


def _response(result: TrialResult) -> tuple[Plate, ...]:
    judged = response_names(result).criteria
    if not measures_lesions(result):
        return (
            Plate(
                "responses_over_time",
                "response",
                responses_over_time,
                f"Share of the virtual patients of each arm with each response by {judged}, from visit to visit.",
            ),
            Plate(
                "findings",
                "response",
                findings,
                f"What {judged} judges by, as read at each visit of trial treatment, with the errors of reading.",
            ),
        )
    return (
        Plate(
            "waterfall",
            "response",
            waterfall,
            "Best change of the sum of target lesion diameters of each virtual patient against baseline, ranked within "
            f"the arm, with the best overall response by {judged}. Reader error is part of what is measured.",
        ),
        Plate(
            "spider",
            "response",
            spider,
            "Sum of target lesion diameters of single virtual patients over time, as change from baseline at each "
            f"scan, with the best overall response by {judged}.",
        ),
        Plate(
            "swimmer",
            "response",
            swimmer,
            "Treatment and follow-up of single virtual patients, with first response, progression and death by "
            f"{judged}.",
        ),
    )


def figures(result: TrialResult) -> dict[str, Figure]:
    """Every figure of the report by name, as Altair charts."""
    return {plate.name: plate.draw(result) for plate in plates(result)}


def drawings(result: TrialResult) -> dict[str, Drawing]:
    """Every figure of the report by name, as SVG text; or why there is none."""
    return draw(Sketch(plate.name, partial(plate.draw, result), plate.caption) for plate in plates(result))
