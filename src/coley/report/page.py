"""The report as one HTML page that stands alone: no script, no link to anything outside, figures drawn inline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coley.report import comparison, safety, tables
from coley.report.figures import Plate, plates
from coley.report.select import criteria_of, evaluable, outcomes
from coley.report.svg import Drawing
from coley.report.templating import inline, page
from coley.report.theme import unit_text

if TYPE_CHECKING:
    from coley.protocol import Eligibility
    from coley.trial.result import TrialResult

def render_page(result: TrialResult, drawings: Mapping[str, Drawing]) -> str:
    """The page as HTML.

    Args:
        result: what the trial gave.
        drawings: every figure by name, as ``figures.drawings`` makes it.
    """
    return page("report.html", **_context(result, drawings))


def _context(result: TrialResult, drawings: Mapping[str, Drawing]) -> dict[str, Any]:
    trial = result.trial
    return {
        "trial": trial,
        "result": result,
        "opening": _opening(result),
        "has_published": bool(result.summary["published"].notna().any()),
        "judged": sum(outcome.judged for outcome in outcomes(result)),
        "missed": sum(outcome.missed for outcome in outcomes(result)),
        "misses": comparison.misses(result),
        "unjudged": comparison.unjudged(result),
        "eligibility": _eligibility(result),
        "schedule": _schedule(result),
        "provenance": tables.provenance(result),
        "harm_simulated": "ADAE" in result.tables,
        "tables": {
            "arms": tables.arms(result),
            "headline": comparison.headline(result),
            "sources": comparison.sources(result),
            "baseline": tables.baseline(result),
            "rejected": tables.rejected(result),
            "failures": tables.failures(result),
            "responses": tables.responses(result),
            "survival": tables.survival(result),
            "comparisons": tables.comparisons(result),
            "exposure": tables.exposure(result),
            "harms": safety.harms(result),
            "care": safety.care(result),
            "subsequent": tables.subsequent(result),
            "parameters": tables.parameters(result),
        },
        "figures": _figures(plates(result), drawings),
        "manifest": [(str(key), _plain(result.manifest[key])) for key in sorted(result.manifest)],
    }


def _figures(shown: Sequence[Plate], drawings: Mapping[str, Drawing]) -> dict[str, list[dict[str, str]]]:
    """Figures by the section of the page that shows them."""
    found: dict[str, list[dict[str, str]]] = {"headline": []}  # where no outcome is known, there is none
    for plate in shown:
        found.setdefault(plate.section, []).append(inline(plate.name, drawings[plate.name], plate.caption))
    return found


def _opening(result: TrialResult) -> str:
    """What was run, in two sentences."""
    trial = result.trial
    arms = len(trial.arms)
    drawn, kept = len(result.tables["ADSL"]), len(evaluable(result))
    each = "virtual patient" if result.patients == 1 else "virtual patients"
    sentence = (
        f"{result.patients:,} {each} in {'the one arm' if arms == 1 else f'each of {arms} arms'} were simulated from "
        f"mechanism, with seed {result.seed}"
    )
    if kept < drawn:
        sentence += f"; {drawn - kept:,} of the {drawn:,} simulations failed and are left out of the analyses"
    return f"{sentence}."


def _eligibility(result: TrialResult) -> list[str]:
    """The rules of entry that restrict, in words."""
    rules = result.trial.eligibility
    ages = (
        f"Age {rules.age_min:g} years or more"
        if rules.age_max >= 120
        else f"Age {rules.age_min:g} to {rules.age_max:g} years"
    )
    lines = [ages, f"ECOG performance status {rules.ecog_max} or better"]
    return [*lines, *(_prior(rules) or ["Earlier treatment: none but what defines the cancer"]), *_bounds(result)]


def _prior(rules: Eligibility) -> list[str]:
    return [
        f"Previously treated: {line.given}" + (f" ({100 * line.fraction:.0f} %)" if line.fraction < 1 else "")
        for line in rules.prior
    ]


def _bounds(result: TrialResult) -> Iterator[str]:
    """Bounds on biomarkers."""
    about = {marker.name: marker for marker in result.biomarkers}
    for name, bounds in result.trial.eligibility.biomarkers.items():
        title, unit = (about[name].title, unit_text(about[name].unit)) if name in about else (name, "")
        if bounds.min is None:
            said = f"{bounds.max:g} or less"
        else:
            said = f"{bounds.min:g} or more" if bounds.max is None else f"{bounds.min:g} to {bounds.max:g}"
        yield f"{title}: {said}{' ' + unit if unit else ''}"


def _schedule(result: TrialResult) -> list[str]:
    trial = result.trial
    weeks = ", ".join(f"{week:g}" for week in trial.visits.scans)
    reader = "the investigator" if trial.review == "investigator" else "a blinded independent committee"
    harm = (
        "Treatment is held or stopped for harm as the rules of care say"
        if trial.stop_for_harm
        else "Treatment goes on whatever the harm"
    )
    return [
        f"Examinations at baseline, in {'week' if len(trial.visits.scans) == 1 else 'weeks'} {weeks}, "
        f"and every {trial.visits.every:g} weeks after",
        f"Enrolment over {trial.enrolment_months:g} months; follow-up to {trial.follow_up_months:g} months",
        f"Dropout {100 * trial.dropout_per_year:g} % per year",
        f"Response by {criteria_of(result).title}, judged by {reader}; responses "
        f"{'need' if trial.confirmed_response else 'need no'} confirmation",
        "Treatment ends at progression, where the arm does not say otherwise",
        *([harm] if "ADAE" in result.tables else []),
    ]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
