"""``coley export``: the model of a trial's arm, or of a cancer and its drugs."""

from __future__ import annotations

from coley.catalogue import Catalogue, load_trial
from coley.catalogue import model as model_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import System
from coley.trial.arms import read_arms


def wanted_model(
    trial: str | None, arm: str | None, cancer: str | None, drugs: tuple[str, ...], catalogue: Catalogue
) -> System:
    """The model that the options name.

    Raises:
        ColeyError: with everything that is unknown, missing or too much.
    """
    if trial is not None:
        needless = [name for name, given in (("--cancer", cancer), ("--drug", drugs)) if given]
        if needless:
            what = f"belongs to a model of your own, but the trial {trial!r} is named as well"
            raise ColeyError(Problem(name, what, "leave out one of the two") for name in needless)
        return _of_arm(trial, arm, catalogue)
    if cancer is None:
        hint = "name a trial (see 'coley trials') with --arm, or give --cancer and --drug"
        raise ColeyError(Problem("coley export", "no model is named", hint))
    if arm is not None:
        raise ColeyError(Problem("--arm", "belongs to a trial, and none is named", "name one, or leave it out"))
    return model_of(cancer, drugs, catalogue=catalogue)


def _of_arm(name: str, arm: str | None, catalogue: Catalogue) -> System:
    trial = load_trial(name, catalogue)
    names = [item.name for item in trial.arms]
    if arm is None and len(names) > 1:
        what, hint = f"is needed: the trial {trial.name} has several", f"one of {', '.join(map(repr, names))}"
        raise ColeyError(Problem("--arm", what, hint))
    if arm is not None and arm not in names:
        raise ColeyError(Problem(f"trial {trial.name}", f"has no arm {arm!r}", did_you_mean(arm, names)))
    return read_arms(trial, catalogue)[0 if arm is None else names.index(arm)].system
