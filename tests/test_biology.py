"""What the model does, against what is known of tumours, immunity and drugs. One patient at a time.

What decides a test is set in the test, so that a new calibration of the catalogue does not decide it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import symengine
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import coley
from coley.catalogue import load_catalogue
from coley.library import immuno_oncology
from coley.model import Context, assemble
from coley.system import Event, System
from coley.units import convert

CATALOGUE = load_catalogue()
YEAR = 365.25
Values = dict[str, float]

# What calibration moves, as it stood when these tests were written; in internal units.
FIXED: Values = {
    "APC_50": 4e4,
    "APC_50_memory": 800.0,
    "M_50": 3e6,
    "Q_recall": 500.0,
    "r_CTLA4": 20.0,
    "r_PDL1": 3.0,
    "k_broaden": 2.0,
    "k_P_death": 0.02,
    "k_PE": 0.05,
    "n_burst": 256.0,
    "k_deplete_ipilimumab": 0.2,
    "k_kill_docetaxel": 0.12,
}
# A tumour of one clone in a patient without T cells; both are given back where a test is about them.
ONE_CLONE: Values = {"f_hidden": 0.0, "f_tolerant": 0.0, "mu_hidden": 0.0, "mu_tolerant": 0.0}
NO_T_CELLS: Values = {"Q_nCD8": 0.0, "Q_nCD4": 0.0}
# Many antigens, no PD-L1, open vessels, keen killers: what an immune system can do at its best.
STRONG: Values = ONE_CLONE | {
    "TMB": 50.0,
    "TPS": 0.0,
    "PDL1_host": 0.0,
    "f_access": 1.0,
    "q_T": 0.5,
    "k_kill": 8.0,
    "k_growth": 0.01,
}
# T cells are there, and PD-1 holds nine tenths of them back.
INHIBITED: Values = ONE_CLONE | {
    "TMB": 20.0,
    "TPS": 0.5,
    "PD1_50": 5e9,
    "f_access": 0.7,
    "q_T": 0.01,
    "k_kill": 1.5,
    "k_growth": 0.01,
}


@cache
def model(*drugs: str) -> System:
    given = tuple(CATALOGUE.drugs[name] for name in drugs)
    return assemble("melanoma", immuno_oncology(Context(CATALOGUE.cancers["melanoma"], CATALOGUE.physiology, given)))


def doses(drug: str, milligrams: float, days: list[float], row: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"ID": row, "TIME": days, "AMT": milligrams, "DUR": 1 / 24, "CMT": f"A1_{drug}"})


def follow(
    system: System, days: list[float] | np.ndarray, *people: Values, given: pd.DataFrame | None = None
) -> xr.Dataset:
    """Solve for these people; what they do not say is as in the median patient."""
    known = {parameter.name: parameter.value for parameter in system.parameters}
    known |= {name: value for name, value in FIXED.items() if name in known}
    table = pd.DataFrame([{**known, **who} for who in people or ({},)])
    result = coley.solve(system, days, parameters=table, doses=given, rtol=1e-7, threads=1)
    assert (result["status"] == "ok").all(), result["reason"].values
    return result


def diagnosed(who: Values, volume: float) -> Values:
    """The same person and the states in which ``volume`` (mL) of tumour is found."""
    watched = model().with_events(Event("diagnosis", symengine.Symbol("V_tumour") >= volume, ends=True))
    grown = follow(watched, [0.0, 40 * YEAR], who)
    assert grown["event"].item() == "diagnosis"
    return who | dict(zip(model().state_names, grown.attrs["final_states"][0].tolist(), strict=True))


# --- growth ---------------------------------------------------------------------------------------------------------


def test_tumour_grows_exponentially_and_then_to_the_vascular_limit() -> None:
    """Hahnfeldt 1999: dK/dt = b C - d K C^(2/3) is in balance with growth where C = K = C_max."""
    rate, limit = 0.02, 1e11
    untreated = ONE_CLONE | NO_T_CELLS | {"k_growth": rate, "C_max": limit, "C_seed": 1e5}
    cells = follow(model(), np.arange(0, 6000, 10.0), untreated)["C_total"].isel(individual=0)
    early = np.log(cells.sel(time=200) / cells.sel(time=0)) / 200
    assert early.item() == pytest.approx(rate, rel=0.01)
    assert (np.diff(cells) > -1e-6 * limit).all()
    assert cells.max() <= limit * (1 + 1e-6)
    assert cells[-1] == pytest.approx(limit, rel=1e-3)


def test_clone_of_less_than_one_cell_dies_out() -> None:
    ghost = ONE_CLONE | NO_T_CELLS | {"k_growth": 0.05, "C_hidden": 0.5, "C_tolerant": 2.0}
    clones = follow(model(), [0.0, 100.0], ghost).isel(individual=0, time=-1)
    assert clones["C_hidden"] < 0.5 * np.exp(-0.5 * 0.05 * 100)
    assert clones["C_tolerant"] > 20


# --- immunity -------------------------------------------------------------------------------------------------------


def test_strong_immunity_eliminates_a_small_tumour_but_not_without_t_cells() -> None:
    small = STRONG | {"C_seed": 5e9}
    immune, depleted = follow(model(), [0.0, YEAR], small, small | NO_T_CELLS)["C_total"][:, -1].values
    assert immune < 1
    assert depleted > 5 * 5e9


def test_the_same_immunity_fails_where_the_tumour_is_large() -> None:
    """T cells kill so many cells a day, not such a share of them: killing per cell falls as cells multiply."""
    late = follow(model(), [0.0, YEAR], STRONG | {"C_seed": 5e11, "C_max": 1e12})
    assert late["C_total"][0, -1] > 5e11


def test_killing_selects_the_hidden_clone() -> None:
    """Immunoediting: where T cells kill, what they see less of takes over; where they do not, shares stay."""
    mixed = STRONG | {"f_hidden": 0.01, "p_hidden": 0.0, "C_seed": 1e8}
    result = follow(model(), [0.0, 200.0], mixed, mixed | NO_T_CELLS)
    share = (result["C_hidden"] / result["C_total"]).values
    assert share[:, 0] == pytest.approx(0.01, rel=1e-6)
    assert share[0, -1] > 0.9
    assert share[1, -1] == pytest.approx(0.01, rel=1e-3)


# --- PD-1 -----------------------------------------------------------------------------------------------------------


def test_complexes_are_those_of_the_binding_equilibrium() -> None:
    """Expected: the root of (R - x) (L - x) = Kd x by bisection, with Kd = affinity × N_A × gap."""
    random = np.random.default_rng(7)
    per_area = 10 ** random.uniform(6, 12, (40, 2))  # molecules per cm²
    affinity = 10 ** random.uniform(-3, 3, 40)  # micromolar
    gap = 13e-7  # cm
    people = [
        {
            "PD1_density": R,
            "PDL1_host": L,
            "TPS": 0.0,
            "Kd_PD1_PDL1": convert(Kd, "micromolar", "nmol/mL"),
            "d_synapse": gap,
        }
        for (R, L), Kd in zip(per_area, affinity, strict=True)
    ]
    got = follow(model(), [0.0], *people)["PD1_PDL1"].values[:, 0]
    for (R, L), Kd, x in zip(per_area, affinity, got, strict=True):
        between = Kd * 1e-6 / 1000 * 6.02214076e23 * gap  # mol/L -> mol/cm³ -> molecules/cm³ -> molecules/cm²
        excess = lambda x, R=R, L=L, Kd=between: (R - x) * (L - x) - Kd * x  # noqa: E731
        assert x == pytest.approx(brentq(excess, 0, min(R, L), xtol=1e-9 * x, rtol=1e-12), rel=1e-8)


def test_occupancy_is_that_of_binding_at_equilibrium() -> None:
    """Expected: C / (C + Kd) with C in nM from mg/mL and the molar mass, by hand."""
    drug = CATALOGUE.drugs["nivolumab"]
    assert drug.molar_mass is not None
    kDa, Kd = convert(drug.molar_mass.value, drug.molar_mass.unit, "kg/mol"), drug.targets[0].affinity
    result = follow(model("nivolumab"), [0.0, 1.0, 30.0, 90.0, 200.0], given=doses("nivolumab", 20.0, [0.0]))
    molar = result["CT_nivolumab"] / kDa * 1e6  # mg/mL = g/L; g/L / (kg/mol) = mmol/L; × 1e6 = nM
    expected = molar / (molar + convert(Kd.value, Kd.unit, "nM"))
    np.testing.assert_allclose(result["RO_PD1_T_nivolumab"], expected, rtol=1e-9)
    assert expected[0, 1] > 0.5 > expected[0, -1]


def test_blockade_of_pd1_raises_killing_with_dose_and_saturates() -> None:
    start = diagnosed(INHIBITED, 20.0)
    levels = [0.0, 2.0, 20.0, 200.0, 2000.0, 20_000.0]
    given = pd.concat([doses("nivolumab", dose, [0.0], row) for row, dose in enumerate(levels)])
    result = follow(model("nivolumab"), [0.0, 14.0, 28.0], *[start] * len(levels), given=given)
    kill, cells = result["kill_T"].values[:, 1], result["C_total"].values[:, -1]
    assert (np.diff(kill) > 0).all() and (np.diff(cells) < 0).all()
    assert kill[-1] > 2 * kill[0]
    assert kill[-1] - kill[-2] < 0.05 * kill[-1], "more drug than receptors to bind"


# --- CTLA-4 ---------------------------------------------------------------------------------------------------------


def test_blockade_of_ctla4_raises_priming_and_depletes_regulatory_cells_of_the_tumour() -> None:
    start = diagnosed(INHIBITED, 20.0)
    given = doses("ipilimumab", 240.0, [0.0], row=1)
    control, treated = (
        follow(model("ipilimumab"), [0.0, 7.0, 21.0], start, start, given=given).isel(individual=row) for row in (0, 1)
    )
    assert (treated["H_CD28"] > control["H_CD28"])[1:].all()
    assert (treated["output_CD8"] > 1.5 * control["output_CD8"])[1:].all()
    assert (treated["Treg_T"] < 0.5 * control["Treg_T"])[2]
    assert treated["Treg_S"][2] > 0.9 * control["Treg_S"][2], "the blood's are spared"


def test_both_together_kill_at_least_as_fast_as_either() -> None:
    start = diagnosed(INHIBITED, 20.0)
    cycles = [0.0, 21.0, 42.0, 63.0]
    arms = {1: ["nivolumab"], 2: ["ipilimumab"], 3: ["nivolumab", "ipilimumab"]}
    given = pd.concat([doses(drug, 240.0, cycles, row) for row, drugs in arms.items() for drug in drugs])
    result = follow(model("nivolumab", "ipilimumab"), [0.0, 21.0, 42.0, 84.0], *[start] * 4, given=given)
    cells = result["C_total"].values[:, 1:]
    assert (cells[1:3] < cells[0]).all()
    assert (cells[3] <= cells[1]).all() and (cells[3] <= cells[2]).all()


# --- chemotherapy ---------------------------------------------------------------------------------------------------


def test_chemotherapy_acts_at_once_and_ends_with_the_drug() -> None:
    """No T cells: what kills is the drug alone, and once it is gone the tumour grows as before."""
    who = ONE_CLONE | NO_T_CELLS | {"k_growth": 0.01, "C_seed": 1e9, "chemo_sensitivity": 1.0}
    days = np.array([0.0, 1.0, 3.0, 30.0, 60.0, 90.0])
    result = follow(model("docetaxel"), days, who, who, given=doses("docetaxel", 140.0, [0.0], row=1))
    log = np.log(result["C_total"].values)
    assert log[1, 2] < log[0, 2] - 0.05, "within three days"
    late = (log[:, -1] - log[:, -2]) / 30
    assert late[1] == pytest.approx(late[0], rel=0.02)
    assert result["H_docetaxel"][1, -1] < 1e-3


def test_chemotherapy_spares_tolerant_cells() -> None:
    who = NO_T_CELLS | ONE_CLONE | {"f_tolerant": 0.1, "C_seed": 1e8, "chemo_sensitivity": 3.0}
    given = doses("docetaxel", 140.0, [0.0, 21.0, 42.0], row=1)
    result = follow(model("docetaxel"), [0.0, 63.0], who, who, given=given)
    ratio = (result.isel(individual=1) / result.isel(individual=0)[["C_visible", "C_tolerant"]]).isel(time=-1)
    assert ratio["C_visible"] < 0.5
    assert ratio["C_tolerant"] == pytest.approx(1.0, rel=0.01)


# --- no drug --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drug", sorted(CATALOGUE.drugs))
def test_dose_of_zero_is_no_drug(drug: str) -> None:
    """Nothing of the drug is anywhere; the rest differs by where the solver steps, that is by its tolerance of 1e-7."""
    days = [0.0, 50.0, 100.0]
    none = follow(model(), days, INHIBITED)
    zero = follow(model(drug), days, INHIBITED, given=doses(drug, 0.0, [0.0, 21.0, 42.0]))
    for state in model().state_names:
        np.testing.assert_allclose(zero[state], none[state], rtol=1e-4, atol=1e-6, err_msg=state)
    for state in set(model(drug).state_names) - set(model().state_names):
        assert (zero[state] == 0).all()


@pytest.mark.parametrize("drug", sorted(CATALOGUE.drugs))
def test_drug_in_the_model_that_is_not_given_changes_no_rate(drug: str) -> None:
    """Bit for bit: a shared product gets the factor 1 and a shared sum the term 0."""
    start = diagnosed(INHIBITED, 20.0)
    without, within = (
        follow(system, [0.0], start)[[rule.name for rule in model().rules]] for system in (model(), model(drug))
    )
    assert without.equals(within)


def test_inert_vaccine_changes_nothing() -> None:
    start = diagnosed(INHIBITED, 20.0)
    result = follow(model("gp100"), [0.0, 100.0], start, start, given=doses("gp100", 2.0, [0.0, 21.0], row=1))
    np.testing.assert_allclose(result["C_total"][1], result["C_total"][0], rtol=1e-5)


# --- cytokines ------------------------------------------------------------------------------------------------------


def test_interleukin_2_is_where_its_equation_comes_to_rest() -> None:
    """Expected: d(IL-2)/dt integrated for a day from 0, beside the model; the model takes the end at once."""
    values = {p.name: p.value for p in model().parameters}
    state = {"aCD8": 2e5, "aCD4": 1e5, "Treg_S": 2e10}
    active = state["aCD8"] + state["aCD4"]
    consumers = active + values["f_niche"] * state["Treg_S"]

    def slope(_: float, IL2: np.ndarray) -> np.ndarray:
        gained = values["k_IL2_sec"] * active / values["V_node"]
        taken = values["k_IL2_cons"] * IL2 / values["IL2_50"] * consumers / values["V_node"]
        return np.asarray(gained - taken - values["k_IL2_deg"] * IL2)

    rest = solve_ivp(slope, (0, 1), [0.0], method="BDF", rtol=1e-9, atol=1e-15).y[0, -1]
    assert follow(model(), [0.0], state)["IL2"].item() == pytest.approx(rest, rel=1e-6)


def test_interferon_is_where_its_equation_comes_to_rest() -> None:
    values = {p.name: p.value for p in model().parameters}
    state = {"E8_T": 3e8, "Th_T": 1e8}
    at = follow(model(), [0.0], state).isel(individual=0, time=0)
    secreted = values["k_IFNg_sec"] * (state["E8_T"] + values["r_IFNg_Th"] * state["Th_T"]) / at["V_tumour"].item()
    path = solve_ivp(
        lambda _, IFNg: secreted - values["k_IFNg_deg"] * IFNg, (0, 10), [0.0], method="BDF", rtol=1e-9, atol=1e-15
    )
    assert at["IFNg"].item() == pytest.approx(path.y[0, -1], rel=1e-6)
