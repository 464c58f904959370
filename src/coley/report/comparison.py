"""Simulated beside published, as tables and phrases."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from coley.report.select import RECALLED, RECALLED_MARK, Outcome, outcomes
from coley.report.tables import Group, Table, grouped, interval, number
from coley.trial.analysis.endpoints import read
from coley.trial.analysis.endpoints.base import RATIO
from coley.trial.analysis.summary import label

if TYPE_CHECKING:
    from coley.trial.result import TrialResult


def headline(result: TrialResult) -> Table:
    """Simulated and published outcome of every arm and endpoint, strata under their arm; and whether it lies inside."""
    found = outcomes(result)
    groups: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for o in found:
        digits = _digits(o)
        verdict = ("outside" if o.missed else "inside") if o.judged else ""
        simulated = interval(o.predicted, o.lower, o.upper, digits)
        known = interval(o.published, o.published_lower, o.published_upper, digits)
        row = (_titled(o), simulated, known + (RECALLED_MARK if o.recalled else ""), verdict)
        groups.setdefault((o.arm, o.stratum), []).append(row)
    rows = tuple(Group(stratum or arm, tuple(cells), under=bool(stratum)) for (arm, stratum), cells in groups.items())
    what = "Fitted" if result.trial.fitted else "Predicted"
    caption = (
        f"{what} and published outcomes with 95 % intervals, of each arm and, below it, of its strata. The last column "
        "says whether the published value lies inside the simulated interval. NR: not reached."
    )
    if any(o.recalled for o in found):
        caption += f" {RECALLED}"
    return Table(caption, ("Arm", "Endpoint", what, "Published", "Published value"), rows, texts=2)


def misses(result: TrialResult) -> dict[str, list[str]]:
    """By arm, or stratum of one, a phrase for each published value outside its simulated interval."""
    found: dict[str, list[str]] = {}
    for o in (outcome for outcome in outcomes(result) if outcome.missed):
        simulated = interval(o.predicted, o.lower, o.upper, _digits(o))
        side = "below" if o.published < o.lower else "above"
        phrase = f"{_named(o)} published {_measured(o.published, o)}, {side} the simulated {simulated}"
        found.setdefault(_whose(o), []).append(phrase)
    return found


def unjudged(result: TrialResult) -> dict[str, list[str]]:
    """By arm, or stratum of one, a phrase for each published value that no simulated interval is there to judge."""
    found: dict[str, list[str]] = {}
    for o in (outcome for outcome in outcomes(result) if isfinite(outcome.published) and not outcome.judged):
        phrase = f"{_named(o)} published {_measured(o.published, o)}, simulated {_measured(o.predicted, o)}"
        found.setdefault(_whose(o), []).append(phrase)
    return found


def sources(result: TrialResult) -> Table:
    """Where each published outcome comes from, and how it is known."""
    whose = [
        pair
        for arm in result.trial.arms
        for pair in ((arm.name, arm.published), *((label(arm, each), each.published) for each in arm.strata))
    ]
    rows = [
        (name, read(p.endpoint).label, f"{p.source}{', ' + p.at if p.at else ''}", p.provenance, number(p.value, 2),
         number(p.cutoff, 0))
        for name, published in whose
        for p in published
    ]  # fmt: skip
    columns = ("Arm", "Endpoint", "Source", "Known", "Value", "Data cut (months)")
    caption = (
        "Sources of the published outcomes, and how each is known: read in the source, or in a page that quotes it, or "
        "recalled from memory."
    )
    return Table(caption, columns, grouped(rows), texts=4)


def _whose(outcome: Outcome) -> str:
    return f"{outcome.arm}, {outcome.stratum}" if outcome.stratum else outcome.arm


def _titled(outcome: Outcome) -> str:
    about = outcome.about
    return f"{about.label}, {about.unit}" if about.unit else about.label


def _named(outcome: Outcome) -> str:
    """The endpoint within a sentence; abbreviations keep their capitals."""
    text = outcome.about.label
    return text if text[1:2].isupper() else text[0].lower() + text[1:]


def _measured(value: float, outcome: Outcome) -> str:
    unit = f"\u00a0{outcome.about.unit}" if outcome.about.unit else ""
    return f"{number(value, _digits(outcome))}{unit}" if isfinite(value) else "NR"


def _digits(outcome: Outcome) -> int:
    return 2 if outcome.about.unit == RATIO else 1
