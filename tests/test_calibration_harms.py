"""Calibration of harms: the mechanism without the engine beside it with it, closed forms, and mistakes in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coley.calibration.harms.drivers import Driven
from coley.calibration.harms.expected import expected
from coley.calibration.harms.fit import fit_harm, misfits
from coley.calibration.harms.plan import fitted_harms, read_harm_plan
from coley.calibration.harms.rates import Published, published
from coley.catalogue import load_catalogue
from coley.engine import solve
from coley.errors import ColeyError
from coley.harm import DRIVERS, Harm
from test_harm_colitis import COLITIS, WEIGHT, model

CATALOGUE = load_catalogue()
DAYS = np.arange(0.0, 365.0, 3.5)


def rest(**courses: float) -> Driven:
    """One patient whose T cells stand still, watched for a year."""
    shape = (1, len(DAYS))
    values = {name: np.full(shape, courses.get(name, value)) for name, value in DRIVERS.items()}
    return Driven("melanoma", DAYS, values, np.array([DAYS[-1]]))


def without_spread(**changes: float) -> Harm:
    table = COLITIS.model_dump()
    table["autoimmunity"]["susceptibility"]["cv"] = None
    for name, value in changes.items():
        table["autoimmunity"][name]["value"] = value
    return Harm.model_validate(table)


def test_course_is_that_of_the_model() -> None:
    """The same equations, solved by the engine from doses, and exactly in steps from the T cells that it gives."""
    system = model("CTLA4", "PD1")
    days = np.arange(0.0, 200.0, 1.0)
    doses = [(0, 21.0 * k, 3.0 * WEIGHT, 0.0, f"drug_{name}") for k in range(4) for name in ("CTLA4", "PD1")]
    given = pd.DataFrame(doses, columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    names = [name for name in DRIVERS if name != "T_function"]
    found = solve(system, days, doses=given, observables=[*names, COLITIS.hazard])
    drivers = {name: found[name].to_numpy() for name in names} | {"T_function": np.ones((1, len(days)))}
    assert COLITIS.autoimmunity is not None
    factor = COLITIS.autoimmunity.course(days, drivers)[0]
    hazard = np.cumsum((factor[1:] + factor[:-1]) / 2) * COLITIS.background.value / 365.25
    np.testing.assert_allclose(hazard[-1], found[COLITIS.hazard].to_numpy()[0, -1], rtol=0.01)


def test_at_rest_events_are_exponential() -> None:
    """1 - exp(-h t) of the background h, whatever organs make of attack; half of them have come at half the time."""
    gives = expected(without_spread(), rest())
    share = -np.expm1(-COLITIS.background.value * DAYS[-1] / 365.25)
    assert gives.any == pytest.approx(100 * share, rel=1e-3)
    assert gives.onset == pytest.approx(DAYS[-1] / 2 / 7, rel=1e-3)
    assert gives.g3 == pytest.approx(0.61 * gives.any, rel=0.01)  # 61 % of colitis, in its file


def test_a_spread_of_susceptibility_takes_from_what_is_frequent() -> None:
    """The mean of a log-normal with median 1 and cv 2 is 2.24 times as prone; where hazard is high, saturation wins."""
    low = expected(COLITIS, rest()).any / expected(without_spread(), rest()).any
    assert low == pytest.approx(np.sqrt(5), rel=0.02)
    busy = rest(T_self=6.0)
    assert expected(COLITIS, busy).any < 2.0 * expected(without_spread(), busy).any


def test_who_is_not_watched_has_no_event() -> None:
    assert expected(COLITIS, replace(rest(), until=np.array([0.0]))).any == 0.0


def test_fit_finds_what_made_the_rates() -> None:
    """Rates that the mechanism gave with another gain bring this gain back, where backgrounds are told too."""
    plan = read_harm_plan()
    arms = {("t", "rest"): rest(), ("t", "freed"): rest(T_self_PD1=1.0, repertoire_self=0.5)}
    truth = CATALOGUE.harms["nephritis"].model_copy()
    rows = [
        Published("t", arm, "nephritis", 5000, gives.any, gives.g3, np.nan, "x", False, "")
        for arm, gives in (((key[1]), expected(truth, driven)) for key, driven in arms.items())
    ]
    found = fit_harm("nephritis", rows, arms, plan, CATALOGUE)
    for row, gives in found.rows:
        assert np.abs(misfits(row, gives, plan)).max() < 0.5


def test_rates_that_ship_are_of_trials_harms_and_sources_that_ship() -> None:
    rows = published(CATALOGUE)
    assert {row.harm for row in rows} == set(fitted_harms(CATALOGUE))


def test_mistakes_in_rates_are_told_all_at_once() -> None:
    fewer = replace(CATALOGUE, trials={k: v for k, v in CATALOGUE.trials.items() if k != "oak"})
    with pytest.raises(ColeyError) as caught:
        published(fewer)
    assert {problem.what for problem in caught.value.problems} == {"unknown trial 'oak'"}
