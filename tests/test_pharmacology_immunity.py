"""Drugs that act on immunity: a steroid, checkpoint blockade, a vaccine; and on vessels."""

from __future__ import annotations

import numpy as np
import pytest

from coley.facts import Quantity
from coley.pharmacology import Drug
from coley.pharmacology.actions.inhibit_vessels import InhibitVessels
from coley.pharmacology.actions.stimulate import Stimulate
from coley.pharmacology.actions.supply_antigen import SupplyAntigen
from pharmacology_toy import at_once, context, course, last, q, shipped, system


def test_a_steroid_holds_t_cells_back_while_it_is_given() -> None:
    """Effects of prednisolone on lymphocytes are gone within two days: Czock et al. (2005)."""
    drug = shipped("prednisone")
    days = np.arange(0, 15, 0.25)
    found = course(system(context(), drug), days, *((float(day), 60.0, drug.entry("po")) for day in range(7)))
    function = found["T_function"].to_numpy()[0]
    assert function[(days > 1) & (days < 7)].max() < 0.65  # at most half is taken
    assert function[days >= 10].min() > 0.98


def test_more_steroid_holds_more_and_methylprednisolone_a_quarter_more_by_mass() -> None:
    tenth, full = (
        course(system(context(), shipped("prednisone")), [0.0, 0.5], (0.0, dose, "A0_prednisone"))
        for dose in (6.0, 60.0)
    )
    assert last(full, "T_function") < last(tenth, "T_function") < 1
    assert [shipped(name).actions[0].potency.value for name in ("prednisone", "methylprednisolone")] == [1, 1.25]


@pytest.mark.parametrize(
    ("name", "tissue", "free", "molar_mass", "constant"),
    [
        ("nivolumab", "CT", "free_PD1", 146e3, 2.6),
        ("atezolizumab", "CT", "free_PDL1", 145e3, 0.43),
        ("ipilimumab", "CN", "free_CTLA4", 148e3, 5.25),
    ],
)
def test_a_blocker_leaves_half_of_its_target_free_at_its_dissociation_constant(
    name: str, tissue: str, free: str, molar_mass: float, constant: float
) -> None:
    model = system(context(), shipped(name))
    starts = [{f"{tissue}_{name}": factor * constant * 1e-9 * molar_mass} for factor in (0.0, 1.0, 99.0)]
    np.testing.assert_allclose(at_once(model, (free,), starts)[free], [1, 0.5, 0.01])


def test_inhibition_of_vessels_lowers_what_they_carry() -> None:
    """Full occupancy takes the share that it is said to take."""
    action = InhibitVessels(kind="inhibit-vessels", affinity=q(1.0, "nM"), most=q(0.5))
    drug = shipped("nivolumab").model_copy(update={"actions": (action,)})
    starts = [{"CT_nivolumab": amount} for amount in (0.0, 1e3)]
    found = at_once(system(context(), drug), ("vessels_R",), starts)["vessels_R"]
    np.testing.assert_allclose(found, [1, 0.5], rtol=1e-6)


def test_a_vaccine_brings_dendritic_cells_in_proportion_to_its_dose() -> None:
    """In all the recruitment times the dose, less those that die meanwhile (2 % a day)."""
    action = SupplyAntigen(kind="supply-antigen", recruitment=q(1e4, "cell/mg"))
    drug = shipped("prednisone").model_copy(update={"actions": (action,)})
    found = course(system(context(), drug), [0.0, 0.5], (0.0, 2.0, "A0_prednisone"), cells=0.0)
    assert last(found, "mAPC_N") == pytest.approx(2e4, rel=0.02)


def test_interleukin_2_makes_lymphocytes_divide_while_it_lasts() -> None:
    """High doses every eight hours: more NK cells and more regulatory T cells, most of them gone in three months."""
    drug = shipped("aldesleukin")
    doses = ((hours / 24, 4.5e7, drug.entry("iv")) for hours in range(0, 112, 8))
    found = course(system(context(), drug), [0.0, 5.0, 90.0], *doses)
    for name, rest in (("NK_S", 2e10), ("Treg_S", 1e10)):
        _, after, later = found[name].to_numpy()[0]
        assert 1.3 < after / rest < 20
        assert later - rest < 0.3 * (after - rest)


def test_interferon_slows_division_and_reverses() -> None:
    drug = shipped("interferon-alfa-2b")
    found = course(system(context(), drug), [0.0, 0.1, 3.0], (0.0, 3.6e7, drug.entry("iv")))
    assert found["division_1"].to_numpy()[0][1] < 0.9
    assert last(found, "division_1") > 0.99


@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize(("name", "brake"), [("relatlimab", "LAG3"), ("tiragolumab", "TIGIT"), ("epacadostat", "IDO1")])
def test_blockade_of_a_further_brake_frees_the_share_of_function_that_it_holds(
    name: str, brake: str, share: float
) -> None:
    """1 at rest; without the brake one over the share that is left: nothing where it holds nothing (knock-out)."""
    model = system(context(**{f"h_{brake}": share}), shipped(name))
    starts = [{f"CT_{name}": level} for level in (0.0, 1.0)]
    found = at_once(model, ("T_function",), starts)["T_function"]
    np.testing.assert_allclose(found, [1, 1 / (1 - share)], rtol=1e-4)


def test_a_model_has_a_further_brake_only_where_a_drug_blocks_it() -> None:
    with_it, without = (system(context(), shipped(name)) for name in ("relatlimab", "nivolumab"))
    assert "free_LAG3" in with_it.units
    assert not {"free_TIGIT", "h_TIGIT", "free_IDO1", "h_IDO1"} & with_it.units.keys()
    assert not {"free_LAG3", "h_LAG3", "free_TGFbeta"} & without.units.keys()


def test_macrophages_engulf_cells_whose_cd47_is_covered() -> None:
    """Half of 1e5 covered at the Kd (1 nM of 146 kg/mol), then all: 5/7 and 10/12 of the rate (half at 2e4)."""
    model = system(context(("CD47",)), shipped("magrolimab"))
    starts = [{"C_wild_1": 1e9, "CT_magrolimab": level} for level in (0.0, 1.46e-4, 10.0)]
    rest, half, full = at_once(model, ("kill_wild_1",), starts)["kill_wild_1"]
    assert rest < half < full
    assert (half - rest) / (full - rest) == pytest.approx((5 / 7) / (10 / 12), rel=1e-3)


def test_a_trap_lets_in_the_t_cells_that_tgf_beta_keeps_out() -> None:
    """With all of it taken, entry is what it is without stroma's, regulatory T cells' and macrophages' TGF-beta."""
    drug = shipped("retlirafusp-alfa")
    names = ("infiltration_1", "TGFb_1")
    open_ = at_once(system(context(TGFb_0=0.0), shipped("nivolumab")), names, [{"C_wild_1": 1e9}])
    full = at_once(system(context(), drug), names, [{"C_wild_1": 1e9, "CT_retlirafusp_alfa": x} for x in (0.0, 10.0)])
    assert full["infiltration_1"][0] < 0.9 * full["infiltration_1"][1]
    assert full["infiltration_1"][1] == pytest.approx(1, rel=1e-3)
    assert open_["infiltration_1"][0] > full["infiltration_1"][0]


def stimulating(**effects: Quantity) -> Drug:
    """A cytokine that does nothing but ``effects``."""
    none = {name: q(0.0, "1/day") for name in ("NK_cells", "T_cells", "regulatory")}
    half = {name: q(1.0, "IU/mL") for name in ("half_effect", "half_regulatory")}
    action = Stimulate(kind="stimulate", **half, **(none | effects), division=q(0.0))
    return shipped("aldesleukin").model_copy(update={"actions": (action,)})


def test_interleukin_12_makes_lymphocytes_of_the_tumour_secrete_interferon_gamma() -> None:
    """As much as cells times secretion over decay and volume; nothing without effector T cells and NK cells."""
    drug = stimulating(interferon_gamma=q(1e-12, "nmol/cell/day"))
    level = {"A1_aldesleukin": 1e12, "C_wild_1": 1e9}  # far above the half effect
    names = ("IFNg_added_1", "NK_1", "V_1")
    found = at_once(system(context(), drug), names, [level | {"E8_1": 3e6}])
    expected = 1e-12 * (3e6 + found["NK_1"]) / (7.7 * found["V_1"])
    np.testing.assert_allclose(found["IFNg_added_1"], expected, rtol=1e-3)
    (none,) = at_once(system(context(NK_density=0.0), drug), names[:1], [level])["IFNg_added_1"]
    assert none == 0


def test_gm_csf_brings_dendritic_cells_to_the_node_while_it_lasts() -> None:
    drug = stimulating(dendritic_cells=q(1e5, "cell/day"))
    doses = [(day / 4, 1e8, drug.entry("iv")) for day in range(40)]
    treated, control = (course(system(context(), drug), [0.0, 10.0, 200.0], *given, cells=0.0) for given in (doses, ()))
    (_, during, after) = (treated["mAPC_N"] - control["mAPC_N"]).to_numpy()[0]
    assert 0.2e6 < during < 1e6  # ten days of 1e5, less the time between doses and those that die
    assert after < 0.05 * during
