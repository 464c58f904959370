"""An arm read against the catalogue: its regimens, their drugs, and its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coley.catalogue import Catalogue, load_catalogue
from coley.catalogue.schema import Arm, Drug, Trial
from coley.errors import ColeyError, Problem, did_you_mean
from coley.library import immuno_oncology
from coley.model import Context, assemble
from coley.regimen import Regimen, read
from coley.system import System


@dataclass(frozen=True)
class Plan:
    """One arm, read against the catalogue: its own regimen first, then what may follow it; and its model."""

    arm: Arm
    regimens: tuple[Regimen, ...]
    drugs: Mapping[str, Drug]
    system: System


def model(trial: Trial, arm: str) -> System:
    """The model that patients of an arm are simulated with, its drugs and those of later lines included.

    Raises:
        ColeyError: an arm that the trial does not have, or one that the catalogue cannot be read for.
    """
    names = [item.name for item in trial.arms]
    if arm not in names:
        raise ColeyError(Problem(f"trial {trial.name}", f"has no arm {arm!r}", did_you_mean(arm, names)))
    return read_arms(trial, load_catalogue())[names.index(arm)].system


def read_arms(trial: Trial, catalogue: Catalogue) -> tuple[Plan, ...]:
    """Every arm, read against the catalogue.

    Raises:
        ColeyError: with an unknown cancer and every fault of every regimen.
    """
    problems: list[Problem] = []
    try:
        catalogue.cancer(trial.cancer)
    except ColeyError as error:
        problems += error.problems
    for arm in trial.arms:
        for text in _texts(arm):
            faults = catalogue.regimen_problems(text)
            problems += [Problem(f"arm {arm.name!r}: {fault.where}", fault.what, fault.hint) for fault in faults]
    if problems:
        raise ColeyError(problems)
    return tuple(_plan(trial, catalogue, arm) for arm in trial.arms)


def _plan(trial: Trial, catalogue: Catalogue, arm: Arm) -> Plan:
    names = catalogue.regimen_texts
    regimens = tuple(read(catalogue.regimen_text(text), catalogue.drugs, names) for text in _texts(arm))
    drugs = {name: catalogue.drugs[name] for regimen in regimens for name in regimen.drugs}
    context = Context(catalogue.cancer(trial.cancer), catalogue.physiology, tuple(drugs.values()))
    return Plan(arm, regimens, drugs, assemble(f"{trial.name}, {arm.name}", immuno_oncology(context)))


def _texts(arm: Arm) -> tuple[str, ...]:
    return (arm.regimen, *(option.regimen for option in arm.subsequent))
