"""Diffuse large B-cell lymphoma: nodes, PET, antigens and normal B cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coley.modeling import Mechanism
from diseases import MONTH, disease, ends, examined, follow, median_survival, patients, rates, treated

NAME = "dlbcl"
NUMBER = 60


def against(molecule: str, rate: float) -> Mechanism:
    """Killing of every cell that bears ``molecule``."""
    bearing = [clone.name for clone in disease(NAME).cancer.clones if molecule not in clone.lacks]
    return rates(NAME, {f"kill_{clone}_{s}": (rate, "1/day") for clone in bearing for s in disease(NAME).sites})


def test_survival_without_treatment() -> None:
    """Somewhat less than the 6.3 months of SCHOLAR-1 with salvage treatment (Crump 2017)."""
    days = np.arange(0, 721, 15.0)
    months = median_survival(follow(NAME, days, NUMBER), days) / MONTH
    assert 2.5 < months < 6.3


def test_antigen_negative_cells_survive_targeted_killing_and_come_back() -> None:
    start = patients(NAME, NUMBER)
    found = follow(NAME, [0, 90], NUMBER, system=treated(NAME, against("CD19", 0.8)), start=start)
    cells = {
        clone.name: sum(found[f"C_{clone.name}_{s}"].to_numpy()[:, 1] for s in disease(NAME).sites)
        for clone in disease(NAME).cancer.clones
    }
    assert (cells["wild_type"] < 1e-3).all()
    assert (cells["CD20_negative"] < 1e-3).all()
    before = sum(start[f"C_CD19_negative_{s}"] for s in disease(NAME).sites).to_numpy()
    left = cells["CD19_negative"] > before
    assert left[before > 10].mean() > 0.9
    later = follow(NAME, [0, 365], start=ends(found, start, NAME))
    assert (later["C_total"].to_numpy()[left, 1] > 10 * later["C_total"].to_numpy()[left, 0]).mean() > 0.9


def test_normal_b_cells_go_and_come_back() -> None:
    """Rituximab empties blood of B cells within weeks; they are back some 6 to 12 months after it (McLaughlin 1998)."""
    start = patients(NAME, NUMBER)
    found = follow(NAME, [0, 30], NUMBER, system=treated(NAME, against("CD20", 0.5)), start=start)
    # not in all: where T cells meet the lymphoma, macrophages engulf the normal cells beside it
    assert (found["B_share"].to_numpy()[:, 0] > 0.8).mean() > 0.9
    assert (found["B_share"].to_numpy()[:, 1] < 0.05).all()
    later = follow(NAME, [0, 180, 365], start=ends(found, start, NAME))["B_share"].to_numpy()
    assert (later[:, 1] > 0.5).mean() > 0.9
    assert (later[:, 2] > 0.8).mean() > 0.9


def test_pet_shows_disease_before_and_none_after() -> None:
    found = follow(NAME, [0, 120], NUMBER, system=treated(NAME, against("nothing", 0.8)))
    before, after = examined(found, NAME, 0), examined(found, NAME, 1)
    assert (np.asarray(before["deauville"]) >= 4).all()
    assert np.nanmax(after["deauville"]) <= 2
    assert np.isfinite(after["deauville"]).mean() > 0.9
    assert (np.asarray(before["longest_diameters"])[:, 0] > 15).mean() > 0.9
    longest, shortest = (np.asarray(before[f"{axis}_diameters"]) for axis in ("longest", "shortest"))
    assert (longest >= shortest).all()
    assert (np.asarray(after["longest_diameters"]) <= 15).mean() > 0.5
    assert (np.asarray(after["longest_diameters"]) <= np.asarray(before["longest_diameters"]) + 1).all()


def test_spleen_grows_with_the_rest() -> None:
    """Twice the volume is 26 % longer: 105 mm becomes 132 mm."""
    watched = {name: np.zeros(2) for name in disease(NAME).watched}
    facts = disease(NAME).patients
    doubling = facts["V_spleen"].value / facts["spleen_share"].value
    shown = disease(NAME).examine({**watched, "V_scan_R": np.array([0.0, doubling])}, range(2), 0, seed=1)
    np.testing.assert_array_equal(shown["spleen_length"], [105, 132])


def test_a_small_node_grows_with_its_doubling_time() -> None:
    """Far below the vascular limit and with hardly any T cell, cells double in ln 2 / k_growth."""
    growth = disease(NAME).cancer.parameters["k_growth"].value
    start = pd.DataFrame({f"C_seed_{site}": [1e3 if site == "1" else 0.0] for site in disease(NAME).sites})
    found = follow(NAME, [0, 10, 10 + np.log(2) / growth], start=start)["C_total"].to_numpy()[0]
    assert abs(found[2] / found[1] - 2) < 0.03
