"""What stands in brackets after a dose: first doses, bands of patients, steps and a cap."""

from __future__ import annotations

import re
from typing import Literal

from coley.regimen.numbers import NUMBER, NUMBER_AHEAD, read_number, read_span
from coley.regimen.scanner import Part, quoted
from coley.regimen.states import read_state
from coley.regimen.terms import ORDINALS, Amount, Band, Early, Span, State, Step, Tailoring
from coley.regimen.vocabulary import UNITS, find_unit, suggest_unit
from coley.regimen.words import SCHEDULE_AHEAD, route_ahead

MEASURES = ("kg", "m2", "years", "mL/min", "% blasts")
"""What a band of patients can go by."""

_UNIT = re.compile(r"[^ /(),]+(?:(?: */ *| +per +)[^ /(),]+)*(?: +of +adjusted +ideal +(?:body +)?weight)?")
_AUC = re.compile(rf"auc *(?:[:=] *)?(?={NUMBER})")
_CAP = re.compile(r"(?:at +most|max(?:imum)?|capped +at)(?![a-z0-9-])")
_EARLY = re.compile(rf"(?P<word>{'|'.join(ORDINALS)}|loading)(?![a-z0-9-])")
_OVER = re.compile(r"over(?![a-z0-9-])")
_STEP = re.compile(r"(?P<way>more|less) +(?:each|every|a|per)(?![a-z0-9-])")
_DOSE = re.compile(r"dose(?![a-z0-9-])")
_TIME = re.compile(r"(?P<unit>day|week|month)(?![a-z0-9-])")
_UNTIL = re.compile(r"until(?![a-z0-9-])")
_EDGE = re.compile(rf"(?P<edge>from|above|below) +(?P<bound>{NUMBER}) *(?P<measure>[a-z%0-9/]+(?: +blasts)?)")
_MEASURES = {name.casefold(): name for name in MEASURES} | {"year": "years", "%blasts": "% blasts", "m\u00b2": "m2"}
_EDGES: dict[str, Literal["from", "above", "below"]] = {"from": "from", "above": "above", "below": "below"}
_COMMA = re.compile(r",")
_REST = re.compile(r"[^,]*")
_HINT = "e.g. '(first 8 mg/kg)', '(1400 mg from 80 kg)', '(50 ug more each dose)' or '(at most 800 mg)'"


class _Items:
    """What has been read so far."""

    def __init__(self) -> None:
        self.early: list[Early] = []
        self.bands: list[Band] = []
        self.step: Step | None = None
        self.cap: Amount | None = None


def read_tailoring(part: Part, dose: Amount | None) -> Tailoring:
    """Items between commas. ``dose`` is the standing dose, None where it could not be read."""
    items = _Items()
    while True:
        column = part.column
        _read_item(part, items, dose)
        if not part.done and not part.lost and not part.peek(_COMMA):
            part.fault(part.column, f"{quoted(part.ahead)} is not understood in a dose", _HINT)
        part.lost = False
        part.take(_REST)
        if not part.take(_COMMA):
            break
    if len(items.early) > len(ORDINALS) or (items.step is not None and items.early):
        part.fault(column, "a dose cannot both start differently and rise or fall", "write the phases out with 'then'")
    return Tailoring(tuple(items.early), tuple(items.bands), items.step, items.cap)


def read_amount(part: Part) -> Amount | None:
    """A number and its unit."""
    column = part.column
    auc = part.take(_AUC)
    match = part.take(NUMBER_AHEAD)
    if match is None:
        part.fault(column, "an amount is missing here", _HINT, lost=True)
        return None
    value = read_number(part, column, match.group())
    unit = "AUC" if auc else read_unit(part)
    return None if value is None or unit is None else Amount(value, unit)


def read_unit(part: Part) -> str | None:
    """The unit of a dose, by its canonical name."""
    column = part.column
    match = None if route_ahead(part) or part.peek(SCHEDULE_AHEAD) else part.take(_UNIT)
    if match is None:
        part.fault(column, "the unit is missing after the dose", suggest_unit(""))
        return None
    unit = find_unit(match.group())
    if unit is None:
        part.fault(column, f"unknown unit {quoted(match.group())}", suggest_unit(match.group()))
        return None
    return unit.name


def read_cap(part: Part, dose: Amount | None) -> Amount | None:
    """``at most 800 mg``; None where no cap stands here, or one that cannot be used."""
    if not part.take(_CAP):
        return None
    column = part.column
    cap = read_amount(part)
    if cap is None:
        return None
    if UNITS[cap.unit].per:
        part.fault(column, f"a cap in {quoted(cap.unit)} depends on the patient", "e.g. 'at most 800 mg'")
        return None
    return cap if _alike(part, column, cap, dose) else None


def _read_item(part: Part, items: _Items, dose: Amount | None) -> None:
    column = part.column
    if part.peek(_CAP):
        cap = read_cap(part, dose)
        if cap is not None and items.cap is not None:
            part.fault(column, "a dose has two caps", "keep the lower one")
        items.cap = items.cap or cap
    elif early := part.take(_EARLY):
        _read_early(part, items, dose, early["word"], column)
    elif part.peek(NUMBER_AHEAD) or part.peek(_AUC):
        _read_other(part, items, dose)
    else:
        what = f"{quoted(part.ahead)} is not understood in a dose" if not part.done else "nothing stands in the bracket"
        part.fault(column, what, _HINT, lost=True)


def _read_early(part: Part, items: _Items, dose: Amount | None, word: str, column: int) -> None:
    expected = ORDINALS[min(len(items.early), len(ORDINALS) - 1)]
    if word not in (expected, "loading") or len(items.early) == len(ORDINALS) or (word == "loading" and items.early):
        part.fault(column, f"{word!r} comes where {expected!r} should", "name the first doses in order", lost=True)
        return
    amount = read_amount(part)
    infusion: Span | None = None
    if part.take(_OVER):
        infusion = read_span(part, ("min", "h", "day"), "e.g. 'first 8 mg/kg over 90 min'")
    if amount is not None and _alike(part, column, amount, dose):
        items.early.append(Early(amount, infusion))


def _read_other(part: Part, items: _Items, dose: Amount | None) -> None:
    """A band or a step, which both begin with an amount."""
    column = part.column
    amount = read_amount(part)
    if amount is None:
        part.lost = True
    elif way := part.take(_STEP):
        _read_step(part, items, dose, amount, rising=way["way"] == "more", column=column)
    elif edge := part.take(_EDGE):
        measure = _MEASURES.get(re.sub(r" +", " ", edge["measure"]))
        bound = read_number(part, column, edge["bound"])
        if measure is None:
            hint = f"bands go by {', '.join(MEASURES)}"
            part.fault(column, f"{quoted(edge['measure'])} is no measure of a patient", hint)
        elif bound is not None and _alike(part, column, amount, dose):
            items.bands.append(Band(amount, _EDGES[edge["edge"]], bound, measure))
    else:
        part.fault(part.column, "it is missing when this amount is given", _HINT, lost=True)


def _read_step(part: Part, items: _Items, dose: Amount | None, amount: Amount, *, rising: bool, column: int) -> None:
    every: Span | None = None
    if not part.take(_DOSE):
        if unit := part.take(_TIME):
            every = Span(1.0, "day" if unit["unit"] == "day" else "week" if unit["unit"] == "week" else "month")
        else:
            every = read_span(part, ("day", "week", "month"), "e.g. '0.25 mg/kg less each week'")
            if every is None:
                return
    until: State | None = read_state(part) if part.take(_UNTIL) else None
    if items.step is not None:
        part.fault(column, "a dose rises or falls in one way only", "keep one of the two")
    elif dose is not None and UNITS[amount.unit].per != UNITS[dose.unit].per:
        part.fault(column, f"a step in {amount.unit} does not fit a dose in {dose.unit}", f"write it in {dose.unit}")
    elif _alike(part, column, amount, dose):
        items.step = Step(amount, rising, every, until)


def _alike(part: Part, column: int, amount: Amount, dose: Amount | None) -> bool:
    """Whether ``amount`` counts the same as the dose; a problem is noted where it does not."""
    if dose is None:
        return True
    one, other = UNITS[amount.unit], UNITS[dose.unit]
    # A cap in mg bounds a rate too: what is given in all.
    if one.base == other.base and (one.per_day == other.per_day or not one.per_day):
        return True
    part.fault(column, f"{amount.unit} does not count what a dose in {dose.unit} does", f"write it in {dose.unit}")
    return False
