"""Designs of trials: power and sizes beside closed forms, tests beside lifelines, what is varied, and the command."""

from __future__ import annotations

import json
from math import exp, log, sqrt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.cli.commands import app
from coley.cli.designing import _goal
from coley.design import Settings, design, read_space, write_design
from coley.design.designs import sides
from coley.design.outcomes import outcomes
from coley.design.power import power_of, size_for
from coley.design.replicates import log_rank_statistics, proportion_statistics
from coley.design.trials import Followed, Readout, Trials, noise, simulate, whole
from coley.errors import ColeyError
from coley.protocol import Arm, Published, Trial, Visits
from coley.protocol.calendar import MONTH
from coley.trial import TrialResult
from coley.trial.analysis import power as formulas
from coley.trial.analysis.statistics import hazard_ratio, log_rank

CATALOGUE = load_catalogue()
LONG = 1e5


def exponential(mean: float, people: int = 10_000, seed: int = 1) -> Followed:
    """An arm whose times to death are exponential, with ``mean`` in days."""
    times = mean * np.random.default_rng(seed).exponential(size=people)
    return Followed(times, np.full(people, LONG))


def delayed(mean: float, ratio: float, delay: float, people: int = 10_000, seed: int = 2) -> Followed:
    """The same, but from day ``delay`` on the hazard is ``ratio`` times as high."""
    hazard = np.random.default_rng(seed).exponential(size=people)
    times = np.where(hazard < delay / mean, hazard * mean, delay + (hazard - delay / mean) * mean / ratio)
    return Followed(times, np.full(people, LONG))


# tests of many trials


def test_log_rank_of_many_trials_is_that_of_each() -> None:
    """lifelines, with ties and censoring; the sign tells which arm does better."""
    generator = np.random.default_rng(4)
    durations = np.round(generator.exponential(10, (4, 50)))
    events, treated = generator.random((4, 50)) < 0.7, np.arange(50) >= 20
    found, _ = log_rank_statistics(durations, events, treated)
    for row in range(4):
        p = log_rank(durations[row], events[row], treated)
        assert 2 * (1 - 0.5 * (1 + _erf(abs(found[row]) / sqrt(2)))) == pytest.approx(p, abs=1e-9)
        ratio = hazard_ratio(durations[row], events[row], treated).value
        assert (found[row] > 0) == (ratio < 1)


def test_late_events_weigh_as_fleming_and_harrington_say() -> None:
    """Four patients without ties, by hand: weights 1 - S(t-) are 0, 1/4, 1/2, 3/4."""
    durations, treated = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([False, True, False, True])
    _, late = log_rank_statistics(durations, np.ones((1, 4), dtype=bool), treated)
    gain = 0.25 * (2 / 3 - 1) + 0.5 * (1 / 2) + 0.75 * 0
    variance = 0.25**2 * (2 / 9) + 0.5**2 * (1 / 4)
    assert late[0] == pytest.approx(gain / sqrt(variance))


def test_proportions_are_compared_as_fleiss_has_it() -> None:
    """0.4 against 0.6 of 97: difference 0.2 over sqrt(2 * 0.5 * 0.5 / n)."""
    found = proportion_statistics(np.array([40, 0]), np.array([60, 0]), 100)
    assert found == pytest.approx([0.2 / sqrt(0.5 / 100), 0.0])


def _erf(value: float) -> float:
    from math import erf

    return erf(value)


# power


def test_power_is_schoenfelds_where_hazards_are_proportional() -> None:
    """Schoenfeld 1983: a ratio of 0.7 needs 247 events for 80 %; simulated trials stop there."""
    control, treated = exponential(400), exponential(400 / 0.7, seed=3)
    readout = Readout(enrolment=12, events=247)
    trials = simulate(control, treated, readout, 200, 1000, seed=1)
    chance = noise(control, treated, readout, seed=1)
    found = power_of([trials], 200, chance)
    assert trials.events.mean() == pytest.approx(247, abs=1)
    assert found.power.value == pytest.approx(formulas.power_of_log_rank(0.7, 247), abs=3 * found.monte_carlo)
    assert found.power.lower < 0.8 < found.power.upper
    # 200 per arm and 247 events give 80 %; 330.6 events give 90 % (Schoenfeld)
    needed = {asked: size_for(asked, found.effect, found.error) for asked in (0.8, 0.9)}
    for asked, size in needed.items():
        events = 4 * ((1.959964 + {0.8: 0.841621, 0.9: 1.281552}[asked]) / log(0.7)) ** 2
        assert size.lower <= 200 * events / 247 <= size.upper
    assert needed[0.9].value / needed[0.8].value == pytest.approx(10.507 / 7.849, rel=0.01)


def test_a_delayed_effect_costs_power_by_the_share_of_events_before_it() -> None:
    """Without censoring, at ratios near 1, the mean statistic shrinks by the share of events after the delay.

    Zucker and Lakatos, Biometrika 77:853 (1990): the statistic is a mean of log hazard ratios over events.
    """
    mean, delay, ratio = 400.0, 150.0, 0.75
    readout = Readout(enrolment=1e-6)
    control = exponential(mean)
    found = {
        name: simulate(control, treated, readout, 300, 400, seed=1)
        for name, treated in (("held", exponential(mean / ratio, seed=2)), ("delayed", delayed(mean, ratio, delay)))
    }
    late = exp(-delay / mean)  # share of events of both arms after the delay
    shrunk = found["delayed"].statistic.mean() / found["held"].statistic.mean()
    assert shrunk == pytest.approx(late, abs=0.05)
    # the test that weighs late events loses less
    assert found["delayed"].late.mean() > found["delayed"].statistic.mean()


def test_power_without_a_difference_is_half_the_level_and_shares_follow_fleiss() -> None:
    same = exponential(400)
    won = simulate(same, exponential(400, seed=9), Readout(12, events=150), 100, 2000, seed=2).won
    assert won.mean() == pytest.approx(0.025, abs=0.02)
    generator = np.random.default_rng(5)
    low, high = (np.where(generator.random(20_000) < share, 60.0, np.inf) for share in (0.4, 0.6))
    arms = (Followed(days, np.zeros(20_000)) for days in (low, high))
    trials = simulate(*arms, Readout(6, months=24, rate=True), 97, 2000, seed=1)
    assert trials.won.mean() == pytest.approx(formulas.power_of_proportions(0.4, 0.6, 97), abs=0.04)


def test_what_draws_differ_by_by_chance_is_no_posterior() -> None:
    """Three draws of one truth, each with few virtual patients, against three that differ."""
    generator = np.random.default_rng(1)

    def draws(means: tuple[float, ...]) -> list[Trials]:
        one = np.ones(2000)
        return [Trials(mean + generator.standard_normal(2000), one, one, one) for mean in means]

    chance = power_of(draws((2.4, 2.8, 3.2)), 100, noise=0.4**2 / 100)
    assert chance.power.value == pytest.approx(0.8, abs=0.01)  # 2.8 - 1.96 = 0.84, the quantile of 80 %
    apart = power_of(draws((1.4, 2.8, 4.2)), 100, noise=0.1**2 / 100)
    assert apart.power.value < 0.75 and apart.power.upper - apart.power.lower > 0.9
    assert apart.monte_carlo < 0.03
    nothing = size_for(0.8, -0.1, 0.2)
    assert nothing.value == np.inf == nothing.upper and nothing.lower < np.inf


# data cuts


def test_a_cut_censors_at_the_last_scan_before_it() -> None:
    arm = Followed(
        np.array([60.0, np.inf]), np.array([60.0, 100.0]), np.array([[0.0, 28.0, 56.0], [0.0, 50.0, np.nan]])
    )
    rows = np.array([[0, 1], [0, 1]])
    durations, events = arm.at(rows, np.array([[59.0, 59.0], [60.0, 20.0]]))
    assert durations.tolist() == [[56.0, 50.0], [60.0, 0.0]]
    assert events.tolist() == [[False, False], [True, False]]
    assert arm.at(rows, np.full((2, 2), -1.0))[0].tolist() == [[0.0, 0.0], [0.0, 0.0]]  # not enrolled yet
    assert arm.at(rows, np.full((2, 2), np.inf))[0].tolist() == [[60.0, 50.0], [60.0, 50.0]]


def test_a_trial_waits_for_its_events_or_for_the_end() -> None:
    """Deaths on days 1 to 4, everyone enrolled at once: the third falls on day 3; nine never come."""
    arm = Followed(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, LONG))
    months, events, _ = whole(arm, arm, Readout(1e-9, events=6), 4, seed=1)
    assert events.sum() == 6 and months.max() * MONTH == pytest.approx(3.0)
    trials = simulate(arm, arm, Readout(1e-9, events=9), 4, 5, seed=1)
    assert np.isinf(trials.month).all() and (trials.events == 8).all()


def test_outcomes_are_those_of_the_tables_at_the_end_of_follow_up(small_result: TrialResult) -> None:
    times = small_result.tables["ADTTE"]
    for endpoint in ("OS", "PFS"):
        found = outcomes(small_result, endpoint)
        own = times[(times["ARM"] == "nivolumab") & (times["PARAMCD"] == endpoint)]
        arm = found["nivolumab"]
        durations, events = arm.at(np.arange(len(arm))[None], np.full((1, len(arm)), np.inf))
        assert events.sum() == (own["CNSR"] == 0).sum()
        assert sorted(durations[0]) == pytest.approx(sorted(own["AVAL"]))
    responders = np.isfinite(outcomes(small_result, "ORR")["nivolumab"].event)
    assert responders.sum() == small_result.tables["ADSL"].query("ARM == 'nivolumab'")["BOR"].isin(["CR", "PR"]).sum()
    with pytest.raises(ColeyError, match="has no RFS"):
        outcomes(small_result, "RFS")


# what is varied

KNOWN = {"source": "test", "known": "assumed"}


def trial(*arms: Arm) -> Trial:
    about = {"name": "few", "title": "A few", "summary": "For a test.", "cancer": "nsclc", "follow_up_months": 24}
    return Trial(**about, enrolment_months=6, visits=Visits(scans=(8,), every=8), arms=arms)


DRUG = Arm(
    name="drug",
    regimen="pembrolizumab 200 mg iv q3w",
    n=100,
    published=(Published(endpoint="OS_HR", value=0.7, cutoff=20, versus="chemo", **KNOWN),),
)
CHEMO = Arm(name="chemo", regimen="docetaxel 75 mg/m2 iv q3w", n=120)
TWO = trial(DRUG, CHEMO)


def test_what_is_varied_is_read_and_names_alone_take_usual_values() -> None:
    space = read_space(
        "n 50, 100, dose 2, 10 mg/kg; interval 3, 6 weeks, eligibility.pd_l1_min 1, 50", TWO, DRUG, CATALOGUE
    )
    assert space.sizes == (50, 100)
    assert [t.regimen for t in space.treatments][:2] == [
        "pembrolizumab 2 mg/kg iv q3w",
        "pembrolizumab 2 mg/kg iv q6w",
    ]
    assert space.treatments[3].varied == {"dose": "10 mg/kg", "interval": "every 6 weeks"}
    assert [s.eligibility.biomarkers["PDL1"].min for s in space.selections] == [1, 50]
    assert space.selections[1].varied == {"PDL1 ≥": "50"}
    space = read_space("n 60..100 3", TWO, DRUG, CATALOGUE)
    assert space.sizes == (60, 80, 100) and len(space.treatments) == len(space.selections) == 1
    space = read_space("n, dose, interval", TWO, DRUG, CATALOGUE)
    assert space.sizes == (55, 82, 110, 165, 220)  # about the mean of the arms
    assert [t.varied["dose"] for t in space.treatments[::2]] == ["66.7 mg", "200 mg", "600 mg"]
    assert {t.varied["interval"] for t in space.treatments} == {"every 3 weeks", "every 6 weeks"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n 1", "is out of range"),
        ("n many", "is not understood"),
        ("weight 3 kg", "is not understood"),
        ("eligibility.pdl2_min 1", "has no biomarker 'pdl2'"),
        ("eligibility.PDL1_min low", "is not understood"),
        ("dose of docetaxel 1, 2 mg", "is not given in this arm"),
        ("dose 1, 2 mg, dose 3, 4 mg", "twice"),
        ("eligibility.PDL1_min 60, eligibility.PDL1_max 50", "nobody is from 60 to 50"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(ColeyError, match=words):
        read_space(text, TWO, DRUG, CATALOGUE)


def test_arms_are_told_by_what_was_published() -> None:
    assert [arm.name for arm in sides(TWO, None, None)] == ["drug", "chemo"]
    assert [arm.name for arm in sides(trial(CHEMO, DRUG), "chemo", None)] == ["chemo", "drug"]
    silent = trial(replace_published(DRUG), CHEMO)
    with pytest.raises(ColeyError, match="--arm: is needed"):
        sides(silent, None, None)
    assert [arm.name for arm in sides(silent, None, "drug")] == ["chemo", "drug"]
    with pytest.raises(ColeyError, match="has no arm 'placebo'"):
        sides(TWO, None, "placebo")


def replace_published(arm: Arm) -> Arm:
    return arm.model_copy(update={"published": ()})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "OR"}, "did you mean 'ORR'"),
        ({"events": 10, "months": 12.0}, "--months is given too"),
        ({"events": 10, "endpoint": "ORR"}, "is no time to an event"),
        ({"trials": 1, "months": 500.0}, "--months: is out of range.*\n?.*--trials"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ColeyError, match=words):
        Settings(**change)  # type: ignore[arg-type]


# designs


def fake_run(protocol: Trial, *, catalogue: object, settings: object) -> SimpleNamespace:
    """A virtual trial whose deaths are exponential: ratio 0.7 against the control, 0.5 with PD-L1 of 50 or more."""
    selected = protocol.eligibility.biomarkers.get("PDL1")
    ratio = 0.5 if selected and selected.min == 50 else 0.7
    people, times = [], []
    for number, arm in enumerate(protocol.arms):
        ids = [f"{arm.name}-{k}" for k in range(4000)]
        mean = 400 if number == 0 else 400 / ratio
        died = mean * np.random.default_rng(number).exponential(size=4000)
        end = protocol.follow_up_months * MONTH
        people.append(pd.DataFrame({"USUBJID": ids, "SUBJID": range(4000)}))
        rows = {"USUBJID": ids, "ARM": arm.name, "PARAMCD": "OS", "AVAL": np.minimum(died, end)}
        times.append(pd.DataFrame({**rows, "CNSR": (died > end).astype(int)}))
    tables = {"ADSL": pd.concat(people), "ADTTE": pd.concat(times), "ADRS": pd.DataFrame()}
    return SimpleNamespace(trial=protocol, tables=tables)


def test_every_design_is_compared_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.design.designs.run", fake_run)
    space = read_space("n 100, 200, eligibility.PDL1_min 1, 50", TWO, DRUG, CATALOGUE)
    settings = Settings(events=150, trials=400, draws=2)
    found = design(TWO, DRUG, CHEMO, space, CATALOGUE, settings)
    table = found.table.set_index(["PDL1 ≥", "n"])
    assert found.varied == ("PDL1 ≥",) and len(found.draws) == 8
    # Schoenfeld: ratios of 0.7 and 0.5 at 150 events
    assert table.loc[("1", 200), "power"] == pytest.approx(formulas.power_of_log_rank(0.7, 150), abs=0.1)
    assert table.loc[("50", 200), "power"] > 0.97
    assert table.loc[("1", 200), "effect"] == pytest.approx(0.7, abs=0.06)
    assert table.loc[("1", 200), "penalty"] == pytest.approx(1.0, abs=0.45)  # hazards are proportional
    assert table.loc[("1", 200), "events"] == 150 and table.loc[("1", 200), "reached"] == 1
    assert table.loc[("1", 100), "months"] > table.loc[("1", 200), "months"]
    # with 247 events, 80 %: as many patients more as events; intervals hold it
    needed = 200 * formulas.events_of_log_rank(0.7) / 150
    assert table.loc[("1", 200), "n_80_lower"] <= needed <= table.loc[("1", 200), "n_80_upper"]
    files = write_design(found, tmp_path / "out")
    names = ["design.html", "design.csv", "design.parquet", "draws.csv", "power.svg"]
    assert [path.name for path in files] == names and all(path.exists() for path in files)
    pd.testing.assert_frame_equal(pd.read_parquet(files[2]), found.table)
    page = files[0].read_text(encoding="utf-8")
    assert "<svg" in page and f"{found.table['power'].iloc[0]:.0%} [" in page
    again = design(TWO, DRUG, CHEMO, space, CATALOGUE, settings)
    pd.testing.assert_frame_equal(again.table, found.table)


def test_a_late_effect_has_a_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing for 200 days, then half the hazard: events before the delay count against the log-rank test."""

    def late(protocol: Trial, *, catalogue: object, settings: object) -> SimpleNamespace:
        result = fake_run(protocol, catalogue=catalogue, settings=settings)
        own = result.tables["ADTTE"]
        arm = own["ARM"] != "control"
        own.loc[arm, "AVAL"] = np.minimum(delayed(400, 0.5, 200, 4000).event, 24 * MONTH)
        own.loc[arm, "CNSR"] = (own.loc[arm, "AVAL"] >= 24 * MONTH).astype(int)
        return result

    monkeypatch.setattr("coley.design.designs.run", late)
    space = read_space("n 150", TWO, DRUG, CATALOGUE)
    row = design(TWO, DRUG, CHEMO, space, CATALOGUE, Settings(trials=300, draws=0)).table.iloc[0]
    assert row["early"] > 0.85 and row["later"] < 0.65
    assert row["penalty"] > 2 and row["late"] > row["power"]
    assert row["months"] == 24


@pytest.mark.parametrize(("text", "power"), [("power", 0.8), ("power 90 %", 0.9), ("Power 0.85", 0.85)])
def test_a_goal_is_a_power(text: str, power: float) -> None:
    assert _goal(text) == pytest.approx(power)


def test_the_command_designs_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.design.designs.run", fake_run)
    file, out = tmp_path / "few.toml", tmp_path / "out"
    file.write_text(
        'name = "few"\ntitle = "A few"\nsummary = "For a test."\ncancer = "nsclc"\nfollow_up_months = 24\n'
        'visits = { scans = [8], every = 8 }\n[[arms]]\nname = "drug"\nregimen = "pembrolizumab 200 mg iv q3w"\n'
        '[[arms]]\nname = "chemo"\nregimen = "docetaxel 75 mg/m2 iv q3w"\n',
        encoding="utf-8",
    )
    size = ["--trials", "100", "--posterior", "0", "--patients", "20", "--out", str(out)]
    arguments = ["design", str(file), "--arm", "drug", "--vary", "n 50, 400, dose 2, 10 mg/kg", *size]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["best"]["n"] == 400 and len(said["designs"]) == 4
    assert said["regimens"]["2 mg/kg"] == "pembrolizumab 2 mg/kg iv q3w"
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "Smallest design with a power of 80% or more: 400 patients per arm" in " ".join(done.stdout.split())
    wrong = ["--goal", "profit"], ["--endpoint", "DOR"], ["--trials", "0"]
    for more in wrong:
        assert CliRunner().invoke(app, [*arguments, *more]).exit_code == 2, more
