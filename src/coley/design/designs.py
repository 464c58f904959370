"""Power of every design of a space: virtual arms under each draw of the parameters, and many trials drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np
import pandas as pd

from coley.calibration.paths import changed
from coley.calibration.posterior import first_draws
from coley.catalogue import Catalogue
from coley.design.outcomes import RATES, check_endpoint, outcomes
from coley.design.power import Power, power_of, size_for
from coley.design.space import Selection, Space
from coley.design.trials import Followed, Readout, Trials, noise, simulate, whole
from coley.design.varying import arm_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.protocol import Arm, Trial
from coley.protocol.schema import MAX_MONTHS
from coley.streams import seed_of
from coley.trial import RunSettings, run
from coley.trial.analysis.statistics import hazard_ratio
from coley.trial.settings import Progress

ASKED = (0.8, 0.9)
"""Powers whose sizes are told."""
_CONTROL = "control"
_FEWEST = 2


@dataclass(frozen=True)
class Settings:
    """How designs are compared.

    Attributes:
        endpoint: of the test: OS, PFS, EFS or RFS by the log-rank test, ORR as a difference of proportions.
        months: data cut, months after the first patient in; None for the protocol's follow-up, or with ``events``.
        events: number of events in both arms at which the trial is analysed; 0 for a cut at ``months``.
        patients: virtual patients of each arm, from whom trials draw theirs.
        trials: simulated trials of each design under each draw.
        draws: from the posterior of the calibration, each with virtual patients of its own; 0 for the values that the
            catalogue has.
        seed, threads: as in :class:`coley.trial.RunSettings`.
    """

    endpoint: str = "OS"
    months: float | None = None
    events: int = 0
    patients: int = 1000
    trials: int = 1000
    draws: int = 8
    seed: int = 1
    threads: int | None = None

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint)
        rules = {
            "--months": (self.months is None or 0 < self.months <= MAX_MONTHS, f"above 0 and up to {MAX_MONTHS}"),
            "--events": (self.events >= 0, "0 for a cut at a month, or more"),
            "--trials": (self.trials >= _FEWEST, f"at least {_FEWEST}"),
            "--patients": (self.patients >= _FEWEST, f"at least {_FEWEST}"),
        }
        problems = [Problem(name, "is out of range", hint) for name, (good, hint) in rules.items() if not good]
        if self.events and (self.months is not None or self.endpoint in RATES):
            why = "--months is given too" if self.months is not None else f"{self.endpoint} is no time to an event"
            problems.append(Problem("--events", f"cannot be: {why}", "leave one of them out"))
        if problems:
            raise ColeyError(problems)


@dataclass(frozen=True)
class Design:
    """What became of every design.

    Attributes:
        varied: names of what differs between designs besides their size; columns of ``table``.
        table: a row for each design and size. Columns: what is varied; n, patients per arm; power, lower, upper (95 %:
            posterior and Monte Carlo), monte_carlo (standard error by simulation alone), late (power of the log-rank
            test that weighs late events); events in both arms and months to the data cut, means; reached, share of
            trials in which the number of events was; effect (hazard ratio by Cox's model; of a rate, points of
            difference), early and later (hazard ratio of the first and the second half of the events); penalty, how
            many times more patients the log-rank test needs than it would if the hazard ratio of the second half held
            from the start; n_80, n_90 with _lower and _upper, patients per arm for these powers.
        draws: what each draw gave: draw, what is varied, n, statistic (mean), power, events, months.
        regimens: of each value of what is varied in the regimen.
    """

    trial: Trial
    arm: str
    versus: str
    settings: Settings
    varied: tuple[str, ...]
    table: pd.DataFrame
    draws: pd.DataFrame
    regimens: Mapping[str, str]


@dataclass(frozen=True)
class _Cell:
    """One design and size under one draw."""

    trials: Trials
    noise: float
    effect: float
    early: float
    later: float


def sides(trial: Trial, arm: str | None, versus: str | None) -> tuple[Arm, Arm]:
    """The arm under study and the one that it is compared with, told or from what was published.

    Raises:
        ColeyError: where the trial has no such arms, or does not tell.
    """
    compared = {each.name: {f.versus for f in each.published if f.versus} for each in trial.arms}
    if versus is not None and versus not in compared:
        hint = did_you_mean(versus, compared)
        raise ColeyError(Problem("--versus", f"the trial {trial.name} has no arm {versus!r}", hint))
    if arm is None:
        studied = [name for name, others in compared.items() if others]
        if versus is not None and len(trial.arms) == _FEWEST:
            studied = [each.name for each in trial.arms if each.name != versus]
        arm = studied[0] if len(studied) == 1 else None
    under = arm_of(trial, arm)
    others = [each.name for each in trial.arms if each.name != under.name]
    if versus is None:
        named = [name for name in compared[under.name] if name in others] or others
        versus = named[0] if len(named) == 1 else None
    if versus not in others:
        what = "is needed" if versus is None else f"{versus!r} is the arm under study"
        raise ColeyError(
            Problem("--versus", what, f"one of {', '.join(map(repr, others))}" if others else "add an arm")
        )
    return under, next(each for each in trial.arms if each.name == versus)


def design(
    trial: Trial,
    arm: Arm,
    versus: Arm,
    space: Space,
    catalogue: Catalogue,
    settings: Settings,
    *,
    progress: Progress = lambda stage, done, total: None,
) -> Design:
    """Power of every design of ``space``.

    Patients are the same in all regimens, and their numbers the same in all selections, so that designs are compared
    with common random numbers. Enrolment takes the protocol's months whatever the number of patients.

    Args:
        arm, versus: from :func:`sides`.

    Raises:
        ColeyError: more draws than there are, an endpoint that the trial does not have, or whatever :func:`coley.run`
            refuses.
    """
    values: Sequence[Mapping[str, float]] = first_draws(settings.draws) if settings.draws else ({},)
    months = inf if settings.events else settings.months or trial.follow_up_months
    readout = Readout(trial.enrolment_months, months, settings.events, settings.endpoint in RATES)
    found: dict[tuple[int, int, int], list[_Cell]] = {}
    total = len(values) * len(space.selections)
    for number, draw in enumerate(values):
        known = changed(catalogue, draw)
        for place, selection in enumerate(space.selections):
            progress("virtual arms", number * len(space.selections) + place, total)
            seed = seed_of(settings.seed, f"draw {number}")
            arms = _arms(trial, arm, versus, space, selection, known, settings, seed, progress)
            for which, treated in enumerate(arms[1:]):
                for n in space.sizes:
                    cell = _cell(arms[0], treated, readout, n, settings, seed)
                    found.setdefault((place, which, n), []).append(cell)
    progress("virtual arms", total, total)
    labels = {key: {**space.selections[key[0]].varied, **space.treatments[key[1]].varied, "n": key[2]} for key in found}
    varied = tuple(name for name in next(iter(labels.values())) if name != "n")
    powers = {
        key: power_of([cell.trials for cell in cells], key[2], float(np.mean([cell.noise for cell in cells])))
        for key, cells in found.items()
    }
    rows = [
        labels[key] | _row(cells, key[2], powers[key], [powers[*key[:2], n] for n in _alike(key[2], space, settings)])
        for key, cells in found.items()
    ]
    each = [labels[key] | row for key, cells in found.items() for row in _by_draw(cells)]
    regimens = {", ".join(t.varied.values()): t.regimen for t in space.treatments}
    return Design(trial, arm.name, versus.name, settings, varied, pd.DataFrame(rows), pd.DataFrame(each), regimens)


def _arms(
    trial: Trial,
    arm: Arm,
    versus: Arm,
    space: Space,
    selection: Selection,
    catalogue: Catalogue,
    settings: Settings,
    seed: int,
    progress: Progress,
) -> list[Followed]:
    """The control and every regimen on the same patients."""
    bare = {"published": (), "strata": (), "n": None}
    own = [arm.model_copy(update={**bare, "name": f"arm {k}", "regimen": t.regimen})
           for k, t in enumerate(space.treatments)]  # fmt: skip
    protocol = trial.model_copy(
        update={
            "arms": (versus.model_copy(update={**bare, "name": _CONTROL}), *own),
            "eligibility": selection.eligibility,
            "follow_up_months": max(trial.follow_up_months, settings.months or 0.0),
            "fitted": False,
        }
    )
    how = RunSettings(settings.patients, seed, settings.threads, progress=progress)
    return list(outcomes(run(protocol, catalogue=catalogue, settings=how), settings.endpoint).values())


def _cell(control: Followed, treated: Followed, readout: Readout, n: int, settings: Settings, seed: int) -> _Cell:
    trials = simulate(control, treated, readout, n, settings.trials, seed=seed)
    months, events, in_treated = whole(control, treated, readout, n, seed=seed)
    chance = noise(control, treated, readout, seed=seed)
    if readout.rate:
        difference = 100 * float(events[in_treated].mean() - events[~in_treated].mean())
        return _Cell(trials, chance, difference, nan, nan)
    middle = float(np.median(months[events])) if events.any() else 0.0
    after = months > middle
    halves = (
        hazard_ratio(np.minimum(months, middle), events & ~after, in_treated),
        hazard_ratio(months[after] - middle, events[after], in_treated[after]),
    )
    return _Cell(trials, chance, hazard_ratio(months, events, in_treated).value, *(half.value for half in halves))


def _alike(n: int, space: Space, settings: Settings) -> Sequence[int]:
    """Sizes whose effect for one patient is that of ``n``: all, unless they wait for a number of events."""
    return (n,) if settings.events else space.sizes


def _row(cells: Sequence[_Cell], n: int, found: Power, sizes: Sequence[Power]) -> dict[str, float]:
    """A row of the table; ``sizes`` are powers of this design at sizes alike, whose effects are averaged."""
    effect, error = (float(np.mean([getattr(each, name) for each in sizes])) for name in ("effect", "error"))
    events = float(np.mean([cell.trials.events.mean() for cell in cells]))
    month = np.concatenate([cell.trials.month for cell in cells])
    reached = np.isfinite(month)
    rate = bool(np.isnan(cells[0].trials.late).all())
    row = {
        "power": found.power.value,
        "lower": found.power.lower,
        "upper": found.power.upper,
        "monte_carlo": found.monte_carlo,
        "late": found.late,
        "events": events,
        "months": float(month[reached].mean()) if reached.any() else nan,
        "reached": float(reached.mean()),
        "effect": float(np.mean([c.effect for c in cells])) if rate else _geometric([c.effect for c in cells]),
        "early": _geometric([cell.early for cell in cells]),
        "later": _geometric([cell.later for cell in cells]),
    }
    row["penalty"] = _penalty(row["later"], effect * n**0.5, events)
    for asked in ASKED:
        size = size_for(asked, effect, error)
        for end, value in (("", size.value), ("_lower", size.lower), ("_upper", size.upper)):
            row[f"n_{asked:.0%}".rstrip("%") + end] = value
    return row


def _geometric(values: Sequence[float]) -> float:
    known = [value for value in values if isfinite(value) and value > 0]
    return float(np.exp(np.mean(np.log(known)))) if known else nan


def _penalty(ratio: float, statistic: float, events: float) -> float:
    """Schoenfeld: with a constant hazard ratio the mean statistic is its logarithm times the root of events over 4."""
    if not isfinite(ratio) or statistic <= 0 or events <= 0:
        return nan
    return float((np.log(ratio) * (events / 4) ** 0.5 / statistic) ** 2)


def _by_draw(cells: Sequence[_Cell]) -> Iterator[dict[str, float]]:
    for number, cell in enumerate(cells, 1):
        yield {
            "draw": number,
            "statistic": float(cell.trials.statistic.mean()),
            "power": float(cell.trials.won.mean()),
            "events": float(cell.trials.events.mean()),
            "months": float(np.mean(cell.trials.month)),
            "effect": cell.effect,
        }
