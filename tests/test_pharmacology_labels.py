"""Kinetics of targeted drugs against their labels: half-lives, exposure by either route, troughs.

Figures are those of the labels' section on pharmacokinetics, and of the trials that compared routes, from memory.
"""

from __future__ import annotations

import numpy as np
import pytest

from coley.pharmacology.disposition import Disposition
from coley.units import convert
from pharmacology_toy import shipped
from test_pharmacology_exposure import Floats, plasma

HALF_LIVES = {  # days; at steady state where it changes
    "bevacizumab": 20,
    "dinutuximab": 10,
    "dinutuximab-beta": 7.9,
    "isatuximab": 28,
    "margetuximab": 19.2,
    "mogamulizumab": 17,
    "naxitamab": 8.2,
    "obinutuzumab": 25.5,
    "ofatumumab": 17.6,
    "pertuzumab": 18,
    "ramucirumab": 14,
    "rituximab": 22,
    "tafasitamab": 17,
    "zolbetuximab": 15.2,
    "olaratumab": 11,
    "zanidatamab": 21,
    "zenocutuzumab": 8,
    "amivantamab": 11.3,
    "alemtuzumab": 6.1,
    "denosumab": 28,
    "trastuzumab": 28,
    "moxetumomab-pasudotox": 1.4 / 24,
    "tagraxofusp": 0.7 / 24,
    "belantamab-mafodotin": 14,
    "brentuximab-vedotin": 5,
    "enfortumab-vedotin": 3.6,
    "gemtuzumab-ozogamicin": 90 / 24,
    "ibritumomab-tiuxetan": 30 / 24,
    "inotuzumab-ozogamicin": 12.3,
    "loncastuximab-tesirine": 20.8,
    "polatuzumab-vedotin": 12,
    "sacituzumab-govitecan": 23.4 / 24,
    "tisotumab-vedotin": 4,
    "trastuzumab-emtansine": 4,
    "mirvetuximab-soravtansine": 4.9,
    "datopotamab-deruxtecan": 4.8,
    "blinatumomab": 2.1 / 24,
    "tebentafusp": 7.5 / 24,
    "teclistamab": 8.8,
    "talquetamab": 12.2,
    "elranatamab": 22,
    "epcoritamab": 22,
    "glofitamab": 7.6,
    "mosunetuzumab": 16.1,
    "tarlatamab": 11.2,
    "catumaxomab": 2.5,
}


def terminal_half_life(name: str) -> float:
    """Days in which half goes in the end where the target is saturated, in closed form; slow absorption limits it."""
    kinetics = shipped(name).kinetics
    assert isinstance(kinetics, Disposition)
    clearance = convert(kinetics.clearance.value, kinetics.clearance.unit, "L/day")
    if kinetics.falling_clearance is not None:
        clearance *= float(np.exp(kinetics.falling_clearance.log_ratio.value))
    volume = kinetics.central_volume.value
    rate = clearance / volume
    if kinetics.intercompartmental_clearance is not None and kinetics.peripheral_volume is not None:
        flow, second = kinetics.intercompartmental_clearance.value, kinetics.peripheral_volume.value
        total = rate + flow / volume + flow / second
        rate = (total - np.sqrt(total**2 - 4 * rate * flow / second)) / 2
    if kinetics.absorption is not None:
        rate = min(rate, kinetics.absorption.value)
    return float(np.log(2) / rate)


@pytest.mark.parametrize("name", HALF_LIVES)
def test_half_life(name: str) -> None:
    assert terminal_half_life(name) == pytest.approx(HALF_LIVES[name], rel=0.35)


def steady(name: str, dose: float, every: float, doses: int, hours: float = 1.0, route: str = "iv") -> Floats:
    """A last interval in quarters of a day after so many equal doses, mg/L."""
    days = np.arange(0, every * doses + 0.01, 0.25)
    found = plasma(name, days, [(every * k, dose) for k in range(doses)], hours, route)
    return found[days >= every * (doses - 1)]


@pytest.mark.parametrize(
    ("name", "dose", "every", "doses", "half_life"),
    [
        ("cetuximab", 450.0, 7.0, 8, 112 / 24),  # 250 mg/m2 of 1.8 m2
        ("panitumumab", 420.0, 14.0, 8, 7.5),
        ("trastuzumab-deruxtecan", 312.0, 21.0, 8, 5.7),
    ],
)
def test_half_life_within_an_interval(name: str, dose: float, every: float, doses: int, half_life: float) -> None:
    """Where receptors take up much, or tissue gives drug back slowly, labels mean the fall from dose to dose."""
    found = steady(name, dose, every, doses)[4:]
    slope = np.polyfit(np.arange(len(found)) / 4, np.log(found), 1)[0]
    assert np.log(2) / -slope == pytest.approx(half_life, rel=0.35)


def test_clearance_by_receptors_falls_as_dose_rises() -> None:
    """Cetuximab: 0.08 L/h/m2 after 20 mg/m2 to 0.02 after 200 and more; here of 1.8 m2, AUC to the end."""
    days = np.arange(0, 90, 0.1)
    clearance = {}
    for amount in (36.0, 720.0):
        area = np.trapezoid(plasma("cetuximab", days, [(0.0, amount)], 1.0), days)
        clearance[amount] = amount / area / 24 / 1.8
    assert clearance[720.0] == pytest.approx(0.02, rel=0.35)
    assert clearance[36.0] > 2 * clearance[720.0]


def test_weekly_cetuximab() -> None:
    """Label, third week of 250 mg/m2: highest 168 to 235 mg/L, lowest 41 to 85."""
    found = steady("cetuximab", 450.0, 7.0, 8, 1.0)
    assert 0.9 * 168 < found.max() < 1.1 * 235
    assert 41 < found[-1] < 85


def test_panitumumab_every_two_weeks() -> None:
    """Label, 6 mg/kg (here of 70 kg): AUC 1306 (SD 374) mg/L day, lowest 39 (SD 14)."""
    found = steady("panitumumab", 420.0, 14.0, 8)
    assert np.trapezoid(found, dx=0.25) == pytest.approx(1306, abs=374)
    assert found[-1] == pytest.approx(39, abs=14)


def test_denosumab_every_four_weeks() -> None:
    """Label: 20.6 mg/L before the next 120 mg at steady state."""
    assert steady("denosumab", 120.0, 28.0, 8, 0.1, "sc")[-1] == pytest.approx(20.6, rel=0.35)


@pytest.mark.parametrize(
    ("name", "iv", "sc", "every", "doses", "trough", "area"),
    [
        # SABRINA, cycle 7: lowest 134.6 against 83.1 mg/L; AUC ratio 1.38
        ("rituximab", 675.0, 1400.0, 21.0, 7, 1.62, 1.38),
        # HannaH, cycle 7: lowest 69.0 against 51.8 mg/L; AUC 2268 against 2056 mg/L day; here of 68 kg
        ("trastuzumab", 408.0, 600.0, 21.0, 8, 1.33, 1.10),
        # COLUMBA, after eight weekly doses: ratio of the lowest 1.08; here of 75 kg
        ("daratumumab", 1200.0, 1800.0, 7.0, 8, 1.08, None),
        # IRAKLIA, cycle 6: lowest 499 against 340 mg/L; here of 75 kg
        ("isatuximab", 750.0, 1400.0, 14.0, 12, 1.47, None),
        # PALOMA-3, cycle 4: ratio of the lowest 1.43; cycle 2: of AUC 1.03
        ("amivantamab", 1050.0, 1600.0, 14.0, 8, 1.43, 1.03),
        # FeDeriCa, cycle 7: ratio of the lowest 1.22
        ("pertuzumab", 420.0, 600.0, 21.0, 7, 1.22, None),
    ],
)
def test_subcutaneous_against_intravenous(
    name: str, iv: float, sc: float, every: float, doses: int, trough: float, area: float | None
) -> None:
    into_vein, under_skin = steady(name, iv, every, doses), steady(name, sc, every, doses, 0.1, "sc")
    assert under_skin[-1] / into_vein[-1] == pytest.approx(trough, rel=0.15)
    if area is not None:
        assert under_skin.sum() / into_vein.sum() == pytest.approx(area, rel=0.15)


def test_troughs_by_either_route() -> None:
    """SABRINA: 83.1 and 134.6 mg/L of rituximab; COLUMBA: 463 and 499 mg/L of daratumumab."""
    assert steady("rituximab", 675.0, 21.0, 7)[-1] == pytest.approx(83.1, rel=0.25)
    assert steady("rituximab", 1400.0, 21.0, 7, 0.1, "sc")[-1] == pytest.approx(134.6, rel=0.2)
    assert steady("daratumumab", 1200.0, 7.0, 8)[-1] == pytest.approx(463, rel=0.35)
    assert steady("daratumumab", 1800.0, 7.0, 8, 0.1, "sc")[-1] == pytest.approx(499, rel=0.35)


def test_clearance_falls_as_cells_with_the_target_go() -> None:
    """Label: after the first dose gemtuzumab's half-life is 62 hours, after the second 90."""
    days = np.array([0.0, 1.0, 3.0, 22.0, 24.0])
    found = plasma("gemtuzumab-ozogamicin", days, [(0.0, 5.0), (21.0, 5.0)], 2.0)
    assert found[2] / found[1] < found[4] / found[3]
