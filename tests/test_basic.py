"""The one-page model: what it shows, and that a solid tumour becomes it in the limit that its docstring states."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import coley
from coley.catalogue import load_catalogue
from coley.library import basic
from coley.modeling.check import dimensions, unit_problems
from coley.pharmacology import Drug
from coley.system import System

DAYS = np.linspace(0, 400, 41)
FAST = 1e7  # per day: lags of a millionth of a day or less
SITES = ("1", "2", "3", "4", "R")

# Parameters of the one-page model: one who relapses when treatment ends, one who does not respond, one who is cured.
PATIENTS: dict[str, dict[str, float]] = {
    "round": {},
    "cold": {"Q_T": 5e6, "k_kill": 0.5, "k_growth": 0.02, "h_burden": 3e-3},
    "hot": {"Q_T": 3e8, "V_50": 20.0, "S_PD1": 4.0, "CL": 400.0, "E_0": 1e9},
}


def antibody() -> Drug:
    """An antibody that blocks PD-1 and nothing else, whose clearance falls with time."""
    return load_catalogue().drugs["nivolumab"]


def modular(drug: Drug) -> System:
    """The model of a solid tumour with one drug. Everything else is left to parameters."""
    return load_catalogue().disease("melanoma").model([drug])


def reduced(p: dict[str, float], drug: Drug) -> dict[str, float]:
    """Parameters and initial states of the modular model in the limit that is the one-page model with ``p``."""
    return _tumour(p) | _priming(p) | _t_cells(p) | _drug(p, drug.agent.symbol)


def everywhere(name: str, value: float) -> dict[str, float]:
    return {f"{name}_{site}": value for site in SITES}


def _tumour(p: dict[str, float]) -> dict[str, float]:
    """One lesion of one clone; dead cells go at once; immune cells take no room."""
    same = {name: p[name] for name in ("C_one", "C_max", "rho_cell", "h_background", "h_burden", "V_ref")}
    same |= {"n_burden": 1.0} | everywhere("k_growth", p["k_growth"])
    absent = ("f_MHC_low", "f_tolerant", "mu_MHC_low", "mu_tolerant", "vol_Tcell", "Mac_density", "V_stroma")
    seeds = everywhere("C_seed", 0.0) | {"C_seed_1": p["C_0"]}
    return same | dict.fromkeys(absent, 0.0) | seeds | {"k_clear": FAST}


def _priming(p: dict[str, float]) -> dict[str, float]:
    """Full danger wherever a cell dies; each T cell divides three times."""
    APC0_T, antigens, divisions = 1e5, 10.0, 3
    return dict.fromkeys(("k_DC", "k_mAPC_death", "k_pro"), FAST) | {
        "dead_50": 1e-12,
        "APC0_T": APC0_T,
        "APC_50": APC0_T * p["V_50"],
        "n_shared": antigens,
        "f_neoantigen": 0.0,
        "n_answered": antigens,
        "k_broaden": 0.0,
        "k_narrow": 0.0,
        "r_CTLA4": 0.0,
        "N_0": divisions,
        "N_costim": 0.0,
        "N_IL2_CD8": 0.0,
        "N_IL2_CD4": 0.0,
        "Q_nCD8": p["Q_T"] / antigens / 2**divisions,
    }


def _t_cells(p: dict[str, float]) -> dict[str, float]:
    """All enter the tumour at once as effector cells; no memory; nothing that suppresses, is secreted or kills too."""
    absent = (
        "k_CD8_death",
        "f_memory",
        "f_patrol",
        "f_progenitor",
        "n_infiltrate",
        "q_Treg",
        "f_induced",
        "MDSC_density",
        "k_kill_NK",
        "k_IFNg_sec",
        "TGFb_0",
    )
    return dict.fromkeys(absent, 0.0) | {
        "q_T": FAST,
        "f_recruit": 1.0,
        "E8_1": p["E_0"],
        "k_exhaustion": p["k_E"] / 3,
        "k_E_death": p["k_E"] * 2 / 3,
        "k_kill": p["k_kill"],
        "h_PD1_kill": 1.0,
    }


def _drug(p: dict[str, float], name: str) -> dict[str, float]:
    """One compartment, the tumour in balance with it; PD-1 binds so weakly that complexes are the product over Kd."""
    weak = 1e8
    return everywhere("TPS", 0.0) | {
        f"CL_{name}": p["CL"],
        f"V1_{name}": p["V1"],
        f"Q_{name}": 0.0,
        f"Emax_{name}": 0.0,
        f"k_tissue_{name}": FAST,
        f"gamma_T_{name}": p["gamma_T"],
        f"M_{name}": p["M"],
        f"Kd_PD1_{name}": p["Kd"],
        "PD1_density": 2.0,
        "PDL1_host": 3.0,
        "N_A": 1.0,
        "d_synapse": 1.0,
        "Kd_PD1_PDL1": weak,
        "n_PD1": 1.0,
        "PD1_50": 2.0 * 3.0 / weak / p["S_PD1"],
    }


def doses(state: str) -> pd.DataFrame:
    """Fifteen doses, two weeks apart, and half a year without."""
    return pd.DataFrame({"ID": 0, "TIME": 14.0 * np.arange(15), "AMT": 240.0, "DUR": 1 / 24, "CMT": state})


def course(system: System, values: dict[str, float], given: pd.DataFrame | None) -> pd.DataFrame:
    """States and rules over time of one individual."""
    table = pd.DataFrame([values]) if values else None
    result = coley.solve(system, DAYS, parameters=table, doses=given, rtol=1e-9, threads=1)
    assert result["status"].item() == "ok", result["reason"].item()
    courses = result.drop_vars(["status", "reason", "event", "end_time", "evaluations"])
    return courses.isel(individual=0).to_dataframe()


def test_units_balance() -> None:
    assert unit_problems(basic(), dimensions(basic().units)) == []


def test_everything_says_what_it_means() -> None:
    system = basic()
    for declared in (system.states, system.parameters, system.rules):
        assert all(item.meaning for item in declared)


def test_tumour_grows_untreated_shrinks_on_treatment_and_death_recedes() -> None:
    untreated, treated = course(basic(), {}, None), course(basic(), {}, doses("A1"))
    assert (np.diff(untreated["V"]) > 0).all()
    assert treated["V"].loc[200] < 0.01 * treated["V"].loc[0]
    assert treated["hazard_death"].iloc[-1] < 0.1 * untreated["hazard_death"].iloc[-1]


@pytest.mark.parametrize("treated", [False, True])
@pytest.mark.parametrize("patient", PATIENTS)
def test_modular_model_reduces_to_it(patient: str, treated: bool) -> None:
    """Expected: the same course to 4 digits, and to 1e-7 of its peak, where the solver is given 1e-9."""
    drug = antibody()
    name = drug.agent.symbol
    p = {item.name: item.value for item in basic().parameters} | PATIENTS[patient]
    small = course(basic(), PATIENTS[patient], doses("A1") if treated else None)
    large = course(modular(drug), reduced(p, drug), doses(f"A1_{name}") if treated else None)
    pairs = {"C": "C_total", "V": "V_tumour", "E": "E8_T", "H_PD1": "H_PD1", "kill": "kill_T_1"}
    pairs |= {"A1": f"A1_{name}", "RO_PD1": f"RO_PD1_T_{name}", "hazard_death": "hazard_death"}
    cells = small["C"] > 1e4  # of fewer, chance would decide
    for ours, theirs in pairs.items():
        expected, got = small.loc[cells, ours], large.loc[cells, theirs]
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-7 * expected.max(), err_msg=ours)
    assert small["C"].max() / small["C"].min() > 2, "nothing happened, so nothing was compared"
