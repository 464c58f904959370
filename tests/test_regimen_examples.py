"""Every example of docs/regimens.md, and its Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coley.catalogue import load_catalogue
from coley.regimen import expand, parse, read

PAGE = (Path(__file__).parent.parent / "docs" / "regimens.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


NAMES = dict(line.split(" = ") for block in blocks("names") for line in block.splitlines())
EXAMPLES = [example for block in blocks("regimen") for example in re.findall(r"^(\S.*)\n    (.*)$", block, flags=re.M)]


def test_the_page_has_examples_and_each_has_its_days() -> None:
    assert len(EXAMPLES) > 30
    assert 2 * len(EXAMPLES) == sum(len(block.splitlines()) for block in blocks("regimen"))


@pytest.mark.parametrize(("text", "days"), EXAMPLES, ids=[text[:60] for text, _ in EXAMPLES])
def test_an_example_is_canonical_and_falls_on_its_days(text: str, days: str) -> None:
    regimen = parse(text, NAMES)
    assert str(regimen) == text
    assert [round(dose.day, 3) for dose in expand(regimen, 100)] == [float(day) for day in days.split(", ")]


def test_python_of_the_page_works() -> None:
    assert blocks("python")
    for block in blocks("python"):  # their own assertions tell
        exec(compile(block, "docs/regimens.md", "exec"), {})


def test_regimens_of_the_catalogue_stand_in_others_by_name() -> None:
    catalogue = load_catalogue()
    text = "pembrolizumab 200 mg iv q3w x35 + platinum-doublet"
    assert catalogue.regimen_problems(text) == []
    regimen = read(text, catalogue.drugs, catalogue.regimen_texts)
    assert str(regimen) == text
    assert regimen.drugs == ("pembrolizumab", *parse(catalogue.regimens["platinum-doublet"].text).drugs)
