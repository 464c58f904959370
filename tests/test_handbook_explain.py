"""``coley explain``: all that there is can be explained, with a source; what there is not is refused with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.cli.commands import app
from coley.errors import ColeyError
from coley.handbook import explain, glossary
from coley.handbook.explanations import known_names, words
from coley.trial.analysis.endpoints import kinds

SOURCE = Path(__file__).parents[1] / "src" / "coley"


def explained(name: str) -> str:
    return " ".join(paragraph for found in explain(name, load_catalogue()) for paragraph in found.paragraphs)


@pytest.mark.parametrize("folder", ["mechanisms", "pharmacology/actions", "pharmacology/kinetics", "disease/kinds"])
def test_every_file_of_biology_is_explained_by_its_name(folder: str) -> None:
    names = [path.stem for path in (SOURCE / folder).glob("*.py") if path.stem != "__init__"]
    assert len(names) > 5
    for name in names:
        assert any(name in source for found in explain(name, load_catalogue()) for source in found.sources), name


def test_everything_that_has_a_name_has_words_and_nearly_all_a_source() -> None:
    catalogue = load_catalogue()
    for name in known_names(catalogue):
        for found in explain(name, catalogue):
            assert found.name and found.kind and found.sources, name
            assert found.paragraphs and all(len(paragraph) > 3 for paragraph in found.paragraphs), name
            assert "``" not in " ".join(found.paragraphs) and ":class:" not in " ".join(found.paragraphs)


def test_words_of_the_field_are_there() -> None:
    """Terms that the figures and tables of a report use."""
    for term in ("ORR", "censored", "CTCAE grade", "pseudoprogression", "hazard ratio", "PFS", "NR", "tps"):
        assert len(explained(term)) > 80
    assert "30 %" in explained("partial response")  # RECIST 1.1, section 4.3.1
    assert "20 %" in explained("PD") and "5 mm" in explained("PD")


def test_every_form_of_endpoint_is_explained_and_survival_at_a_month_says_what_survival_is() -> None:
    for form in (form for kind in kinds() for form in kind.forms):
        assert any(found.kind == "endpoint" for found in explain(form, load_catalogue())), form
    assert "death of any cause" in explained("OS_36mo")


def test_names_are_unique_and_sources_are_there_and_used() -> None:
    book = glossary()
    sources = {origin.name for origin in book.sources}
    assert {term.source for term in book.terms} == sources
    assert len({term.name for term in book.terms}) == len(book.terms)


def test_a_drug_is_explained_by_its_entry_and_its_actions() -> None:
    (found,) = explain("Opdivo", load_catalogue())
    assert found.paragraphs[0] == load_catalogue().drugs["nivolumab"].mechanism
    assert any(paragraph.startswith("block (PD-1)") for paragraph in found.paragraphs)
    assert any("label" in source for source in found.sources)


def test_docstrings_lose_markup_and_lists() -> None:
    assert words("See :func:`coley.run` and ``x``.\n\n    Attributes:\n        a: b.\n") == "See run and x."


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(ColeyError, match="did you mean 'killing'"):
        explain("killng", load_catalogue())
    result = CliRunner().invoke(app, ["explain", "nivolumap"])
    assert result.exit_code == 2 and "'nivolumab'" in result.stderr


def test_the_command_prints_words_and_source() -> None:
    result = CliRunner().invoke(app, ["explain", "pseudoprogression"])
    assert result.exit_code == 0 and "(term)" in result.stdout and "source: Seymour" in result.stdout
