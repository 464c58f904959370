"""Actions of small molecules, cytokines and agonists: each against a closed form, and knocked out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import symengine

from coley.disease import Disease
from coley.errors import ColeyError
from coley.facts import Antigen, Clone
from coley.mechanisms.haematopoiesis import haematopoiesis
from coley.modeling import Context, Mechanism, assemble
from coley.pharmacology import Drug
from coley.pharmacology.actions.block import Block
from coley.pharmacology.actions.inhibit_driver import InhibitDriver
from diseases import disease
from pharmacology_light import light, light_system
from pharmacology_toy import at_once, context, course, last, q, shipped, system, with_actions

NANOMOLAR = 1e-9  # mol/L, times g/mol is g/L = mg/mL


def driver(drug: Drug) -> InhibitDriver:
    return next(action for action in drug.actions if isinstance(action, InhibitDriver))


def mass_of(drug: Drug) -> float:
    """mg/mL of one nM."""
    assert drug.molar_mass is not None
    grams = drug.molar_mass.value * (1e3 if drug.molar_mass.unit == "kg/mol" else 1)
    return NANOMOLAR * grams


@pytest.mark.parametrize("name", ["erlotinib", "sotorasib", "olaparib", "venetoclax", "bortezomib", "dexamethasone"])
def test_cells_that_depend_die_by_occupancy_and_others_do_not(name: str) -> None:
    """Half of the rate at half inhibition, nine tenths at nine times as much: C / (C + IC50)."""
    drug = shipped(name)
    action = driver(drug)
    levels = [{f"CT_{name}": factor * action.half_inhibition.value * mass_of(drug)} for factor in (0, 1, 9)]
    rate = action.kill_rate.value
    found = at_once(light_system(light(action.molecule), drug), ("kill_wild_1",), levels)["kill_wild_1"]
    np.testing.assert_allclose(found, [0, rate / 2, 0.9 * rate], rtol=1e-6)
    spared = at_once(light_system(light("another"), drug), ("C_wild_1",), levels)["C_wild_1"]
    np.testing.assert_allclose(spared, spared[0])


def test_a_share_of_cells_that_depend_takes_that_share_of_the_rate() -> None:
    """A cancer says by ``positive`` how much of a patient's tumour a driver drives."""
    drug = shipped("vemurafenib")
    cancer = light("BRAF V600")
    part = cancer.antigens[0].model_copy(update={"positive": q(0.4)})
    some = Context("some", cancer.quantities, cancer.clones, (part,), cancer.sites)
    start = [{"CT_vemurafenib": 1e3}]
    all_of_them, two_fifths = (
        at_once(light_system(found, drug), ("kill_wild_1",), start)["kill_wild_1"][0] for found in (cancer, some)
    )
    assert two_fifths == pytest.approx(0.4 * all_of_them)


def test_a_resistant_clone_escapes() -> None:
    """A clone that lacks the dependence is left alone: what grows back under a kinase inhibitor."""
    drug = shipped("erlotinib")
    escaped = Clone(name="escaped", meaning="cells with T790M", fraction=q(0.01), lacks=("EGFR mutated",))
    cancer = light("EGFR mutated")
    two = Context("two", cancer.quantities, (*cancer.clones, escaped), cancer.antigens, cancer.sites)
    parts = {name for part in drug.mechanisms(two) for name, _ in part.contributions}
    assert "kill_wild_1" in parts
    assert "kill_escaped_1" not in parts


def test_inhibitors_of_one_pathway_kill_more_together() -> None:
    """Rates add up: vemurafenib with cobimetinib against vemurafenib alone, as in coBRIM."""
    start = [{"CT_vemurafenib": 1e3, "CT_cobimetinib": 1e3}]
    alone, both = (
        at_once(light_system(light("BRAF V600"), *map(shipped, names)), ("kill_wild_1",), [start[0] if len(names) > 1
                else {"CT_vemurafenib": 1e3}])["kill_wild_1"][0]
        for names in (("vemurafenib",), ("vemurafenib", "cobimetinib"))
    )  # fmt: skip
    assert both == pytest.approx(alone + driver(shipped("cobimetinib")).kill_rate.value, rel=1e-3)


def test_inhibitors_of_the_receptors_of_vegf_leave_fewer_vessels() -> None:
    """Their share at most; where three in ten cells hang on such vessels, division falls by three tenths of that."""
    most = shipped("sunitinib").actions[0].most.value  # type: ignore[attr-defined]
    plain = context()
    vegf = Antigen(molecule="VEGF", density=q(1e4, "molecule/cell"), positive=q(0.3), source="test", known="assumed")
    hanging = dataclasses.replace(plain, antigens=(*plain.antigens, vegf))
    for cancer, division in ((plain, 1.0), (hanging, 1 - 0.3 * most)):
        names = ("vessels_1", "division_1")
        found = at_once(system(cancer, shipped("sunitinib")), names, [{"CT_sunitinib": c} for c in (0.0, 1e3)])
        np.testing.assert_allclose(found["vessels_1"], [1, 1 - most], rtol=1e-5)
        np.testing.assert_allclose(found["division_1"], [1, division], rtol=1e-5)


def test_without_csf1_macrophages_go_and_killing_is_less_restrained() -> None:
    """Nine tenths at full inhibition, in proportion to occupancy below."""
    drug = shipped("pexidartinib")
    half = drug.actions[0].half_inhibition.value * mass_of(drug)  # type: ignore[attr-defined]
    starts = [{"CT_pexidartinib": factor * half, "C_wild_1": 1e9, "C_bare_1": 1e9} for factor in (0.0, 1.0, 1e6)]
    found = at_once(system(context(), drug), ("M1_1", "M2_1", "restraint_1"), starts)
    macrophages = found["M1_1"] + found["M2_1"]
    np.testing.assert_allclose(macrophages / macrophages[0], [1, 0.55, 0.1], rtol=1e-5)
    assert np.all(np.diff(found["restraint_1"]) > 0)


def test_mifamurtide_turns_macrophages_on_cancer_cells() -> None:
    """Half the rate at half effect, times the share of macrophages among the cells; none without macrophages."""
    drug = shipped("mifamurtide")
    action = drug.actions[0]
    half = action.half_effect.value * 1e-3  # type: ignore[attr-defined]
    start = {"CM_mifamurtide": half, "C_wild_1": 1e9, "C_bare_1": 1e9}
    names = ("kill_wild_1", "M1_1", "M2_1", "C_total_1")
    model = system(context(), drug)
    on, off = (at_once(model, names, [start | {"CM_mifamurtide": level}]) for level in (half, 0.0))
    cells = on["M1_1"] + on["M2_1"]
    expected = 0.5 * action.kill_rate.value * cells / (cells + on["C_total_1"])  # type: ignore[attr-defined]
    np.testing.assert_allclose(on["kill_wild_1"] - off["kill_wild_1"], expected, rtol=1e-5)
    bare = at_once(system(context(Mac_density=0.0), drug), ("kill_wild_1",), [start, start | {"CM_mifamurtide": 0.0}])
    assert bare["kill_wild_1"][0] == pytest.approx(bare["kill_wild_1"][1])


def test_imiquimod_inflames_what_lies_within_its_reach() -> None:
    """Effect A / (A + A50), times 1 / (1 + (depth / reach)²); it kills, alarms, adds interferon and draws T cells."""
    drug = shipped("imiquimod")
    action = drug.actions[0]
    starts = [{"A_imiquimod": amount, "C_wild_1": 1e5, "C_bare_1": 1e5} for amount in (0.0, 1.0)]
    names = ("kill_wild_1", "H_danger_1", "IFNg_1", "infiltration_1", "depth_1", "H_imiquimod_1")
    found = at_once(system(context(), drug), names, starts)
    depth, reach = found["depth_1"][1] * 10, action.reach.value  # type: ignore[attr-defined]
    effect = 0.5 / (1 + (depth / reach) ** 2)
    assert found["H_imiquimod_1"][1] == pytest.approx(effect, rel=1e-5)
    kill = action.kill_rate.value * effect  # type: ignore[attr-defined]
    assert found["kill_wild_1"][1] - found["kill_wild_1"][0] == pytest.approx(kill, rel=1e-3)
    for name in ("H_danger_1", "IFNg_1", "infiltration_1"):
        assert found[name][1] > found[name][0]


def test_a_perfused_limb_loses_nine_tenths_of_its_tumour() -> None:
    """Tasonermin for 90 minutes: the integral of A / (A + A50) is ln((4 + A50) / A50) over its rate of loss."""
    drug = shipped("tasonermin")
    action = drug.actions[0]
    found = course(light_system(light(), drug), [0.0, 2.0], (0.0, 4.0, "A_tasonermin_1"), cells=1e6)
    loss, half = drug.kinetics.loss.value, action.half_dose.value  # type: ignore[attr-defined]
    rate, reach = action.kill_rate.value, action.reach.value  # type: ignore[attr-defined]
    within = 1 / (1 + (10.0 / reach) ** 2)  # where no depth is known it counts as 1 cm
    expected = rate * within * np.log((4 + half) / half) / loss
    assert np.log(1e6 / last(found, "C_wild_1")) == pytest.approx(expected, rel=1e-3)
    assert 0.05 < last(found, "C_wild_1") / 1e6 < 0.2


def blood(cancer: Disease, drug: Drug) -> tuple[Mechanism, ...]:
    """Formation of blood cells in a marrow that is free of cancer."""
    room = Mechanism("room", "All of the marrow is free.", cancer.context)
    room.rule("room", "", symengine.Integer(1), "share of the marrow that is free")
    return (haematopoiesis(cancer.context), room, *drug.mechanisms(cancer.context))


def test_growth_factor_raises_neutrophils_by_its_gain() -> None:
    """At rest formation equals loss: count / normal = drive ^ (1 / (1 + feedback)); fourfold to fivefold at most.

    Healthy people have five to seven times as many neutrophils under filgrastim (label, section 12.2).
    """
    cancer, drug = disease("myeloma"), shipped("pegfilgrastim")
    level = 5e-6 * drug.kinetics.central_volume.value * 1e3  # type: ignore[attr-defined]
    lasting = drug.kinetics.model_copy(update={"clearance": q(1e-9, "L/h")})
    model = assemble("blood", blood(cancer, drug.model_copy(update={"kinetics": lasting})))
    found = course(model, [0.0, 150.0], start={"A1_pegfilgrastim": level})
    values = found["neutrophils"].to_numpy()[0]
    gamma = cancer.context.quantity("feedback_neutrophils").value
    drive = 1 + drug.actions[0].gain.value / 2  # type: ignore[attr-defined]
    assert values[-1] / values[0] == pytest.approx(drive ** (1 / (1 + gamma)), rel=0.02)


@pytest.mark.parametrize(
    ("name", "free"),
    [("tocilizumab", "free_IL6"), ("siltuximab", "free_IL6"), ("anakinra", "free_IL1"), ("infliximab", "free_TNF")],
)
def test_half_of_a_cytokine_signals_at_the_dissociation_constant(name: str, free: str) -> None:
    drug = shipped(name)
    action = next(found for found in drug.actions if isinstance(found, Block))
    volume = drug.kinetics.central_volume.value * 1e3  # type: ignore[attr-defined]
    level = action.affinity.value * mass_of(drug) * volume
    starts = [{f"A1_{name}": factor * level} for factor in (0.0, 1.0, 99.0)]
    np.testing.assert_allclose(at_once(light_system(light(), drug), (free,), starts)[free], [1, 0.5, 0.01], rtol=1e-5)


def test_a_cytokine_that_nothing_follows_is_refused_by_name() -> None:
    action = Block(kind="block", molecule="IL-7", affinity=q(1.0, "nM"))
    with pytest.raises(ColeyError, match="no mechanism to block 'IL-7'"):
        action.mechanism(light(), shipped("tocilizumab").agent)


@pytest.mark.parametrize("name", ["abatacept", "ruxolitinib", "mycophenolate-mofetil"])
def test_suppressors_hold_lymphocytes_back_by_concentration(name: str) -> None:
    drug = shipped(name)
    action, symbol = drug.actions[0], name.replace("-", "_")
    level = action.half_effect.value * drug.kinetics.central_volume.value  # type: ignore[attr-defined]
    starts = [{f"A1_{symbol}": amount} for amount in (0.0, level)]
    found = at_once(light_system(light(), drug), ("T_function", "kill_dividing"), starts)
    taken, arrest = action.most.value, action.kill_rate.value  # type: ignore[attr-defined]
    np.testing.assert_allclose(found["T_function"], [1, 1 - taken / 2], rtol=1e-6)
    np.testing.assert_allclose(found["kill_dividing"], [0, arrest / 2], rtol=1e-6)


def test_dead_cells_count_twice_under_full_effect_of_oxaliplatin() -> None:
    """Immunogenic death: the danger signal of the dead doubles; knocked out, it stays."""
    drug = shipped("oxaliplatin")
    plain = with_actions(drug, "kill-dividing", danger=None)
    start = [{"Ce_oxaliplatin": 1e3, "C_dead_1": 1e7}]
    with_it, without = (
        at_once(system(context(), found), ("danger_1",), start)["danger_1"][0] for found in (drug, plain)
    )
    assert with_it == pytest.approx(1e7, rel=1e-4)
    assert without == 0


def test_lenalidomide_makes_nk_cells_divide_and_kills_what_needs_ikaros() -> None:
    drug = shipped("lenalidomide")
    found = at_once(system(context(("Ikaros",)), drug), ("expand_NK", "kill_dividing", "H_Ikaros_lenalidomide"),
                    [{"A1_lenalidomide": 1e3, "CT_lenalidomide": 1e3}])  # fmt: skip
    assert found["expand_NK"][0] == pytest.approx(0.03, rel=0.01)
    assert found["H_Ikaros_lenalidomide"][0] == pytest.approx(1, rel=1e-3)
    assert found["kill_dividing"][0] == pytest.approx(0.05, rel=1e-3)


def test_gm_csf_brings_dendritic_cells_from_under_the_skin_and_not_from_a_vein() -> None:
    drug = shipped("sargramostim")
    model = light_system(light(), drug)
    starts = [{"A0_sargramostim": amount, "A1_sargramostim": 0.22 - amount} for amount in (0.22, 0.0)]
    found = at_once(model, ("adjuvant",), starts)["adjuvant"]
    assert found[0] == pytest.approx(2e3 * 0.26 * 24 * 0.22, rel=1e-6)
    assert found[1] == 0
