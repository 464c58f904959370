"""Claims as a folder: ``claims.html``, ``claims.json``, ``claims.csv``, and a figure of each claim as SVG."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from coley.claims.experiment import Found
from coley.claims.figures import sketches
from coley.claims.rules import Outcome
from coley.report.findings import write_findings
from coley.report.tables import NOTHING, Group, Table, number
from coley.report.templating import page

PAGE, JSON = "claims.html", "claims.json"


def write_claims(found: list[Found], folder: Path) -> list[Path]:
    """Write the page, its figures and tables into ``folder``, which keeps what else is in it.

    Returns:
        the files written, the page first.
    """
    records = [record(each) for each in found]
    rows = [
        {"claim": each["id"], "verdict": each["verdict"], **rule, "arms": json.dumps(rule["arms"])}
        for each in records
        for rule in each["rules"]
    ]
    said = {"summary": claim_table(found), "found": found, "arms": arm_table}
    return write_findings(
        folder,
        {JSON: json.dumps(records, indent=2, allow_nan=False) + "\n", "claims.csv": pd.DataFrame(rows)},
        sketches(found),
        PAGE,
        lambda figures: page(PAGE, ["coley.claims"], figures=figures, **said),
    )


def record(found: Found) -> dict[str, Any]:
    """A claim with what was found, as JSON has it; what is not known, or has no bound, is null."""
    rules = [
        {name: _plain(getattr(outcome, name)) for name in ("label", "unit", "value", "lower", "upper", "least", "most")}
        | {"passed": outcome.passed, "arms": {name: _plain(value) for name, value in outcome.arms.items()}}
        for outcome in found.outcomes
    ]
    about = {"id": found.claim.id, "claim": found.claim.claim, "patients": found.patients, "verdict": found.verdict}
    return {**about, "rules": rules, "problems": list(found.problems)}


def claim_table(found: list[Found]) -> Table:
    """Every claim with what its rules measured, what they ask for, and whether it passes."""
    groups = []
    for each in found:
        rows = [
            (each.claim.claim if index == 0 else "", outcome.label, _measured(outcome), asked(outcome), _said(outcome))
            for index, outcome in enumerate(each.outcomes)
        ] or [(each.claim.claim, "; ".join(each.problems), NOTHING, NOTHING, "not run")]
        groups.append(Group(each.claim.id, tuple(rows)))
    passed = sum(each.verdict == "pass" for each in found)
    caption = (
        f"{passed} of {len(found)} claims pass. Measured with the 95 % interval of the simulation; a rule passes where "
        "the whole interval lies where it asks."
    )
    return Table(caption, ("", "claim", "measured", "effect", "asked for", ""), tuple(groups), texts=3)


def arm_table(found: Found) -> Table:
    """The arms of a claim, and what was measured in each."""
    values: dict[str, list[str]] = {arm.name: [] for arm in found.claim.arms}
    measured = dict.fromkeys(outcome.label.partition(":")[0] for outcome in found.outcomes)
    for outcome in found.outcomes:
        for name, value in outcome.arms.items():
            text = f"{outcome.label.partition(':')[0]}: {number(value, 2)}{' ' + outcome.unit if outcome.unit else ''}"
            if text not in values[name]:
                values[name].append(text)
    rows = tuple(
        Group(arm.name, ((arm.cancer, arm.regimen, "; ".join(_people(arm)) or NOTHING, f"{arm.months:g}",
                          "; ".join(values[arm.name]) or NOTHING),))
        for arm in found.claim.arms
    )  # fmt: skip
    columns = ("arm", "cancer", "regimen", "patients and changed numbers", "months", "measured")
    return Table(f"Arms of {found.patients:,} virtual patients ({len(measured)} measured).", columns, rows, texts=4)


def _people(arm: Any) -> list[str]:
    bounds = [
        f"{name} {sign} {value:g}"
        for name, range_ in arm.biomarkers.items()
        for sign, value in (("at least", range_.min), ("at most", range_.max))
        if value is not None
    ]
    had = [*(f"after {given}" for given in arm.prior), *(f"with {name}" for name in arm.requires)]
    return [*had, *bounds, *arm.set, *([] if arm.care else ["nothing is done about harm"])]


def _measured(outcome: Outcome) -> str:
    unit = f" {outcome.unit}" if outcome.unit else ""
    return f"{number(outcome.value, 2)} [{number(outcome.lower, 2)} to {number(outcome.upper, 2)}]{unit}"


def asked(outcome: Outcome) -> str:
    """Where the interval has to lie, in words."""
    if not isfinite(outcome.most):
        return f"above {outcome.least:g}"
    if not isfinite(outcome.least):
        return f"below {outcome.most:g}"
    return f"{outcome.least:g} to {outcome.most:g}"


def _said(outcome: Outcome) -> str:
    return "pass" if outcome.passed else "fail"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
