"""Hostile and broken files: each is refused in words, before libSBML could crash or take without bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coley.errors import ColeyError
from coley.sbml.limits import (
    DEEPEST_NESTING,
    LARGEST_ELEMENT,
    LARGEST_FILE,
    LONGEST_FORMULA,
    LONGEST_TEXT,
    MOST_ITEMS,
    REFUSED,
    Refused,
)
from coley.sbml.loading import load_sbml

CORE = "http://www.sbml.org/sbml/level3/version1/core"
HEAD = f'<sbml xmlns="{CORE}" level="3" version="1"><model id="m">'
TAIL = "</model></sbml>"
Y = '<parameter id="y" constant="false"/>'
MODEL = f'{HEAD}<listOfParameters><parameter id="x" value="1" constant="false"/>{Y}</listOfParameters>'


def ruled(math: str) -> str:
    """A model in which a rule assigns ``math`` to y."""
    formula = f'<math xmlns="http://www.w3.org/1998/Math/MathML">{math}</math>'
    return f'{MODEL}<listOfRules><assignmentRule variable="y">{formula}</assignmentRule></listOfRules>{TAIL}'


def package(uri: str, required: str) -> str:
    """An empty model that uses a package."""
    return f'<sbml xmlns="{CORE}" xmlns:p="{uri}" level="3" version="1" p:required="{required}"><model/></sbml>'


def nested(name: str, times: int, middle: str = "<cn>1</cn>") -> str:
    return f"<apply><{name}/>" * times + middle + "</apply>" * times


LEVEL_1 = (
    '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model><listOfParameters><parameter name="x" '
    f'value="1"/></listOfParameters><listOfRules><parameterRule name="x" formula="{"1+" * 5000}1"/></listOfRules>{TAIL}'
)
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "empty": ("", "not-readable", "is empty"),
    "blank": (" \n\n", "not-readable", "is empty"),
    "a table": ("ID,TIME,AMT\n1,0,100\n", "not-sbml", "syntax error in line 1"),
    "binary": ("\0\1\2", "not-sbml", "not well-formed"),
    "web page": ("<html><body>Not found</body></html>", "not-sbml", "its first element is <html>"),
    "cut off": (MODEL[:-9], "not-sbml", "in line 1"),
    "two roots": (f"{HEAD}{TAIL}<sbml/>", "not-sbml", "junk after document element"),
    "billion laughs": (f'<!DOCTYPE l [<!ENTITY e0 "ha">{ENTITIES}]><l>&e9;</l>', "doctype", "document type in line 1"),
    "a file from elsewhere": ('<!DOCTYPE l SYSTEM "file:///etc/hostname"><l/>', "doctype", "document type"),
    "an entity that nobody declares": (f"{HEAD}&xxe;{TAIL}", "not-sbml", "undefined entity"),
    "deep elements": (HEAD + "<a>" * 100_000, "too-deep", f"more than {DEEPEST_NESTING} levels in line 1"),
    "deep formula": (ruled(nested("minus", 100_000)), "too-deep", f"more than {DEEPEST_NESTING} levels"),
    "wide sum": (ruled(nested("plus", 1, "<cn>1</cn>" * 100_000)), "too-deep", f"more than {LONGEST_FORMULA} terms"),
    "wide and deep sum": (ruled(nested("plus", 20, "<cn>1</cn>" * 990)), "too-deep", f"{LONGEST_FORMULA} terms"),
    "many elements": (HEAD + "<a/>" * MOST_ITEMS + TAIL, "too-large", "elements, attributes and namespaces"),
    "many attributes": (
        "<a " + " ".join(f'b{n}="1"' for n in range(LARGEST_ELEMENT + 1)) + "/>",
        "not-sbml",
        "first element is <a>",
    ),
    "many attributes within": (
        HEAD + "<a " + " ".join(f'b{n}="1"' for n in range(LARGEST_ELEMENT + 1)) + f"/>{TAIL}",
        "too-large",
        f"more than {LARGEST_ELEMENT} attributes",
    ),
    "many namespaces": (
        HEAD + "<a " + " ".join(f'xmlns:b{n}="u{n}"' for n in range(LARGEST_ELEMENT + 1)) + f"/>{TAIL}",
        "too-large",
        f"more than {LARGEST_ELEMENT} attributes",
    ),
    "long name": (MODEL.replace('"x"', f'"{"x" * (LONGEST_TEXT + 1)}"') + TAIL, "too-deep", f"{LONGEST_TEXT} char"),
    "strange level": (f"{HEAD}{TAIL}".replace('level="3"', 'level="9"'), "not-sbml", "level 9 version 1"),
    "strange version": (f"{HEAD}{TAIL}".replace('version="1"', 'version="7"'), "not-sbml", "level 3 version 7"),
    "strange namespace": (f"{HEAD}{TAIL}".replace(CORE, "urn:x"), "not-sbml", "namespace 'urn:x'"),
    "no level": ("<sbml/>", "not-sbml", "level – version –"),
    "package": (package("http://www.sbml.org/sbml/level3/version1/comp/version1", "true"), "package", "comp"),
    "unknown package": (package("http://www.sbml.org/sbml/level3/version1/odd/version1", "true"), "package", "odd"),
    "growth of a function that is written out": (ruled(nested("arccosh", 60, "<ci>x</ci>")), "too-", ""),
    "no model": (f'<sbml xmlns="{CORE}" level="3" version="1"/>', "", "model"),
    "symbol of nothing": (
        ruled('<apply><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/rateOf"/></apply>'),
        "invalid",
        "applied to nothing",
    ),
    "symbol that is no call": (
        ruled('<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/rateOf">rateOf</csymbol>'),
        "invalid",
        "not applied",
    ),
    "long formula of Level 1": (LEVEL_1, "too-deep", "operators and brackets"),
    "species in no compartment": (
        f'{HEAD}<listOfCompartments><compartment id="V" constant="true"/></listOfCompartments>'
        '<listOfSpecies><species id="S" compartment="" hasOnlySubstanceUnits="false" boundaryCondition="false" '
        f'constant="false"/></listOfSpecies>{TAIL}',
        "invalid",
        "species S",
    ),
    "wrong encoding": (f'<?xml version="1.0" encoding="ISO-8859-1"?>{HEAD}{TAIL}', "invalid", "UTF-8"),
    "unknown encoding": (f'<?xml version="1.0" encoding="no-such"?>{HEAD}{TAIL}', "", "ncod"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_words(kind: str, tmp_path: Path) -> None:
    text, code, what = HOSTILE[kind]
    refused = refusal(tmp_path, text.encode())
    assert what in str(refused)
    assert all(problem.where.startswith(str(tmp_path / "model.xml")) for problem in refused.problems)
    codes = {problem.code for problem in refused.problems if isinstance(problem, Refused)}
    assert codes <= REFUSED.keys() and any(found.startswith(code) for found in codes)


@pytest.mark.parametrize("content", [f"{HEAD}{TAIL}".encode("utf-16"), f"{HEAD}é{TAIL}".encode("latin-1")])
def test_text_that_is_not_utf_8_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "is not text in UTF-8" in str(refusal(tmp_path, content))


def test_every_fault_that_libsbml_finds_is_told_at_its_line(tmp_path: Path) -> None:
    faults = '<parameter id="1x" constant="true"/>\n<parameter value="a"/>'
    text = f"{HEAD}\n<listOfParameters>\n{faults}\n</listOfParameters>{TAIL}"
    lines = {problem.where.rpartition(" ")[2] for problem in refusal(tmp_path, text.encode()).problems}
    assert {"3", "4"} <= lines


def test_faults_without_end_are_told_up_to_a_hundred(tmp_path: Path) -> None:
    text = f"{HEAD}<listOfParameters>{'<parameter/>' * 500}</listOfParameters>{TAIL}"
    assert len(refusal(tmp_path, text.encode()).problems) <= 100


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tumour.xml").write_text(f"{HEAD}{TAIL}")
    os.mkfifo(tmp_path / "pipe.xml")
    for name, what in (
        ("", "is a folder"),
        ("pipe.xml", "is no plain file"),
        ("tumor.xml", "did you mean 'tumour.xml'"),
        ("no\0name", "cannot be read"),
    ):
        with pytest.raises(ColeyError, match=what):
            load_sbml(tmp_path / name)


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "model.xml").open("wb") as file:
        file.truncate(100 * LARGEST_FILE)  # a hole: takes no space
    with pytest.raises(ColeyError, match="is larger than"):
        load_sbml(tmp_path / "model.xml")


def test_what_is_harmless_is_read(tmp_path: Path) -> None:
    for text in (
        package("urn:x", "false"),
        f"\ufeff{HEAD}{TAIL}",
        f'<?xml version="1.0" encoding="utf-8"?><!-- é --><?style x?>{HEAD}{TAIL}',
        ruled(nested("minus", 100)),
        ruled(nested("plus", 1, "<cn>1</cn>" * 100)),
    ):
        (tmp_path / "model.xml").write_text(text, encoding="utf-8")
        system = load_sbml(tmp_path / "model.xml")
        assert [rule.name for rule in system.rules] == (["y"] if "assignmentRule" in text else []), text[:200]


def refusal(folder: Path, content: bytes) -> ColeyError:
    """The error that loading ``content`` ends in."""
    (folder / "model.xml").write_bytes(content)
    with pytest.raises(ColeyError) as caught:
        load_sbml(folder / "model.xml")
    return caught.value


def test_elements_that_formulas_do_not_have_are_refused_before_libsbml_meets_them(tmp_path: Path) -> None:
    """``<rateOf/>``, a csymbol in SBML, ends the process in libSBML 5.21; found by changing models at random."""
    formula = "<apply><rateOf/><apply><rateOf/><rateOf/><apply><rateOf/><ci>x</ci></apply></apply></apply>"
    path = tmp_path / "model.xml"
    path.write_text(
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model>'
        '<listOfParameters><parameter id="x" value="1" constant="false"/></listOfParameters><listOfRules>'
        f'<rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math></rateRule>'
        "</listOfRules></model></sbml>",
        encoding="utf-8",
    )
    with pytest.raises(ColeyError, match="<rateOf> is no element of SBML's MathML in line 1"):
        load_sbml(path)
