"""Models of the catalogue by the name of a cancer, for ``coley simulate`` and ``coley inspect``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coley.catalogue import NOTHING, Catalogue, load_catalogue, model
from coley.cli.request import MOST_SHOWN, Asked, Request, settings_of, simulated_times
from coley.data import Records
from coley.disease import Disease
from coley.engine.checks import observable_problems
from coley.errors import ColeyError, Problem, did_you_mean
from coley.pharmacology import Drug
from coley.population import recruit
from coley.protocol import Eligibility
from coley.regimen import Regimen, read
from coley.report.folder import folder_problems
from coley.system import System
from coley.trial.conduct.treatment import Treatment

FILES = (".xml", ".sbml", ".yaml", ".yml")


@dataclass(frozen=True)
class Own:
    """What the options say of a model of the catalogue."""

    drugs: tuple[str, ...] = ()
    catalogue: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        said = (("--drug", self.drugs), ("--catalogue", self.catalogue), ("--set", self.changes))
        return [option for option, values in said if values]


def is_file(name: Path, own: Own) -> bool:
    """Whether ``name`` is the path of a model in a file, and no cancer of the catalogue.

    Raises:
        ColeyError: a file for which options of the catalogue are given; a name that is neither.
    """
    if name.is_file() or name.suffix.lower() in FILES or name.parent != Path():
        if own.given:
            what = f"belongs to a model of the catalogue, and {name} is a file"
            raise ColeyError(Problem(option, what, "leave it out, or name a cancer") for option in own.given)
        return True
    catalogue = load_catalogue(*own.catalogue)
    try:
        catalogue.cancer(str(name))
    except ColeyError:
        if name.exists():
            return True
        hint = did_you_mean(str(name), catalogue.cancers) or "see 'coley cancers'"
        raise ColeyError(Problem(str(name), "is neither a file nor a cancer", hint)) from None
    return False


def system_of(name: str, own: Own) -> System:
    """The model of a cancer, with drugs that are named or whose regimens are given.

    Raises:
        ColeyError: with everything that is unknown.
    """
    catalogue = load_catalogue(*own.catalogue).with_values(own.changes, cancer=name)
    problems: list[Problem] = []
    found: list[Drug] = []
    for text in own.drugs:
        try:
            if len(text.split()) > 1 or text in catalogue.regimens:
                found += _drugs(_regimen(text, catalogue), catalogue).values()
            else:
                found.append(catalogue.drug(text))
        except ColeyError as error:
            problems += [Problem(f"--drug {text!r}", p.what, p.hint) for p in error.problems]
    if problems:
        raise ColeyError(problems)
    return model(name, found, catalogue=catalogue)


def own_request(asked: Asked, own: Own) -> Request:
    """What ``coley simulate`` does with a cancer: virtual patients from diagnosis on, each given the regimens.

    One patient is the first whom a trial of the same seed would have.

    Raises:
        ColeyError: with everything that is wrong in the options.
    """
    problems = [*_needless(asked), *settings_of(asked)]
    times = simulated_times(asked, problems)
    catalogue = load_catalogue(*own.catalogue).with_values(own.changes, cancer=str(asked.model))
    regimens = _regimens(own.drugs, catalogue, problems)
    if problems or times is None:
        raise ColeyError(problems or [Problem("coley simulate", "does not know until when", "give --to or --times")])
    disease = catalogue.disease(str(asked.model))
    drugs = {name: drug for regimen in regimens for name, drug in _drugs(regimen, catalogue).items()}
    system = disease.model(list(drugs.values()))
    names = tuple(dict.fromkeys(asked.observe)) or _shown(disease, drugs, system)
    problems += [dataclasses.replace(p, where="--observe") for p in observable_problems(system, names)]
    if asked.out is not None:
        problems += folder_problems(asked.out)
    if problems:
        raise ColeyError(problems)
    parts = disease.parts(list(drugs.values()))
    cohort = recruit(disease, parts, Eligibility(), asked.n or 1, seed=asked.seed, threads=asked.threads)
    known = [name for name in cohort.parameters if name in {*system.parameter_names, *system.state_names}]
    table = cohort.parameters[known].rename_axis("ID")
    return Request(
        system=system,
        records=_records(regimens, drugs, cohort.covariates, float(times[-1])),
        table=table,
        times=times,
        names=names,
        shown=names[:MOST_SHOWN],
        rtol=asked.relative_tolerance,
        budget=asked.budget,
        origin={
            "regimens": [str(regimen) for regimen in regimens],
            "catalogue": list(own.catalogue),
            "changed": [change.record() for change in catalogue.changes],
        },
    )


def _needless(asked: Asked) -> list[Problem]:
    return [
        Problem(option, f"means nothing to {asked.model}, whose patients are drawn from the catalogue", hint)
        for option, given, hint in (
            ("--parameters", asked.parameters is not None, "change numbers with --set"),
            ("--vary", bool(asked.vary), "change numbers with --set"),
            ("--doses", asked.doses is not None, "give regimens with --drug"),
            ("--from", asked.start is not None, "time begins at diagnosis"),
        )
        if given
    ]


def _regimens(texts: Sequence[str], catalogue: Catalogue, problems: list[Problem]) -> list[Regimen]:
    """What the texts say; what is wrong with them joins ``problems``."""
    found = []
    for text in texts:
        if text.strip() in NOTHING:
            continue
        try:
            found.append(_regimen(text, catalogue))
        except ColeyError as error:
            problems += [
                dataclasses.replace(p, where=f"--drug {text!r}" + p.where.removeprefix("regimen"))
                for p in error.problems
            ]
    return found


def _regimen(text: str, catalogue: Catalogue) -> Regimen:
    word = text.strip()
    if len(word.split()) == 1 and word not in catalogue.regimens:
        drug = catalogue.drug(word)  # told where there is none
        example = f"such as '{drug.regimens[0].text}'" if drug.regimens else "such as 'nivolumab 240 mg iv q2w'"
        raise ColeyError(Problem("", "is a drug without dose and schedule", f"give a regimen, {example}"))
    return read(catalogue.regimen_text(text), catalogue.drugs, catalogue.regimen_texts)


def _drugs(regimen: Regimen, catalogue: Catalogue) -> dict[str, Drug]:
    """The drugs of a regimen, and those of its procedures that the catalogue has."""
    names = (*regimen.drugs, *regimen.procedures)
    return {name: catalogue.drugs[name] for name in names if name in catalogue.drugs}


def _shown(disease: Disease, drugs: dict[str, Drug], system: System) -> tuple[str, ...]:
    """What the disease shows of its course, and the drugs in plasma."""
    plasma = [f"Cp_{drug.agent.symbol}" for drug in drugs.values()]
    return (*(each.name for each in disease.observables()), *(name for name in plasma if name in system.units))


def _records(regimens: list[Regimen], drugs: dict[str, Drug], people: pd.DataFrame, end: float) -> Records | None:
    """Doses of every patient until ``end``; none where there are none."""
    size = len(people)
    start, begin, until = np.zeros(size), np.zeros(size), np.full(size, end)
    doses = [Treatment(regimen, drugs, people, end).window(start, begin, until) for regimen in regimens]
    if not sum(map(len, doses)):
        return None
    table = pd.concat(doses, ignore_index=True).sort_values(["ID", "TIME"], kind="stable", ignore_index=True)
    rows = table.rename(columns={"ID": "who"})[["who", "TIME", "AMT", "DUR", "CMT"]]
    rows = rows.assign(EVID=1, II=0.0, ADDL=0.0, SS=0.0, DV=np.nan, rate=0.0, modelled="", paced=False)
    return Records(rows, pd.DataFrame(index=people.index.rename("ID")))
