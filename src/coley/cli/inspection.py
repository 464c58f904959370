"""``coley inspect``: what is in a model, as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.errors import Problem
from coley.system import Event, Expression, System

LONGEST = 200
"""Characters of a formula that are shown."""


def print_model(console: Console, system: System, remarks: Sequence[Problem]) -> None:
    """Print counts, then every state, parameter, rule, reaction, event and delay, then ``remarks``."""
    console.print(Text(system.name or "A model without name", style="bold"))
    console.print(Text(f"{', '.join(_counts(system))}; time in {system.time_unit or 'a unit that is not said'}"))
    for table in tables(system):
        console.print(table)
    for remark in remarks:
        console.print(Text(f"warning: {remark}"), soft_wrap=True)
    if not remarks:
        console.print("No warnings.")


def tables(system: System) -> Iterator[Table]:
    """A table of every kind of thing that there is."""
    yield from _table(
        "States",
        ("name", "initial", "unit", "meaning"),
        ((s.name, formula(s.initial), s.unit, s.meaning) for s in system.states),
    )
    yield from _table(
        "Parameters",
        ("name", "value", "unit", "meaning"),
        ((p.name, f"{p.value:.6g}", p.unit, p.meaning) for p in system.parameters),
    )
    yield from _table(
        "Rules",
        ("name", "is", "unit", "meaning"),
        ((r.name, formula(r.expression), r.unit, r.meaning) for r in system.rules),
    )
    yield from _table(
        "Reactions",
        ("name", "rate", "moves", "meaning"),
        ((r.name, formula(r.rate), _sums(r.stoichiometry), r.meaning) for r in system.reactions),
    )
    yield from _table("Events", ("name", "when", "then", "how"), map(_event, system.events))
    yield from _table(
        "Delays",
        ("name", "is", "that long ago", "unit"),
        ((d.name, formula(d.expression), formula(d.lag), d.unit) for d in system.delays),
    )


def formula(expression: Expression) -> str:
    """An expression as text, cut where it is long."""
    text = str(expression).replace("**", "^")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _counts(system: System) -> Iterator[str]:
    groups = ("states", "parameters", "rules", "reactions", "events", "delays")
    for group in groups:
        n = len(getattr(system, group))
        yield f"{n:,} {group if n != 1 else group.removesuffix('s')}"


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Table]:
    """The table, unless it is empty."""
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    if table.row_count:
        yield table


def _sums(stoichiometry: Mapping[str, Expression]) -> str:
    """Which states a reaction moves, and by how much."""
    return ", ".join(f"{name} {_signed(factor)}" for name, factor in stoichiometry.items())


def _signed(factor: Expression) -> str:
    text = formula(factor)
    return text if text.startswith("-") else f"+{text}"


def _event(event: Event) -> tuple[str, str, str, str]:
    assigned = [f"{name} = {formula(value)}" for name, value in event.assignments.items()]
    how = [
        f"after {formula(event.delay)}" if event.delay != 0 else "",
        "" if event.priority is None else f"priority {formula(event.priority)}",
        "" if event.before else "at the start too",
        "" if event.persistent else "unless its condition is gone by then",
        "" if event.values_at_trigger else "with values of that moment",
        "ends the individual" if event.ends else "",
    ]
    return event.name, formula(event.trigger), "\n".join(assigned), ", ".join(filter(None, how))
