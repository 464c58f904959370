"""Targeted drugs of the catalogue: each at its label's doses in the toy cancer, and what their actions claim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from coley.disease.interface import lacking
from coley.engine import solve
from coley.mechanisms.myeloid import myeloid
from coley.mechanisms.natural_killer_cells import natural_killer_cells
from coley.mechanisms.tumour import tumour
from coley.modeling import Context, Mechanism, assemble
from coley.pharmacology import Drug
from coley.regimen import amounts, expand, parse
from coley.system import System
from pharmacology_toy import DRUGS, at_once, context, course, last, q, shipped, system, with_actions
from pharmacology_toy import without_t_cells as alone
from sampling import of_drug, sample

KINDS = {"antibody-dependent-killing", "payload", "engage-t-cells", "radiolabel"}
AIMED = [
    name
    for name in sorted(path.stem for path in DRUGS.glob("*.toml"))
    if KINDS & {a.kind for a in shipped(name).actions}
]
GROUPS = [
    sample(AIMED, of_drug),
    *(pytest.param(AIMED[first : first + 8], marks=pytest.mark.science) for first in range(0, len(AIMED), 8)),
]
ADCC, ENGAGES = "antibody-dependent-killing", "engage-t-cells"
DAYS = [0.0, 7.0, 14.0, 28.0]


def lump(toy: Context, *drugs: Drug) -> System:
    """Two lesions with NK cells, macrophages and a fixed number of T cells: all that these drugs act through."""
    T_cells = Mechanism("T_cells", "T cells of each lesion.", toy)
    for site in toy.sites:
        T_cells.rule(f"CD8_T_{site}", "cell", 1e7 * T_cells["C_one"], "T cells")
    parts = [tumour(toy), natural_killer_cells(toy), myeloid(toy), T_cells]
    parts += [part for drug in drugs for part in drug.mechanisms(toy)]
    return assemble("lump", [*parts, *lacking(toy, parts)])


def doses(drug: Drug, individual: int, days: float) -> list[tuple[int, float, float, float, str]]:
    """Its label's first regimen for a patient of 70 kg, 1.8 m2 and 90 mL/min: rows of a table of doses."""
    size = {"weight": np.array([70.0]), "bsa": np.array([1.8]), "gfr": np.array([90.0])}
    rows = []
    for dose in expand(parse(drug.regimens[0].text), days):
        if dose.administration.drug == drug.name:
            amount = float(amounts(dose.administration, **size)[0])
            entry = drug.entry(dose.administration.route)
            rows.append((individual, dose.day, amount, dose.administration.infusion_days or 0.02, entry))
    return rows


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{names[0]} to {names[-1]}")
def test_every_targeted_drug_hits_cells_with_its_target_at_label_doses(names: Sequence[str]) -> None:
    """One patient without drugs, and one for each drug; what the drugs cannot reach is the clone without targets."""
    drugs = [shipped(name) for name in names]
    model = lump(context(), *drugs)
    cells = {state.name: 1e9 for state in model.states if state.name.startswith(("C_wild", "C_bare"))}
    rows = [row for individual, drug in enumerate(drugs, 1) for row in doses(drug, individual, DAYS[-1])]
    table = pd.DataFrame(rows, columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    found = solve(model, DAYS, parameters=pd.DataFrame([cells] * (len(names) + 1)), doses=table, rtol=1e-5, threads=1)
    assert set(found["status"].to_numpy()) == {"ok"}
    wild = found["C_wild_1"].to_numpy()[:, -1]
    for individual, drug in enumerate(drugs, 1):
        serum = found[f"Cp_{drug.agent.symbol}"].to_numpy()[individual]
        assert np.isfinite(serum).all()
        assert (serum >= 0).all()
        assert wild[individual] < 0.995 * wild[0], drug.name


def killed(name: str, concentration: float = 0.05, **toy: float) -> float:
    """Rate at which a cell with the target dies of the drug's constant part, 1/day, at mg/mL in the tumour."""
    drug = with_actions(shipped(name), ADCC)
    starts = [{f"CT_{name}": level} for level in (0.0, concentration)]
    return float(np.diff(at_once(lump(alone(**toy), drug), ("kill_wild_1",), starts)["kill_wild_1"])[0])


@pytest.mark.parametrize(("name", "fixes"), [("cetuximab", False), ("rituximab", True), ("trastuzumab", False)])
def test_what_nk_cells_and_macrophages_carry_goes_with_them(name: str, fixes: bool) -> None:
    """What is left without either is complement, where the antibody fixes it."""
    without_NK, without_both = killed(name, NK_density=0.0), killed(name, NK_density=0.0, Mac_density=0.0)
    assert killed(name) > without_NK > without_both
    assert (without_both > 1e-3) if fixes else (without_both == pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("name", ["cetuximab", "rituximab", "trastuzumab"])
def test_patients_with_the_strong_receptor_kill_more(name: str) -> None:
    """158V/V responded better to rituximab (Cartron, Blood 99:754, 2002), trastuzumab (Musolino, JCO 26:1789, 2008)."""
    strong, weak = (killed(name, FCGR3A=affinity, Mac_density=0.0) for affinity in (1.0, 0.2))
    assert strong > weak > 0


def test_a_stronger_constant_part_helps_those_with_the_weak_receptor_most() -> None:
    """Margetuximab against trastuzumab gained in F carriers, not in V/V: SOPHIA (Rugo, JAMA Oncol 7:573, 2021)."""
    gain = {
        affinity: killed("margetuximab", 0.02, FCGR3A=affinity, Mac_density=0.0)
        / killed("trastuzumab", 0.02, FCGR3A=affinity, Mac_density=0.0)
        for affinity in (1.0, 0.2)
    }
    assert gain[0.2] > gain[1.0] > 1


def test_igg2_kills_less_than_igg1_through_its_constant_part() -> None:
    """Panitumumab (IgG2) and cetuximab (IgG1) block EGFR alike; NK cells answer the latter."""
    assert 0 < killed("panitumumab") < 0.5 * killed("cetuximab")


def shrinkage(drug: Drug, amount: float) -> float:
    """Cells of a lesion after three weeks relative to those untreated; half of the cells lack the target."""
    toy = alone(Mac_density=0.0, NK_density=0.0)
    treated = course(lump(toy, drug), DAYS, (0.0, amount, drug.entry("iv")))
    return last(treated, "C_total_1") / last(course(lump(toy), DAYS), "C_total_1")


def test_deruxtecan_beats_emtansine_in_patchy_cancers_by_its_bystander() -> None:
    """T-DXd over T-DM1 (DESTINY-Breast03); T-DM1 failed where HER2 is patchy (Filho, Cancer Discov 11:2474, 2021).

    Doses of the labels for 70 kg. With the bystander switched off, what is free stays in the cell that freed it.
    """
    deruxtecan = with_actions(shipped("trastuzumab-deruxtecan"), "payload")
    kept_in = with_actions(shipped("trastuzumab-deruxtecan"), "payload", permeation=None)
    emtansine = with_actions(shipped("trastuzumab-emtansine"), "payload")
    with_bystander, without = shrinkage(deruxtecan, 378.0), shrinkage(kept_in, 378.0)
    assert with_bystander < 0.9 * shrinkage(emtansine, 252.0)
    assert with_bystander < 0.9 * without


def test_the_same_payload_has_the_same_potency_in_every_file() -> None:
    """Conjugates of one payload differ by antibody, linker and load; not by what the payload does in a cell."""
    seen: dict[str, set[tuple[float, float]]] = {}
    for name in AIMED:
        for action in shipped(name).actions:
            fields = action.model_dump()
            for payload in ("vedotin", "deruxtecan", "ozogamicin"):
                if action.kind == "payload" and name.endswith(payload):
                    seen.setdefault(payload, set()).add((fields["half_effect"]["value"], fields["kill_rate"]["value"]))
    assert {payload: len(found) for payload, found in seen.items()} == {"vedotin": 1, "deruxtecan": 1, "ozogamicin": 1}


def test_dependence_on_a_signal_goes_with_density_and_can_be_needless() -> None:
    """Half of the dependence at the half density; none where a cancer says that division does not hang on it."""
    drug = with_actions(
        shipped("cetuximab"), "inhibit-division", dependence=q(1.0), half_density=q(1e5, "molecule/cell")
    )
    free = context()
    needless = context()
    needless.quantities["signal_EGFR"] = q(0.0)  # type: ignore[index]
    start = {"CT_cetuximab": 10.0}
    rates = []
    for toy in (free, needless):
        model = lump(toy, drug)
        before, after = (course(model, [0, 0.01], start=begin, rtol=1e-8) for begin in ({}, start))
        rates.append((last(before, "C_wild_1") - last(after, "C_wild_1")) / 0.01 / 1e9)
    growth_and_turnover = 0.01 + 0.02
    assert rates[0] == pytest.approx(0.5 * growth_and_turnover, rel=0.02)  # density of the toy is 1e5
    assert rates[1] == pytest.approx(0.0, abs=1e-6)


def test_a_second_antibody_against_another_place_adds() -> None:
    """Pertuzumab adds to trastuzumab: CLEOPATRA (Baselga, N Engl J Med 366:109, 2012)."""
    one, other = shipped("trastuzumab"), shipped("pertuzumab")
    toy = alone()
    given = ((0.0, 560.0, one.entry("iv")), (0.0, 840.0, other.entry("iv")))
    alone_, both = course(lump(toy, one, other), DAYS, given[0]), course(lump(toy, one, other), DAYS, *given)
    assert last(both, "C_wild_1") < 0.98 * last(alone_, "C_wild_1")


def test_range_of_radiation_reaches_cells_without_the_target_beside_those_with_it() -> None:
    """Cells of both clones die alike of the dose; where no cell bears the target, of what passes by alone."""
    drug = shipped("ibritumomab-tiuxetan")
    toy, dose = alone(), (0.0, 1036.0, drug.entry("iv"))
    treated, control = course(lump(toy, drug), DAYS, dose), course(lump(toy), DAYS)
    ratio = {clone: last(treated, f"C_{clone}_1") / last(control, f"C_{clone}_1") for clone in ("wild", "bare")}
    assert ratio["bare"] == pytest.approx(ratio["wild"], rel=0.02)
    assert ratio["bare"] < 0.5
    elsewhere = course(lump(toy, drug), DAYS, dose, start={"C_wild_R": 1.0, "C_bare_R": 2e9})
    assert last(elsewhere, "D_ibritumomab_tiuxetan_R") < 0.4 * last(elsewhere, "D_ibritumomab_tiuxetan_1")


@pytest.mark.parametrize(
    ("name", "amount", "median"), [("ibritumomab-tiuxetan", 1036.0, 15), ("tositumomab-iodine-131", 3145.0, 9)]
)
def test_dose_of_radiation_to_a_tumour_whose_cells_all_bind(name: str, amount: float, median: float) -> None:
    """Median doses to tumours of some 15 Gy (Wiseman 2001) and 9 Gy."""
    drug = shipped(name)
    start = {"C_wild_1": 1e9, "C_bare_1": 1.0}
    found = course(lump(alone(), drug), [0.0, 60.0], (0.0, amount, drug.entry("iv")), start=start)
    assert last(found, f"D_{drug.agent.symbol}_1") == pytest.approx(median, rel=0.3)


def test_denosumab_clears_cells_that_live_on_rankl_alone() -> None:
    """Giant cells all but gone within months, stromal cells there still: Branstetter et al. (2012)."""
    drug = shipped("denosumab")
    given = [(float(day), 120.0, drug.entry("sc")) for day in (0, 7, 14, 28, 56)]
    treated, control = (
        course(lump(alone(), *drugs), [0.0, 84.0], *rows) for drugs, rows in (((drug,), given), ((), []))
    )
    assert last(treated, "C_wild_1") < 0.2 * last(control, "C_wild_1")
    assert last(treated, "C_bare_1") > 0.95 * last(control, "C_bare_1")


def test_lymphocytes_go_with_what_marks_them() -> None:
    """CD52 marks all lymphocytes, CCR4 and CD25 regulatory T cells of tumours."""
    campath = shipped("alemtuzumab")
    found = course(
        lump(alone(antigens=()), campath), DAYS, *((float(day), 30.0, campath.entry("iv")) for day in range(0, 26, 2))
    )
    assert last(found, "NK_S") < 0.5 * found["NK_S"].to_numpy()[0, 0]
    for name, amount in (("mogamulizumab", 70.0), ("denileukin-diftitox", 0.63)):
        drug = shipped(name)
        model = lump(alone(antigens=()), drug)
        starts = [{f"CT_{drug.agent.symbol}": level} for level in (0.0, amount / 1e4)]
        rate = at_once(model, ("deplete_Treg",), starts)["deplete_Treg"]
        assert rate[1] > rate[0] == 0


def peak(name: str, *given: tuple[float, float]) -> float:
    """The most T cells that release cytokines over four weeks under doses (day, mg)."""
    drug = shipped(name)
    rows = [(day, amount, drug.entry(drug.routes[0])) for day, amount in given]
    found = course(lump(alone(), drug), np.arange(0, 28, 0.25), *rows, rtol=1e-4)
    return float(found[f"T_releasing_{drug.agent.symbol}"].to_numpy().max())


def test_step_up_doses_lower_the_peak_of_cytokine_release() -> None:
    """Epcoritamab 0.16 and 0.8 mg before 48 mg, against 48 mg at once: what its label asks for."""
    stepped = peak("epcoritamab", (0.0, 0.16), (7.0, 0.8), (14.0, 48.0), (21.0, 48.0))
    assert 0 < stepped < 0.8 * peak("epcoritamab", (0.0, 48.0), (7.0, 48.0), (14.0, 48.0), (21.0, 48.0))


def ternary(t_cells: float, free_nM: np.ndarray) -> np.ndarray:
    drug = shipped("teclistamab")
    model = system(context(), drug)
    starts = [{"CT_teclistamab": c * 1e-9 * 146e3, "E8_1": t_cells, "C_wild_1": 1e9, "C_bare_1": 1e9} for c in free_nM]
    return at_once(model, ("complexes_teclistamab_1",), starts)["complexes_teclistamab_1"]


def test_complexes_rise_and_fall_with_dose_and_thin_out_over_more_t_cells() -> None:
    """The bell tops at the geometric mean of the constants (Douglass 2013); more T cells share the same targets."""
    free = np.geomspace(1e-3, 1e5, 81)
    few, many = ternary(1e6, free), ternary(5e8, free)
    assert free[np.argmax(few)] == pytest.approx(np.sqrt(0.18 * 28), rel=0.15)
    assert max(few[0], few[-1]) < 0.02 * few.max()
    assert many.max() < few.max()


def test_release_of_cytokines_needs_more_complexes_than_killing() -> None:
    """Faroudi et al. (2003): a few contacts suffice to kill, release of cytokines needs many more."""
    engagers = [action.model_dump() for name in AIMED for action in shipped(name).actions if action.kind == ENGAGES]
    assert len(engagers) > 10
    assert all(action["half_release"]["value"] > 10 * action["half_complexes"]["value"] for action in engagers)
