"""Models of cancers and drugs of the catalogue, and what keeps one from being built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from coley.catalogue.catalogue import Catalogue
from coley.catalogue.loader import shipped
from coley.catalogue.places import Path, walk
from coley.catalogue.reading import Finding
from coley.disease import Disease, disease_of
from coley.errors import ColeyError, Problem
from coley.facts import Cancer
from coley.pharmacology import Action, Drug, Kinetics
from coley.system import System


def model(cancer: str | Cancer, drugs: Sequence[str | Drug] = (), *, catalogue: Catalogue | None = None) -> System:
    """The System of ``cancer`` with what each of ``drugs`` adds.

    Args:
        cancer: a cancer, or its name in the catalogue.
        drugs: drugs, or their names.
        catalogue: where names are looked up, and whose physiology is used; default the shipped one.

    Raises:
        ColeyError: with every unknown name, or everything that keeps the model from being built.
    """
    catalogue = catalogue or shipped()
    problems: list[Problem] = []
    found: list[Drug] = []
    disease = None
    try:
        disease = disease_of(catalogue.cancer(cancer) if isinstance(cancer, str) else cancer, catalogue.physiology)
    except ColeyError as error:
        problems += error.problems
    for drug in drugs:
        try:
            found.append(catalogue.drug(drug) if isinstance(drug, str) else drug)
        except ColeyError as error:
            problems += error.problems
    if problems or disease is None:
        raise ColeyError(problems)
    return disease.model(list({drug.name: drug for drug in found}.values()))


def cancer_findings(disease: Disease) -> Iterator[Finding]:
    """What keeps the untreated disease from being built."""
    try:
        disease.model()
    except ColeyError as error:
        for problem in error.problems:
            yield Finding((), f"no model: {_sentence(problem, disease.context.title)}", problem.hint)


def drug_findings(drug: Drug, data: Mapping[str, object], diseases: Iterable[Disease]) -> Iterator[Finding]:
    """What keeps a drug from joining the models of ``diseases``: each fault once, with the first of them.

    Args:
        data: the raw data of the drug's file, to place a fault at the value that it names.
    """
    told: set[str] = set()
    for disease in diseases:
        for finding in _with(drug, data, disease):
            if finding.what not in told:
                told.add(finding.what)
                yield finding


def _with(drug: Drug, data: Mapping[str, object], disease: Disease) -> Iterator[Finding]:
    parts: list[tuple[Path, Kinetics | Action]] = [(("kinetics",), drug.kinetics)]
    parts += [(("actions", index), action) for index, action in enumerate(drug.actions)]
    faulty = False
    for path, part in parts:
        try:
            part.mechanism(disease.context, drug.agent)
        except ColeyError as error:
            faulty = True
            for problem in error.problems:
                what = _sentence(problem, f"drug {drug.name}")
                yield Finding(_place(data, path, problem.what), what, problem.hint)
    if faulty:
        return
    try:
        disease.model([drug])
    except ColeyError as error:
        for problem in error.problems:
            yield Finding((), f"no model with {disease.cancer.name}: {_sentence(problem, '')}", problem.hint)


def _sentence(problem: Problem, place: str) -> str:
    """What is wrong, after its place where that is not ``place``, which the file shows."""
    return problem.what if problem.where in ("", place) else f"{problem.where}: {problem.what}"


def _place(data: Mapping[str, object], part: Path, what: str) -> Path:
    """The text within ``part`` that a fault names; ``part`` itself where it names none."""
    named = (
        path
        for path, value in walk(data)
        if path[: len(part)] == part and isinstance(value, str) and repr(value) in what
    )
    return next(named, part)
