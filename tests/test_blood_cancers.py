"""Why drugs of blood cancers do more or less: effector cells met, sparse antigen, disease that can be measured."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from coley.catalogue import load_catalogue
from coley.pharmacology import Drug
from coley.population import recruit
from coley.protocol import Eligibility
from coley.units import to_internal
from diseases import disease, examined, follow, patients
from pharmacology_toy import at_once, q, shipped, system, with_actions, without_t_cells

ADCC = "antibody-dependent-killing"
NUMBER = 20


@cache
def drug(name: str) -> Drug:
    return load_catalogue().drugs[name]


def rates(cancer: str, given: str, clone: str, *starts: dict[str, float]) -> NDArray[np.float64]:
    """Killing (1/day) of a clone in lesion or marrow by a drug, in the median patient, from each of ``starts``."""
    model = disease(cancer).model([with_actions(drug(given), *(action.kind for action in drug(given).actions))])
    name = f"kill_{clone}_1"
    return at_once(model, (name,), list(starts))[name]


@cache
def coated(cancer: str, given: str) -> float:
    """What an antibody at 0.05 mg/mL in the tumour adds to the killing of 3e10 cells in the median patient."""
    cells = {"C_wild_type_1": 3e10}
    without, with_drug = rates(cancer, given, "wild_type", cells, cells | {f"CT_{drug(given).agent.symbol}": 0.05})
    return float(with_drug - without)


def test_effector_cells_that_meet_a_cancer_count_as_so_many_more() -> None:
    """De Boer and Perelson (1995): k E / (E + C); no cell is killed faster than one effector cell at it can."""
    coat = {"CT_trastuzumab": 10.0}
    changed = {"phagocytosis": q(0.0, "1/day"), "half_coat": q(1.0, "molecule/cell")}
    drugged = with_actions(shipped("trastuzumab"), ADCC, **changed)

    def rate(**met: float) -> float:
        toy = without_t_cells(Mac_density=0.0)
        for name, value in met.items():
            toy.quantities[name] = q(value)
        none, full = at_once(system(toy, drugged), ("kill_wild_1",), [{"CT_trastuzumab": 0.0}, coat])["kill_wild_1"]
        return float(full - none)

    assert rate(effectors_met=1.0) == pytest.approx(rate(), rel=1e-9)
    few, many, all_met = (rate(effectors_met=met) for met in (1.0, 10.0, 1e9))
    odds = few / (all_met - few)  # E / C
    assert many == pytest.approx(all_met * 10 * odds / (10 * odds + 1), rel=1e-6)


def test_rituximab_meets_dim_cells_of_leukaemia_less_and_a_constant_part_without_fucose_helps() -> None:
    """CD20 is dim in chronic lymphocytic leukaemia, which responds seldom to rituximab; obinutuzumab prolonged survival
    without progression beside it (CLL11, Goede et al., N Engl J Med 370:1101, 2014; recalled)."""
    assert coated("cll", "rituximab") < 0.6 * coated("follicular", "rituximab")
    assert coated("cll", "obinutuzumab") > 1.5 * coated("cll", "rituximab")


def test_rituximab_outpaces_indolent_lymphoma_rather_than_aggressive() -> None:
    """48 % of relapsed indolent lymphomas respond (McLaughlin 1998), 31 % of aggressive ones (Coiffier 1998)."""
    net = {
        name: coated(name, "rituximab") - disease(name).cancer.parameters["k_growth"].value
        for name in ("follicular", "dlbcl")
    }
    assert net["follicular"] > 0.008 > net["dlbcl"]


def test_few_myeloma_cells_are_not_met_more_often_among_normal_cells() -> None:
    """What is met is one cell in so many of the marrow, whose number cancer changes little while it is sparse."""
    coat = {"CT_daratumumab": 1.0}
    few, many = (rates("myeloma", "daratumumab", "wild_type", {"C_wild_type_1": n} | coat)[0] for n in (1e7, 1e10))
    assert few == pytest.approx(many, rel=0.02)


def test_cells_with_little_antigen_are_found_by_the_receptor_of_two_domains() -> None:
    """Killing goes with density / (density + half), closed form, for each product's own half."""
    start = {"C_wild_type_1": 1e11, "C_antigen_low_1": 1e11}
    clone = next(clone for clone in disease("myeloma").cancer.clones if clone.name == "antigen_low")
    antigen = disease("myeloma").context.antigen("BCMA")
    assert antigen is not None
    left = {}
    for name in ("idecabtagene-vicleucel", "ciltacabtagene-autoleucel"):
        cells = start | {f"E_{drug(name).agent.symbol}_1": 1e10}
        sparse, dense = (rates("myeloma", name, each, cells)[0] for each in ("antigen_low", "wild_type"))
        half = next(action for action in drug(name).actions if action.kind == "recognise").half_density.value
        few = antigen.density.value * clone.density["BCMA"].value
        expected = few / (few + half) / (antigen.density.value / (antigen.density.value + half))
        assert sparse / dense == pytest.approx(expected, rel=1e-6)
        left[name] = sparse / dense
    assert left["ciltacabtagene-autoleucel"] > 5 * left["idecabtagene-vicleucel"]


def test_cells_with_little_antigen_get_little_of_a_payload_and_of_an_engager() -> None:
    start = {"C_wild_type_1": 1e11, "C_antigen_low_1": 1e11}
    for name, there in (("belantamab-mafodotin", "PB_{}_1"), ("teclistamab", "CT_{}")):
        given = {there.format(drug(name).agent.symbol): 1e-8 if name == "teclistamab" else 1e5}
        sparse, dense = (rates("myeloma", name, each, start | given)[0] for each in ("antigen_low", "wild_type"))
        assert 0 < sparse < 0.5 * dense


def test_all_who_enter_have_myeloma_that_can_be_measured() -> None:
    """Trials ask for 1 g/dL of M-protein or 10 mg/dL of light chains (IMWG; reading errors of 5 % left out)."""
    start = patients("myeloma", 60)
    shown = examined(follow("myeloma", [0, 1], 60, start=start), "myeloma", 0)
    assert ((np.asarray(shown["serum_m_protein"]) >= 0.85) | (np.asarray(shown["flc_kappa"]) >= 10)).all()


def test_neuroblastoma_in_remission_is_not_seen() -> None:
    """ANBL0032 took children who had responded to transplant; a few hundred cells to some microlitres are left."""
    name = "neuroblastoma-remission"
    children = recruit(disease(name), disease(name).parts(), Eligibility(age_min=0), NUMBER, seed=1).parameters
    cells = sum(children[f"C_{clone.name}_1"] for clone in disease(name).cancer.clones)
    most = disease(name).patients["deposit_largest"]
    assert (cells <= most.value * to_internal(most.unit) * (1 + 1e-9)).all()
    assert 0.5 < (cells > 1).mean() < 1
