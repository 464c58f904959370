"""Tumour and immunity as they are known from biopsies, scans and experiments: no trial, no chance.

Each test gives what was measured and its source. "Eliminated" is fewer than one cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from biology import (
    DRUG,
    MONTH,
    Floats,
    cohort,
    disease,
    ends,
    follow,
    infusions,
    last,
    newborn,
    system,
    without,
)

PATIENTS = 300
CANCER_CELLS = [f"C_{clone.name}" for clone in disease().cancer.clones]
DRUG_STATES = ("A1_pembrolizumab", "A2_pembrolizumab", "CT_pembrolizumab", "CN_pembrolizumab")
SCANS = np.arange(0.0, 12.1 * MONTH, 63.0)
TARGETS = disease().sites[:-1]


@pytest.fixture(scope="module")
def diagnosed() -> pd.DataFrame:
    """Patients with melanoma at diagnosis."""
    return cohort(PATIENTS)


@pytest.fixture(scope="module")
def cured(diagnosed: pd.DataFrame) -> pd.DataFrame:
    """Those in whom two years of pembrolizumab left less than any scan shows, half a year later; without what is left.

    Of a cell and of the drug nothing is left then, so that the next inoculum is alone.
    """
    doses = infusions(PATIENTS, np.arange(0.0, 24 * MONTH, 21.0))
    found = follow(diagnosed, [0.0, 30 * MONTH], "C_total", doses=doses)
    invisible = last(found, "C_total") < 1e6  # 5 µL
    assert invisible.sum() >= 10
    return without(ends(found, diagnosed)[invisible].reset_index(drop=True), *CANCER_CELLS, *DRUG_STATES)


def share_rejecting(hosts: pd.DataFrame, cells: float, days: float = 2 * 365.0) -> float:
    """Share of hosts in whom so many cells of the melanoma, put in one place, are gone in the end."""
    challenged = hosts.assign(C_wild_type_1=cells) if "C_wild_type_1" in hosts else hosts.assign(C_seed_1=cells)
    return float((last(follow(challenged, [0.0, days], "C_total"), "C_total") < 1).mean())


# --- memory ---------------------------------------------------------------------------------------------------------


def test_the_cured_reject_the_tumour_when_it_comes_back(cured: pd.DataFrame) -> None:
    """80 to 100 % of mice cured by checkpoint blockade reject a second inoculum of 1e5 to 1e6 cells: models MC38 and
    CT26, for example Curran et al., PNAS 107:4275 (2010). Recalled."""
    assert share_rejecting(cured, 1e6) >= 0.8


def test_who_never_had_it_does_not_reject_the_tumour(diagnosed: pd.DataFrame) -> None:
    """Nearly all naive mice grow the inoculum that cured ones reject: the control of each such experiment."""
    assert share_rejecting(newborn(diagnosed), 1e6) < 0.2


def test_without_memory_the_cured_do_not_reject_the_tumour(cured: pd.DataFrame) -> None:
    """Depletion of T cells before the second inoculum abolishes rejection, as in most models of it. Recalled.

    All that have met the tumour are gone, and with them what they answer; naive T cells stay.
    """
    depleted = without(cured, "M8", "CD8_S", "aCD8", "aCD4", "P8", "E8", "X8", "n_answered")
    assert share_rejecting(depleted, 1e6) < 0.2


# --- surveillance ---------------------------------------------------------------------------------------------------


def immunogenic(hosts: pd.DataFrame) -> pd.DataFrame:
    """The same people with a tumour that was never edited: many mutations, no PD-L1 of its own, T cells let in."""
    everywhere = {f"TPS_{site}": 1e-3 for site in disease().sites}
    everywhere |= {f"CD8_infiltrate_{site}": 1e5 for site in disease().sites}  # cells/cm²: 1,000 per mm²
    return hosts.assign(TMB=100.0, **everywhere)


@pytest.mark.xfail(
    reason="22 % of small immunogenic tumours are eliminated, where 40 % were in mice: the fit made entry of T cells "
    "slower",
)
def test_small_immunogenic_tumours_are_eliminated_and_large_ones_are_not(diagnosed: pd.DataFrame) -> None:
    """8 of 20 sarcomas from mice without lymphocytes are rejected by intact mice, where all grow in mice without:
    Shankaran et al., Nature 410:1107 (2001). No large tumour goes by itself."""
    hosts = immunogenic(newborn(diagnosed))
    assert share_rejecting(hosts, 1e6) >= 0.4
    assert share_rejecting(hosts, 1e11) <= 0.02


def test_without_t_cells_no_tumour_is_eliminated(diagnosed: pd.DataFrame) -> None:
    """All 20 sarcomas of Shankaran et al. grow in mice without lymphocytes."""
    hosts = immunogenic(newborn(diagnosed)).assign(Q_nCD8=0.0, Q_nCD4=0.0)
    assert share_rejecting(hosts, 1e6) == 0


# --- knock-outs -----------------------------------------------------------------------------------------------------


def shrunk(patients: pd.DataFrame, doses: bool = True) -> tuple[float, Floats]:
    """Share whose tumours lose 30 % of their diameter in half a year, and cancer cells then."""
    given = infusions(len(patients), np.arange(0.0, 182.0, 21.0)) if doses else None
    found = follow(patients, [0.0, 182.0], "V_scan", "C_total", doses=given)
    volume = found["V_scan"].to_numpy()
    return float((volume[:, 1] < 0.343 * volume[:, 0]).mean()), last(found, "C_total")


@pytest.fixture(scope="module")
def intact(diagnosed: pd.DataFrame) -> tuple[float, Floats]:
    """Patients as they are, under pembrolizumab."""
    share, cells = shrunk(diagnosed)
    assert share > 0.15
    return share, cells


def test_without_cd8_t_cells_anti_pd_1_does_nothing(diagnosed: pd.DataFrame) -> None:
    """Depletion of CD8 T cells abolishes the effect of anti-PD-1 in mice: Curran et al. 2010; Moynihan et al., Nat Med
    22:1402 (2016)."""
    depleted = without(diagnosed, "aCD8", "CD8_S", "M8", "P8", "E8", "X8").assign(Q_nCD8=0.0)
    share, treated = shrunk(depleted)
    assert share == 0
    np.testing.assert_allclose(treated, shrunk(depleted, doses=False)[1], rtol=0.01)


def test_without_dendritic_cells_no_t_cell_is_primed_and_anti_pd_1_does_nothing(diagnosed: pd.DataFrame) -> None:
    """Mice without Batf3 prime no CD8 T cells against tumours (Hildner et al., Science 322:1097, 2008) and do not
    answer to anti-PD-1 (Sanchez-Paulete et al., Cancer Discov 6:71, 2016)."""
    deficient = newborn(diagnosed).assign(C_seed_1=1e8, k_DC=0.0)
    days = [0.0, 365.0]
    control = follow(deficient.drop(columns="k_DC"), days, "CD8_S")
    plain = follow(deficient, days, "CD8_S", "C_total")
    treated = follow(deficient, days, "C_total", doses=infusions(PATIENTS, np.arange(0.0, 365.0, 21.0)))
    assert (last(control, "CD8_S") > 1e4).mean() > 0.9
    assert (last(plain, "CD8_S") == 0).all()
    np.testing.assert_allclose(last(treated, "C_total"), last(plain, "C_total"), rtol=0.01)


@pytest.mark.parametrize(
    ("removed", "cells"),
    [({"q_Treg": 0.0}, "Treg"), ({"M2_50": 1e30, "k_TGFb_M2": 0.0}, ""), ({"MDSC_density": 0.0}, "")],
    ids=["regulatory T cells", "M2 macrophages", "suppressor cells"],
)
def test_without_suppressors_tumours_are_held_better(
    diagnosed: pd.DataFrame, intact: tuple[float, Floats], removed: dict[str, float], cells: str
) -> None:
    """Depletion of each improves control under checkpoint blockade in mice: regulatory T cells (Bos et al., J Exp Med
    210:2435, 2013), M2 macrophages by CSF1R (Zhu et al., Cancer Res 74:5057, 2014), suppressor cells by CXCR2 (Highfill
    et al., Sci Transl Med 6:237ra67, 2014)."""
    share, left = shrunk((without(diagnosed, cells) if cells else diagnosed).assign(**removed))
    assert share > intact[0] + 0.02
    assert np.median((left + 1) / (intact[1] + 1)) < 0.95


def test_without_nk_cells_what_lacks_mhc_grows_more(diagnosed: pd.DataFrame) -> None:
    """Cells without MHC class I are rejected by NK cells, and grow where these are gone; cells with it grow alike:
    Karre et al., Nature 319:675 (1986)."""
    mixed = diagnosed[diagnosed["C_wild_type_1"] > 0].reset_index(drop=True).assign(C_MHC_low_1=1e7)
    names = ("C_MHC_low_1", "C_wild_type_1")
    control, deficient = (follow(people, [0.0, 60.0], *names) for people in (mixed, mixed.assign(k_kill_NK=0.0)))
    more = {name: last(deficient, name) / last(control, name) for name in names}
    assert (more["C_MHC_low_1"] > 1.0).all() and np.median(more["C_MHC_low_1"]) > 1.05
    assert np.median(more["C_MHC_low_1"] - 1) > 3 * np.median(more["C_wild_type_1"] - 1)


# --- biopsies and scans ---------------------------------------------------------------------------------------------


def test_t_cells_of_the_tumour_are_as_many_as_pathologists_count(diagnosed: pd.DataFrame) -> None:
    """In one lesion, per area of a section: 30 CD8 T cells per mm² in deserts, 100 to 1,000 in inflamed tumours, 1,000
    to 3,000 at the margin of some that respond; Tumeh et al., Nature 515:568 (2014), reviews of digital pathology.
    Regulatory T cells are 0.05 to 0.4 of them in most (Jacobs et al., Br J Cancer 106:1148, 2012). Recalled."""
    found = follow(diagnosed, [0.0], "CD8_T_1", "Treg_1", "V_1")
    depth = next(parameter.value for parameter in system(DRUG).parameters if parameter.name == "d_section")
    low, middle, high = np.quantile(last(found, "CD8_T_1") / last(found, "V_1") * depth / 100, [0.05, 0.5, 0.95])
    assert 5 < low < 50
    assert 100 < middle < 500
    assert 500 < high < 5000
    assert 0.05 < np.median(last(found, "Treg_1") / last(found, "CD8_T_1")) < 0.4


@pytest.mark.parametrize(
    ("cancer", "shortest", "longest"), [("melanoma", 30, 150), ("nsclc", 60, 300)], ids=["melanoma", "lung"]
)
def test_untreated_tumours_double_as_fast_as_on_scans(cancer: str, shortest: float, longest: float) -> None:
    """Medians. Metastases of melanoma 30 to 150 days in series of scans (recalled). Lung cancer: 121 days for squamous
    and 258 for adenocarcinoma, 100 to 400 in all; 74 for lesions that progress under treatment (Ghaffari Laleh et al.,
    2022): advanced cancer is between."""
    found = follow(cohort(80, cancer), [0.0, 60.0], "V_scan", cancer=cancer)["V_scan"].to_numpy()
    doubling = 60 * np.log(2) / np.log(found[:, 1] / found[:, 0])
    growing = doubling > 0
    assert growing.mean() > 0.9
    assert shortest < np.median(doubling[growing]) < longest


# --- the first scans of treatment -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scans:
    """Sums of the diameters and of the areas of target lesions (patients × scans), as read, of who has any."""

    sums: Floats
    areas: Floats


@pytest.fixture(scope="module")
def scans(diagnosed: pd.DataFrame) -> Scans:
    """A year of pembrolizumab."""
    doses = infusions(PATIENTS, np.arange(0.0, 365.0, 21.0))
    found = follow(diagnosed, SCANS, *disease().watched, doses=doses)
    read = []
    for visit in range(len(SCANS)):
        values = {name: found[name].to_numpy()[:, visit] for name in disease().watched}
        read.append(disease().examine(values, range(PATIENTS), visit, seed=1)["diameters"])
    diameters = np.stack(read, axis=1)
    measurable = diameters[:, 0].max(axis=1) >= 10
    return Scans(diameters[measurable].sum(axis=2), (diameters[measurable] ** 2).sum(axis=2))


def test_hardly_any_melanoma_halves_in_the_first_week(diagnosed: pd.DataFrame) -> None:
    """Responses are weeks in the making: the first scan to show one is that of weeks 9 to 12 for most. At most 5 %."""
    volume = follow(diagnosed, [0.0, 7.0], "V_scan", doses=infusions(PATIENTS, [0.0]))["V_scan"].to_numpy()
    assert (volume[:, 1] < 0.5 * volume[:, 0]).mean() <= 0.05


def test_some_growth_is_not_confirmed_by_the_next_scan(scans: Scans) -> None:
    """Pseudoprogression of Hodi et al., J Clin Oncol 34:1510 (2016): burden, a sum of areas, at least 25 % above
    baseline at week 12 or later, not confirmed at the next scan. 7 % of the 327 melanomas that were followed for 28
    weeks."""
    grown = scans.areas >= 1.25 * scans.areas[:, :1]
    early = (grown[:, 1:3] & grown[:, 2:4]).any(axis=1)  # confirmed by then: few of them are followed on
    unconfirmed = (grown[:, 1:-1] & ~grown[:, 2:]).any(axis=1)
    assert 0.02 <= unconfirmed[~early].mean() <= 0.10


@pytest.mark.xfail(
    reason="one in 280 lesions' sums grows by a fifth and then shrinks by a third, where 2 to 10 % of patients do: "
    "oedema follows killing too closely",
)
def test_some_grow_before_they_respond(scans: Scans) -> None:
    """3 of 96 melanomas under pembrolizumab grow by 20 % above baseline and respond later (Nishino et al., Clin Cancer
    Res 23:4671, 2017); pseudoprogression in 2.8 to 9.7 % over trials of any definition (Jia et al. 2019, recalled)."""
    base = scans.sums[:, :1]
    grown = (scans.sums >= 1.2 * base) & (scans.sums >= base + 5)
    first = np.where(grown.any(axis=1), grown.argmax(axis=1), grown.shape[1])
    later = np.arange(grown.shape[1]) > first[:, None]
    assert 0.01 <= ((scans.sums <= 0.7 * base) & later).any(axis=1).mean() <= 0.10


def test_responders_are_seen_at_the_first_or_second_scan(scans: Scans) -> None:
    """Median time to response 2 to 3 months, where scans are nine weeks apart: most at the first scan or the second."""
    response = scans.sums <= 0.7 * scans.sums[:, :1]
    ever = response.any(axis=1)
    assert ever.mean() > 0.2
    assert (response[ever].argmax(axis=1) <= 2).mean() > 0.6
