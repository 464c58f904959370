"""What every kind of disease must keep to, on the worked cancer of each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from coley.catalogue import load_catalogue
from coley.disease import Disease
from coley.disease.disease import kinds
from coley.disease.interface import TERMS, lacking
from coley.errors import ColeyError
from coley.modeling import Mechanism, assemble
from coley.units import dimension
from diseases import SEED, WORKED, YEAR, disease, follow, patients, rates, treated

NUMBER = 12
MODEST = 60
"""States that one model may have without drugs, so that populations stay fast."""


@pytest.fixture(scope="module", params=WORKED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_kind_has_a_worked_cancer() -> None:
    cancers = load_catalogue().cancers.values()
    assert set(kinds()) == {cancer.disease for cancer in cancers}
    assert {cancer.name: cancer.disease for cancer in cancers if cancer.name in WORKED} == WORKED


def test_model_is_modest_and_has_what_the_disease_names(name: str) -> None:
    made = disease(name).model()
    assert len(made.states) < MODEST
    named = [*disease(name).watched, *disease(name).clocks, disease(name).burden]
    for mortal in disease(name).mortals():
        named += [mortal.state, *mortal.division]
    assert set(named) <= made.units.keys()
    assert disease(name).diagnosis in disease(name).patients
    for observable in disease(name).observables():
        assert dimension(observable.unit) == dimension(made.units[observable.name]), observable.name


def test_patients_reach_diagnosis_and_two_untreated_years(name: str) -> None:
    start = patients(name, NUMBER)
    assert len(start) == NUMBER
    assert (start[list(disease(name).clocks)] == 0).all(axis=None)
    found = follow(name, [0, YEAR, 2 * YEAR], NUMBER)
    for clock in disease(name).clocks:
        assert (np.diff(found[clock].to_numpy(), axis=1) >= 0).all(), clock


def test_examination_is_of_each_patient_and_visit_alone(name: str) -> None:
    found = follow(name, [0, 90], NUMBER)
    values = {watched: found[watched].to_numpy()[:, 1] for watched in disease(name).watched}
    everyone = disease(name).examine(values, range(NUMBER), 1, seed=SEED)
    last = {watched: value[-1:] for watched, value in values.items()}
    alone = disease(name).examine(last, [NUMBER - 1], 1, seed=SEED)
    for finding, shown in everyone.items():
        assert len(shown) == NUMBER
        assert shown.dtype == float
        np.testing.assert_array_equal(shown[-1:], alone[finding])
    absent = disease(name).absent(NUMBER)
    assert {finding: shown.shape for finding, shown in absent.items()} == {
        finding: shown.shape for finding, shown in everyone.items()
    }


def _names(of: Disease) -> Iterator[tuple[str, str, str]]:
    for term in TERMS:
        for clone in of.cancer.clones:
            yield from ((term.name.format(c=clone.name, s=site), term.unit, term.kind) for site in of.sites)


def test_every_term_of_the_interface_can_be_used(name: str) -> None:
    """Shared terms take contributions, states and rules can be read; in the units that the interface says."""
    m = Mechanism("probe", "Uses every name.", disease(name).context)
    terms = sorted(set(_names(disease(name))))
    for number, (used, unit, kind) in enumerate(terms):
        if kind == "value":
            m.rule(f"probe_{number}", unit, m[used], "what it is")
        else:
            m.contribute(used, m[used] * 0 + (1 if kind == "product" else 0))
    given = [*disease(name).mechanisms(), m]
    made = assemble(name, [*given, *lacking(disease(name).context, given)])
    assert {used for used, _, _ in terms} <= made.units.keys()


def test_what_no_disease_knows_is_a_fault(name: str) -> None:
    with pytest.raises(ColeyError, match="contributes to 'kill_everything'"):
        treated(name, rates(name, {"kill_everything": (1.0, "1/day")}))


def test_what_a_disease_lacks_changes_nothing() -> None:
    treatment = rates("b-all", {"danger_1": (1e9, "cell"), "deplete_Treg": (1.0, "1/day")})
    found = follow("b-all", [0, 60], NUMBER, system=treated("b-all", treatment))
    untreated = follow("b-all", [0, 60], NUMBER)
    np.testing.assert_allclose(found["C_total"], untreated["C_total"], rtol=1e-4)
