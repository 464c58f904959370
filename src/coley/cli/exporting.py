"""``coley export``: the model of a trial's arm, or of a cancer and its drugs."""

from __future__ import annotations

from coley.catalogue import Catalogue, load_catalogue, load_trial
from coley.errors import ColeyError, Problem
from coley.library import immuno_oncology
from coley.model import Context, assemble
from coley.system import System
from coley.trial.arms import model


def wanted_model(trial: str | None, arm: str | None, cancer: str | None, drugs: tuple[str, ...]) -> System:
    """The model that the options name.

    Raises:
        ColeyError: with everything that is unknown, missing or too much.
    """
    if trial is not None:
        needless = [name for name, given in (("--cancer", cancer), ("--drug", drugs)) if given]
        if needless:
            what = f"belongs to a model of your own, but the trial {trial!r} is named as well"
            raise ColeyError(Problem(name, what, "leave out one of the two") for name in needless)
        return _of_arm(trial, arm)
    if cancer is None:
        hint = "name a trial (see 'coley trials') with --arm, or give --cancer and --drug"
        raise ColeyError(Problem("coley export", "no model is named", hint))
    if arm is not None:
        raise ColeyError(Problem("--arm", "belongs to a trial, and none is named", "name one, or leave it out"))
    return _of_drugs(cancer, drugs, load_catalogue())


def _of_arm(name: str, arm: str | None) -> System:
    trial = load_trial(name)
    if arm is None and len(trial.arms) > 1:
        arms = ", ".join(repr(item.name) for item in trial.arms)
        raise ColeyError(Problem("--arm", f"is needed: the trial {trial.name} has several", f"one of {arms}"))
    return model(trial, trial.arms[0].name if arm is None else arm)


def _of_drugs(cancer: str, drugs: tuple[str, ...], catalogue: Catalogue) -> System:
    problems: list[Problem] = []
    found = []
    for option, look_up, names in (("--cancer", catalogue.cancer, (cancer,)), ("--drug", catalogue.drug, drugs)):
        for name in names:
            try:
                found.append(look_up(name))
            except ColeyError as error:
                problems += [Problem(option, problem.what, problem.hint) for problem in error.problems]
    if problems:
        raise ColeyError(problems)
    disease = catalogue.cancer(cancer)
    chosen = tuple({drug.name: drug for drug in map(catalogue.drug, drugs)}.values())
    name = ", ".join([disease.name, *(drug.name for drug in chosen)])
    return assemble(name, immuno_oncology(Context(disease, catalogue.physiology, chosen)))
