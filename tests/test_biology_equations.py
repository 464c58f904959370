"""One patient at a time: growth, killing, checkpoints and cytokines against closed forms and textbook direction.

What decides a test is set in the test, so that a new calibration of the catalogue does not decide it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from biology import Floats, disease, infusions, system
from coley.catalogue import load_catalogue
from coley.engine import solve
from coley.units import convert

Values = dict[str, float]
SITES = disease().sites
# One lesion of one clone in a patient without immunity; what a test is about is given back.
ONE_LESION: Values = {f"C_seed_{site}": 0.0 for site in SITES} | {"f_MHC_low": 0.0, "f_tolerant": 0.0}
ONE_LESION |= {"mu_MHC_low": 0.0, "mu_tolerant": 0.0}
NO_IMMUNITY: Values = {"Q_nCD8": 0.0, "Q_nCD4": 0.0, "k_kill_NK": 0.0, "k_phagocytosis": 0.0}
BARE = ONE_LESION | NO_IMMUNITY


def everywhere(name: str, value: float) -> Values:
    return {f"{name}_{site}": value for site in SITES}


@cache
def values(*drugs: str) -> Values:
    """Parameters of the model, of the median patient."""
    return {parameter.name: parameter.value for parameter in system(*drugs).parameters}


def follow(
    days: list[float] | Floats, *people: Values, drugs: tuple[str, ...] = (), doses: pd.DataFrame | None = None
) -> xr.Dataset:
    """Solve for these people; what they do not say is as in the median patient."""
    table = pd.DataFrame([{**values(*drugs), **who} for who in people])
    model = system(*drugs)
    names = [*model.state_names, *(rule.name for rule in model.rules)]
    result = solve(model, days, parameters=table, doses=doses, observables=names, rtol=1e-7, threads=1)
    assert (result["status"] == "ok").all(), result["reason"].values
    return result


# --- growth and killing ---------------------------------------------------------------------------------------------


def test_tumour_grows_exponentially_and_then_to_the_vascular_limit() -> None:
    """d(cells)/dt = k C (1 - (C / C_max)^(2/3)): exponential at first, at rest where C = C_max."""
    rate, limit = 0.02, 1e11
    untreated = BARE | everywhere("k_growth", rate) | {"C_max": limit, "C_seed_1": 1e5}
    cells = follow(np.arange(0, 6000, 10.0), untreated)["C_total_1"].isel(individual=0)
    assert (np.log(cells[20] / cells[0]) / 200).item() == pytest.approx(rate, rel=0.01)
    assert (np.diff(cells) > -1e-6 * limit).all()
    assert cells.max() <= limit * (1 + 1e-6)
    assert cells[-1] == pytest.approx(limit, rel=1e-3)


def test_killing_selects_what_presents_less_antigen() -> None:
    """Immunoediting: where T cells kill, what they see less of takes over; where they do not, shares stay."""
    mixed = ONE_LESION | {
        "k_kill_NK": 0.0,
        "k_phagocytosis": 0.0,
        "C_seed_1": 1e8,
        "f_MHC_low": 0.01,
        "mhc_MHC_low": 0.0,
    }
    mixed |= everywhere("TPS", 1e-6) | {"PDL1_host": 0.0}
    killers = mixed | {"E8_1": 1e8, "P8_1": 1e8}
    result = follow([0.0, 60.0], killers, mixed | NO_IMMUNITY | {"E8_1": 0.0, "P8_1": 0.0})
    share = (result["C_MHC_low_1"] / result["C_total_1"]).values
    assert share[:, 0] == pytest.approx(0.01, rel=1e-6)
    assert share[0, -1] > 0.5
    assert share[1, -1] == pytest.approx(0.01, rel=1e-3)


def test_chemotherapy_acts_at_once_ends_with_the_drug_and_spares_tolerant_cells() -> None:
    """No immunity: what kills is the drug alone, and once it is gone the tumour grows as before."""
    who = BARE | everywhere("k_growth", 0.01) | {"C_seed_1": 1e9, "f_tolerant": 0.1, "chemo_sensitivity": 1.0}
    days = np.array([0.0, 1.0, 3.0, 30.0, 60.0, 90.0])
    doses = infusions(1, [0.0], 140.0, "docetaxel").assign(ID=1)
    log = np.log(follow(days, who, who, drugs=("docetaxel",), doses=doses)[["C_wild_type_1", "C_tolerant_1"]])
    lost = (log.isel(individual=0) - log.isel(individual=1)).isel(time=2)
    assert lost["C_wild_type_1"] > 0.02
    tolerant = next(clone for clone in load_catalogue().cancer("melanoma").clones if clone.name == "tolerant")
    assert tolerant.chemosensitivity is not None
    spared = tolerant.chemosensitivity.value * lost["C_wild_type_1"].item()
    assert lost["C_tolerant_1"] == pytest.approx(spared, rel=0.05)
    late = (log["C_wild_type_1"][:, -1] - log["C_wild_type_1"][:, -2]).values
    assert late[1] == pytest.approx(late[0], rel=0.02)


# --- checkpoints ----------------------------------------------------------------------------------------------------


def test_complexes_are_those_of_the_binding_equilibrium() -> None:
    """Expected: the root of (R - x) (L - x) = Kd x by bisection, with Kd = affinity × N_A × gap.

    The model shows what x complexes do: x^n / (x^n + half^n).
    """
    random = np.random.default_rng(7)
    per_area = 10 ** random.uniform(6, 12, (40, 2))  # molecules per cm²
    affinity = 10 ** random.uniform(-3, 3, 40)  # micromolar
    gap, n = 13e-7, 2.0  # cm
    people, expected = [], []
    for (R, L), Kd in zip(per_area, affinity, strict=True):
        between = Kd * 1e-6 / 1000 * 6.02214076e23 * gap  # mol/L -> mol/cm³ -> molecules/cm³ -> molecules/cm²
        excess = lambda x, R=R, L=L, Kd=between: (R - x) * (L - x) - Kd * x  # noqa: E731
        expected.append(brentq(excess, 0, min(R, L), xtol=1e-9, rtol=1e-12))
        bare = {
            "PD1_density": R,
            "PDL1_host": L,
            "n_PD1": n,
            "PD1_50": expected[-1],
            "d_synapse": gap,
            "k_IFNg_sec": 0.0,
        }
        people.append(bare | {"V_stroma": 0.0, "C_seed_1": 1e9, "Kd_PD1_PDL1": convert(Kd, "micromolar", "nmol/mL")})
    got = follow([0.0], *people)["H_PD1_neg_1"].values[:, 0]
    np.testing.assert_allclose(got, 0.5, rtol=1e-6)  # each at the number of complexes that is said to halve function


def test_blockade_of_pd_1_frees_killing_with_dose_and_saturates() -> None:
    """Killing that PD-1 inhibits by nine tenths; the antibody is there at once and hardly leaves within a week."""
    inhibited = BARE | everywhere("TPS", 0.5) | {"PD1_50": 5e9, "n_PD1": 2.0, "h_PD1_kill": 1.0}
    held = inhibited | {"C_seed_1": 1e9, "E8_1": 1e8, "P8_1": 1e7}
    levels = [0.0, 0.2, 2.0, 20.0, 200.0, 2000.0]
    doses = pd.concat(
        [infusions(1, [0.0], dose, "nivolumab").assign(ID=row) for row, dose in enumerate(levels) if dose]
    )
    kill = follow([0.0, 7.0], *[held] * len(levels), drugs=("nivolumab",), doses=doses)["kill_T_1"].values[:, 1]
    assert (np.diff(kill) > 0).all()
    assert kill[-1] > 2 * kill[0]
    assert kill[-1] - kill[-2] < 0.05 * kill[-1], "more drug than receptors to bind"


def test_blockade_of_ctla_4_raises_priming_and_depletes_regulatory_cells_of_the_tumour() -> None:
    start = ONE_LESION | {"C_seed_1": 1e9, "Treg_1": 1e7, "mAPC_N": 1e4, "aCD8": 1e4, "aCD4": 1e4}
    doses = infusions(1, [0.0], 240.0, "ipilimumab").assign(ID=1)
    result = follow([0.0, 7.0, 21.0], start, start, drugs=("ipilimumab",), doses=doses)
    control, treated = (result.isel(individual=row) for row in (0, 1))
    assert (treated["H_CD28"] > control["H_CD28"])[1:].all()
    assert (treated["output_CD8"] > 1.2 * control["output_CD8"])[1:].all()
    assert treated["Treg_1"][2] < 0.8 * control["Treg_1"][2]
    assert treated["Treg_S"][2] > 0.9 * control["Treg_S"][2], "the blood's are spared"


# --- cytokines ------------------------------------------------------------------------------------------------------


def test_interleukin_2_is_where_its_equation_comes_to_rest() -> None:
    """Expected: d(IL-2)/dt integrated for a day from 0, beside the model; the model takes the end at once."""
    p, state = values(), {"aCD8": 2e5, "aCD4": 1e5, "Treg_S": 2e10}
    active = state["aCD8"] + state["aCD4"]
    consumers = active + p["f_niche"] * state["Treg_S"]

    def slope(_: float, IL2: Floats) -> Floats:
        gained = p["k_IL2_sec"] * active / p["V_node"]
        taken = p["k_IL2_cons"] * IL2 / p["IL2_50"] * consumers / p["V_node"]
        return np.asarray(gained - taken - p["k_IL2_deg"] * IL2)

    rest = solve_ivp(slope, (0, 1), [0.0], method="BDF", rtol=1e-9, atol=1e-15).y[0, -1]
    assert follow([0.0], state)["IL2"].item() == pytest.approx(rest, rel=1e-6)


def test_interferon_is_where_its_equation_comes_to_rest() -> None:
    p = values()
    at = follow([0.0], {"E8_1": 3e8, "C_seed_1": 1e10}).isel(individual=0, time=0)
    secreted = p["k_IFNg_sec"] * 3e8 / at["V_1"].item()
    path = solve_ivp(
        lambda _, IFNg: secreted - p["k_IFNg_deg"] * IFNg, (0, 10), [0.0], method="BDF", rtol=1e-9, atol=1e-15
    )
    assert at["IFNg_1"].item() == pytest.approx(path.y[0, -1], rel=1e-6)
