"""What the file of a trial may say."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from coley.facts import Entry, Label, Reference, Slug, Text

MAX_ARMS = 28
"""Arms of a trial: as many as figures tell apart by colour and dash."""
MAX_MONTHS = 240
"""Longest follow-up, and latest landmark."""
_MAX_WEEKS = 1044
"""Latest scan: the end of the longest follow-up."""


def _ascending(weeks: tuple[float, ...]) -> tuple[float, ...]:
    if not weeks or list(weeks) != sorted(set(weeks)):
        raise ValueError("must be weeks in ascending order, at least one")
    return weeks


def _some(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    if not arms:
        raise ValueError("a trial needs at least one arm")
    return arms


class Published(Reference):
    """A published outcome of an arm; a hazard ratio names the arm that it compares with in ``versus``.

    ``cutoff`` is the data cut, in months after the first patient was enrolled.
    """

    endpoint: Text
    value: Annotated[float, Field(ge=-1e6, le=1e6)]
    lower: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    upper: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    cutoff: Annotated[float, Field(gt=0, le=600)]
    versus: str = ""

    @model_validator(mode="after")
    def _interval(self) -> Self:
        if self.lower is not None and self.upper is not None and not self.lower <= self.value <= self.upper:
            raise ValueError("lower <= value <= upper does not hold")
        if self.endpoint.endswith("_HR") != bool(self.versus):
            raise ValueError("a hazard ratio, and nothing else, names its comparator in 'versus'")
        return self


class Range(Entry):
    """Bounds on a biomarker, both included, in its own unit."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


class PriorLine(Entry):
    """What was given before, as a class of treatment such as ``chemotherapy``, to which share of the patients."""

    given: Text
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0


class Eligibility(Entry):
    """Who may enter.

    Attributes:
        prior: what patients had before.
        biomarkers: bounds of those of the cancer, and of what is measured of comorbidities, by name.
        admits: comorbidities that patients may have, each as often as patients with cancer have it; who has another is
            turned away, as in most trials.
        requires: comorbidities that every patient has.
    """

    prior: tuple[PriorLine, ...] = ()
    biomarkers: dict[str, Range] = Field(default={})
    age_min: Annotated[float, Field(ge=0, le=100)] = 18.0
    age_max: Annotated[float, Field(gt=0, le=120)] = 120.0
    ecog_max: Annotated[int, Field(ge=0, le=4)] = 1
    admits: tuple[Slug, ...] = ()
    requires: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _some_age(self) -> Self:
        if self.age_min > self.age_max:
            raise ValueError("age_min is above age_max")
        return self


class Subsequent(Reference):
    """What patients received after progression: ``fraction`` of those who progress go on to ``regimen``."""

    regimen: Text
    fraction: Annotated[float, Field(ge=0, le=1)]


class Option(Entry):
    """One regimen of an investigator's choice, and the share of the arm's patients who are given it."""

    regimen: Text
    fraction: Annotated[float, Field(gt=0, le=1)]


class Stratum(Entry):
    """Patients of an arm within bounds of biomarkers, whose outcomes were published apart."""

    name: Label
    biomarkers: Annotated[dict[str, Range], Field(min_length=1)]
    n: Annotated[int, Field(gt=0, le=100_000)] | None = None
    published: tuple[Published, ...] = ()


class Arm(Entry):
    """An arm of a trial. Predicted intervals are those of ``n`` patients, as published, or of as many as simulated.

    Attributes:
        regimen: what is given; ``observation`` or ``placebo`` for nothing. Either this or ``choice``.
        choice: the regimens of an investigator's choice; their fractions add up to 1.
        beyond_progression: share of the patients who go on with treatment after the first progression by the criteria,
            until the next scan that shows further growth.
        reinduction: regimen that patients who progress after its fixed end is given once more, "" for none.
    """

    name: Label
    regimen: str = ""
    choice: tuple[Option, ...] = ()
    n: Annotated[int, Field(gt=0, le=100_000)] | None = None
    beyond_progression: Annotated[float, Field(ge=0, le=1)] = 0.0
    reinduction: str = ""
    subsequent: Annotated[tuple[Subsequent, ...], Field(max_length=20)] = ()
    published: Annotated[tuple[Published, ...], Field(max_length=200)] = ()
    strata: tuple[Stratum, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if bool(self.regimen) == bool(self.choice):
            raise ValueError("give either regimen or choice")
        if self.choice and abs(sum(option.fraction for option in self.choice) - 1) > 1e-3:
            raise ValueError("the fractions of a choice add up to 1")
        if sum(option.fraction for option in self.subsequent) > 1 + 1e-9:
            raise ValueError("the fractions of subsequent treatments add up to more than 1")
        return self


class Visits(Entry):
    """When scans are made, in weeks from the first dose: ``scans`` listed, then ``every`` so many weeks.

    ``jitter_days`` is the standard deviation of the day on which a visit falls, at most half the shortest interval.
    """

    scans: Annotated[
        tuple[Annotated[float, Field(gt=0, le=_MAX_WEEKS)], ...], Field(max_length=1000), AfterValidator(_ascending)
    ]
    every: Annotated[float, Field(ge=0.5, le=_MAX_WEEKS)]
    jitter_days: Annotated[float, Field(ge=0, le=14)] = 3.0


class Trial(Entry):
    """A clinical trial: who, what, when; and what was published of it.

    Attributes:
        criteria: name of the response criteria; "" for those of the kind of disease.
        review: who reads scans for the endpoints: the investigator, who also decides on treatment, or a blinded
            independent committee, which reads them anew, with errors of its own.
        fitted: whether parameters of the model were fitted to outcomes of this trial.
        stop_for_harm: whether care rules hold and stop treatment.
    """

    name: Slug
    title: Label
    registration: str = ""
    summary: Text
    cancer: Text
    eligibility: Eligibility = Eligibility()
    eligibility_source: str = ""
    enrolment_months: Annotated[float, Field(gt=0, le=120)] = 12.0
    follow_up_months: Annotated[float, Field(gt=0, le=MAX_MONTHS)] = 60.0
    dropout_per_year: Annotated[float, Field(ge=0, lt=1)] = 0.03
    confirmed_response: bool = True
    criteria: str = ""
    review: Literal["investigator", "independent"] = "investigator"
    stop_for_harm: bool = True
    fitted: bool = False
    visits: Visits
    arms: Annotated[tuple[Arm, ...], Field(max_length=MAX_ARMS), AfterValidator(_some)]

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("two arms have the same name")
        for arm in self.arms:
            strata = [stratum.name for stratum in arm.strata]
            if len(set(strata)) < len(strata):
                raise ValueError(f"arm {arm.name!r}: two strata have the same name")
            for published in (*arm.published, *(fact for stratum in arm.strata for fact in stratum.published)):
                if published.versus and (published.versus not in names or published.versus == arm.name):
                    raise ValueError(f"arm {arm.name!r}: versus {published.versus!r} is not another arm of this trial")
        return self
