"""Comorbidities of virtual patients: who has which, and the factors on parameters of the model that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Comorbidity
from coley.harm import Harm
from coley.population.variability import values
from coley.protocol import Eligibility
from coley.streams import normals, uniforms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ACTIVE = "_ACTIVE"
"""Ends the name of the covariate that says whether a comorbidity is active: Y or N."""


@dataclass(frozen=True)
class Comorbid:
    """The comorbidities that the eligibility of a trial admits; nobody has another.

    Who has one is independent of all else about a patient: those who may not enter for it leave others as they are,
    and are not drawn in the first place.

    Attributes:
        harms: those of the trial, on which comorbidities may bear.
        required: names of those that everybody has.
    """

    found: tuple[Comorbidity, ...] = ()
    harms: tuple[Harm, ...] = ()
    required: tuple[str, ...] = ()

    @classmethod
    def of(cls, eligibility: Eligibility, known: Sequence[Comorbidity], harms: Sequence[Harm]) -> Comorbid:
        """Those of the ``known`` ones that ``eligibility`` admits or requires.

        Raises:
            ColeyError: where one of these is not known.
        """
        names, there = {*eligibility.admits, *eligibility.requires}, [each.name for each in known]
        problems = [
            Problem(f"eligibility: {name!r}", "no comorbidity of that name is known", did_you_mean(name, there))
            for name in sorted(names.difference(there))
        ]
        if problems:
            raise ColeyError(problems)
        return cls(tuple(each for each in known if each.name in names), tuple(harms), eligibility.requires)

    @property
    def measures(self) -> list[str]:
        """Covariates that are measured in those who have them."""
        return [each.measured.covariate for each in self.found if each.measured is not None]

    def covariates(self, patients: NDArray[np.int64], *, seed: int, attempt: int) -> dict[str, NDArray[np.object_]]:
        """Columns of the covariates of each candidate."""
        columns: dict[str, NDArray[np.object_]] = {}
        for each in self.found:
            label = f"comorbidity {each.name}"
            share = 1.0 if each.name in self.required else each.prevalence.value
            has = uniforms(seed, label, patients, attempt) < share
            kinds = np.array([kind.name for kind in each.kinds] or ["Y"], dtype=object)
            bounds = np.cumsum([kind.share.value for kind in each.kinds])[:-1]
            which = np.searchsorted(bounds, uniforms(seed, f"{label} kind", patients, attempt), side="right")
            columns[each.covariate] = np.where(has, kinds[which], "").astype(object)
            if each.active is not None:
                active = uniforms(seed, f"{label} active", patients, attempt) < each.active.value
                columns[each.covariate + ACTIVE] = np.where(has, np.where(active, "Y", "N"), "").astype(object)
            if each.measured is not None:
                drawn = values(each.measured.value, normals(seed, f"{label} measured", patients, attempt))
                columns[each.measured.covariate] = np.where(has, drawn, np.nan)
        return columns

    def factors(self, people: pd.DataFrame) -> Iterator[tuple[str, Floats]]:
        """Parameters of the model, and the factor on each of everybody in ``people``."""
        for each in self.found:
            kind = people[each.covariate].to_numpy()
            has: Flags = kind != ""
            for harm in self.harms:
                if harm.name in each.own:
                    yield harm.susceptibility, has.astype(float)
            for effect in each.effects:
                mine = has & (np.isin(kind, effect.kinds) if effect.kinds else True)
                if effect.active:
                    mine &= people[each.covariate + ACTIVE].to_numpy() == "Y"
                for harm in self.harms:
                    if {harm.name, harm.category}.intersection(effect.harms):
                        yield harm.susceptibility, np.where(mine, effect.factor.value, 1.0)
            if each.measured is not None:
                ratio = people[each.measured.covariate].to_numpy(float) / each.measured.normal.value
                yield each.measured.parameter, np.where(has, ratio, 1.0)


NOBODY = Comorbid()
"""Nobody has anything besides the cancer."""
