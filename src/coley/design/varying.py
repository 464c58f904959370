"""What is varied of a regimen: ``dose of nivolumab 0.1..10 mg/kg log 7`` becomes arms of a trial."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from coley.catalogue import NOTHING, Catalogue
from coley.errors import ColeyError, Problem, did_you_mean
from coley.protocol import Arm, Trial
from coley.regimen import Amount, Regimen, Span, read, with_dose, with_interval
from coley.regimen.vocabulary import find_time_unit, find_unit, suggest_unit

MOST_VALUES = 28
"""As many arms as a trial may have."""
EXAMPLE = "write 'dose 0.1..10 mg/kg log 7', 'dose of nivolumab 1, 3, 10 mg/kg' or 'interval 2..8 weeks 4'"
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_TEXT = re.compile(
    rf"(?P<what>dose|interval)(?: +of +(?P<drug>[a-z0-9][a-z0-9-]*))? +"
    rf"(?:(?P<low>{_NUMBER}) *\.\. *(?P<high>{_NUMBER})|(?P<list>{_NUMBER}(?: *, *{_NUMBER})*)) +"
    rf"(?P<unit>[a-zµ]+(?: */ *[a-z0-9]+)*?)(?: +(?P<scale>log|linear))?(?: +(?P<count>[0-9]+))?",
    re.IGNORECASE,
)
_DIGITS = 3
_FEWEST = 2


@dataclass(frozen=True)
class Vary:
    """Values of a dose or an interval of one drug.

    Attributes:
        what: ``dose`` or ``interval``.
        drug: as written, "" where none is named.
        values: ascending, in ``unit``.
        log: whether they are spaced on a logarithmic scale.
    """

    what: str
    drug: str
    values: tuple[float, ...]
    unit: str
    log: bool

    def name(self, value: float) -> str:
        """What the arm with ``value`` is called."""
        return str(Amount(value, self.unit)) if self.what == "dose" else f"every {_span(value, self.unit)}"


def read_vary(text: str) -> Vary:
    """What ``text`` says; numbers are rounded to three digits, intervals to whole units.

    Raises:
        ColeyError: it cannot be read, has an unknown unit, or values that cannot be.
    """
    where = f"--vary {text!r}"
    found = _TEXT.fullmatch(" ".join(text.split()))
    if found is None:
        raise ColeyError(Problem(where, "is not understood", EXAMPLE))
    what = found["what"].lower()
    unit = _unit(what, found["unit"], where)
    log = (found["scale"] or "").lower() == "log"
    if found["list"] is not None:
        if found["count"] or found["scale"]:
            raise ColeyError(Problem(where, "lists its values, and asks for a number of them too", EXAMPLE))
        values = [float(number) for number in found["list"].split(",")]
        log = len(values) > _FEWEST and min(values) > 0 and max(values) >= 10 * min(values)
    else:
        values = _between(found, log, where)
    values = [float(round(v)) if what == "interval" else float(f"{v:.{_DIGITS}g}") for v in values]
    values = sorted(set(values))
    if what == "interval" and values[0] < 1:
        raise ColeyError(Problem(where, "an interval of 0 cannot be", "intervals are whole hours, days or weeks"))
    if len(values) < _FEWEST:
        raise ColeyError(Problem(where, "gives one value only", "ask for values further apart, or for more of them"))
    return Vary(what, (found["drug"] or "").lower(), tuple(values), unit, log)


def _between(found: re.Match[str], log: bool, where: str) -> list[float]:
    low, high, count = float(found["low"]), float(found["high"]), int((found["count"] or "0")[:4])
    problems = []
    if not _FEWEST <= count <= MOST_VALUES:
        problems.append(
            Problem(where, "needs a number of values", f"end it with {_FEWEST} to {MOST_VALUES}, such as 7")
        )
    if not low < high < float("inf"):
        problems.append(Problem(where, f"{low:g}..{high:g} is no range", "write the lower end first"))
    if log and low <= 0:
        problems.append(Problem(where, "a logarithmic range cannot begin at 0", "begin above 0, or write 'linear'"))
    if problems:
        raise ColeyError(problems)
    return [float(value) for value in (np.geomspace if log else np.linspace)(low, high, count)]


def _unit(what: str, text: str, where: str) -> str:
    if what == "dose":
        unit = find_unit(text)
        if unit is None:
            raise ColeyError(Problem(where, f"{text!r} is no unit of a dose", suggest_unit(text)))
        return unit.name
    time = find_time_unit(text)
    if time not in ("h", "day", "week"):
        raise ColeyError(Problem(where, f"{text!r} is no unit of an interval", "write hours, days or weeks"))
    return time


def _span(value: float, unit: str) -> Span:
    return Span(value, "h" if unit == "h" else "day" if unit == "day" else "week")


def varied(trial: Trial, arm: str | None, vary: Vary, catalogue: Catalogue) -> tuple[Trial, str]:
    """The trial with one arm for each value, made of one arm of ``trial``, and the name of the drug that is varied.

    All else is as in that arm: who is treated, visits, what follows progression. Nothing published is held against it.

    Raises:
        ColeyError: an arm or drug that is not there, or a regimen that cannot be given.
    """
    model = arm_of(trial, arm)
    regimen = regimen_of(model, catalogue)
    drug = drug_of(regimen, vary, catalogue)
    texts = {vary.name(value): str(changed(regimen, drug, vary, value)) for value in vary.values}
    problems = [
        replace(problem, where=f"{name}: {problem.where}")
        for name, text in texts.items()
        for problem in catalogue.regimen_problems(text)
    ]
    if problems:
        raise ColeyError(problems)
    arms = tuple(
        model.model_copy(update={"name": name, "regimen": text, "published": (), "strata": (), "n": None})
        for name, text in texts.items()
    )
    title = f"{trial.name}, arm {model.name}: {vary.what} of {drug}"[:200]
    return trial.model_copy(update={"title": title, "arms": arms, "fitted": False}), drug


def regimen_of(arm: Arm, catalogue: Catalogue) -> Regimen:
    """What ``arm`` is given."""
    return read(catalogue.regimen_text(arm.regimen), catalogue.drugs, catalogue.regimen_texts)


def changed(regimen: Regimen, drug: str, vary: Vary, value: float) -> Regimen:
    """``regimen`` with ``value`` as the dose or interval of ``drug``."""
    if vary.what == "dose":
        return with_dose(regimen, drug, Amount(value, vary.unit))
    return with_interval(regimen, drug, _span(value, vary.unit))


def arm_of(trial: Trial, name: str | None) -> Arm:
    """The arm called ``name``, or the only one.

    Raises:
        ColeyError: an arm that is not there, that is not told, or that is given no regimen of its own.
    """
    names = [arm.name for arm in trial.arms]
    if name is None and len(names) > 1:
        what, hint = f"is needed: the trial {trial.name} has several", f"one of {', '.join(map(repr, names))}"
        raise ColeyError(Problem("--arm", what, hint))
    if name is not None and name not in names:
        raise ColeyError(Problem("--arm", f"the trial {trial.name} has no arm {name!r}", did_you_mean(name, names)))
    arm = trial.arms[0 if name is None else names.index(name)]
    if not arm.regimen or arm.regimen.strip() in NOTHING:
        what = "gives nothing" if arm.regimen else "leaves the regimen to the investigator"
        raise ColeyError(Problem(f"arm {arm.name!r}", what, "choose an arm with one regimen"))
    return arm


def drug_of(regimen: Regimen, vary: Vary, catalogue: Catalogue) -> str:
    """The drug that is varied, by its name in the catalogue.

    Raises:
        ColeyError: a drug that the regimen does not give, or none where it gives several.
    """
    if not vary.drug:
        if len(regimen.drugs) != 1:
            example = f"write '{vary.what} of {regimen.drugs[0]} ...'" if regimen.drugs else "choose another arm"
            raise ColeyError(Problem("--vary", f"the arm gives {', '.join(regimen.drugs) or 'no drug'}", example))
        return regimen.drugs[0]
    name = catalogue.drug(vary.drug).name
    if name not in regimen.drugs:
        raise ColeyError(Problem("--vary", f"{name} is not given in this arm", f"it gives {', '.join(regimen.drugs)}"))
    return name
