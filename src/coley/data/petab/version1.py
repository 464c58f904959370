"""PEtab version 1: condition tables in wide form, and measurements that name up to two conditions."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from coley.data.petab.formulas import Names
from coley.data.petab.model import load_model
from coley.data.petab.problem import PREEQUILIBRATION, Observable, Period, PetabProblem
from coley.errors import ColeyError, Problem
from coley.system import Expression

BASES = {"lin": 0.0, "log": math.e, "log10": 10.0}


def read(path: Path) -> PetabProblem:
    """The problem of a YAML file of version 1."""
    import petab.v1

    problem = petab.v1.Problem.from_yaml(str(path))
    _validate(problem, path.name)
    names = Names(problem.model.sbml_model)
    measured = problem.measurement_df.reset_index(drop=True)
    pairs = [*zip(_column(measured, "preequilibrationConditionId"), measured["simulationConditionId"], strict=True)]
    experiments = {_name(pair): _periods(problem.condition_df, pair, names) for pair in dict.fromkeys(pairs)}
    overrides = [_column(measured, f"{kind}Parameters") for kind in ("observable", "noise")]
    measurements = pd.DataFrame(
        {
            "observable": measured["observableId"],
            "experiment": [_name(pair) for pair in pairs],
            "time": measured["time"].astype(float),
            "measurement": measured["measurement"].astype(float),
            "overrides": [tuple(_split(text, names) for text in both) for both in zip(*overrides, strict=True)],
        }
    )
    parameters = {str(name): float(value) for name, value in problem.parameter_df["nominalValue"].items()}
    observables = {name: _observable(str(name), row, names) for name, row in problem.observable_df.iterrows()}
    system = load_model(problem.model, path)
    return PetabProblem(
        path.name, system, parameters, observables, experiments, measurements, measured, names.compartments
    )


def _validate(problem: Any, name: str) -> None:
    """Raise all that libpetab's validation logs as errors."""
    from petab.v1.lint import lint_problem

    class Errors(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(str(record.getMessage()))

    found: list[str] = []
    missing = [
        kind
        for kind in ("condition", "measurement", "observable", "parameter")
        if getattr(problem, f"{kind}_df") is None
    ]
    if missing or problem.model is None:
        what = ", ".join([*(f"a {kind} table" for kind in missing), *(["a model"] if problem.model is None else [])])
        raise ColeyError(Problem(name, f"has not {what}"))
    logger, handler = logging.getLogger("petab.v1.lint"), Errors(logging.ERROR)
    logger.addHandler(handler)
    try:
        wrong = lint_problem(problem)
    finally:
        logger.removeHandler(handler)
    if wrong:
        raise ColeyError(
            [Problem(name, text.strip()) for text in found if text != "Not OK"] or Problem(name, "is not valid")
        )
    if "nominalValue" not in problem.parameter_df or problem.parameter_df["nominalValue"].isna().any():
        raise ColeyError(Problem(f"{name}, parameter table", "nominalValue is missing", "give every parameter one"))


def _column(table: pd.DataFrame, name: str) -> list[str]:
    """A column as text, "" where it holds nothing or is not there."""
    return ["" if pd.isna(cell) else str(cell) for cell in table[name]] if name in table else [""] * len(table)


def _name(pair: tuple[str, str]) -> str:
    return " then ".join(name for name in pair if name)


def _periods(conditions: pd.DataFrame, pair: tuple[str, str], names: Names) -> tuple[Period, ...]:
    before, after = pair
    periods = [Period(PREEQUILIBRATION, _changes(conditions, before, names))] if before else []
    return (*periods, Period(0.0, _changes(conditions, after, names)))


def _changes(conditions: pd.DataFrame, name: str, names: Names) -> dict[str, Any]:
    """What a condition sets; an empty cell sets nothing."""
    return {
        str(target): names.read(value)
        for target, value in conditions.loc[[name]].iloc[0].items()
        if target != "conditionName" and not pd.isna(value)
    }


def _split(text: str, names: Names) -> tuple[Expression, ...]:
    return tuple(names.read(part) for part in text.split(";") if part.strip())


def _observable(name: str, row: pd.Series, names: Names) -> Observable:
    formula, noise = names.read(row["observableFormula"]), names.read(row["noiseFormula"])
    transformation, distribution = row.get("observableTransformation"), row.get("noiseDistribution")
    return Observable(
        name,
        formula,
        noise,
        (_placeholders("observable", name, formula, noise), _placeholders("noise", name, formula, noise)),
        laplace=distribution == "laplace",
        base=0.0 if pd.isna(transformation) or not transformation else BASES[transformation],
    )


def _placeholders(kind: str, observable: str, *expressions: Expression) -> tuple[str, ...]:
    """Names of what measurements put in as parameters of a kind, in the order in which they do."""
    found = {str(symbol) for expression in expressions for symbol in expression.free_symbols}
    matches = {name: re.fullmatch(rf"{kind}Parameter(\d+)_{re.escape(observable)}", name) for name in found}
    numbered = {name: int(match[1]) for name, match in matches.items() if match}
    return tuple(sorted(numbered, key=lambda name: numbered[name]))
