"""Antibodies, conjugates and engagers, in a toy cancer half of whose cells lack the antigen."""

from __future__ import annotations

import numpy as np
import pytest

from coley.catalogue import load_catalogue
from coley.modeling import Context
from coley.pharmacology import Drug
from coley.population.variability import values
from pharmacology_toy import AVOGADRO, DENSITY, at_once, context, course, last, q, shipped, system, with_actions
from pharmacology_toy import without_t_cells as alone

ADCC = "antibody-dependent-killing"
DOSE = (0.0, 400.0, "A1_trastuzumab")
DAYS = [0.0, 7.0, 21.0]


def test_adcc_kills_cells_with_the_antigen_and_spares_those_without() -> None:
    drug = with_actions(shipped("trastuzumab"), ADCC)
    treated, control = course(system(alone(), drug), DAYS, DOSE), course(system(alone()), DAYS)
    assert last(treated, "C_wild_1") < 0.99 * last(control, "C_wild_1")
    assert last(treated, "C_wild_R") < 0.99 * last(control, "C_wild_R")
    assert last(treated, "C_bare_1") > 0.999 * last(control, "C_bare_1")  # the room that others leave lets them grow


def test_adcc_is_lost_without_nk_cells_and_macrophages() -> None:
    drug = with_actions(shipped("trastuzumab"), ADCC)
    toy = alone(NK_density=0.0, Mac_density=0.0)
    treated, control = course(system(toy, drug), DAYS, DOSE), course(system(toy), DAYS)
    assert last(treated, "C_wild_1") == pytest.approx(last(control, "C_wild_1"), rel=1e-5)


def test_adcc_rises_with_the_receptor_allele_and_ends_with_a_silent_constant_part() -> None:
    """158V binds IgG1 better than 158F, and ADCC goes with it (Koene 1997); an aglycosylated IgG has none."""
    drug, coated = shipped("trastuzumab"), {"CT_trastuzumab": 1e-2}
    weak, strong = (
        at_once(system(alone(FCGR3A=value, Mac_density=0.0), with_actions(drug, ADCC)), ("kill_wild_1",), [coated])
        for value in (0.2, 1.0)
    )
    silent = with_actions(drug, ADCC, fc_affinity=q(0.0))
    none = at_once(system(alone(), silent), ("kill_wild_1",), [{"CT_trastuzumab": 0.0}, coated])["kill_wild_1"]
    assert strong["kill_wild_1"] > weak["kill_wild_1"]
    assert none[1] == pytest.approx(none[0])


def test_coat_is_occupancy_of_the_antigen() -> None:
    """Half of 1e5 molecules at the dissociation constant, 5 nM of 145.5 kg/mol."""
    model = system(alone(), shipped("trastuzumab"))
    found = at_once(model, ("coat_trastuzumab",), [{"CT_trastuzumab": 5e-9 * 145.5e3}])
    assert found["coat_trastuzumab"] == pytest.approx(DENSITY / 2)


def test_withheld_division_spares_cells_without_the_antigen_and_kills_nobody() -> None:
    drug = with_actions(shipped("trastuzumab"), "inhibit-division", dependence=q(1.0))
    treated, control = course(system(alone(), drug), [0, 5.0], DOSE), course(system(alone()), [0, 5.0])
    assert last(treated, "C_wild_1") < last(control, "C_wild_1")
    assert last(treated, "C_bare_1") == pytest.approx(last(control, "C_bare_1"), rel=1e-3)
    assert last(treated, "kill_wild_1") == pytest.approx(last(control, "kill_wild_1"), rel=0.05)


@pytest.mark.parametrize(("name", "bystander"), [("trastuzumab-deruxtecan", True), ("trastuzumab-emtansine", False)])
def test_cells_without_the_antigen_die_only_of_a_payload_that_permeates(name: str, bystander: bool) -> None:
    """Ogitani et al., Cancer Sci 107:1039 (2016): deruxtecan kills HER2-negative neighbours, emtansine does not."""
    drug = with_actions(shipped(name), "payload")
    dose = (0.0, 350.0, drug.entry("iv"))
    treated, control = course(system(alone(), drug), DAYS, dose), course(system(alone()), DAYS)
    ratio = {clone: last(treated, f"C_{clone}_1") / last(control, f"C_{clone}_1") for clone in ("wild", "bare")}
    assert ratio["wild"] < 0.9
    assert (ratio["bare"] < 0.9) if bystander else (ratio["bare"] > 0.999)


def test_bystander_killing_fades_where_no_cell_bears_the_antigen() -> None:
    drug = with_actions(shipped("trastuzumab-deruxtecan"), "payload")
    model = system(alone(), drug)
    dose = (0.0, 350.0, drug.entry("iv"))
    found = course(model, [0.0, 3.0], dose, start={"C_wild_R": 1.0, "C_bare_R": 2e9})
    plasma = last(found, "CpP_trastuzumab_deruxtecan")
    here, there = (last(found, f"PF_trastuzumab_deruxtecan_{site}") - plasma for site in ("1", "R"))
    assert abs(there) < 0.05 * here


def test_payload_is_conserved() -> None:
    """Without target, what the antibody carried (8 a molecule) passes through plasma: AUC = 8 dose / clearance."""
    drug = with_actions(shipped("trastuzumab-deruxtecan"), "payload")
    days = np.linspace(0, 200, 4001)
    found = course(system(alone(antigens=()), drug), days, (0.0, 350.0, drug.entry("iv")))
    area = np.trapezoid(found["CpP_trastuzumab_deruxtecan"].to_numpy()[0], days)  # nmol/mL day
    assert area == pytest.approx(8 * 350 / 157e3 * 1e3 / (19.6 * 24 * 1e3) * 1e3, rel=0.01)


def complexes(free_nM: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Complexes in a lesion (nM) at free drug, and the CD3 and antigen (nM) that are there."""
    drug = shipped("tarlatamab")
    model = system(context(), drug)
    starts = [{"CT_tarlatamab": c * 1e-9 * 105e3, "E8_1": 1e7, "C_wild_1": 1e9, "C_bare_1": 1e9} for c in free_nM]
    found = at_once(model, ("complexes_tarlatamab_1", "CD8_T_1", "V_1"), starts)
    per_mL = 1e12 / AVOGADRO / found["V_1"]  # molecules to nM
    cells = found["CD8_T_1"]
    return found["complexes_tarlatamab_1"] * cells * per_mL, 1e5 * cells * per_mL, DENSITY * 1e9 * per_mL


def test_ternary_complexes_are_those_of_douglass() -> None:
    """Without cooperativity [ABC] = f(A) f(C) / [B], f what a pair alone would bind: Douglass et al. (2013)."""
    K_C, K_A = 0.64, 14.9
    free = np.geomspace(1e-3, 1e4, 15)
    found, receptors, targets = complexes(free)
    loose_A, loose_C = (receptors - found) / (1 + free / K_A), (targets - found) / (1 + free / K_C)
    total = free + loose_A * free / K_A + loose_C * free / K_C + found

    def paired(partner: np.ndarray, K: float) -> np.ndarray:
        sum_ = partner + total + K
        return np.asarray((sum_ - np.sqrt(sum_**2 - 4 * partner * total)) / 2)

    np.testing.assert_allclose(found, paired(receptors, K_A) * paired(targets, K_C) / total, rtol=1e-6)


def test_too_much_engager_fills_both_partners_apart() -> None:
    """The bell has its top at the geometric mean of the two dissociation constants, here 3.1 nM."""
    free = np.geomspace(1e-3, 1e5, 161)
    found, _, _ = complexes(free)
    top = int(np.argmax(found))
    assert free[top] == pytest.approx(np.sqrt(0.64 * 14.9), rel=0.06)
    assert found[0] < 0.01 * found[top]
    assert found[-1] < 0.01 * found[top]


def test_an_engager_needs_t_cells_and_no_mhc() -> None:
    """Bystander T cells kill too: no T cell knows the tumour here, and no macrophage answers their interferon."""
    drug = shipped("tarlatamab")
    dose = (0.0, 10.0, drug.entry("iv"))
    infiltrated, empty = alone(Mac_density=0.0), alone(Mac_density=0.0, CD8_infiltrate=0.0)
    treated, control = course(system(infiltrated, drug), DAYS, dose), course(system(infiltrated), DAYS)
    assert last(treated, "C_wild_1") < 0.9 * last(control, "C_wild_1")
    assert last(treated, "C_bare_1") > 0.98 * last(control, "C_bare_1")
    untouched = course(system(empty, drug), DAYS, dose)
    assert last(untouched, "C_wild_1") == pytest.approx(last(course(system(empty), DAYS), "C_wild_1"), rel=1e-5)


@pytest.mark.parametrize("name", ["trastuzumab", "trastuzumab-emtansine", "tarlatamab", "blinatumomab"])
def test_a_cancer_without_the_antigen_does_not_notice(name: str) -> None:
    drug = shipped(name)
    toy = context(antigens=())
    treated, control = course(system(toy, drug), DAYS, (0.0, 300.0, drug.entry("iv"))), course(system(toy), DAYS)
    for state in ("C_wild_1", "C_bare_R", "CD8_S", "V_scan"):
        assert last(treated, state) == pytest.approx(last(control, state), rel=1e-4)


def test_driven_t_cells_multiply_and_die_back() -> None:
    """Expansion of T cells under blinatumomab and its end within weeks of the infusion: Zhu et al. (2016)."""
    drug = shipped("blinatumomab")
    doses = [(float(day), 0.028, drug.entry("iv")) for day in range(14)]
    found = course(system(alone(), drug), [0.0, 14.0, 60.0], *doses)
    _, during, later = found["T_blinatumomab_1"].to_numpy()[0] / found["CD8_T_1"].to_numpy()[0]
    assert 1.5 < during < 40
    assert later < 0.2 * during + 1
    assert last(found, "T_engaged_blinatumomab") < 1e-3 * found["T_engaged_blinatumomab"].to_numpy()[0, 1]


def adcc_rates(toy: Context, drug: Drug, *coats: float) -> np.ndarray:
    """Killing (1/day) of cells in lesion 1 that an antibody kills, at concentrations in the tumour (mg/mL)."""
    starts = [{f"CT_{drug.agent.symbol}": coat} for coat in (0.0, *coats)]
    found = at_once(system(toy, with_actions(drug, ADCC)), ("kill_wild_1",), starts)["kill_wild_1"]
    return np.asarray(found[1:] - found[0])


def test_killing_by_nk_cells_of_158f_takes_as_much_more_antibody_as_published() -> None:
    """Dall'Ozzo et al. (2004): half the killing at 4.2 times the antibody, the most of it the same."""
    drug = with_actions(shipped("trastuzumab"), ADCC, half_coat=q(1e7, "molecule/cell"))  # far from saturated
    F, V = (alone(FCGR3A=value, Mac_density=0.0) for value in (0.24, 1.0))
    (weak,) = adcc_rates(F, drug, 4.2e-6)
    (strong,) = adcc_rates(V, drug, 1e-6)
    assert weak == pytest.approx(strong, rel=0.02)


def test_genotypes_of_the_receptor_are_those_of_patients() -> None:
    """Cartron et al. (2002) found V/V in 20 %, V/F in 45 and F/F in 35 of 49; Musolino et al. (2008) like it."""
    alleles = load_catalogue().physiology.parameters["FCGR3A"]
    drawn = values(alleles, np.random.default_rng(1).normal(size=4000))
    found = {value: float(np.mean(drawn == value)) for value in np.unique(drawn)}
    assert list(found) == [0.24, 0.49, 1.0]
    np.testing.assert_allclose(list(found.values()), [0.35, 0.45, 0.20], atol=0.08)


def test_a_constant_part_without_fucose_arms_nk_cells_and_leaves_macrophages_as_they_are() -> None:
    changed = {"half_coat": q(1e6, "molecule/cell"), "fc_affinity_IIa": q(1.0)}
    with_fucose, without = (
        with_actions(shipped("trastuzumab"), ADCC, fc_affinity=q(affinity), **changed) for affinity in (1.0, 10.0)
    )
    for toy, gains in ((alone(Mac_density=0.0), True), (alone(NK_density=0.0), False)):
        (before,), (after,) = (adcc_rates(toy, drug, 1e-3) for drug in (with_fucose, without))
        assert (after > 2 * before) if gains else (after == pytest.approx(before))


def test_avelumab_kills_cells_with_pd_l1_in_proportion_and_by_its_constant_part() -> None:
    """It has the constant part of a natural IgG1, atezolizumab and durvalumab do not: Boyerinas et al., Cancer Immunol
    Res 3:1148 (2015)."""
    drug = shipped("avelumab")
    few, many = (adcc_rates(alone(TPS=score), drug, 0.05)[0] for score in (0.1, 0.8))
    assert many == pytest.approx(8 * few, rel=1e-3)
    assert adcc_rates(alone(TPS=0.8, NK_density=0.0, Mac_density=0.0), drug, 0.05)[0] == pytest.approx(0, abs=1e-9)
    silent = [action.kind for name in ("atezolizumab", "durvalumab") for action in shipped(name).actions]
    assert ADCC not in silent
