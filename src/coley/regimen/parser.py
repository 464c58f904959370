"""Regimen text to syntax tree, with every problem of the text at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from coley.errors import ColeyError, Problem, did_you_mean
from coley.regimen.amount import ceiling_ahead, read_dose, starts_with_dose
from coley.regimen.ends import ends_ahead, read_ends
from coley.regimen.fields import read_drug, read_infusion, read_route, read_site
from coley.regimen.numbers import read_span
from coley.regimen.scanner import Part, balance, normalise, quoted, split, where
from coley.regimen.states import condition_ahead
from coley.regimen.syntax import Administration, Bracket, Item, Phase, Place, Regimen, Rest
from coley.regimen.timing import check_timing, read_schedule
from coley.regimen.vocabulary import EXTERNAL_BEAM, PROCEDURE, PROCEDURE_PHRASE, UNITS, find_procedure
from coley.regimen.words import SCHEDULE_AHEAD

LONGEST_TEXT = 4000
"""Characters in the longest regimen text that is read."""
MOST_ADMINISTRATIONS = 1000
"""Administrations in the largest regimen, those of named regimens included."""

EXAMPLE = "nivolumab 3 mg/kg iv q2w"
_REST = re.compile(r"rest(?![a-z0-9-])")
_BRACKET = re.compile(r"\(")
_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(?![^ ])")


@dataclass(frozen=True, slots=True)
class Mention:
    """What a text says of a drug, as far as it could be read, whether or not the rest of its part could."""

    drug: str
    units: tuple[str, ...]
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


def parse(text: str, names: Mapping[str, str] | None = None) -> Regimen:
    """The regimen that ``text`` says.

    ``drug dose unit [(tailoring)] route [over 30 min] [to lesion 1] schedule``, where a schedule is ``once`` or
    ``[days 1,8] q3w [x4 | up to 24 months]``, and without an end goes on until progression.
    ``+`` joins what starts together, ``then`` what follows, ``rest 2 weeks`` is a pause, brackets hold a regimen
    inside a regimen, and a name of ``names`` stands for its text. docs/regimens.md shows the language by example.
    Case, spacing and line breaks do not matter. ``str`` of the result is the canonical text.

    Args:
        text: what to read.
        names: texts of named regimens by name, where names may stand in ``text``.

    Raises:
        ColeyError: with every problem of the text in the order of columns, each naming its column (from 1).
    """
    reading = scan(text, names)
    if reading.regimen is None:
        raise ColeyError(problem for _, problem in reading.problems)
    return reading.regimen


def scan(text: str, names: Mapping[str, str] | None = None) -> Reading:
    """The regimen that ``text`` says, or its problems, with the drugs that it mentions in either case."""
    return _Reader(names).scan(text)


def mention(administration: Administration) -> Mention:
    """What an administration says of its drug."""
    tailoring = administration.tailoring
    amounts = [early.amount for early in tailoring.early] + [band.amount for band in tailoring.bands]
    held = administration.concentration.unit.removesuffix("/mL") if administration.concentration else None
    units = dict.fromkeys([held or administration.unit, *(amount.unit for amount in amounts)])
    return Mention(administration.drug, tuple(units), administration.route, administration.place)


class _Reader:
    """Reads a text and the named regimens in it, each of these once."""

    def __init__(self, names: Mapping[str, str] | None) -> None:
        self._named = names is not None
        self._texts = {name.casefold(): text for name, text in (names or {}).items()}
        self._known: dict[str, Reading] = {}
        self._chain: list[str] = []

    def scan(self, text: str) -> Reading:
        """Everything found in ``text``."""
        if len(text) > LONGEST_TEXT:
            return _unreadable(LONGEST_TEXT + 1, f"the text is longer than {LONGEST_TEXT} characters")
        if not text.strip():
            return _unreadable(1, "the regimen is empty")
        plain, problems = balance(normalise(text))
        mentions: list[Mention] = []
        regimen, found = self._sequence(plain, 0, len(plain), mentions)
        problems = sorted([*problems, *found], key=lambda pair: pair[0])
        if not problems and len(regimen.administrations) > MOST_ADMINISTRATIONS:
            return _unreadable(1, f"the regimen has more than {MOST_ADMINISTRATIONS} administrations")
        return Reading(None if problems else regimen, tuple(mentions), tuple(problems))

    def _sequence(
        self, text: str, start: int, end: int, mentions: list[Mention]
    ) -> tuple[Regimen, list[tuple[int, Problem]]]:
        parts = split(text, start, end)
        read = [(part, self._read(text, part, mentions)) for part in parts]
        phases = _phases(read)
        return Regimen(phases), [problem for part in parts for problem in part.problems]

    def _read(self, text: str, part: Part, mentions: list[Mention]) -> Item | Rest | None:
        if part.done:
            what = "nothing stands before the separator"
            what = f"nothing stands after {part.separator!r}" if part.separator else what
            part.fault(part.separator_column, what, f"name an administration, e.g. {EXAMPLE!r}")
            return None
        read: Item | Rest | None
        if condition_ahead(part):
            hint = "e.g. 'nivolumab 240 mg iv q2w x9 unless CR'"
            part.fault(part.column, "a condition stands after what depends on it", hint, lost=True)
            return None
        if part.peek(_REST):
            read = _read_rest(part)
        elif part.peek(_BRACKET):
            read = self._read_bracket(text, part, mentions)
        elif part.peek(PROCEDURE_PHRASE):
            read = _read_procedure(part)
        elif self._named and _lone_name(part):
            read = self._read_name(part, mentions)
        else:
            read = _read_administration(part, mentions)
        if not part.done and not part.lost:
            part.fault(part.column, f"{quoted(part.ahead)} is not understood here", _tail_hint(read))
        return None if part.problems else read

    def _read_bracket(self, text: str, part: Part, mentions: list[Mention]) -> Bracket | None:
        bounds = part.take_bracket()
        if bounds is None:  # pragma: no cover - the text is balanced, and no separator stands inside a bracket
            return None
        regimen, problems = self._sequence(text, *bounds, mentions)
        for problem in problems:
            part.note(*problem)
        return _bounded(part, Bracket(regimen))

    def _read_name(self, part: Part, mentions: list[Mention]) -> Bracket | None:
        column = part.column
        match = part.take(_NAME)
        name = match["name"] if match else ""
        reading = self._named_reading(part, column, name)
        bracket = _bounded(part, Bracket(reading.regimen if reading and reading.regimen else Regimen(()), name))
        if reading is None or reading.regimen is None:
            return None
        place = Place(column, column, column, column)
        mentions += [replace(found, place=place) for found in reading.mentions]
        return replace(bracket, regimen=reading.regimen.map(lambda item: replace(item, place=place)))

    def _named_reading(self, part: Part, column: int, name: str) -> Reading | None:
        """What the regimen called ``name`` says; None, with problems noted, where it cannot be used."""
        if name not in self._texts:
            hint = did_you_mean(name, self._texts) or "name a regimen, or write dose, route and interval of a drug"
            part.fault(column, f"{quoted(name)} names no regimen", hint)
            return None
        if name in self._chain:
            circle = " → ".join([*self._chain[self._chain.index(name) :], name])
            part.fault(column, f"the regimen {name!r} stands inside itself: {circle}", "write one of them out")
            return None
        first = name not in self._known
        if first:
            self._chain.append(name)
            self._known[name] = self.scan(self._texts[name])
            self._chain.pop()
        reading = self._known[name]
        for _, problem in reading.problems if first else ():
            inside = f"regimen {name!r}"
            place = problem.where.replace("regimen", inside, 1) if "'" not in problem.where else problem.where
            part.note(column, Problem(place, problem.what, problem.hint))
        if reading.problems and not first:
            part.note(column, Problem(where(column), f"the regimen {name!r} cannot be read", "mend it first"))
        return reading


def _unreadable(column: int, what: str) -> Reading:
    return Reading(None, (), ((column, Problem(where(column), what, f"e.g. {EXAMPLE!r}")),))


def _lone_name(part: Part) -> bool:
    """Whether a single word stands where an administration would, so that it can only be the name of a regimen."""
    match = part.peek(_NAME)
    if match is None or SCHEDULE_AHEAD.fullmatch(match["name"]):
        return False
    tail = part.inside((match.end(), match.end() + len(part.ahead) - len(match["name"])))
    return tail.done or (ends_ahead(tail) and not ceiling_ahead(tail))


def _bounded(part: Part, bracket: Bracket) -> Bracket:
    """``bracket`` with what is said of its end and start."""
    ends = read_ends(part, by_dose=True)
    return replace(bracket, cycles=ends.cycles, limit=ends.limit, start=ends.start, condition=ends.condition)


def _tail_hint(read: Item | Rest | None) -> str:
    joints = "join what starts together with '+', what follows with 'then'"
    return joints if isinstance(read, Rest) else f"after the interval comes 'x4' or 'up to 24 months'; {joints}"


def _read_rest(part: Part) -> Rest | None:
    part.take(_REST)
    span = read_span(part, ("day", "week", "month", "year"), "e.g. 'rest 2 weeks'")
    return None if span is None else Rest(span)


def _read_procedure(part: Part) -> Administration | None:
    column = part.column
    match = part.take(PROCEDURE_PHRASE)
    name = find_procedure(match.group()) if match else None
    if starts_with_dose(part):
        part.fault(part.column, f"{name} has no dose", f"e.g. '{name} at week 9'", lost=True)
        return None
    schedule = read_schedule(part, procedure=True)
    if schedule is None or name is None:
        return None
    check_timing(part, schedule, None, column)
    ends = schedule.ends
    return Administration(
        drug=name,
        dose=1.0,
        unit=PROCEDURE,
        route=PROCEDURE,
        interval=schedule.interval,
        days=schedule.days,
        cycles=ends.cycles,
        limit=ends.limit,
        place=Place(column, column, column, column),
        times=schedule.times,
        doses=ends.doses,
        start=ends.start,
        before=schedule.before,
        condition=ends.condition,
    )


def _read_administration(part: Part, mentions: list[Mention]) -> Administration | None:
    drug_column = part.column
    drug = read_drug(part)
    dose_column = part.column
    dose = read_dose(part)
    route_column = part.column
    gray = dose is not None and UNITS[dose.amount.unit].kind == "absorbed dose"
    route = read_route(part, EXTERNAL_BEAM if gray else None)
    infusion_column = part.column
    infusion = read_infusion(part, route)
    site = read_site(part)
    schedule = read_schedule(part, fractions=dose is not None and dose.fractions is not None)
    if schedule is not None:
        check_timing(part, schedule, infusion, infusion_column)
    place = Place(drug_column, dose_column, dose.unit_column if dose else dose_column, route_column)
    if dose is not None and UNITS[dose.amount.unit].per_day and infusion is None and not part.problems:
        hint = "e.g. '28 ug/day iv over 28 days q6w'; for a daily dose write '10 mg po q1d'"
        part.fault(place.unit, "a dose a day needs the time of its infusion", hint)
    if drug is not None and (dose is None or route is None or schedule is None):
        mentions.append(Mention(drug, (dose.amount.unit,) if dose else (), route, place))
    if drug is None or dose is None or route is None or schedule is None:
        return None
    ends = schedule.ends
    administration = Administration(
        drug=drug,
        dose=dose.amount.number,
        unit=dose.amount.unit,
        route=route,
        infusion=infusion,
        interval=schedule.interval,
        days=schedule.days,
        cycles=ends.cycles,
        limit=ends.limit,
        place=place,
        ceiling=dose.ceiling,
        concentration=dose.concentration,
        fractions=dose.fractions,
        tailoring=dose.tailoring,
        site=site,
        times=schedule.times,
        doses=ends.doses,
        start=ends.start,
        before=schedule.before,
        condition=ends.condition,
    )
    mentions.append(mention(administration))
    return None if part.problems else administration


def _phases(read: list[tuple[Part, Item | Rest | None]]) -> tuple[Phase, ...]:
    """Parts gathered into phases; notes what cannot stand together or one after the other."""
    groups: list[list[tuple[Part, Item | Rest | None]]] = []
    for part, item in read:
        if part.separator == "+" and groups:
            groups[-1].append((part, item))
        else:
            groups.append([(part, item)])
    for group, following in pairwise(groups):
        _check_ends(group, following[0][0])
    return tuple(_phase(group) for group in groups)


def _check_ends(group: list[tuple[Part, Item | Rest | None]], following: Part) -> None:
    endless = [name for _, item in group if item and not isinstance(item, Rest) for name in _endless(item)]
    if endless:
        following.fault(
            following.separator_column,
            f"'then' follows {' and '.join(repr(name) for name in dict.fromkeys(endless))}, which has no end",
            "give it one before 'then', e.g. 'x4' or 'up to 24 months'",
        )


def _endless(item: Item) -> list[str]:
    """What in ``item`` has no end."""
    if not item.open_ended:
        return []
    if isinstance(item, Administration):
        return [item.drug]
    if item.name:
        return [item.name]
    last = item.regimen.phases[-1]
    return [] if isinstance(last, Rest) else [name for inner in last for name in _endless(inner)]


def _phase(group: list[tuple[Part, Item | Rest | None]]) -> Phase:
    if len(group) == 1 and isinstance(rest := group[0][1], Rest):
        return rest
    for part, item in group:
        if isinstance(item, Rest):
            part.fault(part.start_column, "a rest cannot be joined with '+'", "write '... then rest 2 weeks then ...'")
    return tuple(item for _, item in group if item is not None and not isinstance(item, Rest))
