"""B-cell acute lymphoblastic leukaemia: blasts, blood counts, measurable residual disease, antigen loss."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diseases import MONTH, disease, ends, examined, follow, median_survival, patients, rates, treated

NAME = "b-all"
NUMBER = 60
HIT = ("wild_type", "CD22_negative", "tolerant", "lysis_resistant")
TARGETED = {f"kill_{clone}_{site}": (1.0, "1/day") for clone in HIT for site in ("1", "R")}


def test_survival_without_treatment() -> None:
    """Below or near the 4.0 months of the TOWER trial with salvage chemotherapy (Kantarjian 2017)."""
    days = np.arange(0, 721, 15.0)
    months = median_survival(follow(NAME, days, NUMBER), days) / MONTH
    assert 1.5 < months < 4.5


def test_counts_at_relapse() -> None:
    """Most patients of TOWER had 50 % blasts or more; neutrophils and platelets are below normal."""
    shown = examined(follow(NAME, [0, 1], NUMBER), NAME, 0)
    assert np.median(shown["marrow_blasts"]) > 50
    assert np.median(shown["neutrophils"]) < 2.5
    assert np.median(shown["platelets"]) < 150
    assert np.median(shown["blood_blasts"]) > 0.5


def test_few_blasts_double_in_their_time() -> None:
    growth = disease(NAME).cancer.parameters["k_growth"].value
    start = pd.DataFrame({"C_seed_1": [1e4]})
    found = follow(NAME, [0, 60, 60 + np.log(2) / growth], start=start)["C_total"].to_numpy()[0]
    assert abs(found[2] / found[1] - 2) < 0.01


def test_remission_without_residual_disease_then_relapse_without_cd19() -> None:
    """Killing at 1 a day clears: fewer than 5 % blasts, counts back, MRD below 1e-4 and then below one cell."""
    start = patients(NAME, NUMBER)
    found = follow(NAME, [0, 28, 60], NUMBER, system=treated(NAME, rates(NAME, TARGETED)), start=start)
    after = examined(found, NAME, 1)
    assert (np.asarray(after["mrd"]) < 1e-4).mean() > 0.9
    assert (np.asarray(after["marrow_blasts"]) < 5).all()
    recovered = examined(found, NAME, 2)
    assert np.median(recovered["neutrophils"]) > 1
    assert np.median(recovered["platelets"]) > 100
    assert (found["C_wild_type_1"].to_numpy()[:, 2] < 1).all()
    lost = start["C_CD19_negative_1"].to_numpy() >= 1
    assert 0.1 < lost.mean() < 0.7
    later = follow(NAME, [0, 365], start=ends(found, start, NAME))
    relapsed = later["cancer_share"].to_numpy()[:, 1] > 0.05
    assert relapsed[lost].mean() > 0.5
    CD19_negative = later["C_CD19_negative_1"].to_numpy()[:, 1] / later["C_total_1"].to_numpy()[:, 1]
    assert (CD19_negative[relapsed & lost] > 0.5).mean() > 0.9


def test_normal_b_cells_are_gone_with_the_blasts() -> None:
    found = follow(NAME, [0, 28], NUMBER, system=treated(NAME, rates(NAME, TARGETED)))
    assert (found["B_share"].to_numpy()[:, 1] < 0.05).all()


def test_neutrophils_fall_after_arrest_and_recover() -> None:
    """Healthy marrow: after two days of arrest the nadir is 5 to 14 days later and counts are back by day 28."""
    start = pd.DataFrame({"C_seed_1": [0.0]})
    arrest = treated(NAME, rates(NAME, {"kill_dividing": (3.0, "1/day")}))
    struck = follow(NAME, [0, 2], start=start, system=arrest)
    days = np.arange(0, 29.0)
    count = follow(NAME, days, start=ends(struck, start, NAME))["neutrophils"].to_numpy()[0]
    assert 2 <= int(np.argmin(count)) <= 12
    assert count.min() < 0.8 * 4.5e6
    assert abs(count[-1] / 4.5e6 - 1) < 0.1


def test_t_cells_are_there_without_blasts_and_go_with_lymphodepletion() -> None:
    depleting = treated(NAME, rates(NAME, {"deplete_T": (1.0, "1/day")}))
    found = follow(NAME, [0, 5], start=pd.DataFrame({"C_seed_1": [0.0]}), system=depleting)
    T = found["CD8_T_1"].to_numpy()[0]
    assert abs(T[0] / (2e7 * 1200) - 1) < 1e-9
    assert T[1] < 0.05 * T[0]
