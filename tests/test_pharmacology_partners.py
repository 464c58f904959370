"""Small molecules, cytokines, agonists and supportive drugs: each file against what is known of its drug."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from coley.catalogue import load_catalogue
from coley.pharmacology.actions.inhibit_driver import InhibitDriver
from coley.pharmacology.actions.inhibit_vessels import InhibitVessels
from coley.pharmacology.kinetics.compartments import Compartments
from coley.regimen import amounts, expand, parse
from pharmacology_light import PERSON, given, light, light_system, treated
from pharmacology_toy import at_once
from sampling import of_drug, sampled

HALF_LIVES = Path(__file__).parent / "data" / "half-lives.csv"
ROWS = list(csv.DictReader(HALF_LIVES.read_text(encoding="utf-8").splitlines()))
DRUGS = load_catalogue().drugs
OURS = sorted({row["drug"] for row in ROWS} | {
    "anlotinib", "axatilimab", "iberdomide", "imiquimod", "mifamurtide", "nogapendekin-alfa-inbakicept", "pimicotinib",
    "poly-iclc", "tasonermin",
})  # fmt: skip
CYTOTOXIC = {
    "temozolomide": "temozolomide 150 mg/m2 po days 1-5 q4w",
    "nab-paclitaxel": "nab-paclitaxel 100 mg/m2 iv over 30 min days 1,8,15 q4w",
    "oxaliplatin": "oxaliplatin 85 mg/m2 iv over 2 h q2w",
    "etoposide": "etoposide 100 mg/m2 iv over 60 min days 1-3 q3w",
    "fluorouracil": "fluorouracil 400 mg/m2 iv q2w + fluorouracil 2400 mg/m2 iv over 46 h q2w",
    "capecitabine": "capecitabine 1000 mg/m2 po bid days 1-14 q3w",
    "irinotecan": "irinotecan 180 mg/m2 iv over 90 min q2w",
    "topotecan": "topotecan 1.5 mg/m2 iv over 30 min days 1-5 q3w",
    "doxorubicin": "doxorubicin 60 mg/m2 iv q3w",
    "epirubicin": "epirubicin 100 mg/m2 iv q3w",
    "daunorubicin": "daunorubicin 60 mg/m2 iv days 1-3 q4w",
    "idarubicin": "idarubicin 12 mg/m2 iv days 1-3 q4w",
    "vincristine": "vincristine 2 mg iv q3w",
    "vinblastine": "vinblastine 6 mg/m2 iv q2w",
    "vinorelbine": "vinorelbine 25 mg/m2 iv days 1,8 q3w",
    "vinflunine": "vinflunine 320 mg/m2 iv over 20 min q3w",
    "eribulin": "eribulin 1.4 mg/m2 iv days 1,8 q3w",
    "methotrexate": "methotrexate 40 mg/m2 iv q1w",
    "cytarabine": "cytarabine 200 mg/m2 iv over 24 h days 1-7 q4w",
    "mitoxantrone": "mitoxantrone 12 mg/m2 iv days 1-3 q4w",
    "clofarabine": "clofarabine 40 mg/m2 iv over 2 h days 1-5 q4w",
    "bendamustine": "bendamustine 90 mg/m2 iv over 60 min days 1,2 q4w",
    "chlorambucil": "chlorambucil 0.5 mg/kg po days 1,15 q4w",
    "melphalan": "melphalan 9 mg/m2 po days 1-4 q6w",
    "lurbinectedin": "lurbinectedin 3.2 mg/m2 iv over 60 min q3w",
    "s-1": "s-1 40 mg/m2 po bid days 1-14 q3w",
    "azacitidine": "azacitidine 75 mg/m2 sc days 1-7 q4w",
    "pegylated-liposomal-doxorubicin": "pegylated-liposomal-doxorubicin 50 mg/m2 iv over 60 min q4w",
    "trifluridine-tipiracil": "trifluridine-tipiracil 35 mg/m2 po bid days 1-5,8-12 q4w",
}


def kinetics(name: str) -> Compartments:
    found = DRUGS[name].kinetics
    assert isinstance(found, Compartments)
    return found


def per_day(quantity: object) -> float:
    """Clearances in L/day, rates in 1/day."""
    scale = {"L/h": 24.0, "L/day": 1.0, "1/hour": 24.0, "1/day": 1.0}
    return float(quantity.value) * scale[quantity.unit]  # type: ignore[attr-defined]


def half_life(name: str) -> float:
    """Terminal half-life in days, in closed form: the slowest of disposition and, not into a vein, absorption."""
    k = kinetics(name)
    clearance, first = per_day(k.clearance), k.central_volume.value
    rates = [clearance / first]
    if k.intercompartmental_clearance is not None and k.peripheral_volume is not None:
        exchange, second = per_day(k.intercompartmental_clearance), k.peripheral_volume.value
        rates = list(np.real(np.linalg.eigvals(
            [[(clearance + exchange) / first, -exchange / second], [-exchange / first, exchange / second]]
        )))  # fmt: skip
    if DRUGS[name].routes[0] != "iv" and k.absorption is not None:
        rates.append(per_day(k.absorption))
    return float(np.log(2) / min(rates))


@pytest.mark.parametrize("row", ROWS, ids=[row["drug"] for row in ROWS])
def test_the_half_life_is_that_of_labels(row: dict[str, str]) -> None:
    assert half_life(row["drug"]) == pytest.approx(float(row["half_life_days"]), rel=0.35)


@pytest.mark.parametrize("name", sampled(OURS, of_drug))
def test_every_regimen_of_a_drug_is_given_without_failure(name: str) -> None:
    """Two months of each; what is asked is a course that is finite, and drug in the body."""
    molecules = [action.molecule for action in DRUGS[name].actions if isinstance(action, InhibitDriver)]
    assert DRUGS[name].regimens
    for fact in DRUGS[name].regimens:
        text = fact.text
        if "before each" in text:
            text = f"etoposide 100 mg/m2 iv q3w x2 + {text}"
        found = treated(text, [-1.0, 1.0, 56.0], molecules)  # premedication comes before day 0
        assert np.isfinite(found["C_wild_1"]).all()
        assert found["C_wild_1"][0, -1] <= 1e6


def rate(text: str) -> float:
    """Mean rate of killing over the fifth to eighth cycles of three weeks."""
    days = 84.0
    left = treated(text, [0.0, days, 2 * days])["C_wild_1"].to_numpy()[0]
    return float(np.log(left[1] / left[2]) / days)


@pytest.fixture(scope="module")
def rule() -> float:
    """The rate of cytotoxic drugs at their usual doses: the geometric mean of the two whose rates trials tell."""
    return float(np.sqrt(rate("docetaxel 75 mg/m2 iv q3w") * rate("carboplatin AUC 5 iv q3w")))


@pytest.mark.parametrize("name", sorted(CYTOTOXIC))
def test_cytotoxic_drugs_kill_alike_at_their_usual_doses(name: str, rule: float) -> None:
    """Docetaxel and carboplatin are fitted in trials; the others are set between them."""
    assert rate(CYTOTOXIC[name]) == pytest.approx(rule, rel=0.2)


def daily(name: str) -> float:
    """Mean dose in mg a day of the first regimen, over days on which the drug is given."""
    regimen, _ = given(DRUGS[name].regimens[0].text)
    doses = [dose for dose in expand(regimen, 365) if dose.administration.drug == name and dose.day >= 84]
    doses = doses or [dose for dose in expand(regimen, 365) if dose.administration.drug == name]
    sizes = {key.lower(): PERSON[key].to_numpy() for key in ("WEIGHT", "BSA", "GFR")}
    total = sum(float(amounts(dose.administration, **sizes)[0]) for dose in doses)
    return total / len({int(dose.day) for dose in doses})


@pytest.mark.parametrize(
    "name",
    ["abiraterone", "adagrasib", "afatinib", "axitinib", "binimetinib", "cabozantinib", "cobimetinib", "dabrafenib",
     "encorafenib", "enzalutamide", "erlotinib", "everolimus", "fruquintinib", "gefitinib", "ibrutinib", "lapatinib",
     "lazertinib", "lenalidomide", "lenvatinib", "neratinib", "niraparib", "olaparib", "osimertinib", "pazopanib",
     "pomalidomide", "regorafenib", "rivoceranib", "rucaparib", "sorafenib", "sotorasib", "sunitinib", "tivozanib",
     "trametinib", "tucatinib", "vemurafenib", "venetoclax", "vorinostat", "zanubrutinib"],
)  # fmt: skip
def test_the_labelled_dose_inhibits_nine_tenths(name: str) -> None:
    """The rule that sets potencies, at the mean unbound concentration: F dose / CL, times what is unbound."""
    drug, k = DRUGS[name], kinetics(name)
    assert drug.molar_mass is not None and k.tumour_partition is not None and k.bioavailability is not None
    mean = k.bioavailability.value * daily(name) / per_day(k.clearance) * k.tumour_partition.value
    molar = mean / drug.molar_mass.value * 1e6
    for action in drug.actions:
        if isinstance(action, InhibitDriver):
            assert molar / (molar + action.half_inhibition.value) == pytest.approx(0.9, abs=0.01)
        if isinstance(action, InhibitVessels):
            assert molar / (molar + action.affinity.value) == pytest.approx(0.9, abs=0.01)


def test_a_driver_is_inhibited_day_and_night_under_erlotinib() -> None:
    """150 mg a day: 0.045/day times nine tenths, from the second month on; without the mutation nothing."""
    days = [0.0, 28.0, 56.0]
    left = treated("erlotinib 150 mg po q1d", days, ["EGFR mutated"])["C_wild_1"].to_numpy()[0]
    assert np.log(left[1] / left[2]) / 28 == pytest.approx(0.045 * 0.9, rel=0.03)
    assert treated("erlotinib 150 mg po q1d", days)["C_wild_1"][0, -1] == pytest.approx(1e6)


def test_what_does_nothing_but_be_there_changes_nothing() -> None:
    """Replacement, premedication and protection: their files say that no effect is followed."""
    for name in ("acetaminophen", "diphenhydramine", "hydrocortisone", "immunoglobulin", "leucovorin", "levothyroxine",
                 "mesna", "vedolizumab"):  # fmt: skip
        assert not DRUGS[name].actions
        assert "follows its concentration" in DRUGS[name].mechanism


def test_cells_killed_by_drugs_that_are_known_for_it_alarm_more() -> None:
    """Immunogenic death: oxaliplatin and anthracyclines, not cisplatin (Casares 2005, Tesniere 2010)."""
    for name, more in (("oxaliplatin", True), ("doxorubicin", True), ("cyclophosphamide", True), ("cisplatin", False)):
        found = treated(DRUGS[name].regimens[0].text.split(" + ")[0], [0.0, 1.0], observables=["C_wild_1"])
        assert found["C_wild_1"][0, -1] < 1e6
        assert any(getattr(action, "danger", None) is not None for action in DRUGS[name].actions) == more


def test_radiation_is_a_name_of_radiotherapy() -> None:
    catalogue = load_catalogue()
    assert catalogue.drug("radiation").name == "radiotherapy"
    assert parse("radiation 2 Gy days 1-5 q1w x7").drugs


def test_backbones_are_named_and_given() -> None:
    """FOLFOX by name is what its text says, and all named regimens run."""
    catalogue = load_catalogue()
    regimen, drugs = given("folfox")
    assert {drug.name for drug in drugs} == {"oxaliplatin", "leucovorin", "fluorouracil"}
    assert len(expand(regimen, 14)) == 4
    for name in ("folfiri", "xelox", "chop", "vrd", "carboplatin-etoposide", "vemurafenib-cobimetinib"):
        assert name in catalogue.regimens
        assert treated(name, [0.0, 28.0])["C_wild_1"][0, -1] <= 1e6


def test_carboplatin_and_etoposide_kill_as_much_as_both() -> None:
    """Rates of killing add up."""
    days = [0.0, 63.0]
    both, one, other = (
        np.log(1e6 / treated(text, days)["C_wild_1"].to_numpy()[0, -1])
        for text in ("carboplatin-etoposide", "carboplatin AUC 5 iv q3w x4",
                     "etoposide 100 mg/m2 iv over 60 min days 1-3 q3w x4")
    )  # fmt: skip
    assert both == pytest.approx(one + other, rel=1e-3)


def test_marrow_pays_for_olaparib_whatever_the_cancer() -> None:
    """Dividing cells of marrow are killed at 0.03/day under full inhibition, HRD or not."""
    model = light_system(light(), DRUGS["olaparib"])
    found = at_once(model, ("kill_dividing",), [{"CT_olaparib": amount} for amount in (0.0, 1e6)])["kill_dividing"]
    np.testing.assert_allclose(found, [0, 0.03], rtol=1e-3)
