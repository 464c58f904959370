"""The report as one HTML page that stands alone: no script, no link to anything outside, figures drawn inline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from coley.report import tables
from coley.report.figures import PLATES
from coley.report.select import evaluable, outcomes
from coley.report.svg import Drawing, without_namespaces

if TYPE_CHECKING:
    from coley.protocol import Trial
    from coley.trial.result import TrialResult

DISCLAIMER = "For research and teaching, never for deciding one person's treatment."


def render_page(result: TrialResult, drawings: Mapping[str, Drawing]) -> str:
    """The page as HTML.

    Args:
        result: what the trial gave.
        drawings: every figure by name, as ``figures.drawings`` makes it.
    """
    environment = Environment(
        loader=PackageLoader("coley.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html").render(_context(result, drawings))


def _context(result: TrialResult, drawings: Mapping[str, Drawing]) -> dict[str, Any]:
    trial = result.trial
    return {
        "trial": trial,
        "result": result,
        "disclaimer": DISCLAIMER,
        "opening": _opening(result),
        "has_published": bool(result.summary["published"].notna().any()),
        "judged": sum(outcome.judged for outcome in outcomes(result)),
        "missed": sum(outcome.missed for outcome in outcomes(result)),
        "misses": tables.misses(result),
        "unjudged": tables.unjudged(result),
        "eligibility": _eligibility(trial),
        "schedule": _schedule(trial),
        "tables": {
            "arms": tables.arms(result),
            "headline": tables.headline(result),
            "sources": tables.sources(result),
            "baseline": tables.baseline(result),
            "rejected": tables.rejected(result),
            "failures": tables.failures(result),
            "responses": tables.responses(result),
            "survival": tables.survival(result),
            "comparisons": tables.comparisons(result),
            "exposure": tables.exposure(result),
            "subsequent": tables.subsequent(result),
            "parameters": tables.parameters(result),
        },
        "figures": {plate.name: _figure(drawings[plate.name], plate.caption) for plate in PLATES},
        "manifest": [(str(key), _plain(result.manifest[key])) for key in sorted(result.manifest)],
    }


def _figure(drawing: Drawing, caption: str) -> dict[str, str]:
    # Markup: drawn by this package; texts from outside are escaped by the renderer.
    return {"svg": Markup(without_namespaces(drawing.svg)), "fault": drawing.fault, "caption": caption}


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


def _eligibility(trial: Trial) -> list[str]:
    """The rules of entry that restrict, in words."""
    rules = trial.eligibility
    lines = [f"Age {rules.age_min:g} years or more", f"ECOG performance status {rules.ecog_max} or better"]
    treated = {0.0: "Not previously treated", 1.0: "Previously treated"}
    lines.append(treated.get(rules.previously_treated, f"Previously treated: {100 * rules.previously_treated:.0f} %"))
    if rules.pd_l1_min > 0 or rules.pd_l1_max < 100:
        lines.append(f"PD-L1 tumour proportion score {rules.pd_l1_min:g} to {rules.pd_l1_max:g} %")
    if rules.tmb_min > 0:
        lines.append(f"Tumour mutational burden {rules.tmb_min:g} per megabase or more")
    return lines


def _schedule(trial: Trial) -> list[str]:
    weeks = ", ".join(f"{week:g}" for week in trial.visits.scans)
    return [
        f"Scans at baseline, in {'week' if len(trial.visits.scans) == 1 else 'weeks'} {weeks}, "
        f"and every {trial.visits.every:g} weeks after",
        f"Enrolment over {trial.enrolment_months:g} months; follow-up to {trial.follow_up_months:g} months",
        f"Dropout {100 * trial.dropout_per_year:g} % per year",
        f"Responses {'need' if trial.confirmed_response else 'need no'} confirmation",
        "Treatment ends at progression",
    ]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
