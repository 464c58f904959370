"""What is calibrated to what, as data: free parameters with their ranges, trials, and errors by kind of figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from coley.calibration.paths import changed, value_at
from coley.catalogue import Catalogue
from coley.catalogue.reading import entry_of, read_document
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Entry, Reference, Slug, Text

Scale = Literal["linear", "log", "logit"]
Group = Literal["physiology", "drug", "cancer", "line"]
SHIPPED = resources.files("coley.catalogue").joinpath("data", "calibration")


class Parameter(Entry):
    """A free parameter: one number that stands at one or several ``paths`` of the catalogue.

    Attributes:
        low, high: the range searched, which is two prior standard deviations on either side on ``scale`` where
            ``centre`` is in its middle. Half a range is always two of them.
        centre: what the prior pulls to; by default what the catalogue has. Give it, so that values which went into the
            catalogue after a fit do not become the prior of the next one. A parameter whose paths have different values
            starts there.
        group: what it belongs to: physiology and drugs are shared by every trial that has them; a cancer's; a line's.
    """

    name: Text
    paths: Annotated[tuple[Text, ...], Field(min_length=1)]
    low: float
    high: float
    scale: Scale
    group: Group
    centre: float | None = None
    note: str = ""

    @model_validator(mode="after")
    def _range(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("a logarithmic scale needs a range above zero")
        if self.scale == "logit" and not (self.low > 0 and self.high < 1):
            raise ValueError("a logit scale needs a range between 0 and 1")
        if self.centre is not None and not self.low <= self.centre <= self.high:
            raise ValueError("centre lies outside the range")
        return self


class Kind(Entry):
    """Figures of one kind, and how far off they may be.

    Attributes:
        endpoints: names of endpoints, ``*`` for anything: ``ORR``, ``OS_*mo``.
        scale: what a misfit is measured in: ``percent`` points, or the ``log`` of a ratio.
        discrepancy: standard deviation of what the model cannot get right even with the best parameters.
        trial: standard deviation of what all figures of this kind in one trial have in common: its sites, its time.
        weight: share of a figure that counts; 0 leaves the kind out.
    """

    endpoints: Annotated[tuple[Text, ...], Field(min_length=1)]
    scale: Literal["percent", "log"]
    discrepancy: Annotated[float, Field(gt=0)]
    trial: Annotated[float, Field(ge=0)] = 0.0
    weight: Annotated[float, Field(ge=0, le=1)] = 1.0


class BiologyTarget(Reference):
    """A measure of a run that is no endpoint of a trial, such as CD8 T cells in sections, with its standard error.

    ``arm`` is the arm that it is taken from; ``scale`` is what the misfit and ``error`` are measured in: the measure's
    own unit, or the log of a ratio.
    """

    measure: Text
    trial: Slug
    arm: Text
    value: float
    error: Annotated[float, Field(gt=0)]
    scale: Literal["percent", "log"]


class Method(Entry):
    """How the search goes.

    Attributes:
        step: of finite differences, as a share of each range; large enough that rates of a few hundred patients change.
        fresh: rounds after which the Jacobian is taken anew; in between it is updated by the steps made (Broyden 1965).
        slope_seeds: how many of the seeds, the first ones, slopes are taken with: they need fewer patients than rates.
        outlier: standardised misfit above which a figure pulls no harder than a linear loss does (Huber 1964).
        gain: relative decrease of the loss below which the search ends.
    """

    step: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    fresh: Annotated[int, Field(ge=1)] = 2
    slope_seeds: Annotated[int, Field(ge=1)] = 1
    outlier: Annotated[float, Field(gt=0)] = 3.0
    gain: Annotated[float, Field(ge=0, lt=1)] = 0.002


class CalibrationPlan(Entry):
    """A calibration.

    Attributes:
        fit: trials whose published figures are fitted, each at its own data cut.
        predict: trials that are run at the end and never fitted.
        harm: whether harm and its care are simulated; without them a run takes a fraction of the time.
        figures_per_curve: landmarks, median and duration of one curve tell much the same; together they count as so
        many.
        strata: weight of the figures of a stratum, whose patients are in the arm's figures as well.
    """

    name: Slug
    title: Text
    summary: str = ""
    fit: Annotated[tuple[Slug, ...], Field(min_length=1)]
    predict: tuple[Slug, ...] = ()
    harm: bool = True
    method: Method = Method()
    figures_per_curve: Annotated[float, Field(ge=1)] = 2.0
    strata: Annotated[float, Field(ge=0, le=1)] = 0.5
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    parameters: Annotated[tuple[Parameter, ...], Field(min_length=1)]
    biology: tuple[BiologyTarget, ...] = ()

    def kind(self, endpoint: str) -> Kind | None:
        """The first kind that ``endpoint`` is of."""
        return next((kind for kind in self.kinds if any(fnmatchcase(endpoint, name) for name in kind.endpoints)), None)


def read_plan(name_or_path: str | Path, catalogue: Catalogue) -> CalibrationPlan:
    """The shipped plan called ``name_or_path``, or the one in the TOML file of that path.

    Raises:
        ColeyError: where there is none, with every problem of the file, and with every name that ``catalogue`` lacks.
    """
    text = str(name_or_path)
    shipped = {file.name.removesuffix(".toml"): file for file in SHIPPED.iterdir() if file.name.endswith(".toml")}
    if not text.endswith(".toml") and text not in shipped:
        raise ColeyError(Problem("", f"unknown plan {text!r}", did_you_mean(text, shipped) or "or name a .toml file"))
    document = read_document(shipped.get(text, Path(text)), f"{text.removesuffix('.toml')}.toml")
    plan = entry_of(CalibrationPlan, document.data)
    if isinstance(plan, list):
        raise ColeyError(document.problems(plan))
    problems = list(check_plan(plan, catalogue))
    if problems:
        raise ColeyError(Problem(f"{document.name}: {p.where}", p.what, p.hint) for p in problems)
    return plan


def check_plan(plan: CalibrationPlan, catalogue: Catalogue) -> Iterator[Problem]:
    """Everything in ``plan`` that ``catalogue`` does not have or that contradicts itself."""
    for where, names in (("fit", plan.fit), ("predict", plan.predict)):
        for name in names:
            if name not in catalogue.trials:
                yield Problem(where, f"unknown trial {name!r}", did_you_mean(name, catalogue.trials))
    for name in sorted(set(plan.fit) & set(plan.predict)):
        yield Problem("predict", f"{name!r} is fitted, so that it cannot be predicted")
    for parameter in plan.parameters:
        yield from _check_parameter(parameter, catalogue)
    for what, items in (("name", [p.name for p in plan.parameters]), ("path", _paths(plan))):
        for item, count in Counter(items).items():
            if count > 1:
                yield Problem("parameters", f"the {what} {item!r} stands {count} times")
    for target in plan.biology:
        yield from _check_biology(target, plan, catalogue)


def _paths(plan: CalibrationPlan) -> list[str]:
    return [path for parameter in plan.parameters for path in parameter.paths]


def _check_parameter(parameter: Parameter, catalogue: Catalogue) -> Iterator[Problem]:
    where = f"parameter {parameter.name!r}"
    values = []
    for path in parameter.paths:
        try:
            values.append(value_at(catalogue, path))
            for edge in (parameter.low, parameter.high):
                changed(catalogue, {path: edge})
        except ColeyError as error:
            yield from (Problem(f"{where}: {p.where}", p.what, p.hint) for p in error.problems)
    for value in values[:1]:
        if not parameter.low <= value <= parameter.high:
            what = f"the catalogue's value {value:g} lies outside {parameter.low:g} to {parameter.high:g}"
            yield Problem(where, what, "widen the range")
    if parameter.centre is None and values and not np.allclose(values, values[0]):
        hint = "give each a parameter of its own, or a centre to start from"
        yield Problem(where, f"its paths have different values: {', '.join(f'{v:g}' for v in values)}", hint)


def _check_biology(target: BiologyTarget, plan: CalibrationPlan, catalogue: Catalogue) -> Iterator[Problem]:
    from coley.calibration.biology import MEASURES

    where = f"biology {target.measure!r}"
    if target.measure not in MEASURES:
        yield Problem(where, "is no measure", did_you_mean(target.measure, MEASURES))
    if target.trial not in plan.fit:
        yield Problem(where, f"its trial {target.trial!r} is not fitted", did_you_mean(target.trial, plan.fit))
    elif target.arm not in (names := [arm.name for arm in catalogue.trials[target.trial].arms]):
        yield Problem(where, f"{target.trial} has no arm {target.arm!r}", did_you_mean(target.arm, names))
    if target.source not in catalogue.sources:
        yield Problem(where, f"cites unknown source {target.source!r}", did_you_mean(target.source, catalogue.sources))
    if target.scale == "log" and target.value <= 0:
        yield Problem(where, "a logarithmic scale needs a value above zero")
