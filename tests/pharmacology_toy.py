"""A toy cancer for tests of drugs: two clones, one of which lacks the antigens; two sites; round numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import symengine
import xarray as xr
from numpy.typing import ArrayLike

import coley.pharmacology
from coley.disease.interface import lacking
from coley.disease.kinds.solid import MECHANISMS
from coley.disease.on_demand import asked_for
from coley.engine import solve
from coley.facts import Antigen, Clone, Quantity
from coley.modeling import Context, assemble
from coley.pharmacology import Drug
from coley.system import TIME, System

DRUGS = Path(coley.pharmacology.__file__).parent.parent / "catalogue" / "data" / "drugs"
SITES = ("1", "R")
MOLECULES = (
    "HER2",
    "CD19",
    "DLL3",
    "nectin-1",
    "HER3",
    "EGFR",
    "c-Met",
    "TROP2",
    "nectin-4",
    "FRalpha",
    "tissue factor",
)
MOLECULES += (
    "GD2",
    "claudin 18.2",
    "EpCAM",
    "RANKL",
    "PDGFRA",
    "CCR4",
    "CD25",
    "gp100",
    "CD20",
    "CD22",
    "CD30",
    "CD33",
)
MOLECULES += ("CD38", "CD52", "CD79b", "CD123", "BCMA", "GPRC5D", "SLAMF7")
AVOGADRO = 6.02214076e23
DENSITY = 1e5  # molecules of each antigen on a cell

VALUES = """
rho_cell 2e8 cell/mL|C_one 1 cell|k_growth 0.01 1/day|k_turnover 0.02 1/day|k_clear 1 1/day|C_max 1e12 cell
C_seed 1e6 cell|k_DC 0.1 1/day|k_mAPC_death 0.02 1/day|APC0_T 4e5 cell/mL|dead_50 2e7 cell/mL|APC_50 3e4 cell
n_shared 3|exome 30|f_neoantigen 0.015|TMB 10|k_broaden 0.03 1/day|k_narrow 0.003 1/day|k_pro 1 1/day|r_CTLA4 4
B7_50 0.25|k_IL2_sec 3e-5 nmol/cell/hour|k_IL2_cons 6e-6 nmol/cell/hour|k_IL2_deg 0.2 1/minute|IL2_50 0.3 nM
V_node 1.4 mL|f_niche 1e-6|Q_nCD8 200 cell/day|Q_nCD4 400 cell/day|N_IL2_CD8 11|N_IL2_CD4 8|N_0 2|N_costim 3
k_CD8_death 0.02 1/day|f_memory 0.07|k_memory_death 0.003 1/day|Q_recall 500 cell/day|APC_50_memory 2000 cell
M_50 4e5 cell|q_T 0.005 1/day/mL|f_recruit 0.2|CD8_infiltrate 250 cell/mm^2|CD8_reference 300 cell/mm^2
n_infiltrate 1|f_progenitor 0.2|k_PE 0.1 1/day|n_burst 256|k_P_death 0.01 1/day|k_exhaustion 0.1 1/day
k_E_death 0.05 1/day|k_X_death 0.05 1/day|vol_Tcell 175 micrometer^3/cell|d_section 11 micrometer|Treg_0 1e10 cell
k_Treg_death 0.02 1/day|f_induced 0.05|Treg_50 3e6 cell/mL|q_Treg 5e-6 1/day/mL|NK_0 2e10 cell|k_NK_death 0.07 1/day
NK_density 1e6 cell/mL|MDSC_density 1e5 cell/mL|MDSC_50 3e5 cell/mL|V_hypoxia 10 mL|Mac_density 1e7 cell/mL
k_M1_pol 0.045 1/day|k_M2_pol 0.25 1/day|M2_50 2e7 cell/mL|k_phagocytosis 0.2 1/day|vol_Mcell 4850 micrometer^3/cell
k_kill 5 1/day|k_kill_NK 1 1/day|p_MHC 0.02|TPS 0.2|PDL1_host 30 molecule/micrometer^2
PDL1_max 1800 molecule/micrometer^2|r_PDL1 5|PD1_density 180 molecule/micrometer^2|Kd_PD1_PDL1 8.2 micromolar
d_synapse 3 nm|N_A 6.02214076e23 molecule/mol|PD1_50 36 molecule/micrometer^2|n_PD1 2|k_IFNg_sec 4e-13 nmol/cell/day
k_IFNg_deg 7.7 1/day|IFNg_50 0.3 picomolar|k_TGFb_Treg 1.2e-10 nmol/cell/day|k_TGFb_M2 2e-11 nmol/cell/day
k_TGFb_deg 14 1/day|TGFb_0 0.016 nM|TGFb_50 0.07 nM|f_fibrosis 0.02|k_resorption 0.006 1/day|f_oedema 0.4
k_metastasis 0.004 1/day|V_ref 100 mL|h_background 3e-5 1/day|h_burden 3e-4 1/day|n_burden 0.7|chemo_sensitivity 1
FCGR3A 0.5|A_cell 900 micrometer^2/cell|h_LAG3 0.3|h_TIGIT 0.05|h_IDO1 0.02|V_stroma 0.05 mL
f_patrol 0.5|h_PD1_kill 0.75|organ 1|odds_stained 1
"""


def q(value: float, unit: str = "", **spread: Any) -> Quantity:
    """A quantity of the toy."""
    return Quantity(value=value, unit=unit, source="test", known="assumed", **spread)


def _quantities() -> dict[str, Quantity]:
    words = [entry.split(maxsplit=2) for entry in VALUES.replace("\n", "|").split("|") if entry]
    return {name: q(float(value), *unit) for name, value, *unit in words}


def context(antigens: tuple[str, ...] = MOLECULES, **changed: float) -> Context:
    """The toy cancer; ``changed`` values of parameters keep their units."""
    quantities = _quantities()
    for name, value in changed.items():
        quantities[name] = quantities[name].model_copy(update={"value": value})
    clones = (
        Clone(name="wild", meaning="cells with every antigen"),
        Clone(name="bare", meaning="cells without antigens", fraction=q(0.5), lacks=MOLECULES),
    )
    found = tuple(
        Antigen(molecule=name, density=q(DENSITY, "molecule/cell"), positive=q(1.0), source="test", known="assumed")
        for name in antigens
    )
    return Context("toy", quantities, clones, found, SITES)


def shipped(name: str) -> Drug:
    """A drug of the catalogue."""
    return Drug.model_validate(tomllib.loads((DRUGS / f"{name}.toml").read_text(encoding="utf-8")))


def system(toy: Context, *drugs: Drug) -> System:
    """The solid tumour of the toy, with drugs; names, order and units are checked as it is assembled."""
    parts = [mechanism(toy) for mechanism in MECHANISMS]
    parts += [part for drug in drugs for part in drug.mechanisms(toy)]
    parts += asked_for(toy, parts)
    return assemble("toy", [*parts, *lacking(toy, parts)])


def course(
    model: System,
    times: ArrayLike,
    *doses: tuple[float, float, str],
    start: Mapping[str, float] | None = None,
    cells: float = 1e9,
    infusion: float = 0.0,
    rtol: float = 1e-6,
) -> xr.Dataset:
    """One individual with ``cells`` of each clone at each site, given ``doses`` (day, amount, state)."""
    begin = {state.name: cells for state in model.states if state.name.startswith(("C_wild", "C_bare"))}
    table = pd.DataFrame([begin | dict(start or {})])
    rows = [(0, day, amount, infusion, state) for day, amount, state in doses]
    given = pd.DataFrame(rows, columns=["ID", "TIME", "AMT", "DUR", "CMT"]) if rows else None
    found = solve(model, np.asarray(times, dtype=float), parameters=table, doses=given, rtol=rtol, threads=1)
    assert found["status"].item() == "ok", found["reason"].item()
    return found


def last(found: xr.Dataset, name: str) -> float:
    """The value of ``name`` at the end."""
    return float(found[name].to_numpy()[0, -1])


def at_once(model: System, names: tuple[str, ...], starts: list[dict[str, float]]) -> dict[str, np.ndarray[Any, Any]]:
    """Values of rules at time 0, for individuals that start in different states; nothing is compiled for them."""
    known = {symengine.Symbol(parameter.name): parameter.value for parameter in model.parameters}
    wanted = {name: model.inline(symengine.Symbol(name)) for name in names}
    found: dict[str, list[float]] = {name: [] for name in names}
    for start in starts:
        values = known | {TIME: 0.0}
        for state in model.states:
            initial = start[state.name] if state.name in start else model.inline(state.initial).subs(known)
            values[symengine.Symbol(state.name)] = float(initial)
        for name, expression in wanted.items():
            found[name].append(float(expression.subs(values)))
    return {name: np.array(shown) for name, shown in found.items()}


def without_t_cells(antigens: tuple[str, ...] = MOLECULES, **changed: float) -> Context:
    """The toy cancer of a patient in whom no T cell is primed: what happens is the drug's doing."""
    return context(antigens, **({"Q_nCD8": 0.0, "Q_nCD4": 0.0, "Q_recall": 0.0} | changed))


def with_actions(drug: Drug, *kinds: str, **changed: Any) -> Drug:
    """The drug with its actions of these kinds alone, some of whose fields are ``changed``."""
    actions = tuple(action.model_copy(update=changed) for action in drug.actions if action.kind in kinds)
    return drug.model_copy(update={"actions": actions})
