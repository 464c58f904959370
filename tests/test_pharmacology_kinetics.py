"""Kinetics against closed forms (Gibaldi and Perrier, Pharmacokinetics, 2nd ed. 1982), quadrature and mass action."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad, solve_ivp

from coley.engine import solve
from coley.modeling import assemble
from coley.pharmacology import Drug
from coley.pharmacology.kinetics.compartments import Compartments
from coley.units import to_internal
from pharmacology_toy import context, q, shipped

Floats = NDArray[np.float64]
RTOL = 1e-8
GLOBAL = 100 * RTOL
"""Local errors of at most RTOL add up over a course; a hundredfold is what BDF codes are known to keep."""
DAYS = np.linspace(0, 60, 31)
TWO_COMPARTMENTS = (
    "atezolizumab",
    "carboplatin",
    "cisplatin",
    "dacarbazine",
    "docetaxel",
    "fludarabine",
    "gemcitabine",
)
TWO_COMPARTMENTS += ("gp100", "ipilimumab", "paclitaxel", "pemetrexed", "tarlatamab", "trastuzumab-emtansine")


def amounts(drug: Drug, times: Floats, dose: float, duration: float, state: str) -> Floats:
    """Amount in the central compartment, of the kinetics alone."""
    model = assemble("kinetics", [drug.kinetics.mechanism(context(), drug.agent)])
    doses = pd.DataFrame([(0, 0.0, dose, duration, state)], columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    found = solve(model, times, doses=doses, rtol=RTOL, threads=1)
    return np.asarray(found[f"A1_{drug.agent.symbol}"].to_numpy()[0])


def rates(drug: Drug) -> tuple[float, float, float]:
    """k10, k12 and k21 in 1/day, of the catalogue's values."""
    k = drug.kinetics
    assert isinstance(k, Compartments)

    def value(name: str) -> float:
        quantity = getattr(k, name)
        return 0.0 if quantity is None else quantity.value * to_internal(quantity.unit)

    q12 = value("intercompartmental_clearance")
    second = value("peripheral_volume") or 1.0
    return value("clearance") / value("central_volume"), q12 / value("central_volume"), q12 / second


def infused(t: Floats, duration: float, dose: float, k10: float, k12: float, k21: float) -> Floats:
    """Amount in the central of two compartments during and after an infusion."""
    total = k10 + k12 + k21
    root = np.sqrt(total**2 - 4 * k10 * k21)
    a, b = (total + root) / 2, (total - root) / 2

    def since(start: Floats) -> Floats:
        u = np.maximum(start, 0)
        fast = (a - k21) / a * -np.expm1(-a * u)
        slow = (k21 - b) / b * -np.expm1(-b * u) if k21 else 0.0
        return np.asarray(dose / duration / (a - b) * (fast + slow))

    return since(t) - since(t - duration)


@pytest.mark.parametrize("name", TWO_COMPARTMENTS)
def test_infusion_is_the_closed_form_of_one_or_two_compartments(name: str) -> None:
    drug = shipped(name)
    k10, k12, k21 = rates(drug)
    times = np.unique(np.concatenate([np.linspace(0, 8 / k10, 20), [0.04]]))
    found = amounts(drug, times, 100.0, 0.04, drug.entry("iv"))
    np.testing.assert_allclose(found, infused(times, 0.04, 100.0, k10, k12, k21), rtol=1e-5, atol=GLOBAL * 100)


def test_falling_clearance_is_its_quadrature() -> None:
    """One compartment: A = dose exp(-∫ CL / V), with CL exp(Emax t^n / (T50^n + t^n)) after Bajaj et al. (2017)."""
    drug = shipped("nivolumab")
    assert isinstance(drug.kinetics, Compartments)
    one = drug.kinetics.model_copy(update={"intercompartmental_clearance": None, "peripheral_volume": None})
    found = amounts(drug.model_copy(update={"kinetics": one}), np.linspace(0, 300, 13), 240.0, 0, "A1_nivolumab")

    def elimination(t: float) -> float:
        return 11.0 * 0.024 / 4.02 * np.exp(-0.295 * t**3.15 / (58.75**3.15 + t**3.15))

    exponents = [quad(elimination, 0, t, epsabs=1e-12)[0] for t in np.linspace(0, 300, 13)]
    np.testing.assert_allclose(found, 240 * np.exp(-np.array(exponents)), rtol=1e-5, atol=1e-8)


def test_nivolumab_settles_at_the_clearance_of_its_label() -> None:
    """The label gives 8.2 mL/h at steady state, and 24.5 % as the mean of the largest reduction."""
    drug = shipped("nivolumab")
    assert isinstance(drug.kinetics, Compartments) and drug.kinetics.falling_clearance is not None
    left = np.exp(drug.kinetics.falling_clearance.log_ratio.value)
    assert drug.kinetics.clearance.value * left == pytest.approx(8.2, rel=0.01)
    assert 1 - left == pytest.approx(0.245, abs=0.02)


def test_a_depot_gives_batemans_function() -> None:
    drug = shipped("prednisone")
    k10 = rates(drug)[0]
    ka, share = 1.5 * 24, 0.8
    times = np.linspace(0, 1, 13)
    expected = share * 50 * ka / (ka - k10) * (np.exp(-k10 * times) - np.exp(-ka * times))
    np.testing.assert_allclose(amounts(drug, times, 50, 0, drug.entry("po")), expected, rtol=1e-5, atol=1e-8)
    assert drug.entry("po") == "A0_prednisone"


def target_mediated(dose: float, kon: float) -> tuple[Floats, Floats]:
    """Concentration in the central compartment (nM), bound and free: of the model, and of mass action.

    Mass action: Mager and Jusko, J Pharmacokinet Pharmacodyn 28:507 (2001), one compartment, degradation of the target
    at the rate of internalisation, so that its number is constant.
    """
    drug = shipped("trastuzumab")
    clearance, volume, mass, targets, internal, off = 0.136, 2.62, 145.5e3, 67.0, 0.9, 1.0  # L, nmol, mg/mmol
    constant = q((off + internal) / kon, "nM")
    changed = {"steady_state_constant": constant, "intercompartmental_clearance": None, "peripheral_volume": None}
    one = drug.model_copy(update={"kinetics": drug.kinetics.model_copy(update=changed)})
    toy = context(antigens=())
    model = assemble("kinetics", [one.kinetics.mechanism(toy, one.agent)])
    doses = pd.DataFrame([(0, 0.0, dose, 0.0, "A1_trastuzumab")], columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    found = solve(model, DAYS, doses=doses, rtol=RTOL, threads=1)

    def slopes(_: float, y: Floats) -> list[float]:
        free, receptor, bound = y  # nM
        joined = kon * free * receptor - off * bound
        renewed = internal * (targets / volume - receptor)
        return [-clearance / volume * free - joined, renewed - joined, joined - internal * bound]

    start = [dose / mass / volume * 1e6, targets / volume, 0.0]
    exact = solve_ivp(slopes, (0, DAYS[-1]), start, method="LSODA", t_eval=DAYS, rtol=1e-9, atol=1e-9)
    return np.asarray(found["A1_trastuzumab"].to_numpy()[0]) / mass / volume * 1e6, np.asarray(exact.y[0] + exact.y[2])


@pytest.mark.parametrize("dose", [20.0, 400.0])
def test_target_mediated_disposition_is_mass_action_with_fast_binding(dose: float) -> None:
    """Quasi-steady state neglects the minutes in which drug binds: within 2 % of the first concentration."""
    found, exact = target_mediated(dose, kon=10.0)
    np.testing.assert_allclose(found, exact, atol=0.02 * exact[0])
    assert exact[2] < 0.8 * exact[0]  # by then elimination shows


def test_target_mediated_clearance_saturates() -> None:
    """Small doses go faster than in proportion; at high doses only linear clearance (0.136 L/day of 2.62 L) is left."""
    small, large = target_mediated(20, 1.0)[0], target_mediated(4000, 1.0)[0]
    assert small[7] / small[1] < 0.5 * large[7] / large[1]
    linear = np.exp(-0.136 / 2.62 * (DAYS[7] - DAYS[1]))
    assert large[7] / large[1] == pytest.approx(linear, rel=0.05)
