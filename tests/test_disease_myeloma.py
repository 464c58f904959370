"""Myeloma: M-protein follows plasma cells with the half-life of IgG."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diseases import MONTH, disease, ends, examined, follow, median_survival, patients, rates, treated

NAME = "myeloma"
NUMBER = 60
HIT = tuple(clone.name for clone in disease(NAME).cancer.clones if "BCMA" not in clone.lacks)
ALL = {f"kill_{clone}_{site}": (5.0, "1/day") for clone in HIT for site in ("1", "R")}


def test_survival_without_treatment() -> None:
    """Near the 8.6 months after failure of anti-CD38 (Gandhi 2019)."""
    days = np.arange(0, 1201, 30.0)
    months = median_survival(follow(NAME, days, NUMBER), days) / MONTH
    assert 6 < months < 13


def test_serum_at_relapse() -> None:
    """Trials ask for 1 g/dL of M-protein or 10 mg/dL of light chains; most patients have it."""
    shown = examined(follow(NAME, [0, 1], NUMBER), NAME, 0)
    measurable = (np.asarray(shown["serum_m_protein"]) >= 1) | (np.asarray(shown["flc_kappa"]) >= 10)
    assert measurable.mean() > 0.7
    assert 10 < np.median(shown["marrow_plasma_cells"]) < 70
    assert (np.asarray(shown["immunofixation"]) == 1).all()
    ratio = np.asarray(shown["flc_kappa"]) / np.asarray(shown["flc_lambda"])
    assert (ratio > 1.65).mean() > 0.8


def test_m_protein_halves_in_three_weeks_and_light_chains_at_once() -> None:
    """Half-life of IgG 21 days, of light chains hours (Wikilite 3.5.1), once no cell secretes."""
    found = follow(NAME, [0, 7, 28, 210], NUMBER, system=treated(NAME, rates(NAME, ALL)))
    protein = found["M_serum"].to_numpy()
    np.testing.assert_allclose(protein[:, 2] / protein[:, 1], 0.5, rtol=0.02)
    chains = found["FLC_involved"].to_numpy()
    assert (chains[:, 1] <= 0.0101).all()
    last = examined(found, NAME, 3)
    assert (np.asarray(last["mrd"]) < 1e-5).mean() > 0.9
    assert (np.asarray(last["marrow_plasma_cells"]) < 5).all()
    assert (np.asarray(last["clonal_plasma_cells"]) == 0).all()
    assert (np.asarray(last["immunofixation"]) == 0).mean() > 0.5


def test_protein_lags_behind_growing_cells() -> None:
    """At a steady rate of growth g, serum holds secretion × cells / (volume × (g + breakdown)): closed form."""
    quantities = {**disease(NAME).physiology.parameters, **disease(NAME).cancer.parameters}
    growth = quantities["k_growth"].value
    start = pd.DataFrame({"C_seed_1": [1e5]})
    found = follow(NAME, [0, 400], start=start)
    cells = found["C_total"].to_numpy()[0, 1]
    expected = 10e-9 * cells / (6000 * (growth + quantities["k_IgG_loss"].value))  # 10 pg is 10e-9 mg
    assert abs(found["M_serum"].to_numpy()[0, 1] / expected - 1) < 0.02


def test_normal_immunoglobulin_falls_with_the_antigen() -> None:
    """Hypogammaglobulinaemia is the rule under treatment against BCMA: IgG below 4 g/L."""
    found = follow(NAME, [0, 90], NUMBER, system=treated(NAME, rates(NAME, ALL)))
    assert (found["IgG_serum"].to_numpy()[:, 1] < 4).all()


def test_cells_without_bcma_come_back() -> None:
    start = patients(NAME, NUMBER)
    found = follow(NAME, [0, 60], NUMBER, system=treated(NAME, rates(NAME, ALL)), start=start)
    lost = found["C_BCMA_negative_1"].to_numpy()[:, 1] > 10
    assert (found["C_wild_type_1"].to_numpy()[:, 1] < 1).all()
    later = follow(NAME, [0, 730], start=ends(found, start, NAME))["C_total"].to_numpy()
    assert (later[lost, 1] > later[lost, 0]).all()
