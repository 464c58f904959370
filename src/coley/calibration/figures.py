"""Published figures as targets: each with its scale, its errors and what it shares with others of its trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.calibration.plan import CalibrationPlan, Kind
from coley.catalogue import Catalogue
from coley.protocol import Arm, Published, Stratum, Trial

Floats = NDArray[np.float64]
Key = tuple[str, str, int]
"""Arm (or ``arm | stratum``), endpoint, and which of the figures of that name it is, from 0."""
UNKNOWN_SIZE = 50
"""Patients of an arm whose published size is not known."""
EVENTS = 0.7
"""Share of patients with an event, where the error of a median or a hazard ratio was not published."""
_WIDTH = 2 * 1.959964  # of a 95 % interval, in standard errors


@dataclass(frozen=True)
class Figure:
    """One published figure.

    Attributes:
        versus: arm that a hazard ratio compares with, else "".
        scale: ``percent`` (points, or a measure's own unit) or ``log`` (of a ratio).
        ceiling: largest value that can be told, in months of follow-up; infinite for what is no time.
        sampling: standard error of the published figure and of the simulated one, on ``scale``.
        discrepancy, trial: standard deviations, see :class:`~coley.calibration.plan.Kind`.
        weight: share that counts in the fit.
        kind: name of the kind, by which figures of a trial share their effect.
        fitted: whether it may be used in the fit.
    """

    study: str
    arm: str
    endpoint: str
    nth: int
    published: float
    versus: str
    scale: str
    ceiling: float
    sampling: float
    discrepancy: float
    trial: float
    weight: float
    kind: str
    fitted: bool

    @property
    def key(self) -> Key:
        """Where a summary has it."""
        return self.arm, self.endpoint, self.nth

    @property
    def target(self) -> float:
        """The published figure on its scale."""
        return float(self.on_scale(np.array([self.published]))[0])

    @property
    def sd(self) -> float:
        """Standard deviation of simulated less published, were the parameters right."""
        return float(np.sqrt(self.sampling**2 + self.discrepancy**2 + self.trial**2))

    def on_scale(self, values: Floats) -> Floats:
        """``values`` on the scale of the figure: times beyond what can be told, or not reached, are as long as that."""
        if np.isfinite(self.ceiling):
            values = np.minimum(np.where(np.isnan(values), self.ceiling, values), self.ceiling)
        return np.log(np.maximum(values, 1e-3)) if self.scale == "log" else values

    def off_scale(self, value: float) -> float:
        """Back from the scale."""
        return float(np.exp(value)) if self.scale == "log" else float(value)


def figures(plan: CalibrationPlan, catalogue: Catalogue, simulated: int) -> tuple[Figure, ...]:
    """Every published figure of the trials of ``plan`` that is of one of its kinds, and its biology.

    Args:
        simulated: virtual patients of an arm, over all seeds.
    """
    found: list[Figure] = []
    for name in (*plan.fit, *plan.predict):
        found += _of_trial(plan, catalogue.trials[name], simulated, fitted=name in plan.fit)
    for nth, target in enumerate(plan.biology):
        found.append(
            Figure(
                study=target.trial,
                arm=target.arm,
                endpoint=target.measure,
                nth=0,
                published=target.value,
                versus="",
                scale=target.scale,
                ceiling=np.inf,
                sampling=0.0,
                discrepancy=target.error,
                trial=0.0,
                weight=1.0,
                kind=f"biology {nth}",
                fitted=True,
            )
        )
    return tuple(found)


def simulated(figure: Figure, summaries: Sequence[Mapping[Key, float]]) -> float:
    """The simulated figure on its scale, mean over the ``summaries`` of several seeds; NaN where no seed has it."""
    values = figure.on_scale(np.array([summary.get(figure.key, np.nan) for summary in summaries]))
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def whitening(found: Sequence[Figure]) -> Floats:
    """(figures, figures) what turns misfits into independent ones of standard deviation 1; figures that count only.

    The covariance is, within a trial, that of each figure's own error over its weight, and of the effect that figures
    of one kind share.
    """
    trials, kinds = np.array([f.study for f in found]), np.array([f.kind for f in found])
    own = np.array([(f.sampling**2 + f.discrepancy**2) / f.weight for f in found])
    effect = np.array([f.trial for f in found])
    together = (trials[:, None] == trials) & (kinds[:, None] == kinds)
    covariance = np.diag(own) + np.where(together, effect[:, None] * effect, 0.0)
    inverse: Floats = np.linalg.inv(np.linalg.cholesky(covariance))
    return inverse


def _of_trial(plan: CalibrationPlan, trial: Trial, patients: int, *, fitted: bool) -> Iterator[Figure]:
    for arm in trial.arms:
        for stratum in (None, *arm.strata):
            published = arm.published if stratum is None else stratum.published
            curves = Counter(_curve(fact) for fact in published)
            seen: Counter[str] = Counter()
            for fact in published:
                nth = seen[fact.endpoint]
                seen[fact.endpoint] += 1
                kind = plan.kind(fact.endpoint)
                if kind is None:
                    continue
                crowd = curves[_curve(fact)] if _curve(fact) else 1
                weight = kind.weight * min(1.0, plan.figures_per_curve / crowd) * (plan.strata if stratum else 1.0)
                yield _figure(trial, arm, stratum, fact, nth, kind, weight, patients, fitted)


def _figure(
    trial: Trial,
    arm: Arm,
    stratum: Stratum | None,
    fact: Published,
    nth: int,
    kind: Kind,
    weight: float,
    patients: int,
    fitted: bool,
) -> Figure:
    n = (stratum.n if stratum else arm.n) or UNKNOWN_SIZE
    # No median duration of response can mean that none ended, or that nobody responded: it is not compared.
    is_time = kind.scale == "log" and not fact.versus and not fact.endpoint.startswith("DOR")
    return Figure(
        study=trial.name,
        arm=f"{arm.name} | {stratum.name}" if stratum else arm.name,
        endpoint=fact.endpoint,
        nth=nth,
        published=fact.value,
        versus=fact.versus,
        scale=kind.scale,
        ceiling=min(fact.cutoff, trial.follow_up_months) if is_time else np.inf,
        sampling=_sampling(fact, kind, n, patients),
        discrepancy=kind.discrepancy,
        trial=kind.trial,
        weight=weight,
        kind=" ".join(kind.endpoints),
        fitted=fitted,
    )


def _curve(fact: Published) -> str:
    """The curve that a figure is read off, "" for none: a hazard ratio is of two."""
    head, _, rest = fact.endpoint.partition("_")
    return head if rest and not fact.versus else ""


def _sampling(fact: Published, kind: Kind, n: int, patients: int) -> float:
    """Standard error of published and simulated together, on the scale of the kind.

    Of the published figure by the binomial with half a patient added on either side, or from the published interval of
    a time or a ratio; else, and of the simulated one, as :func:`_error` has it.
    """
    published = _error(kind.scale, fact.value, n, n, compares=bool(fact.versus))
    if kind.scale == "log" and fact.lower is not None and fact.upper is not None and fact.lower > 0:
        published = float(np.log(fact.upper / fact.lower)) / _WIDTH
    return float(np.hypot(published, _error(kind.scale, fact.value, n, patients, compares=bool(fact.versus))))


def error_of(scale: str, value: float, patients: int, *, compares: bool) -> float:
    """Standard error of a simulated figure, on its ``scale``: of ``patients`` of an arm, of two arms if it compares."""
    return _error(scale, value, patients, patients, compares=compares)


def _error(scale: str, value: float, n: int, patients: int, *, compares: bool) -> float:
    """Of a rate by the binomial, where ``value`` is of ``n`` patients; of times as if they were exponential.

    Then it is 1 / √events for a median, √2 times that for a ratio of two arms of equal size.
    """
    if scale == "percent":
        share = (value / 100 * n + 0.5) / (n + 1)
        return float(100 * np.sqrt(share * (1 - share) / patients))
    return float((np.sqrt(2.0) if compares else 1.0) / np.sqrt(EVENTS * patients))
