"""Regimen text to syntax tree, with every problem of the text at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from coley.errors import ColeyError, Problem
from coley.regimen.fields import read_dose, read_drug, read_infusion, read_rest, read_route
from coley.regimen.scanner import Part, normalise, quoted, split, where
from coley.regimen.syntax import Administration, Phase, Place, Regimen, Rest
from coley.regimen.timing import check_timing, read_schedule

LONGEST_TEXT = 4000
"""Characters in the longest regimen text that is read."""

EXAMPLE = "nivolumab 3 mg/kg iv q2w"
_REST = re.compile(r"rest(?![a-z0-9-])")


@dataclass(frozen=True, slots=True)
class Mention:
    """What a text says of a drug, as far as it could be read, whether or not the rest of its part could."""

    drug: str
    unit: str | None
    route: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything found in a text.

    Attributes:
        regimen: the tree, None where there are problems.
        mentions: drugs in the order of the text.
        problems: faults in the order of the text, each with its column.
    """

    regimen: Regimen | None
    mentions: tuple[Mention, ...]
    problems: tuple[tuple[int, Problem], ...]


def parse(text: str) -> Regimen:
    """The regimen that ``text`` says.

    ``drug dose unit route [over 30 min] schedule``, where a schedule is ``once`` or
    ``[days 1,8] q3w [x4 | up to 24 months]``, and without an end goes on until progression.
    ``+`` joins what starts together, ``then`` what follows, ``rest 2 weeks`` is a pause.
    Case, spacing and line breaks do not matter. ``str`` of the result is the canonical text.

    Raises:
        ColeyError: with every problem of the text in the order of columns, each naming its column (from 1).
    """
    reading = scan(text)
    if reading.regimen is None:
        raise ColeyError(problem for _, problem in reading.problems)
    return reading.regimen


def scan(text: str) -> Reading:
    """The regimen that ``text`` says, or its problems, with the drugs that it mentions in either case."""
    if len(text) > LONGEST_TEXT:
        return _unreadable(LONGEST_TEXT + 1, f"the text is longer than {LONGEST_TEXT} characters")
    if not text.strip():
        return _unreadable(1, "the regimen is empty")
    parts = split(normalise(text))
    mentions: list[Mention] = []
    read = [(part, _read(part, mentions)) for part in parts]
    phases = _phases(read)
    problems = sorted((problem for part in parts for problem in part.problems), key=lambda pair: pair[0])
    return Reading(None if problems else Regimen(phases), tuple(mentions), tuple(problems))


def _unreadable(column: int, what: str) -> Reading:
    return Reading(None, (), ((column, Problem(where(column), what, f"e.g. {EXAMPLE!r}")),))


def _read(part: Part, mentions: list[Mention]) -> Administration | Rest | None:
    if part.done:
        what = f"nothing stands after {part.separator!r}" if part.separator else "nothing stands before the separator"
        part.fault(part.separator_column, what, f"name an administration, e.g. {EXAMPLE!r}")
        return None
    read = _read_rest(part) if part.peek(_REST) else _read_administration(part, mentions)
    if not part.done and not part.lost:
        part.fault(part.column, f"{quoted(part.ahead)} is not understood here", _tail_hint(read))
    return None if part.problems else read


def _tail_hint(read: Administration | Rest | None) -> str:
    joints = "join what starts together with '+', what follows with 'then'"
    return joints if isinstance(read, Rest) else f"after the interval comes 'x4' or 'up to 24 months'; {joints}"


def _read_rest(part: Part) -> Rest | None:
    part.take(_REST)
    span = read_rest(part)
    return None if span is None else Rest(span)


def _read_administration(part: Part, mentions: list[Mention]) -> Administration | None:
    drug_column = part.column
    drug = read_drug(part)
    dose_column = part.column
    dose = read_dose(part)
    route_column = part.column
    route = read_route(part)
    infusion_column = part.column
    infusion = read_infusion(part, route)
    schedule = read_schedule(part)
    if schedule is not None:
        check_timing(part, schedule, infusion, infusion_column)
    place = Place(drug_column, dose_column, dose.unit_column if dose else dose_column, route_column)
    if drug is not None:
        mentions.append(Mention(drug, dose.unit if dose else None, route, place))
    if part.problems or drug is None or dose is None or route is None or schedule is None:
        return None
    return Administration(
        drug=drug,
        dose=dose.number,
        unit=dose.unit,
        route=route,
        infusion=infusion,
        interval=schedule.interval,
        days=schedule.days,
        cycles=schedule.cycles,
        limit=schedule.limit,
        place=place,
    )


def _phases(read: list[tuple[Part, Administration | Rest | None]]) -> tuple[Phase, ...]:
    """Parts gathered into phases; notes what cannot stand together or one after the other."""
    groups: list[list[tuple[Part, Administration | Rest | None]]] = []
    for part, item in read:
        if part.separator == "+":
            groups[-1].append((part, item))
        else:
            groups.append([(part, item)])
    for group, following in pairwise(groups):
        _check_ends(group, following[0][0])
    return tuple(_phase(group) for group in groups)


def _check_ends(group: list[tuple[Part, Administration | Rest | None]], following: Part) -> None:
    endless = [item.drug for _, item in group if isinstance(item, Administration) and item.open_ended]
    if endless:
        following.fault(
            following.separator_column,
            f"'then' follows {' and '.join(repr(drug) for drug in dict.fromkeys(endless))}, which has no end",
            "give it one before 'then', e.g. 'x4' or 'up to 24 months'",
        )


def _phase(group: list[tuple[Part, Administration | Rest | None]]) -> Phase:
    if len(group) == 1 and isinstance(rest := group[0][1], Rest):
        return rest
    for part, item in group:
        if isinstance(item, Rest):
            part.fault(part.start_column, "a rest cannot be joined with '+'", "write '... then rest 2 weeks then ...'")
    return tuple(item for _, item in group if isinstance(item, Administration))
