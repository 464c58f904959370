"""Dose records against closed forms.

One compartment with first-order absorption, and two compartments, by superposition of single doses: Gibaldi and
Perrier, Pharmacokinetics, 2nd ed. 1982, chapters 1 to 3. Steady states are the sums of their geometric series. What the
codes of records mean: NONMEM Users Guide, part VI (PREDPP), sections on EVID, SS, ADDL and RATE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import symengine
from numpy.typing import NDArray

from coley.data import Course, draw, read_records, read_variations, simulate, steady_state, tolerance_problems
from coley.errors import ColeyError
from coley.regimen import parse
from coley.regimen.dosing import nonmem_table
from coley.system import TIME, Event, Parameter, Reaction, Rule, State, System

Floats = NDArray[np.float64]
RTOL = 1e-8
GLOBAL = 1e-6
"""Hundred times the local tolerance: errors of steps add up."""
KA, K, V = 1.3, 0.17, 20.0
K12, K21 = 0.4, 0.25


def oral() -> System:
    """Depot, central (one compartment, first-order absorption) and the concentration there."""
    depot, central, ka, k, v = map(symengine.Symbol, ("depot", "central", "ka", "k", "v"))
    return System(
        "oral",
        (State("depot", "mg", 0, 1.0), State("central", "mg", 0, 1.0)),
        (Parameter("ka", "1/h", KA), Parameter("k", "1/h", K), Parameter("v", "L", V), Parameter("D2", "h", 2.5)),
        (Rule("c", "mg/L", central / v),),
        (
            Reaction("absorption", ka * depot, {"depot": -1, "central": 1}),
            Reaction("loss", k * central, {"central": -1}),
        ),
    )


def two() -> System:
    """Central and peripheral compartment."""
    a, b = map(symengine.Symbol, ("central", "peripheral"))
    return System(
        "two compartments",
        (State("central", "mg", 0, 1.0), State("peripheral", "mg", 0, 1.0)),
        (Parameter("k", "1/h", K),),
        reactions=(
            Reaction("loss", symengine.Symbol("k") * a, {"central": -1}),
            Reaction("there", K12 * a, {"central": -1, "peripheral": 1}),
            Reaction("back", K21 * b, {"peripheral": -1, "central": 1}),
        ),
    )


def bolus(t: Floats) -> Floats:
    """Central amount after one unit as a bolus there."""
    return np.where(t >= 0, np.exp(-K * np.maximum(t, 0)), 0)


def absorbed(t: Floats) -> Floats:
    """Central amount after one unit in the depot (Bateman)."""
    t = np.maximum(t, 0)
    return KA / (KA - K) * (np.exp(-K * t) - np.exp(-KA * t))


def infused(t: Floats, lasts: float, k: float = K) -> Floats:
    """Central amount of one unit an hour for a time."""
    during = (1 - np.exp(-k * np.clip(t, 0, lasts))) / k
    return np.where(t > 0, during * np.exp(-k * np.maximum(t - lasts, 0)), 0)


def biexponential() -> tuple[Floats, Floats]:
    """Exponents and weights of the central amount after one unit as a bolus into the first of two compartments."""
    total = K + K12 + K21
    rates = 0.5 * (total + np.array([1, -1]) * np.sqrt(total**2 - 4 * K * K21))
    return rates, np.array([rates[0] - K21, K21 - rates[1]]) / (rates[0] - rates[1])


def run(system: System, rows: list[dict[str, object]], observables: list[str], **options: object) -> Course:
    return simulate(system, read_records(pd.DataFrame(rows), system), observables=observables, rtol=RTOL, **options)


def dose(time: float, **items: object) -> dict[str, object]:
    return {"ID": 1, "TIME": time, "EVID": 1, "AMT": 0.0, "CMT": "central"} | items


def seen(*times: float) -> list[dict[str, object]]:
    return [{"ID": 1, "TIME": time, "EVID": 0} for time in times]


def central(system: System, rows: list[dict[str, object]]) -> Floats:
    course = run(system, rows, ["central"])
    assert (course.individuals["status"] == "ok").all(), course.individuals["reason"].tolist()
    return course.rows["central"].to_numpy()


T = np.array([0.5, 1.0, 3.0, 7.9, 12.0, 30.0])


def steady_sum(one: Callable[[Floats], Floats], t: Floats, interval: float) -> Floats:
    """One dose at 0 and one every interval before: enough of them that the rest is below 1e-15."""
    return sum(one(t + n * interval) for n in range(int(200 / interval) + 1))


@pytest.mark.parametrize(
    "items, expected",
    [
        ({"AMT": 100}, 100 * bolus(T)),
        ({"AMT": 100, "CMT": 2}, 100 * bolus(T)),
        ({"AMT": 100, "CMT": "depot"}, 100 * absorbed(T)),
        ({"AMT": 100, "RATE": 40}, 40 * infused(T, 2.5)),
        ({"AMT": 100, "DUR": 2.5}, 40 * infused(T, 2.5)),
        ({"AMT": 100, "DUR": 2.5, "RATE": 40}, 40 * infused(T, 2.5)),
        ({"AMT": 100, "RATE": -2}, 40 * infused(T, 2.5)),
        ({"AMT": 100, "II": 6, "ADDL": 3}, 100 * sum(bolus(T - 6 * n) for n in range(4))),
        ({"AMT": 100, "II": 2, "ADDL": 3, "DUR": 5}, 20 * sum(infused(T - 2 * n, 5) for n in range(4))),
        ({"AMT": 100, "II": 6, "SS": 1}, 100 * steady_sum(bolus, T, 6)),
        ({"AMT": 100, "II": 6, "SS": 1, "EVID": 4}, 100 * steady_sum(bolus, T, 6)),
        ({"AMT": 100, "II": 6, "SS": 1, "CMT": "depot"}, 100 * steady_sum(absorbed, T, 6)),
        ({"AMT": 100, "II": 6, "SS": 1, "DUR": 4}, 25 * steady_sum(lambda t: infused(t, 4), T, 6)),
        ({"AMT": 100, "II": 6, "SS": 1, "DUR": 6}, 100 / 6 * (K**-1 * bolus(T) + infused(T, 6))),
        ({"AMT": 100, "II": 6, "SS": 1, "DUR": 20}, 5 * steady_sum(lambda t: infused(t, 20), T, 6)),
        ({"AMT": 100, "II": 0.5, "SS": 1}, 100 * bolus(T) / (1 - np.exp(-K * 0.5))),
        ({"RATE": 40, "SS": 1}, 40 / K * bolus(T)),
        (
            {"AMT": 100, "II": 6, "SS": 1, "ADDL": 2},
            100 * (steady_sum(bolus, T, 6) + bolus(T - 6) + bolus(T - 12)),
        ),
    ],
    ids=lambda value: ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_one_compartment(items: dict[str, object], expected: Floats) -> None:
    np.testing.assert_allclose(central(oral(), [dose(0.0, **items), *seen(*T)]), expected, rtol=GLOBAL, atol=1e-7)


@pytest.mark.parametrize("start", [0.0, 17.25])
@pytest.mark.parametrize("lasts", [0.0, 1.5, 11.0])
def test_two_compartments_in_steady_state(start: float, lasts: float) -> None:
    rates, weights = biexponential()
    interval = 8.0
    expected = np.zeros(len(T))
    for rate, weight in zip(rates, weights, strict=True):
        if lasts:
            expected += weight * 100 / lasts * sum(infused(T + n * interval, lasts, rate) for n in range(400))
        else:
            expected += weight * 100 * np.exp(-rate * T) / (1 - np.exp(-rate * interval))
    rows = [dose(start, AMT=100, II=interval, SS=1, DUR=lasts), *seen(*(start + T))]
    np.testing.assert_allclose(central(two(), rows), expected, rtol=GLOBAL)


def test_course_starts_at_the_first_record() -> None:
    rows = [*seen(4.0), dose(5.0, AMT=10), *seen(5.0, 6.0)]
    np.testing.assert_allclose(central(oral(), rows), [0, 10, 10 * np.exp(-K)], rtol=GLOBAL)


def test_an_observation_sees_what_stands_above_it() -> None:
    rows = [*seen(0.0), dose(0.0, AMT=10), *seen(0.0, 2.0), dose(2.0, AMT=5), *seen(2.0), dose(2.0, AMT=1), *seen(2.0)]
    left = 10 * np.exp(-2 * K)
    np.testing.assert_allclose(central(oral(), rows), [0, 10, left, left + 5, left + 6], rtol=GLOBAL)


def test_a_dose_of_addl_comes_before_an_observation_of_its_time() -> None:
    expected = 10 * np.array([1, np.exp(-6 * K) + 1, np.exp(-12 * K) + np.exp(-6 * K) + 1])
    rows = [*seen(0.0), dose(0.0, AMT=10, II=6, ADDL=2), *seen(0.0, 6.0, 12.0)]
    np.testing.assert_allclose(central(oral(), rows), [0, *expected], rtol=GLOBAL)


def test_reset_ends_everything_and_may_set_time_back() -> None:
    rows = [dose(0.0, AMT=100, II=1, ADDL=50, DUR=20), *seen(3.0), {"ID": 1, "TIME": 4.0, "EVID": 3}, *seen(4.0, 6.0)]
    rows += [dose(1.0, AMT=10, EVID=4), *seen(1.0, 3.0), dose(3.0, AMT=7, II=2, SS=1), *seen(3.0)]
    expected = [5 * sum(infused(np.array(3.0 - n), 20) for n in range(4)), 0, 0, 10, 10 * np.exp(-2 * K)]
    expected.append(7 / (1 - np.exp(-2 * K)))
    np.testing.assert_allclose(central(oral(), rows), expected, rtol=GLOBAL)


def test_reset_returns_to_the_initial_state_of_the_individual() -> None:
    rows = [{"central": 8.0} | row for row in [*seen(0.0, 1.0), {"ID": 1, "TIME": 1.0, "EVID": 3}, *seen(1.0, 2.0)]]
    np.testing.assert_allclose(central(oral(), rows), [8, 8 * np.exp(-K), 8, 8 * np.exp(-K)], rtol=GLOBAL)


def test_steady_state_moves_the_clock_of_the_model_with_it() -> None:
    """Intake that follows the time of day, dosed daily: the periodic solution of x' = 1 + sin(2πt/24) - kx, in Fourier
    form, plus the geometric series of the doses."""
    x = symengine.Symbol("central")
    w = 2 * np.pi / 24
    system = System(
        "daily",
        (State("central", "mg", 0, 1.0),),
        (Parameter("k", "1/h", K),),
        reactions=(
            Reaction("intake", 1 + symengine.sin(w * TIME), {"central": 1}),
            Reaction("loss", symengine.Symbol("k") * x, {"central": -1}),
        ),
    )
    t = 7.0 + T
    own = 1 / K + (K * np.sin(w * t) - w * np.cos(w * t)) / (K**2 + w**2)
    rows = [dose(7.0, AMT=10, II=24, SS=1), *seen(*t)]
    np.testing.assert_allclose(central(system, rows), own + 10 * bolus(T) / (1 - np.exp(-24 * K)), rtol=GLOBAL)


def test_what_never_settles_is_a_status_of_that_individual() -> None:
    """A cumulated exposure grows for ever; where nothing feeds it, it settles."""
    x, share = map(symengine.Symbol, ("central", "share"))
    system = System(
        "exposure",
        (State("central", "mg", 0, 1.0), State("auc", "mg*h", 0, 1.0)),
        (Parameter("share", "", 1.0),),
        reactions=(Reaction("loss", K * x, {"central": -1}), Reaction("exposure", share * x, {"auc": 1})),
    )
    rows = [dose(0.0, AMT=10, II=24, SS=1), *seen(1.0)]
    both = [row | {"ID": n, "share": share} for n, share in ((1, 1.0), (2, 0.0)) for row in rows]
    course = run(system, both, ["central", "auc"])
    assert course.individuals["status"].tolist() == ["no_steady_state", "ok"]
    assert "auc still changes after 1024 doses every 24" in course.individuals["reason"][1]
    assert np.isnan(course.rows["central"][0])
    assert course.rows["central"][1] == pytest.approx(10 * np.exp(-K) / (1 - np.exp(-24 * K)), rel=GLOBAL)


def test_slow_states_settle_too() -> None:
    """Half-life 400 h, dosed every 6 h: the steady state lies a hundred doses away."""
    rows = [dose(0.0, AMT=10, II=6, SS=1) | {"k": np.log(2) / 400}, *({"k": np.log(2) / 400} | s for s in seen(0.0))]
    assert central(oral(), rows) == pytest.approx(10 / (1 - 2 ** (-6 / 400)), rel=GLOBAL)


def test_individuals_have_their_own_times_doses_and_parameters(tmp_path: Path) -> None:
    file = tmp_path / "doses.csv"
    file.write_text(
        "id,time,amt,evid,cmt,k\nA,0,100,1,2,0.1\nA,2,.,0,.,0.1\nB,5,.,0,.,0.2\nB,6,50,1,2,0.2\nB,9,,0,,0.2\n"
    )
    course = simulate(oral(), read_records(file, oral()), observables=["c"], rtol=RTOL)
    assert course.rows["ID"].tolist() == ["A", "B", "B"]
    assert course.rows["TIME"].tolist() == [2, 5, 9]
    np.testing.assert_allclose(course.rows["c"], np.array([100 * np.exp(-0.2), 0, 50 * np.exp(-0.6)]) / V, rtol=GLOBAL)


def test_one_course_for_a_whole_cohort_at_shared_times() -> None:
    system = oral()
    cohort = draw(read_variations(["k ~ lognormal(median=0.2, cv=30%)"], system), 3, seed=5)
    records = read_records(pd.DataFrame([{"TIME": 1.0, "AMT": 10.0, "CMT": "central"}]), system)
    got = simulate(system, records, times=[0, 1, 3], parameters=cohort, observables=["central"], rtol=RTOL)
    expected = 10 * np.column_stack([np.zeros(3), np.ones(3), np.exp(-2 * cohort["k"])])
    assert got.rows["ID"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    np.testing.assert_allclose(got.rows["central"].to_numpy().reshape(3, 3), expected, rtol=GLOBAL)


def test_cohort_and_records_meet_by_id() -> None:
    system = oral()
    cohort = pd.DataFrame({"k": [0.3, 0.1]}, index=pd.Index([7, 4], name="ID"))
    records = read_records(pd.DataFrame([dose(0.0, AMT=10) | {"ID": 4}, seen(1.0)[0] | {"ID": 4}]), system)
    got = simulate(system, records, times=[1.0], parameters=cohort, observables=["central"], rtol=RTOL).rows
    assert got["ID"].tolist() == [7, 4, 4]
    np.testing.assert_allclose(got["central"], [0, 10 * np.exp(-0.1), 10 * np.exp(-0.1)], rtol=GLOBAL)
    with pytest.raises(ColeyError, match="have no row for 1 individuals of the records: 4"):
        simulate(system, records, parameters=cohort.iloc[:1])


def test_records_that_a_regimen_writes_are_read(tmp_path: Path) -> None:
    """Weight 70 kg, 3 mg/kg over an hour every 14 days: superposition of infusions of 210 mg."""
    patients = pd.DataFrame({"ID": [3, 8], "WEIGHT": [70.0, 100.0], "BSA": [1.8, 2.0], "GFR": [90.0, 90.0]})
    table = nonmem_table(parse("nivolumab 3 mg/kg iv over 60 min q2w x3"), patients, 60, infusion_hours={})
    file = tmp_path / "doses.parquet"
    table.to_parquet(file)
    x = symengine.Symbol("nivolumab")
    system = System(
        "antibody", (State("nivolumab", "mg", 0, 1.0),), (), (), (Reaction("loss", 0.05 * x, {"nivolumab": -1}),)
    )
    days = np.array([0.0, 10.0, 30.0, 60.0])
    got = simulate(system, read_records(file, system), times=days, rtol=RTOL).rows
    unit = sum(24 * infused(days - 14 * n, 1 / 24, 0.05) for n in range(3))
    np.testing.assert_allclose(got["nivolumab"].to_numpy().reshape(2, 4), np.outer([210, 300], unit), rtol=GLOBAL)


def test_events_go_on_in_a_course_without_steady_state() -> None:
    system = oral().with_events(Event("low", symengine.Lt(symengine.Symbol("central"), 5), before=True, ends=True))
    course = run(system, [dose(0.0, AMT=10), *seen(1.0, 20.0)], ["central"])
    assert course.individuals["event"].tolist() == ["low"]
    assert course.individuals["end_time"].to_numpy() == pytest.approx([np.log(2) / K])
    assert np.isnan(course.rows["central"][1])


# --- parameters that say how doses enter (NONMEM Users Guide, part VI: F and ALAG)


def entering(**values: float) -> System:
    return replace(oral(), parameters=(*oral().parameters, *(Parameter(k, "", v) for k, v in values.items())))


def amounts(system: System, table: pd.DataFrame) -> Floats:
    return simulate(system, read_records(table, system), rtol=RTOL).rows["central"].to_numpy()


def central_after(dose: Floats | float, t: Floats) -> Floats:
    """Bateman's function: the amount in the central compartment after a dose in the depot."""
    return np.where(t > 0, dose * KA / (KA - K) * (np.exp(-K * t) - np.exp(-KA * t)), 0)


def test_shares_and_lags_of_compartments_apply_to_all_doses() -> None:
    """Two doses in the depot, 12 apart, of which 0.7 enters 1.5 late."""
    seen = np.array([1.0, 2.0, 11.0, 13.0, 14.0, 20.0])
    doses = pd.DataFrame({"TIME": [0.0], "AMT": [100.0], "CMT": ["depot"], "EVID": [1], "II": [12.0], "ADDL": [1]})
    table = pd.concat([doses, pd.DataFrame({"TIME": seen, "EVID": 0})]).sort_values("TIME", kind="stable")
    expected = central_after(70, seen - 1.5) + central_after(70, seen - 13.5)
    assert amounts(entering(F1=0.7, ALAG1=1.5), table) == pytest.approx(expected, rel=GLOBAL, abs=1e-6)
    assert amounts(entering(F2=0.7, ALAG2=1.5), table) == pytest.approx(
        central_after(100, seen) + central_after(100, seen - 12), rel=GLOBAL, abs=1e-6
    )


@pytest.mark.parametrize(("how", "lasts"), [({"RATE": 25.0}, 2.0), ({"DUR": 4.0}, 4.0), ({"RATE": -2.0}, 2.5)])
def test_a_share_of_an_infusion_keeps_its_rate_or_its_duration(how: dict[str, float], lasts: float) -> None:
    """Half of 100 into the central compartment: amount / (lasts k) (1 - exp(-k t)) while it runs."""
    table = pd.DataFrame({"TIME": [0.0, 1.0, 9.0], "AMT": [100.0, 0, 0], "CMT": ["central"] * 3, "EVID": [1, 0, 0]})
    table = table.assign(**{name: [value, 0, 0] for name, value in how.items()})
    infused = 50 / lasts / K
    expected = [infused * (1 - np.exp(-K)), infused * (1 - np.exp(-K * lasts)) * np.exp(-K * (9 - lasts))]
    assert amounts(entering(F2=0.5), table) == pytest.approx(expected, rel=GLOBAL)


def test_each_individual_has_its_own_lag_and_a_reset_calls_it_off() -> None:
    table = pd.DataFrame(
        {
            "ID": [1, 1, 2, 2, 2, 2],
            "TIME": [0.0, 5, 0, 2, 3, 5],
            "EVID": [1, 0, 1, 0, 3, 0],
            "AMT": [10.0, 0, 10, 0, 0, 0],
            "CMT": "depot",
            "ALAG1": [1.0, 1, 2.5, 2.5, 2.5, 2.5],
        }
    )
    early = table.assign(TIME=[0.0, 5, 0, 2, 2.2, 5])
    got = amounts(entering(ALAG1=0), table), amounts(entering(ALAG1=0), early)
    assert got[0] == pytest.approx(
        [float(central_after(10, np.array(4.0))), 0, 0], rel=GLOBAL
    )  # reset after it has entered
    assert got[1] == pytest.approx([float(central_after(10, np.array(4.0))), 0, 0], rel=GLOBAL)  # and before


def test_a_parameter_that_an_equation_names_is_the_models_own() -> None:
    used = replace(entering(F1=0.7), rules=(*oral().rules, Rule("s", "", 2 * symengine.Symbol("F1"))))
    table = pd.DataFrame({"TIME": [0.0, 4.0], "AMT": [100.0, 0], "CMT": "depot", "EVID": [1, 0]})
    assert amounts(used, table) == pytest.approx(central_after(100, np.array([4.0])), rel=GLOBAL)


def test_impossible_shares_and_lags_are_refused() -> None:
    table = pd.DataFrame({"TIME": [0.0, 4.0], "AMT": [100.0, 0], "CMT": "depot", "EVID": [1, 0]})
    with pytest.raises(ColeyError, match="parameter F1: is not a number from 0 up"):
        amounts(entering(F1=-1), table)
    with pytest.raises(ColeyError, match="parameter ALAG1: delays doses of a steady state"):
        amounts(entering(ALAG1=1), table.assign(SS=[1, 0], II=[12.0, 0]))


# --- parameters that change from record to record


def changing_clearance() -> pd.DataFrame:
    """100 in the central compartment at 0, with a rate constant that is 0.3 up to 2, then 0.1 up to 5, then 0.5."""
    return pd.DataFrame(
        {"TIME": [0.0, 2, 5, 9], "EVID": [1, 0, 2, 0], "AMT": [100.0, 0, 0, 0], "CMT": "central",
         "k": [7.0, 0.3, 0.1, 0.5]}
    )  # fmt: skip


def test_the_values_of_a_record_hold_from_the_one_before_up_to_it() -> None:
    """Exponential decay, stretch by stretch; times between records are in the stretch of the next record."""
    times = np.array([0.5, 4.0, 7.0])
    stretches = 0.3 * np.array([0.5, 2, 2, 2, 2]) + 0.1 * np.array([0, 0, 2, 3, 3]) + 0.5 * np.array([0, 0, 0, 2, 4])
    got = simulate(
        oral(), read_records(changing_clearance(), oral()), times=times, observables=["central", "k"], rtol=RTOL
    )
    assert got.rows["TIME"].tolist() == [0.5, 2, 4, 7, 9]
    assert got.rows["central"].to_numpy() == pytest.approx(100 * np.exp(-stretches), rel=GLOBAL)
    assert got.rows["k"].tolist() == pytest.approx([0.3, 0.3, 0.1, 0.5, 0.5], rel=1e-12)


def test_each_individual_has_its_own_changes_also_after_a_reset() -> None:
    """What begins after a reset depends on nothing before it: 50 decay for 3 at 0.2."""
    later = pd.DataFrame({"TIME": [9.0, 12], "EVID": [4, 0], "AMT": [50.0, 0], "CMT": "central", "k": [0.9, 0.2]})
    first = pd.concat([changing_clearance(), later]).assign(ID=1)
    second = changing_clearance().assign(ID=2, k=0.1)
    table = pd.concat([first, second], ignore_index=True)
    whole = 100 * np.exp(-0.3 * 2 - 0.1 * 3 - 0.5 * 4)
    expected = [100 * np.exp(-0.6), whole, 50 * np.exp(-0.6), 100 * np.exp(-0.2), 100 * np.exp(-0.9)]
    assert amounts(oral(), table) == pytest.approx(expected, rel=GLOBAL)


def test_an_initial_value_follows_from_the_first_record() -> None:
    """A state that begins at 10 k, with the k of the first record, and falls at that of the second."""
    system = replace(oral(), states=(oral().states[0], State("central", "mg", 10 * symengine.Symbol("k"), 1.0)))
    table = pd.DataFrame({"TIME": [0.0, 3.0], "EVID": 0, "k": [0.5, 0.2]})
    assert amounts(system, table) == pytest.approx([5, 5 * np.exp(-0.6)], rel=GLOBAL)


def test_each_dose_has_the_share_of_its_own_record() -> None:
    """Occasions: 0.7 of the first dose enters, 0.4 of the second."""
    table = pd.DataFrame(
        {"TIME": [0.0, 4, 9], "EVID": [1, 1, 0], "AMT": [100.0, 100, 0], "CMT": "central", "F2": [0.7, 0.4, 9]}
    )
    expected = 70 * np.exp(-K * 9) + 40 * np.exp(-K * 5)
    assert amounts(entering(F2=1), table) == pytest.approx([expected], rel=GLOBAL)


# --- what hangs on the tolerance


def test_a_chaotic_course_is_told_from_one_that_settles() -> None:
    """Lorenz (J Atmos Sci 20:130, 1963): at these parameters errors grow as exp(0.9 t), so that none is small at 40."""
    x, y, z = map(symengine.Symbol, ("x", "y", "z"))
    rates = {"x": 10 * (y - x), "y": x * (28 - z) - y, "z": x * y - 8 / 3 * z}
    states = tuple(State(name, "", value, 1.0) for name, value in (("x", 1), ("y", 1), ("z", 20)))
    lorenz = System("lorenz", states, (), reactions=tuple(Reaction(n, r, {n: 1}) for n, r in rates.items()))
    found = tolerance_problems(lorenz, times=np.linspace(0, 40, 81), observables=["x", "z"])
    assert [problem.where for problem in found] == ["x, ID 0", "z, ID 0"]
    assert "with the solver's tolerance; hold errors smaller" in str(found[0])
    assert not tolerance_problems(lorenz, times=np.linspace(0, 2, 5), observables=["x", "z"])
    records = read_records(changing_clearance(), oral())
    assert not tolerance_problems(oral(), records, observables=["central"])


# --- steady states without doses


def test_individuals_come_to_rest_where_their_rates_are_0() -> None:
    """Turnover rests at production / loss; a bistable switch y' = y (y - 1/2) (1 - y) at 0 or 1, by where it begins."""
    a, y, k = map(symengine.Symbol, ("a", "y", "k"))
    turnover = (Reaction("in", 5, {"a": 1}), Reaction("out", k * a, {"a": -1}))
    switch = Reaction("switch", y * (y - 0.5) * (1 - y), {"y": 1})
    states = (State("a", "", 0, 1.0), State("y", "", 0.6, 1.0))
    system = System("rest", states, (Parameter("k", "", 0.1),), reactions=(*turnover, switch))
    ids = pd.Index(list("pqrs"), name="ID")
    people = pd.DataFrame({"k": [0.1, 2.0, 0.5, 0.0], "y": [0.6, 0.4, 0.499, 0.6]}, index=ids)
    got = steady_state(system, people)
    assert got.index.tolist() == list("pqrs") and got["status"].tolist() == ["ok", "ok", "ok", "no_steady_state"]
    assert got["a"].tolist()[:3] == pytest.approx([50, 2.5, 10], rel=GLOBAL) and np.isnan(got["a"]["s"])
    assert got["y"].tolist()[:3] == pytest.approx([1, 0, 0], abs=GLOBAL)
    assert "a still changes after 1e+09 units of time" in got["reason"]["s"]
    assert steady_state(system)["a"].tolist() == pytest.approx([50], rel=GLOBAL)
