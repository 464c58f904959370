"""What is given: drug, route, infusion time and site, read from a part of a regimen."""

from __future__ import annotations

import re

from coley.regimen.amount import starts_with_dose
from coley.regimen.numbers import read_span
from coley.regimen.scanner import Part, quoted
from coley.regimen.terms import Span
from coley.regimen.vocabulary import ROUTE_PHRASE, ROUTES, TIMED_ROUTES, find_route, suggest_route
from coley.regimen.words import SCHEDULE_AHEAD, WORD, route_ahead

MOST_LESIONS = 99
"""The largest number of a lesion."""

_DRUG = re.compile(r"(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]*")
_OVER = re.compile(r"over(?![a-z0-9-])")
_AND = {"and", "&", "with", "plus"}
_TO = re.compile(r"(?:to|into)(?: +the)?(?![a-z0-9-])")
_LESION = re.compile(r"(?:lesion *(?P<number>[0-9]+)|(?P<largest>largest +lesion))(?![a-z0-9-])")
_SITE = re.compile(r"(?:whole[ -]+body|leg|arm)(?![a-z0-9-])")
_SITE_HINT = "a site is 'lesion 1' (1 is the largest), 'whole body', 'leg' or 'arm'"


def read_drug(part: Part) -> str | None:
    """The drug's name: one word of letters, digits and hyphens."""
    column = part.column
    if starts_with_dose(part):
        part.fault(column, "the drug is missing before its dose", "e.g. 'nivolumab 3 mg/kg iv q2w'")
        return None
    match = part.take(WORD)
    word = match.group() if match else ""
    if not _DRUG.fullmatch(word):
        part.fault(column, f"{quoted(word)} is no drug name", "a drug is one word of letters, digits and hyphens")
        return None
    further = _further_words(part)
    if further:
        joined = "-".join([word, *further])
        hint = "join two administrations with '+'" if _AND & set(further) else f"join it: {quoted(joined)}"
        part.fault(column, f"the drug {quoted(' '.join([word, *further]))} is more than one word", hint)
        return None
    return word


def read_route(part: Part, usual: str | None) -> str | None:
    """The route of administration, by its canonical name; ``usual`` where the text names none."""
    column = part.column
    if match := part.take(ROUTE_PHRASE):
        return find_route(match.group())
    if usual is not None and (part.done or part.peek(SCHEDULE_AHEAD) or part.peek(_TO)):
        return usual
    if part.done or part.peek(SCHEDULE_AHEAD):
        if not part.lost:
            part.fault(column, "the route is missing after the dose", f"one of {', '.join(ROUTES)}")
        return None
    word = None if part.lost else part.take(WORD)
    if word is not None:
        part.fault(column, f"unknown route {quoted(word.group())}", suggest_route(word.group()))
    return None


def read_infusion(part: Part, route: str | None) -> Span | None:
    """How long each dose takes: ``over 30 min``; None where it is not said."""
    column = part.column
    if not part.take(_OVER):
        return None
    span = read_span(part, ("min", "h", "day"), "e.g. 'over 30 min', 'over 2 h' or 'over 4 days'")
    if span is not None and route is not None and route not in TIMED_ROUTES:
        part.fault(column, f"a dose given {route} takes no time", f"'over' goes with {', '.join(TIMED_ROUTES)}")
    return span


def read_site(part: Part) -> str | None:
    """Where the dose goes: ``to lesion 1``; None where it is not said."""
    if not part.take(_TO):
        return None
    column = part.column
    if match := part.take(_LESION):
        number = 1 if match["largest"] else int(match["number"][:6])
        if not 1 <= number <= MOST_LESIONS:
            part.fault(column, f"there is no lesion {number}", f"lesions count from 1, the largest, to {MOST_LESIONS}")
            return None
        return f"lesion {number}"
    if match := part.take(_SITE):
        return re.sub(r"[ -]+", " ", match.group())
    word = part.take(WORD)
    part.fault(column, f"{quoted(word.group())} is no site" if word else "a site is missing here", _SITE_HINT)
    return None


def _further_words(part: Part) -> list[str]:
    """Words between the drug's first word and its dose: a name of several words."""
    words = []
    while (match := part.peek(WORD)) and (_DRUG.fullmatch(match.group()) or match.group() in _AND):
        if route_ahead(part) or part.peek(SCHEDULE_AHEAD) or starts_with_dose(part):
            break
        part.take(WORD)
        words.append(match.group())
    return words
