"""Flat cancers: carcinoma in situ of the bladder, and superficial basal cell carcinoma of the skin."""

from __future__ import annotations

import numpy as np
import pytest

from diseases import WORKED, YEAR, disease, ends, examined, follow, patients, rates, treated

BLADDER, SKIN = "nmibc-cis", "basal-cell-superficial"
NUMBER = 80
LOCAL = {
    "danger_1": (1e8, "cell"),
    "IFNg_added_1": (1.0, "picomolar"),
    "kill_wild_type_1": (0.35, "1/day"),
    "kill_MHC_low_1": (0.35, "1/day"),
}
"""What bacteria or a cream do in a flat lesion: danger, interferon, and killing by cells that they draw there."""


def test_half_of_untreated_carcinoma_in_situ_invades_within_five_years() -> None:
    """More than half, says Ranasinghe 2013."""
    found = follow(BLADDER, [0, 5 * YEAR], NUMBER)
    invaded = 1 - np.exp(-found["hazard_invasion"].to_numpy()[:, 1]).mean()
    assert 0.45 < invaded < 0.75


def test_cystoscopy_and_cytology_find_what_is_there() -> None:
    """Nearly every patient has the one or the other, and a biopsy of high grade; none without cancer has."""
    shown = examined(follow(BLADDER, [0, 1], NUMBER), BLADDER, 0)
    seen, shed = np.asarray(shown["cystoscopy"]) > 0, np.asarray(shown["cytology"]) > 0
    assert (seen | shed).mean() > 0.9
    assert (np.asarray(shown["biopsy"])[seen | shed] == 2).all()
    empty = disease(BLADDER).examine({n: np.zeros(200) for n in disease(BLADDER).watched}, range(200), 1, seed=1)
    assert np.nanmax(empty["biopsy"]) == 0
    assert np.asarray(empty["cystoscopy"]).mean() < 0.2


def test_invasion_is_found_and_stays() -> None:
    invaded = {name: np.full(50, 100.0) for name in disease(BLADDER).watched}
    assert (np.asarray(disease(BLADDER).examine(invaded, range(50), 3, seed=1)["biopsy"]) == 3).all()


@pytest.mark.parametrize("name", [BLADDER, SKIN])
def test_six_weeks_of_local_treatment_clear(name: str) -> None:
    start = patients(name, NUMBER)
    all_of_it = LOCAL | {f"kill_{clone.name}_1": (0.35, "1/day") for clone in disease(name).cancer.clones}
    found = follow(name, [0, 42], NUMBER, system=treated(name, rates(name, all_of_it)), start=start)
    assert (found["C_total"].to_numpy()[:, 1] < 0.01 * found["C_total"].to_numpy()[:, 0]).all()
    gone = found["C_total"].to_numpy()[:, 1] < 30
    assert gone.mean() > 0.5
    later = follow(name, [0, 90], start=ends(found, start, name))
    shown = examined(later, name, 1)
    if WORKED[name] == "skin":
        assert (np.asarray(shown["histology"])[gone] == 0).mean() > 0.8
        assert (np.asarray(shown["lesions"])[gone] == 0).all()
    else:
        assert not (np.asarray(shown["biopsy"])[gone] == 2).any()


@pytest.mark.parametrize("name", [BLADDER, SKIN])
def test_danger_brings_dendritic_cells_to_the_node(name: str) -> None:
    alarmed = follow(name, [0, 42], 20, system=treated(name, rates(name, {"danger_1": (1e8, "cell")})))
    left_alone = follow(name, [0, 42], 20)
    assert (alarmed["mAPC_N"].to_numpy()[:, 1] > 1.3 * left_alone["mAPC_N"].to_numpy()[:, 1]).all()


def test_vehicle_hardly_ever_clears_skin() -> None:
    """Vehicle cleared 3 % by histology (Geisse 2004), 18 weeks after its start."""
    shown = examined(follow(SKIN, [0, 126], NUMBER), SKIN, 1)
    assert (np.asarray(shown["histology"]) == 0).mean() <= 0.05
    assert (np.asarray(shown["lesions"]) > 0).mean() > 0.9


def test_nobody_dies_of_superficial_skin_cancer() -> None:
    found = follow(SKIN, [0, YEAR], NUMBER)["hazard_death"].to_numpy()[:, 1]
    np.testing.assert_allclose(found, 3e-5 * YEAR, rtol=1e-3)


def test_area_is_cells_by_thickness() -> None:
    """2.06e8 cells per mL in a layer of 0.1 mm: 2.06e6 cells are 1 cm²."""
    found = follow(BLADDER, [0, 1], 4)
    np.testing.assert_allclose(found["area"], found["C_total"] / 2.06e6, rtol=1e-9)
