"""What is measured of an arm: each person's share in it, and how it is worked out of people drawn again and again."""

from __future__ import annotations

import numpy as np

from coley.claims.harm_measures import incidence, onset, resolved, with_response
from coley.claims.sample import Floats, People, Sample, mean, months, share, subjects
from coley.errors import ColeyError, Problem, did_you_mean
from coley.report.select import DAYS_PER_MONTH, criteria_of, response_names, survival_name
from coley.trial import TrialResult
from coley.trial.analysis.paired import Follow, curve_at

ELIMINATED = "not plausible: immunity eliminated the tumour"
HELD = "not plausible: no diagnosis within 20 years, the tumour is held or too slow"
_LEAST = 1e-3
"""Share of its first cells below which a tumour counts as this much: a cleared one has no logarithm."""
_OF_HARM = {"AE": incidence, "onset": onset, "resolved": resolved, "response-with": with_response}


def measure(name: str, result: TrialResult) -> Sample:
    """``name`` of :data:`coley.protocol.MEASURES` in the only arm of ``result``.

    Raises:
        ColeyError: where this trial has nothing of the kind, or nobody could be simulated.
    """
    kind, _, rest = name.partition("_")
    if kind in ("ORR", "CR", "DCR"):
        found = _response(kind, result)
    elif kind in _OF_HARM:
        found = _OF_HARM[kind](rest, result)
    elif kind == "eliminated":
        found = _eliminated(result)
    elif kind == "course":
        found = _course(rest, result)
    elif kind == "growth":
        found = _growth(months(rest), result)
    else:
        found = _survival(kind, rest, result)
    if not found.size:
        raise ColeyError(Problem(name, "there is nobody to measure it of"))
    return found


def _response(kind: str, result: TrialResult) -> Sample:
    people = subjects(result)
    names, known = response_names(result), criteria_of(result)
    counted = {
        "ORR": ("Objective response", names.objective),
        "CR": ("Complete response", tuple(str(known.names(code)) for code in known.Code if code >= known.complete)),
        "DCR": ("Disease control", (*names.objective, *names.control)),
    }
    label, best = counted[kind]
    return share(label, people["number"].to_numpy(), people["BOR"].isin(best).to_numpy(bool))


def _eliminated(result: TrialResult) -> Sample:
    """Of tumours that were seeded in people who could enter, those that immunity eliminated before any diagnosis."""
    counts = dict(zip(result.rejected["REASON"], result.rejected["N"], strict=True))
    gone, kept = int(counts.get(ELIMINATED, 0)), int(counts.get(HELD, 0)) + result.patients
    label = "Tumours eliminated before diagnosis"
    return share(label, np.array([], dtype=np.int64), np.arange(gone + kept) < gone)


def _survival(kind: str, rest: str, result: TrialResult) -> Sample:
    people = subjects(result)
    adtte = result.tables["ADTTE"]
    times = adtte[adtte["PARAMCD"] == kind].set_index("USUBJID").reindex(people["USUBJID"])
    if kind == "DOR":  # of those who responded
        responded = times["AVAL"].notna().to_numpy()
        people, times = people[responded], times[responded]
    if times["AVAL"].isna().any():
        known = sorted(set(adtte.loc[adtte["AVAL"].notna(), "PARAMCD"].astype(str)))
        raise ColeyError(Problem(f"{kind}_{rest}", "is not known of every patient here", did_you_mean(kind, known)))
    follow = Follow(times["AVAL"].to_numpy(float) / DAYS_PER_MONTH, times["CNSR"].to_numpy(float) == 0)
    numbers, size = people["number"].to_numpy(), len(people)
    if rest == "mean":
        end = result.trial.follow_up_months
        label = f"Mean {survival_name(kind).lower()} within {end:g} months"
        return Sample(label, "months", numbers, size, lambda weights: curve_at(follow, weights, end)[1], end)
    month = months(rest)
    if month > result.trial.follow_up_months:
        raise ColeyError(Problem(f"{kind}_{rest}", "is after the end of follow-up", "give the arm more months"))
    label = f"{survival_name(kind)} at {month} months"
    return Sample(label, "%", numbers, size, lambda weights: 100 * curve_at(follow, weights, month)[0], 100.0)


def _trajectory(name: str, month: int, result: TrialResult) -> tuple[People, Floats, Floats, str, str]:
    """Number, first value and value at ``month`` of those who are seen then; title and unit."""
    courses = result.trajectories
    if name not in courses:
        raise ColeyError(Problem(name, "is not kept of the courses", did_you_mean(name, map(str, courses.data_vars))))
    if month > result.trial.follow_up_months:
        raise ColeyError(Problem(name, f"month {month} is after the end of follow-up", "give the arm more months"))
    numbers = result.tables["ADSL"].set_index("USUBJID")["SUBJID"].astype(int).reindex(courses["USUBJID"].to_numpy())
    series = courses[name]
    at = int(np.argmin(np.abs(courses["time"].to_numpy() - month * DAYS_PER_MONTH)))
    first, values = series.to_numpy()[:, 0].astype(float), series.to_numpy()[:, at].astype(float)
    known = np.isfinite(values) & np.isfinite(first)
    about = str(series.attrs["long_name"]), str(series.attrs["units"])
    return numbers.to_numpy()[known].astype(np.int64), first[known], values[known], *about


def _course(rest: str, result: TrialResult) -> Sample:
    name, _, when = rest.rpartition("_")
    month = months(when)
    people, _, values, title, unit = _trajectory(name, month, result)
    return mean(f"{title} at {month} months", unit, people, values, float(np.ptp(values)) if len(values) else 0.0)


def _growth(month: int, result: TrialResult) -> Sample:
    """Doublings of living cancer cells since the first dose, of those who live; halvings are negative."""
    people, first, values, _, _ = _trajectory("C_total", month, result)
    ratio = np.maximum(values / np.maximum(first, 1e-9), _LEAST)
    label = f"Doublings of living cancer cells in {month} months"
    return mean(label, "", people, np.log2(ratio), float(-2 * np.log2(_LEAST)))
