"""What is done to one lesion, or to a surface: virus, BCG, radiation, surgery, a depot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from coley.modeling import assemble
from coley.pharmacology import Agent
from coley.pharmacology.actions.irradiate import Irradiate
from coley.pharmacology.kinetics.local import Local
from coley.units import dimension, to_internal
from pharmacology_toy import context, course, last, q, shipped, system, with_actions
from pharmacology_toy import without_t_cells as alone

VIRUS = "talimogene-laherparepvec"
STATE = "A_talimogene_laherparepvec"


def test_virus_acts_in_the_lesion_that_it_is_injected_into() -> None:
    drug = shipped(VIRUS)
    assert drug.entry("intralesional") == f"{STATE}_1"
    assert drug.entry("intralesional", "R") == f"{STATE}_R"
    days = [0.0, 7.0, 14.0]
    found = course(system(alone(), drug), days, (0.0, 4e8, drug.entry("intralesional", "1")))
    control = course(system(alone()), days)
    assert last(found, "C_wild_1") < 0.8 * last(control, "C_wild_1")
    assert last(found, "C_wild_R") == pytest.approx(last(control, "C_wild_R"), rel=1e-3)
    assert last(found, f"{STATE}_R") == 0


def test_virus_needs_its_receptor() -> None:
    drug = shipped(VIRUS)
    entering = {"receptor": "nectin-1"}
    virus = with_actions(drug, "infect", **entering)
    virus = virus.model_copy(update={"kinetics": drug.kinetics.model_copy(update=entering)})
    days = [0.0, 7.0]
    found = course(system(alone(), virus), days, (0.0, 4e8, f"{STATE}_1"))
    assert last(found, "C_wild_1") < 0.9 * last(found, "C_bare_1")


def test_virus_alarms_the_immune_system_and_brings_dendritic_cells() -> None:
    """The gene of GM-CSF: without what it recruits fewer dendritic cells reach the node."""
    drug = shipped(VIRUS)
    plain = with_actions(drug, "infect", recruitment=q(0.0))
    days, dose = [0.0, 3.0], (0.0, 4e8, f"{STATE}_1")
    armed, unarmed = course(system(alone(), drug), days, dose), course(system(alone(), plain), days, dose)
    control = course(system(alone()), days)
    assert last(armed, "mAPC_N") > last(unarmed, "mAPC_N") > last(control, "mAPC_N")
    assert last(armed, "H_danger_1") > last(control, "H_danger_1")


def test_virus_without_cells_is_cleared_exponentially() -> None:
    """Nothing to infect: 2/day, and five times as fast under full interferon-gamma, of which there is none."""
    found = course(system(alone(), shipped(VIRUS)), [0.0, 1.0, 2.0], (0.0, 4e8, f"{STATE}_1"), cells=0.0)
    np.testing.assert_allclose(found[f"{STATE}_1"][0], 4e8 * np.exp(-2 * np.array([0, 1, 2])), rtol=0.02)


def survival(doses: list[tuple[float, float]], **changed: object) -> float:
    """Share of cells that live on a day after the last dose (day, Gy) to the lesion, relative to no dose."""
    radiation = with_actions(shipped("radiotherapy"), "irradiate", **changed)
    end = doses[-1][0] + 1.0
    entry = radiation.entry("external-beam", "1")
    found = course(system(alone(), radiation), [0.0, end], *((day, gray, entry) for day, gray in doses), rtol=1e-8)
    control = course(system(alone()), [0.0, end], rtol=1e-8)
    assert last(found, "C_wild_R") == pytest.approx(last(control, "C_wild_R"), rel=1e-3)
    return last(found, "C_wild_1") / last(control, "C_wild_1")


def test_gray_is_a_dimension_of_its_own() -> None:
    """Not the square of a velocity, which a joule per kilogram is: alpha times a dose in Gy is a pure number."""
    assert to_internal("Gy") == 1
    assert dimension("1/Gy") == 1 / dimension("gray")
    assert dimension("gray") != dimension("joule/kg")


@pytest.mark.parametrize("gray", [2.0, 8.0])
def test_survival_after_an_acute_dose_is_linear_quadratic(gray: float) -> None:
    """exp(-alpha D - beta D²), where nothing is repaired while the beam is on."""
    slow = q(0.01, "1/day")
    assert survival([(0.0, gray)], repair=slow) == pytest.approx(np.exp(-0.3 * gray - 0.03 * gray**2), rel=0.02)


def test_repair_during_a_fraction_spares_by_the_factor_of_lea_and_catcheside() -> None:
    """For a dose rate that falls at k while damage is repaired at mu the factor of beta D² is k / (k + mu)."""
    factor = 288 / (288 + 100)
    fast = q(100.0, "1/day")
    assert survival([(0.0, 8.0)], repair=fast) == pytest.approx(np.exp(-0.3 * 8 - 0.03 * 64 * factor), rel=0.02)


def test_fractions_a_day_apart_act_apart() -> None:
    """Repaired between fractions: S(4 Gy)², which is more than S(8 Gy)."""
    twice = survival([(0.0, 4.0), (1.0, 4.0)])
    factor = 288 / (288 + 11)
    assert twice == pytest.approx(np.exp(-2 * (0.3 * 4 + 0.03 * 16 * factor)), rel=0.03)
    assert twice > 1.2 * survival([(0.0, 8.0)])


def test_radiation_alarms_and_takes_lymphocytes() -> None:
    drug = shipped("radiotherapy")
    (action,) = drug.actions
    assert isinstance(action, Irradiate)
    dose = (0.0, 8.0, "A_radiotherapy_1")
    found, control = course(system(alone(), drug), [0.0, 1.0], dose), course(system(alone()), [0.0, 1.0])
    quiet = with_actions(drug, "irradiate", immunogenicity=q(0.0))
    silent = course(system(alone(), quiet), [0.0, 1.0], dose)
    assert last(found, "H_danger_1") > last(silent, "H_danger_1") > last(control, "H_danger_1")
    assert last(found, "NK_S") / last(control, "NK_S") == pytest.approx(np.exp(-0.005 * 8), rel=0.01)


def test_resection_leaves_the_residual_fraction_of_one_lesion() -> None:
    drug = with_actions(shipped("resection"), "resect", residual=q(0.01))
    state = drug.entry("surgical", "1")
    found = course(system(alone(), drug), [0.0, 1.0], (0.0, 1.0, state), rtol=1e-8)
    control = course(system(alone()), [0.0, 1.0], rtol=1e-8)
    for name in ("C_wild", "C_bare"):
        assert last(found, f"{name}_1") / last(control, f"{name}_1") == pytest.approx(0.01, rel=0.02)
        assert last(found, f"{name}_R") == pytest.approx(last(control, f"{name}_R"), rel=1e-4)


def test_shipped_resection_leaves_hardly_a_cell() -> None:
    found = course(system(context(), shipped("resection")), [0.0, 1.0], (0.0, 1.0, "A_resection_R"))
    assert last(found, "C_total_R") == pytest.approx(2e9 * 1e-9, rel=0.05)
    assert last(found, "V_scan_R") < 1e-3 * last(found, "V_scan_1")


def instilled(weeks: int, cells: float = 1e5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days; inflammation; and killing that BCG adds in the small lesion."""
    drug = shipped("bcg")
    assert drug.entry("intravesical") == "A_bcg"
    days = np.arange(0, 7 * weeks, 0.25)
    doses = [(7.0 * week, 50.0, "A_bcg") for week in range(weeks)]
    found = course(system(alone(), drug), days, *doses, cells=cells)
    control = course(system(alone()), days, cells=cells)
    added = found["kill_bare_1"].to_numpy()[0] - control["kill_bare_1"].to_numpy()[0]
    return days, found["H_bcg_1"].to_numpy()[0], added


def test_each_instillation_inflames_more_until_the_last() -> None:
    """Cytokines in urine rise over the induction course and fall between instillations: Bisiaux et al. (2009)."""
    _, inflammation, added = instilled(6)
    tops = [inflammation[28 * week : 28 * (week + 1)].max() for week in range(6)]
    assert all(later > earlier for earlier, later in pairwise(tops))
    assert tops[-1] > 1.5 * tops[0]
    assert inflammation[27] < 0.5 * tops[0]
    assert added.max() > 0.05


def test_bcg_does_not_reach_into_a_large_lesion() -> None:
    small, large = instilled(3)[2].max(), instilled(3, cells=1e10)[2].max()
    assert large < 0.2 * small


def test_a_local_depot_decays_where_it_was_put() -> None:
    toy, agent = context(), Agent("poly-ic", "Poly-IC")
    kinetics = Local(kind="local", unit="mg", loss=q(0.5, "1/day"))
    model = assemble("depot", [kinetics.mechanism(toy, agent)])
    entry = kinetics.entry(agent, "intralesional", "R")
    found = course(model, [0.0, 2.0, 4.0], (0.0, 3.0, entry))
    np.testing.assert_allclose(found["A_poly_ic_R"][0], 3 * np.exp([0, -1, -2]), rtol=1e-5)
    assert last(found, "A_poly_ic_1") == 0
