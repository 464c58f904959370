"""The page of equations in Markdown, with LaTeX between dollar signs, and a table of symbols for every mechanism."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coley.errors import ColeyError, Problem, did_you_mean
from coley.handbook.equations import Chapter, Symbol
from coley.handbook.glossary import Glossary
from coley.units import internal_unit

_INTRODUCTION = """# Equations

Written by `coley equations` from the code that is run. Mechanisms meet by name: one declares a shared sum or product,
others add to it ($\\mathrel{{+}{=}}$) or scale it ($\\mathrel{{\\times}{=}}$). Equations are those of one disease that
has the mechanism, for the first clone of cancer cells in the first lesion (1); those for others are alike, and R stands
for the lesions that are not followed one by one. Time is in days; the values of parameters are those of the median
patient in coherent units. How each number is known stands in its row: *read* in its source, or *recalled*.
"""


def equations_page(chapters: Sequence[Chapter]) -> str:
    """All ``chapters`` under the headings of their parts."""
    lines = [_INTRODUCTION]
    for part in dict.fromkeys(chapter.part for chapter in chapters):
        lines.append(f"## {part}\n")
        for chapter in (chapter for chapter in chapters if chapter.part == part):
            lines += _section(chapter)
    return "\n".join(lines)


def chosen(chapters: Sequence[Chapter], name: str) -> tuple[Chapter, ...]:
    """The chapters called ``name``.

    Raises:
        ColeyError: where there is none.
    """
    wanted = _folded(name)
    found = tuple(chapter for chapter in chapters if _folded(chapter.title) == wanted)
    if not found:
        hint = did_you_mean(wanted, {_folded(chapter.title) for chapter in chapters})
        raise ColeyError(Problem("coley equations", f"nothing with equations is called {name!r}", hint))
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _section(chapter: Chapter) -> Iterator[str]:
    yield f"### {chapter.title}\n"
    for paragraph in chapter.text:
        yield f"{_escaped(paragraph)}\n"
    yield f"*{chapter.shown}*\n"
    for line in chapter.equations:
        yield f"$$\n{line}\n$$\n"
    if not chapter.equations:
        return
    yield "| symbol | name in the code | is | unit | value | known; source |"
    yield "|---|---|---|---|---|---|"
    for each in chapter.symbols:
        yield _row(each)
    yield ""


def _row(each: Symbol) -> str:
    meaning = f"{each.meaning} ({each.kind})" if each.kind != "parameter" else each.meaning
    cells = (f"${each.latex}$", f"`{each.name}`", meaning, _unit(each.unit), each.value, each.source)
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _unit(unit: str) -> str:
    return "" if unit in ("", "dimensionless") else f"{internal_unit(unit):~C}".replace("**", "^")


def _escaped(text: str) -> str:
    """Text whose bars do not end a cell of a table, and whose lesser-than signs open no tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def glossary_page(book: Glossary) -> str:
    """Every term in the order of the alphabet, with its source."""
    lines = ["# Glossary\n", "`coley explain TERM` prints any of these; so it does mechanisms, drugs and endpoints.\n"]
    for term in sorted(book.terms, key=lambda term: term.name.casefold()):
        lines.append(f"## {term.name[0].upper()}{term.name[1:]}\n")
        also = f" Also: {', '.join(term.also)}." if term.also else ""
        lines += [f"{term.says}{also}\n", f"*{book.cited(term)}*\n"]
    return "\n".join(lines)
