"""States of a patient on which a regimen ends or depends, read from a part of a regimen."""

from __future__ import annotations

import re

from coley.errors import did_you_mean
from coley.regimen.numbers import read_span
from coley.regimen.scanner import Part, quoted
from coley.regimen.terms import Condition, Span, State

RESPONSES = ("CR", "VGPR", "PR", "MRD-negative")
"""Responses that can be waited for: complete, very good partial and partial, and no measurable residual disease."""

_NAMES = {
    "complete response": "CR",
    "complete remission": "CR",
    "cr": "CR",
    "very good partial response": "VGPR",
    "vgpr": "VGPR",
    "partial response": "PR",
    "response": "PR",
    "pr": "PR",
    "mrd-negative": "MRD-negative",
    "mrd negative": "MRD-negative",
}
_PHRASES = "|".join(name.replace(" ", " +") for name in _NAMES)
_RESPONSE = re.compile(rf"(?P<name>{_PHRASES})(?: +or +better)?(?![a-z0-9-])")
_GRADE = re.compile(r"grade +(?P<grade>[0-4])(?: +or +(?:less|below|lower))?(?![a-z0-9-])")
_WORD = re.compile(r"(?P<word>until|if|unless)(?![a-z0-9-])")
_FOR = re.compile(r"for(?![a-z0-9-])")
_ANY = re.compile(r"[^ (),]+")
_HINT = f"a state is one of {', '.join(RESPONSES)}, or 'grade 1' for a harm of that grade or less"


def read_condition(part: Part) -> Condition | None:
    """``until CR``, ``unless MRD-negative for 6 months``; None, with a problem noted, where it is not understood."""
    match = part.take(_WORD)
    if match is None:
        return None
    state = read_state(part)
    if state is None:
        return None
    word = match["word"]
    return Condition("until" if word == "until" else "if" if word == "if" else "unless", state)


def condition_ahead(part: Part) -> bool:
    """Whether a condition comes next."""
    return part.peek(_WORD) is not None


def read_state(part: Part) -> State | None:
    """A state of the patient, and for how long it has been true."""
    column = part.column
    if grade := part.take(_GRADE):
        name = f"grade {grade['grade']}"
    elif response := part.take(_RESPONSE):
        name = _NAMES[re.sub(r" +", " ", response["name"])]
    else:
        word = part.take(_ANY)
        what = f"{quoted(word.group())} is no state of a patient" if word else "a state is missing here"
        hint = did_you_mean(word.group(), _NAMES) if word else ""
        part.fault(column, what, hint if hint.startswith("did") else _HINT, lost=True)
        return None
    held: Span | None = None
    if part.take(_FOR):
        held = read_span(part, ("day", "week", "month", "year"), "e.g. 'until CR for 6 months'")
        if held is None:
            return None
    return State(name, held)
