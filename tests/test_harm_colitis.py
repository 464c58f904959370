"""Colitis: its mechanism alone, driven by the occupancy that drugs bring about, against published rates and onsets.

Expected values are those of trials and of a series of patients, as each test says. Cumulative hazard is proportional
to a patient's susceptibility: one course for each way of being treated and a sum over the log-normal give what many
patients would, without chance.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import coley
from coley.catalogue import load_catalogue
from coley.engine import solve
from coley.facts import Quantity
from coley.harm import Harm, mechanisms
from coley.modeling import Context, Mechanism, assemble
from coley.system import System

Floats = NDArray[np.float64]
DATA = Path(coley.__path__[0]) / "catalogue" / "data"
COLITIS = Harm.model_validate(tomllib.loads((DATA / "harms" / "colitis.toml").read_text("utf-8")))
DAYS = np.arange(0.0, 701.0)
PHYSIOLOGY = load_catalogue().physiology.parameters
WEIGHT = 80.0  # kg
IPILIMUMAB = {1: 0.10, 2: 0.10, 3: 0.14, 4: 0.66}  # share by number of doses; two thirds got four (Hodi et al. 2010)
ON_PD1 = 200.0  # days on treatment, median: about that of nivolumab in Larkin et al. 2015
HALF = {"CTLA4": 2.3e-3, "PD1": 2.0e-3}
"""mg/mL of drug in plasma that block half. Ipilimumab: 5.25 nM (its assessment report), with a third of the plasma's
concentration in the node (Shah and Betts 2013). Anti-PD-1: leaves 3 % or so free at the doses given."""
CLEARANCE = {"CTLA4": 0.36, "PD1": 0.20}  # L/day; 7.3 L: Feng et al. 2014, Bajaj et al. 2017


def number(value: float, unit: str) -> Quantity:
    return Quantity(value=value, unit=unit, source="test", known="assumed")


def body(*targets: str) -> Mechanism:
    """A model that has only drugs against ``targets``, one compartment each, and the function of T cells."""
    m = Mechanism("body", "test", Context("test", PHYSIOLOGY, ()))
    volume = m.constant("V", number(7.3, "L"), "volume")
    m.product("T_function", "function of T cells")
    m.contribute("T_function", m.constant("function_left", number(1.0, ""), "what a steroid leaves of it"))
    for target in targets:
        amount = m.state(f"drug_{target}", "mg", 0, 1.0, "drug in the body")
        clearance = m.constant(f"CL_{target}", number(CLEARANCE[target], "L/day"), "clearance")
        half = m.constant(f"half_{target}", number(HALF[target], "mg/mL"), "concentration that blocks half")
        m.reaction(f"elimination_{target}", clearance / volume * amount, {f"drug_{target}": -1})
        m.product(f"free_{target}", "share that no drug blocks")
        m.contribute(f"free_{target}", half / (half + amount / volume))
    return m


def model(*targets: str, harm: Harm = COLITIS) -> System:
    part = body(*targets)
    return assemble("test", [part, *mechanisms([harm], part.context, [part])])


def doses(
    patient: int, target: str, milligrams: float, every: float, count: int
) -> list[tuple[int, float, float, float, str]]:
    return [(patient, every * k, milligrams, 0.0, f"drug_{target}") for k in range(count)]


@dataclass(frozen=True)
class Group:
    """Patients treated alike but for how long: cumulative hazard by day, their shares, the day seen last."""

    hazard: Floats
    share: Floats
    end: Floats


def treated(*, ipilimumab: float = 0.0, pd1: bool = False, **parameters: float) -> Group:
    """Ipilimumab at so many mg/kg every three weeks up to four times, anti-PD-1 every two weeks for as long as it goes.

    Events count until 70 days after the last dose of ipilimumab (Hodi et al. 2010), 100 of anti-PD-1 (Larkin et al.).
    """
    quantiles = (np.arange(10) + 0.5) / 10
    lasting = np.minimum(-np.log1p(-quantiles) * ON_PD1 / np.log(2), 500.0) if pd1 else np.zeros(1)
    table, share, end = [], [], []
    for count, part in IPILIMUMAB.items() if ipilimumab else ((0, 1.0),):
        for days in lasting:
            patient = len(share)
            table += doses(patient, "CTLA4", ipilimumab * WEIGHT, 21.0, count)
            table += doses(patient, "PD1", 3.0 * WEIGHT, 14.0, 1 + int(days // 14)) if pd1 else []
            share.append(part / len(lasting))
            end.append(max(21.0 * (count - 1) + 70.0 if count else 0.0, days + 100.0 if pd1 else 0.0) or 365.0)
    given = pd.DataFrame(table, columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    people = pd.DataFrame(
        {name: np.full(len(share), value) for name, value in {"function_left": 1.0, **parameters}.items()}
    )
    found = solve(model("CTLA4", "PD1"), DAYS, parameters=people, doses=given, observables=[COLITIS.hazard])
    return Group(found[COLITIS.hazard].to_numpy(), np.array(share), np.array(end))


def incidence(group: Group) -> Floats:
    """Share of the patients with an event by each day, among all susceptibilities."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    cv = COLITIS.autoimmunity.susceptibility.cv
    susceptibility = np.exp(np.sqrt(np.log1p(cv**2)) * nodes)
    seen = np.minimum(DAYS, group.end[:, None]).astype(int)
    hazard = np.take_along_axis(group.hazard, seen, axis=1)
    struck = 1 - np.exp(-hazard[..., None] * susceptibility) @ (weights / weights.sum())
    return np.asarray(group.share @ struck)


@cache
def rate(ipilimumab: float = 0.0, pd1: bool = False) -> float:
    """Per cent of the patients with an event while they are watched."""
    return float(100 * incidence(treated(ipilimumab=ipilimumab, pd1=pd1))[-1])


def onset(ipilimumab: float = 0.0, pd1: bool = False) -> float:
    """Median onset, in weeks, of those who have an event."""
    course = incidence(treated(ipilimumab=ipilimumab, pd1=pd1))
    return float(np.searchsorted(course, course[-1] / 2) / 7.0)


@pytest.mark.parametrize(
    ("ipilimumab", "pd1", "lower", "upper"),
    [
        (
            0.0,
            False,
            0.2,
            1.5,
        ),  # 0.6 % (Eggermont 2018) and 1.5 % (Eggermont 2016) on placebo, 4 of 1,387 on chemotherapy
        (3.0, False, 8.0, 11.6),  # 8 % (Hodi 2010), 8.2 % (Robert 2015), 11.6 % (Larkin 2015)
        (10.0, False, 12.5, 19.1),  # 73 of 471, 15.5 %: Eggermont 2016, with its 95 % interval
        (0.0, True, 1.3, 3.7),  # 1.3 % (Larkin 2015), 1.8 and 3.6 % (Robert 2015), 3.7 % (Eggermont 2018)
        (3.0, True, 8.7, 15.8),  # 37 of 313, 11.8 %: Larkin 2015, with its 95 % interval
    ],
)
def test_incidence_is_that_of_trials(ipilimumab: float, pd1: bool, lower: float, upper: float) -> None:
    assert lower <= rate(ipilimumab, pd1) <= upper


@pytest.mark.parametrize(
    ("ipilimumab", "pd1", "lower", "upper"),
    [
        (3.0, False, 6.0, 8.5),  # 6.3 weeks for grade 2, 7.4 for grade 3 to 5 (label of ipilimumab, 2011)
        (0.0, True, 7.3, 25.5),  # 7.3 weeks (Weber 2017), 15 and 23 (labels), 25.4 (Wang 2018)
        (3.0, True, 6.0, 8.5),  # 7.2 weeks (Wang 2018), 1.6 months (label of nivolumab)
    ],
)
def test_onset_is_that_of_labels(ipilimumab: float, pd1: bool, lower: float, upper: float) -> None:
    assert lower <= onset(ipilimumab, pd1) <= upper


def test_drugs_and_doses_stand_in_their_order() -> None:
    assert rate(10.0) > 1.4 * rate(3.0) > 2 * rate(pd1=True) > 2 * rate() > 0
    assert rate(3.0) > rate(1.0) > rate()
    assert rate(3.0, pd1=True) > rate(3.0)


def test_without_susceptibility_there_is_no_harm() -> None:
    assert treated(ipilimumab=10.0, pd1=True, susceptibility_colitis=0.0).hazard.max() == 0.0


def test_without_drug_there_is_the_background_alone() -> None:
    """Also in a model in which nothing is said of checkpoints or T cells: there the harm's mechanism stands alone."""
    expected = COLITIS.background.value * DAYS / 365.25  # its unit is 1/year
    alone = assemble("alone", mechanisms([COLITIS], Context("test", PHYSIOLOGY, ())))
    for system in (alone, model(), model("CTLA4", "PD1")):
        course = solve(system, DAYS, observables=[COLITIS.hazard])[COLITIS.hazard].to_numpy()[0]
        np.testing.assert_allclose(course, expected, rtol=1e-4, atol=1e-8)


def test_either_half_of_the_pair_releases_the_same_brake() -> None:
    """PD-1 signals only where neither it nor PD-L1 is blocked; a model may know one of the two."""
    courses = []
    for name in ("free_PD1", "free_PDL1"):
        part = body()
        part.product(name, "share that no drug blocks")
        part.contribute(name, part.constant("left", number(0.03, ""), "share that is free"))
        system = assemble("test", [part, *mechanisms([COLITIS], part.context, [part])])
        courses.append(solve(system, DAYS, observables=[COLITIS.hazard])[COLITIS.hazard].to_numpy()[0])
    np.testing.assert_allclose(courses[0], courses[1], rtol=1e-6)
    assert courses[0][-1] > 3 * COLITIS.background.value * DAYS[-1] / 365.25


def test_regulatory_t_cells_hold_and_steroids_lessen_harm() -> None:
    """With half the regulatory T cells there is more harm; where T cells work at a tenth, hardly any."""

    def reached(cells: float, function: float) -> float:
        m = Mechanism("body", "test", Context("test", PHYSIOLOGY, ()))
        resting = m.parameter("Treg_0", "regulatory T cells at rest")
        m.state("Treg_S", "cell", m.constant("level", number(cells, ""), "level") * resting, 1e6, "regulatory T cells")
        m.product("T_function", "function of T cells")
        m.contribute("T_function", m.constant("function_left", number(function, ""), "function left"))
        system = assemble("test", [m, *mechanisms([COLITIS], m.context, [m])])
        return float(solve(system, DAYS, observables=[COLITIS.hazard])[COLITIS.hazard].to_numpy()[0, -1])

    assert reached(0.5, 1.0) > reached(1.0, 1.0) > reached(2.0, 1.0) > 0
    assert reached(1.0, 0.1) < 0.05 * reached(1.0, 1.0)


def test_files_are_sound() -> None:
    """Every source of the shipped files of harms and care is in a list of sources."""
    sources = {key for file in (DATA / "sources").glob("*.toml") for key in tomllib.loads(file.read_text("utf-8"))}
    for file in (*(DATA / "harms").glob("*.toml"), *(DATA / "care").glob("*.toml")):
        assert set(_sources(tomllib.loads(file.read_text("utf-8")))) <= sources, file.name


def _sources(table: object) -> list[str]:
    if isinstance(table, dict):
        here = [table["source"]] if isinstance(table.get("source"), str) else []
        return here + [key for value in table.values() for key in _sources(value)]
    return [key for value in table for key in _sources(value)] if isinstance(table, list) else []
