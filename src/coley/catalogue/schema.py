"""What a catalogue file may say: the schema of quantities, sources, drugs, cancers, physiology and trials."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from coley.errors import ColeyError
from coley.units import parse_unit

Known = Literal["measured", "label", "derived", "calibrated", "assumed"]


MAX_MONTHS = 240
"""Longest follow-up, and latest landmark."""
MAX_ARMS = 28
"""Arms of a trial: as many as figures tell apart by colour and dash."""
_MAX_WEEKS = 1044
"""Latest scan: the end of the longest follow-up."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal or turn the direction of text; not the tab and the end of a line."""


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be one line, without tabs")
    return text


def _unit(text: str) -> str:
    try:
        parse_unit(text)
    except ColeyError as error:
        raise ValueError(str(error)) from None
    return text


def _ascending(weeks: tuple[float, ...]) -> tuple[float, ...]:
    if not weeks or list(weeks) != sorted(set(weeks)):
        raise ValueError("must be weeks in ascending order, at least one")
    return weeks


def _some(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    if not arms:
        raise ValueError("a trial needs at least one arm")
    return arms


Unit = Annotated[str, AfterValidator(_unit)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Text = Annotated[str, Field(min_length=1)]
Label = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""Text of one line, such as a figure shows."""


class Entry(BaseModel):
    """Base of everything in the catalogue: frozen, and no field beyond those declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple | dict) else ()
        for found in (_CONTROL.search(text) for text in texts if isinstance(text, str)):
            if found:
                raise ValueError(f"holds the control character U+{ord(found[0]):04X}; write it without")
        return value


class Reference(Entry):
    """Where a fact comes from: ``key`` is a citation key of ``sources.toml``, ``at`` the place in it."""

    source: Annotated[str, Field(min_length=1)]
    at: str = ""
    known: Known
    note: str = ""


class Quantity(Reference):
    """A number with its unit, its spread between patients, its source, and how it is known.

    ``value`` is the median patient's. At most one of the spreads is given:

    * ``cv``: coefficient of variation of a log-normal (0.3 is 30 %);
    * ``sd``: standard deviation of a normal, in ``unit``; draws stay within ``bounds``;
    * ``logit_sd``: standard deviation on the logit scale, for fractions between 0 and 1.

    ``bounds`` truncates the spread (both ends included), in ``unit``.
    """

    value: float
    unit: Unit
    cv: Annotated[float, Field(gt=0)] | None = None
    sd: Annotated[float, Field(gt=0)] | None = None
    logit_sd: Annotated[float, Field(gt=0)] | None = None
    bounds: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        given = [name for name in ("cv", "sd", "logit_sd") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of cv, sd, logit_sd, not {' and '.join(given)}")
        if self.cv is not None and self.value <= 0:
            raise ValueError("a log-normal spread (cv) needs a value above zero")
        if self.logit_sd is not None and not 0 < self.value < 1:
            raise ValueError("a logit-normal spread (logit_sd) needs a value between 0 and 1")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ValueError("bounds must be [lower, upper] with lower < upper")
        if self.bounds is not None and not self.bounds[0] <= self.value <= self.bounds[1]:
            raise ValueError("value lies outside its bounds")
        return self


class Source(Entry):
    """A publication, label or data set. ``pmid``, ``doi`` or ``url`` says where to find it."""

    citation: Text
    pmid: str = ""
    doi: str = ""
    url: str = ""


class Target(Entry):
    """A molecule that a drug binds, and what binding does."""

    molecule: Text
    action: Literal["block", "deplete"]
    affinity: Quantity
    effect: Quantity | None = None


class Pharmacokinetics(Entry):
    """Two-compartment disposition with linear clearance. Volumes and clearances are those of the reference patient.

    A parameter scales with body weight as (weight / reference_weight) ** exponent, where an exponent is given.
    ``absorption`` and ``bioavailability`` are those of every route but the intravenous.
    """

    clearance: Quantity
    central_volume: Quantity
    intercompartmental_clearance: Quantity | None = None
    peripheral_volume: Quantity | None = None
    reference_weight: Quantity | None = None
    clearance_weight_exponent: Quantity | None = None
    volume_weight_exponent: Quantity | None = None
    tumour_partition: Quantity | None = None
    node_partition: Quantity | None = None
    tissue_exchange: Quantity | None = None
    absorption: Quantity | None = None
    bioavailability: Quantity | None = None

    @model_validator(mode="after")
    def _peripheral_together(self) -> Self:
        if (self.intercompartmental_clearance is None) != (self.peripheral_volume is None):
            raise ValueError("give intercompartmental_clearance and peripheral_volume together, or neither")
        if (self.absorption is None) != (self.bioavailability is None):
            raise ValueError("give absorption and bioavailability together, or neither")
        return self


class Cytotoxicity(Entry):
    """How a cytotoxic drug kills: rate at saturation, concentration of half effect, retention in the cell."""

    kill_rate: Quantity
    half_effect: Quantity
    retention: Quantity
    immune_fraction: Quantity


class RegimenFact(Reference):
    """A regimen in use, as regimen text."""

    text: Text
    indication: Text


class Approval(Reference):
    """An approval by a named agency."""

    agency: Text
    year: Annotated[int, Field(ge=1900, le=2100)]
    indication: Text


class Drug(Entry):
    """A drug: what it is, how it is given, where it goes and what it does there."""

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    modality: Literal["antibody", "cytotoxic", "vaccine"]
    mechanism: Text
    routes: tuple[Text, ...]
    dose_units: tuple[Text, ...]
    infusion: Quantity | None = None
    molar_mass: Quantity | None = None
    targets: tuple[Target, ...] = ()
    pharmacokinetics: Pharmacokinetics
    cytotoxicity: Cytotoxicity | None = None
    regimens: tuple[RegimenFact, ...] = ()
    approvals: tuple[Approval, ...] = ()


class NamedRegimen(Reference):
    """A regimen that has a name of its own, such as a platinum doublet."""

    name: Slug
    title: Text
    text: Text


class Correlation(Reference):
    """Rank correlation between two quantities that vary between patients."""

    between: tuple[str, str]
    value: Annotated[float, Field(gt=-1, lt=1)]


class LineEffect(Entry):
    """How a previously treated patient differs: factors on the parameters named, median of the ratio."""

    factors: dict[str, Quantity]


class Cancer(Entry):
    """A cancer: its growth, visibility, evasion, burden at diagnosis, patients and hazard of death."""

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    summary: Text
    parameters: dict[str, Quantity]
    patients: dict[str, Quantity]
    previously_treated: LineEffect
    correlations: tuple[Correlation, ...] = ()


class Physiology(Entry):
    """The human immune system and body, shared by every cancer."""

    parameters: dict[str, Quantity]
    patients: dict[str, Quantity]


class Published(Reference):
    """A published outcome of an arm; a hazard ratio names the arm that it compares with in ``versus``.

    ``cutoff`` is the data cut, in months after the first patient was enrolled.
    """

    endpoint: Annotated[
        str, Field(pattern=r"^(ORR|CR|DCR|DOR_median|PFS_median|OS_median|(PFS|OS)_[1-9][0-9]{0,2}mo|(PFS|OS)_HR)$")
    ]
    value: float
    lower: float | None = None
    upper: float | None = None
    cutoff: Annotated[float, Field(gt=0, le=600)]
    versus: str = ""

    @model_validator(mode="after")
    def _interval(self) -> Self:
        if self.lower is not None and self.upper is not None and not self.lower <= self.value <= self.upper:
            raise ValueError("lower <= value <= upper does not hold")
        for name in ("value", "lower", "upper"):
            self._check(name, getattr(self, name))
        if self.endpoint.endswith("mo") and int(self.endpoint.rpartition("_")[2].removesuffix("mo")) > MAX_MONTHS:
            raise ValueError(f"{self.endpoint} is later than the {MAX_MONTHS} months that a trial can be followed")
        if self.endpoint.endswith("_HR") != bool(self.versus):
            raise ValueError("a hazard ratio, and nothing else, names its comparator in 'versus'")
        return self

    def _check(self, name: str, number: float | None) -> None:
        """That ``number`` can be a value of the endpoint."""
        if number is None:
            return
        kind = self.endpoint.rpartition("_")[2]
        what, least, most = {"HR": ("a hazard ratio", 0, 1000), "median": ("a median in months", 0, 600)}.get(
            kind, ("a rate in percent", 0, 100)
        )
        if not least <= number <= most or (kind == "HR" and name == "value" and number == 0):
            raise ValueError(f"{name} {number:g} cannot be {what}, which is {least} to {most}")


class Subsequent(Reference):
    """What patients received after progression: ``fraction`` of those who progress go on to ``regimen``."""

    regimen: Text
    fraction: Annotated[float, Field(ge=0, le=1)]


class Arm(Entry):
    """An arm of a trial. Predicted intervals are those of ``n`` patients, as published, or of as many as simulated."""

    name: Label
    regimen: Text
    n: Annotated[int, Field(gt=0, le=100_000)] | None = None
    subsequent: Annotated[tuple[Subsequent, ...], Field(max_length=20)] = ()
    published: Annotated[tuple[Published, ...], Field(max_length=200)] = ()


class Eligibility(Entry):
    """Who may enter: line of therapy and biomarkers. PD-L1 as tumour proportion score in percent, TMB per megabase."""

    previously_treated: Annotated[float, Field(ge=0, le=1)] = 0.0
    pd_l1_min: Annotated[float, Field(ge=0, le=100)] = 0.0
    pd_l1_max: Annotated[float, Field(ge=0, le=100)] = 100.0
    tmb_min: Annotated[float, Field(ge=0)] = 0.0
    age_min: Annotated[float, Field(ge=0)] = 18.0
    ecog_max: Annotated[int, Field(ge=0, le=4)] = 1


class Visits(Entry):
    """When scans are made, in weeks from the first dose: ``scans`` listed, then ``every`` so many weeks."""

    scans: Annotated[
        tuple[Annotated[float, Field(gt=0, le=_MAX_WEEKS)], ...], Field(max_length=1000), AfterValidator(_ascending)
    ]
    every: Annotated[float, Field(ge=0.5, le=_MAX_WEEKS)]


class Trial(Entry):
    """A clinical trial: who, what, when; and what was published of it."""

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
    calibrated: bool = False
    visits: Visits
    arms: Annotated[tuple[Arm, ...], Field(max_length=MAX_ARMS), AfterValidator(_some)]

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("two arms have the same name")
        for arm in self.arms:
            for published in arm.published:
                if published.versus and (published.versus not in names or published.versus == arm.name):
                    raise ValueError(f"arm {arm.name!r}: versus {published.versus!r} is not another arm of this trial")
        return self
