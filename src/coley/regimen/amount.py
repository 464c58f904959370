"""How much is given: the dose, and what changes it between patients or over time, read from a part of a regimen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coley.regimen.numbers import NUMBER, NUMBER_AHEAD, read_number
from coley.regimen.scanner import Part, clipped, quoted
from coley.regimen.tailoring import read_cap, read_tailoring, read_unit
from coley.regimen.terms import UNTAILORED, Amount, Tailoring
from coley.regimen.vocabulary import UNITS, find_concentration, find_unit
from coley.regimen.words import SCHEDULE_AHEAD, WORD, route_ahead

MOST_FRACTIONS = 9999

AUC_AHEAD = re.compile(rf"auc *(?:[:=] *)?(?={NUMBER})")
_DOSE = re.compile(rf"{NUMBER} *(?P<unit>[a-z]+(?: */ *[a-z0-9]+)*)?(?![a-z0-9-])")
_UP_TO = re.compile(rf"up +to +(?={NUMBER} *(?P<unit>[a-z]+))")
_RANGE = re.compile(r"[0-9.]+(?:e[0-9]+)? *(?:-|to) *[0-9][0-9.e]*(?= *[a-z])")
_COMMA = re.compile(r",[0-9]")
_OF = re.compile(rf"of +(?={NUMBER})")
_CONCENTRATION = re.compile(rf"(?P<number>{NUMBER}) *(?P<unit>[a-z]+ *(?:/ *[a-z]+)?)")
_FRACTIONS = re.compile(r"in +(?P<number>[0-9]+) +fractions?(?![a-z0-9-])")
_BRACKET = re.compile(r"\(")


@dataclass(frozen=True, slots=True)
class Dose:
    """What is given at a time, with the column of the unit; see ``Administration``."""

    amount: Amount
    unit_column: int
    ceiling: bool = False
    concentration: Amount | None = None
    fractions: int | None = None
    tailoring: Tailoring = UNTAILORED


def starts_with_dose(part: Part) -> bool:
    """Whether a dose comes next."""
    dose = part.peek(_DOSE)
    return bool(
        part.peek(AUC_AHEAD) or part.peek(_RANGE) or (dose and (dose["unit"] is None or find_unit(dose["unit"])))
    )


def read_dose(part: Part) -> Dose | None:
    """The dose: ``1 mg/kg``, ``1e8 cells``, ``AUC 5``, ``4 mL of 1e6 PFU/mL``, ``60 Gy in 30 fractions``."""
    ceiling = ceiling_ahead(part) and part.take(_UP_TO) is not None
    column = part.column
    auc = part.take(AUC_AHEAD)
    if span := part.take(_RANGE):
        hint = "write one number; other doses for some patients stand in brackets: '(12 mg/kg below 30 kg)'"
        part.fault(column, f"{quoted(span.group())} is a range", hint)
        read_unit(part)
        return None
    match = part.take(NUMBER_AHEAD)
    if match is None:
        recognised = part.done or route_ahead(part) or part.peek(SCHEDULE_AHEAD)
        hint = "a dose is a number with its unit, e.g. '3 mg/kg'"
        part.fault(column, "the dose is missing after the drug", hint, lost=not recognised)
        return None
    if part.take(_COMMA):
        part.fault(column, "a comma in a number can be read in two ways", "write 1000 or 0.5", lost=True)
        part.take(WORD)
        return None
    value = read_number(part, column, match.group())
    unit_column = column if auc else part.column
    unit = "AUC" if auc else read_unit(part)
    concentration = _concentration(part, unit)
    fractions = _fractions(part, unit)
    amount = None if value is None or unit is None else Amount(value, unit)
    tailoring = _tailoring(part, amount, concentration)
    return None if amount is None else Dose(amount, unit_column, ceiling, concentration, fractions, tailoring)


def ceiling_ahead(part: Part) -> bool:
    """Whether a dose comes next that is the most that may be given; not to be confused with a limit in time."""
    match = part.peek(_UP_TO)
    return match is not None and find_unit(match["unit"]) is not None


def _concentration(part: Part, unit: str | None) -> Amount | None:
    if not part.take(_OF):
        return None
    column = part.column
    match = part.take(_CONCENTRATION)
    name = find_concentration(match["unit"]) if match else None
    if match is None or name is None:
        part.fault(column, "a concentration is missing after 'of'", "e.g. '4 mL of 1e6 PFU/mL'", lost=match is None)
        return None
    if unit is not None and unit != "mL":
        part.fault(column, f"a dose in {unit} has no concentration", "give a volume, e.g. '4 mL of 1e6 PFU/mL'")
        return None
    value = read_number(part, column, match["number"])
    return None if value is None else Amount(value, name)


def _fractions(part: Part, unit: str | None) -> int | None:
    column = part.column
    match = part.take(_FRACTIONS)
    if match is None:
        return None
    if unit is not None and UNITS[unit].kind != "absorbed dose":
        part.fault(column, f"a dose in {unit} has no fractions", "write the dose of each time, and how often")
        return None
    number = int(match["number"][:6])
    if not 1 <= number <= MOST_FRACTIONS:
        what = f"the number of fractions {clipped(match['number'])} is not from 1 to {MOST_FRACTIONS}"
        part.fault(column, what, "e.g. '60 Gy in 30 fractions'")
        return None
    return number


def _tailoring(part: Part, amount: Amount | None, concentration: Amount | None) -> Tailoring:
    """What stands in brackets after the dose; a cap may stand without them."""
    if part.peek(_BRACKET):
        column = part.column
        bounds = part.take_bracket()
        inner = part.inside(bounds) if bounds else part
        if concentration is not None:
            part.fault(column, "a volume of a concentration is not tailored", "leave the bracket out")
            return UNTAILORED
        found = read_tailoring(inner, amount)
        for problem in inner.problems:
            part.note(*problem)
        return found
    return Tailoring(cap=read_cap(part, amount))
