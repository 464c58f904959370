"""A light cancer for tests of drugs: one clone whose cells only die, at one site, beside what a drug declares.

It is solved within a moment, so that every drug and regimen of the catalogue can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from coley.catalogue import load_catalogue
from coley.disease.interface import lacking
from coley.engine import solve
from coley.facts import Antigen, Clone
from coley.modeling import Context, Mechanism, assemble
from coley.pharmacology import Drug
from coley.regimen import Regimen, nonmem_table, parse
from coley.regimen.rules import resolve
from coley.system import System
from pharmacology_toy import context, q

PERSON = pd.DataFrame({"ID": [0], "WEIGHT": [70.0], "BSA": [1.75], "GFR": [85.0], "AGE": [60.0], "BLASTS": [50.0]})


def light(*molecules: str) -> Context:
    """The toy cancer with one clone at one site, whose cells bear ``molecules``."""
    found = tuple(
        Antigen(molecule=name, density=q(1e4, "molecule/cell"), positive=q(1.0), source="test", known="assumed")
        for name in molecules
    )
    return Context("light", context().quantities, (Clone(name="wild", meaning="cells"),), found, ("1",))


def light_system(cancer: Context, *drugs: Drug) -> System:
    """Cells that die as drugs kill them, and the drugs."""
    m = Mechanism("cells", "Cells die.", cancer)
    m.state("C_wild_1", "cell", m.parameter("C_seed", "cells at the start"), 1e2, "cells")
    kill = m.total("kill_wild_1", "1/day", "killing")
    m.reaction("death", kill * m["C_wild_1"], {"C_wild_1": -1})
    parts = [m, *(part for drug in drugs for part in drug.mechanisms(cancer))]
    return assemble("light", [*parts, *lacking(cancer, parts)])


def given(text: str) -> tuple[Regimen, tuple[Drug, ...]]:
    """What a regimen of the catalogue says, and its drugs."""
    catalogue = load_catalogue()
    regimen = resolve(parse(catalogue.regimen_text(text), catalogue.regimen_texts), catalogue.drugs)
    return regimen, tuple(catalogue.drugs[name] for name in dict.fromkeys(regimen.drugs))


def treated(
    text: str, days: ArrayLike, molecules: Sequence[str] = (), observables: Sequence[str] = ("C_wild_1",)
) -> xr.Dataset:
    """One person of 70 kg and 1.75 m² under a regimen of the catalogue."""
    times = np.asarray(days, dtype=float)
    regimen, drugs = given(text)
    model = light_system(light(*molecules), *drugs)
    doses = records(regimen, {drug.name: drug for drug in drugs}, float(times[-1]))
    found = solve(model, times, parameters=pd.DataFrame([{}], index=[0]), doses=doses, observables=list(observables),
                  rtol=1e-6, threads=1)  # fmt: skip
    assert found["status"].item() == "ok", found["reason"].item()
    return found


def records(regimen: Regimen, drugs: Mapping[str, Drug], days: float) -> pd.DataFrame:
    """Doses of the person, each into the state that its drug's route enters."""
    hours = {name: drug.infusion.value / 60 for name, drug in drugs.items() if drug.infusion is not None}
    table = nonmem_table(regimen, PERSON, days, infusion_hours=hours)
    routes = {item.drug: item.route for item in regimen.administrations}
    table["CMT"] = [drugs[name].entry(routes[name]) for name in table["CMT"]]
    each = table.loc[table.index.repeat(table["ADDL"] + 1)]
    order = each.groupby(level=0).cumcount()
    return each.assign(TIME=each["TIME"] + order * each["II"])[["ID", "TIME", "AMT", "DUR", "CMT"]].reset_index(
        drop=True
    )
