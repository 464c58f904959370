"""Antibodies against checkpoints: all that are approved are here, say what they do, and reach published exposures."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coley.catalogue import load_catalogue
from coley.pharmacology.actions.antibody_dependent_killing import AntibodyDependentKilling
from coley.pharmacology.actions.block import Block
from coley.pharmacology.actions.deplete import Deplete
from coley.pharmacology.actions.inhibit_vessels import InhibitVessels
from coley.regimen import parse
from pharmacology_toy import at_once, context, shipped, system
from test_pharmacology_exposure import plasma

Floats = NDArray[np.float64]
TABLE = Path(__file__).parent / "data" / "checkpoint-antibodies.csv"
ROWS = {row["drug"]: row for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())}
SHARED = {"PD-1": "free_PD1", "PD-L1": "free_PDL1", "CTLA-4": "free_CTLA4", "LAG-3": "free_LAG3"}


def test_all_of_them_are_here() -> None:
    """The list of tests/data/README.md: approved by FDA, EMA or NMPA up to early 2026."""
    drugs = load_catalogue().drugs
    approved = {name for name, drug in drugs.items() if "checkpoint inhibitor" in drug.classes and drug.approvals}
    assert approved == ROWS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_it_acts_on_its_targets_and_by_its_constant_part_where_it_has_one(name: str) -> None:
    drug, row = shipped(name), ROWS[name]
    blocked = {action.molecule for action in drug.actions if isinstance(action, Block)}
    vessels = {"VEGF" for action in drug.actions if isinstance(action, InhibitVessels)}
    assert blocked | vessels == set(row["targets"].split(";"))
    kinds = {Deplete: "depletion", AntibodyDependentKilling: "adcc"}
    assert [kinds[type(action)] for action in drug.actions if type(action) in kinds] == row["effector"].split()
    assert {f"anti-{target}" for target in row["targets"].split(";")} - {"anti-TGF-beta"} <= set(drug.classes)


@pytest.mark.parametrize("name", ROWS)
def test_it_has_its_first_approval_and_regimens_that_can_be_given(name: str) -> None:
    drug, row = shipped(name), ROWS[name]
    assert min(approval.year for approval in drug.approvals) == int(row["first_approval"])
    for regimen in drug.regimens:
        parts = [part for part in parse(regimen.text).administrations if part.drug == name]
        assert parts
        assert {part.route for part in parts} <= set(drug.routes)
        assert {part.unit.split("/")[0] for part in parts} <= {"mg"}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "LAG-3" not in row["targets"]])
def test_it_frees_t_cells_at_its_trough(name: str) -> None:
    """A hundredth of every target at most is left free at 20 mg/L, below the trough of all."""
    model = system(context(), shipped(name))
    symbol = name.replace("-", "_")
    full = {f"CT_{symbol}": 0.02, f"CN_{symbol}": 0.02}
    for target in set(ROWS[name]["targets"].split(";")) & SHARED.keys():
        (free,) = at_once(model, (SHARED[target],), [full])[SHARED[target]]
        assert free < 0.05, target


def test_a_model_has_a_depot_only_where_a_dose_needs_it() -> None:
    """Doses into a vein alone need none; those under the skin need theirs, whatever else is given."""
    drug = shipped("nivolumab")
    for routes, there in ((("iv",), False), (("iv", "sc"), True), (("sc",), True)):
        found = {state.name for state in system(context(), drug.by(routes)).states}
        assert ("A0_nivolumab" in found) == there
        assert drug.by(routes).entry("iv") == "A1_nivolumab"
    assert shipped("prednisone").by(("po",)) == shipped("prednisone")


def cycles(name: str, dose: float, every: int, number: int, route: str = "iv") -> tuple[Floats, Floats]:
    """Plasma (mg/L) of the first and of the last cycle, every six hours and at the end of a half-hour infusion."""
    end = 0.5 / 24
    first = np.unique(np.concatenate([[end], np.arange(0, every, 0.25)]))
    days = np.concatenate([first, first + every * (number - 1)])
    found = plasma(name, days, [(float(every * k), dose) for k in range(number)], 0.5, route)
    return found[: len(first)], found[len(first) :]


def area(level: Floats, every: int) -> float:
    """Area under the curve of a cycle, mg/L day."""
    times = np.unique(np.concatenate([[0.5 / 24], np.arange(0, every, 0.25)]))
    return float(np.trapezoid(level, times))


def test_cemiplimab() -> None:
    """Summary of product characteristics, 350 mg every three weeks at steady state: 59 to 171 mg/L (recalled)."""
    _, last = cycles("cemiplimab", 350, 21, 12)
    assert last[-1] == pytest.approx(59, rel=0.15)
    assert last.max() == pytest.approx(171, rel=0.15)


@pytest.mark.parametrize(("dose", "every", "highest", "exposure"), [(500, 21, 171, 35_730), (1000, 42, 309, 95_820)])
def test_dostarlimab(dose: float, every: int, highest: float, exposure: float) -> None:
    """United States label, first cycle of either dose: mean highest concentration (mg/L) and AUC (mg/L h); recalled."""
    first, _ = cycles("dostarlimab", dose, every, 2)
    assert first.max() == pytest.approx(highest, rel=0.15)
    assert area(first, every) == pytest.approx(exposure / 24, rel=0.15)


def test_retifanlimab() -> None:
    """Swiss label, 500 mg every four weeks at steady state: AUC 2190 mg/L day, highest 193 mg/L (read)."""
    _, last = cycles("retifanlimab", 500, 28, 10)
    assert area(last, 28) == pytest.approx(2190, rel=0.1)
    assert last.max() == pytest.approx(193, rel=0.15)


def test_relatlimab() -> None:
    """United States label, 160 mg every four weeks at steady state: 15.3 at least, 28.8 on average, 62.2 mg/L at most
    (recalled)."""
    _, last = cycles("relatlimab", 160, 28, 10)
    assert last[-1] == pytest.approx(15.3, rel=0.3)
    assert area(last, 28) / 28 == pytest.approx(28.8, rel=0.1)
    assert last.max() == pytest.approx(62.2, rel=0.1)


def test_tislelizumab() -> None:
    """United States label, 200 mg every three weeks at steady state: AUC 1283 mg/L day, highest 110 mg/L (recalled)."""
    _, last = cycles("tislelizumab", 200, 21, 12)
    assert area(last, 21) == pytest.approx(1283, rel=0.1)
    assert last.max() == pytest.approx(110, rel=0.1)


@pytest.mark.parametrize(
    ("name", "clearance"),
    [("avelumab", 0.59), ("durvalumab", 8.2 * 0.024), ("adebrelimab", 0.177), ("cemiplimab", 0.20)],
)
def test_clearance_at_steady_state(name: str, clearance: float) -> None:
    """Labels (L/day; recalled), adebrelimab: geometric mean of patients, Chen et al. (2024): dose over AUC."""
    _, last = cycles(name, 1000, 21, 18)
    assert 1000 / area(last, 21) == pytest.approx(clearance, rel=0.15)


def test_nivolumab_under_the_skin() -> None:
    """CheckMate 67T, 1200 mg under the skin every four weeks: 77.4 mg/L on average over the first 28 days, lowest at
    steady state 122.2 (recalled)."""
    first, last = cycles("nivolumab", 1200, 28, 10, "sc")
    assert area(first, 28) / 28 == pytest.approx(77.4, rel=0.1)
    assert last[-1] == pytest.approx(122.2, rel=0.15)


def test_pembrolizumab_under_the_skin_and_into_a_vein() -> None:
    """MK-3475A-D77, 790 mg under the skin to 400 mg into a vein every six weeks: 1.14 times the AUC of the first cycle
    (read). Of the trough in the third cycle it is 1.67 times, here 1.3: not claimed."""
    skin, _ = cycles("pembrolizumab", 790, 42, 2, "sc")
    vein, _ = cycles("pembrolizumab", 400, 42, 2)
    assert area(skin, 42) / area(vein, 42) == pytest.approx(1.14, rel=0.06)
