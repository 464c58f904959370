"""The result of a run as tables in the terminal: endpoints beside what was published of each arm, and harm."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from coley.protocol import Arm, Stratum
    from coley.report.select import Outcome
    from coley.trial import TrialResult

_HEADINGS = {
    "ORR": "response",
    "CR": "complete response",
    "pCR": "pCR",
    "MPR": "MPR",
    "MRD": "MRD-negative",
    "MRD_1e-4": "MRD below 1e-4",
    "EFS_median": "median EFS",
    "RFS_median": "median RFS",
    "PFS_median": "median PFS",
    "OS_median": "median OS",
}
"""Endpoints of the table, of which a trial has some, and their headings."""
_CAPTION = "Rates in %, medians in months. [95 % interval]. NR: not reached; –: not known."
_RECALLED = "† recalled from memory; other published values were read in a source."
_UNKNOWN = "–"


def print_outcome(console: Console, result: TrialResult) -> None:
    """Print the main endpoints of every arm and stratum, simulated and published, its harm, and the notes."""
    console.print(outcome_table(result))
    harm = harm_table(result)
    if harm.row_count:
        console.print(harm)
    for note in result.notes:
        console.print(note, highlight=False)


def outcome_json(result: TrialResult, folder: Path) -> str:
    """The outcome for other programs: trial, seed, patients per arm, report, notes, endpoints and harm.

    Of each endpoint it has the row of the summary, and how the published value is known. What is not known or not
    reached is null.
    """
    from coley.report.select import harm_rates, outcomes

    rows = []
    for o in outcomes(result):
        row = {name: value for name, value in asdict(o).items() if name != "fact"}
        rows.append(row | {"known": None if o.fact is None else o.fact.provenance})
    about = {"trial": result.trial.name, "fitted": result.trial.fitted, "criteria": result.criteria}
    about |= {"patients": result.patients, "seed": result.seed, "report": str(folder), "notes": list(result.notes)}
    harms = [asdict(rate) for rate in harm_rates(result)]
    return json.dumps(_plain({**about, "summary": rows, "harms": harms}), indent=2, allow_nan=False)


def _plain(value: object) -> object:
    """``value`` with None for what is not a number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def outcome_table(result: TrialResult) -> Table:
    """One row per arm, and per stratum below it, as simulated, and one as published where anything was."""
    from coley.report.select import criteria_of, outcomes

    found = outcomes(result)
    judged = criteria_of(result)
    names = [name for name in _HEADINGS if any(o.endpoint == name for o in found)]
    if judged.responders == judged.complete:
        names = [name for name in names if name != "CR"]
    if "EFS_median" in names:  # which counts what progression-free survival does
        names.remove("PFS_median")
    recalled = any(o.recalled and o.endpoint in names for o in found)
    caption = Text(f"{_CAPTION} {_RECALLED}" if recalled else _CAPTION)
    title = Text(f"{result.trial.title} ({'fitted' if result.trial.fitted else 'predicted'})")
    table = Table("arm", "", title=title, caption=caption, caption_justify="left", box=SIMPLE_HEAD)
    for heading in ("n", *(_HEADINGS[name] for name in names)):
        table.add_column(heading, justify="right", overflow="fold")
    for arm in result.trial.arms:
        for stratum in (None, *arm.strata):
            own = [o for o in found if (o.arm, o.stratum) == (arm.name, stratum.name if stratum else "")]
            _add_rows(table, arm, stratum, names, own, result)
        table.add_section()
    return table


def _add_rows(
    table: Table, arm: Arm, stratum: Stratum | None, names: Sequence[str], own: Sequence[Outcome], result: TrialResult
) -> None:
    first = {name: next((o for o in own if o.endpoint == name), None) for name in names}
    label = Text(arm.name) if stratum is None else Text(f"  {stratum.name}", style="italic")
    simulated = [_cell(o, (o.predicted, o.lower, o.upper), "NR") if o else Text(_UNKNOWN) for o in first.values()]
    table.add_row(label, "simulated", "" if stratum else str(result.patients), *simulated)
    whole = arm if stratum is None else stratum
    if any(o is not None and math.isfinite(o.published) for o in first.values()):
        published = [
            _cell(o, (o.published, o.published_lower, o.published_upper), _UNKNOWN, "†" if o.recalled else "")
            if o
            else Text(_UNKNOWN)
            for o in first.values()
        ]
        table.add_row("", "published", _UNKNOWN if whole.n is None else str(whole.n), *published, style="dim")


def _cell(outcome: Outcome, numbers: tuple[float, float, float], missing: str, mark: str = "") -> Text:
    """A number above its interval. A predicted median that is ``missing`` was not reached; else missing is unknown."""
    median = outcome.about.unit == "months"
    decimals = 1 if median else 0
    value, lower, upper = numbers
    number = _number(value, decimals, missing if median else _UNKNOWN)
    shown = number if number == _UNKNOWN else f"{number}{mark}"
    if math.isnan(lower) and math.isnan(upper):
        return Text(shown)
    return Text(f"{shown}\n[{_number(lower, decimals, 'NR')}–{_number(upper, decimals, 'NR')}]")


def _number(value: float, decimals: int, missing: str) -> str:
    return missing if math.isnan(value) else f"{value:.{decimals}f}"


def harm_table(result: TrialResult) -> Table:
    """Patients with each event of harm, by arm; no row where there was none."""
    from coley.report.select import SEVERE, harm_rates

    table = Table("harm", "arm", title=Text("Harm, % of patients"), box=SIMPLE_HEAD)
    for heading in ("any grade", f"grade {SEVERE} or more", "grade 5", "median onset, week"):
        table.add_column(heading, justify="right")
    rates = harm_rates(result)
    for term in dict.fromkeys(rate.term for rate in rates):
        for place, rate in enumerate(rate for rate in rates if rate.term == term):
            counts = (rate.any_grade, rate.severe, rate.fatal)
            shares = [f"{100 * count / rate.patients:.0f}" if rate.patients else _UNKNOWN for count in counts]
            head = Text("" if place else term)
            table.add_row(head, Text(rate.arm), *shares, _number(rate.onset_weeks, 0, _UNKNOWN))
        table.add_section()
    return table
