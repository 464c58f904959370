"""Cohorts, variation texts and record tables: what is read, and that everything wrong is named with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import symengine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest, lognorm, loguniform, norm, spearmanr, truncnorm, uniform

from coley.data import draw, read_cohort, read_records, read_variations
from coley.errors import ColeyError
from coley.system import Event, Parameter, Reaction, State, System

Floats = NDArray[np.float64]


def model() -> System:
    x = symengine.Symbol("central")
    return System(
        "model",
        (State("depot", "mg", 0, 1.0), State("central", "mg", 0, 1.0)),
        (Parameter("k_growth", "1/day", 0.1), Parameter("R1", "mg/day", 5.0)),
        reactions=(Reaction("growth", symengine.Symbol("k_growth") * x, {"central": 1}),),
    )


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def problems_of(text: str, folder: Path) -> list[str]:
    with pytest.raises(ColeyError) as caught:
        read_records(written(folder, text), model())
    return list(map(str, caught.value.problems))


# Cohorts


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cohort_from_csv(tmp_path: Path, delimiter: str) -> None:
    text = '\ufeff# drawn elsewhere\nID,k_growth,central\n\n7,0.5,"1e3"\n# not this one\n3, 0.25 ,2\n'
    cohort = read_cohort(written(tmp_path, text.replace(",", delimiter)), model())
    assert cohort.index.tolist() == [7, 3] and cohort.index.name == "ID"
    assert cohort.to_dict("list") == {"k_growth": [0.5, 0.25], "central": [1000.0, 2.0]}


def test_cohort_from_parquet_is_that_from_its_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ID": ["a", "b"], "k_growth": [1, 2], "C": [None, "C"]})
    frame.to_parquet(tmp_path / "cohort.parquet")
    cohort = read_cohort(tmp_path / "cohort.parquet", model())
    assert cohort.to_dict("index") == {"a": {"k_growth": 1.0}}
    pd.testing.assert_frame_equal(cohort, read_cohort(frame, model()))


def test_cohort_without_ids_is_numbered_from_0(tmp_path: Path) -> None:
    assert read_cohort(written(tmp_path, "k_growth\n1\n2\n"), model()).index.tolist() == [0, 1]


def test_every_problem_of_a_cohort_is_named(tmp_path: Path) -> None:
    text = 'ID,k_grwth,k_growth,central\n1,0,x,1\n1,0,.,2\n2,0,inf,3\n,0,1,4\n9,0,1,"0,5"\n'
    with pytest.raises(ColeyError) as caught:
        read_cohort(written(tmp_path, text), model())
    assert list(map(str, caught.value.problems)) == [
        "table.csv, column k_grwth: is no parameter or state of the model; did you mean 'k_growth'?",
        "table.csv, lines 2, 4, column k_growth: 'x' is not a finite number",
        "table.csv, line 3, column k_growth: a missing cell is no value; every individual needs one",
        "table.csv, line 6, column central: '0,5' is not a number; write a decimal point",
        "table.csv, line 5, column ID: a missing cell is no ID",
        "table.csv, line 3, column ID: '1' came before; a row per individual",
    ]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is no CSV text"),
        (b"PAR1 but no more", "is no Parquet table"),
        (b"k_growth,central\n1,2,3\n4\n", "line 2: has 3 cells where the heading has 2"),
        (b"k_growth,,k_growth\n1,2,3\n", "column 2 has no name"),
        (b"k_growth\n", "holds no individual"),
        (b'<?xml version="1.0"?>\n<sbml>\n</sbml>\n', "is no parameter or state of the model"),
        (b'k_growth\n"' + b"1" * 200_000 + b'"\n', "field larger than field limit"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(ColeyError, match=message):
        read_cohort(file, model())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColeyError, match=r"cohort\.csv: cannot be read: No such file"):
        read_cohort(tmp_path / "cohort.csv", model())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(b"ID,TIME,AMT,CMT\n" + content)
    try:
        assert len(read_records(file, model()).rows)
    except ColeyError as error:
        assert error.problems


# Variation


def drawn(text: str, n: int = 2000, seed: int = 1) -> Floats:
    (name,) = (frame := draw(read_variations([text], model()), n, seed)).columns
    return frame[name].to_numpy()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("normal(mean=2, sd=0.5)", norm(2, 0.5)),
        ("normal(mean=-2, cv=25%)", norm(-2, 0.5)),
        ("uniform(min=-1, max=3)", uniform(-1, 4)),
        ("loguniform(min=1e-3, max=10)", loguniform(1e-3, 10)),
        ("lognormal(median=0.01, cv=40%)", lognorm(np.sqrt(np.log(1.16)), scale=0.01)),
        ("lognormal( mean = 2 , cv=.4 )", lognorm(np.sqrt(np.log(1.16)), scale=2 / np.sqrt(1.16))),
        ("lognormal(mean=2, sd=0.8)", lognorm(np.sqrt(np.log(1.16)), scale=2 / np.sqrt(1.16))),
        ("lognormal(median=3, gsd=1.5)", lognorm(np.log(1.5), scale=3)),
        ("normal(mean=0, sd=1, min=1, max=2.5)", truncnorm(1, 2.5)),
        ("normal(mean=0, sd=1, min=4)", truncnorm(4, np.inf)),
    ],
)
def test_draws_follow_the_distribution(text: str, expected: object) -> None:
    """Kolmogorov and Smirnov against scipy.stats; the seed is fixed, so that this cannot fail by chance."""
    assert kstest(drawn(f"k_growth ~ {text}"), expected.cdf).pvalue > 0.01  # type: ignore[attr-defined]


def test_log_normal_of_median_and_sd_has_that_sd() -> None:
    variation = read_variations(["k_growth ~ lognormal(median=3, sd=1.2)"], model())[0].distribution
    frozen = lognorm(variation.sd, scale=np.exp(variation.mean))  # type: ignore[union-attr]
    assert (frozen.median(), frozen.std()) == pytest.approx((3, 1.2))


def test_cut_log_normal_keeps_its_bounds_and_shape() -> None:
    values = drawn("k_growth ~ lognormal(median=1, gsd=2, min=0.5, max=8)")
    assert values.min() >= 0.5 and values.max() <= 8
    assert kstest(np.log(values) / np.log(2), truncnorm(-1, 3).cdf).pvalue > 0.01


def test_an_individual_is_the_same_in_any_cohort() -> None:
    texts = ["k_growth ~ normal(mean=1, sd=1)", "central ~ uniform(min=0, max=1)"]
    many, few = (draw(read_variations(texts, model()), n, seed=3) for n in (50, 7))
    pd.testing.assert_frame_equal(many.iloc[:7], few)
    alone = draw(read_variations(texts[1:], model()), 7, seed=3)
    pd.testing.assert_series_equal(alone["central"], few["central"])
    assert not few["k_growth"].equals(draw(read_variations(texts, model()), 7, seed=4)["k_growth"])


def test_correlated_draws_keep_their_distributions() -> None:
    """Pearson's correlation of the logarithms and of the normal is that asked for, to 4 standard errors (1 - r²) / √n;
    of the uniform, whose deviates are its quantiles', that of ranks, 6 / pi asin(r / 2) (Pearson 1907).
    """
    texts = ["k_growth ~ lognormal(median=2, cv=40%)", "R1 ~ normal(mean=1, sd=3)", "central ~ uniform(min=0, max=1)"]
    joint = [" corr(k_growth, R1) = 0.7", "corr( R1 ,central)=-.5"]
    n = 4000
    table = draw(read_variations([*joint, *texts], model()), n, seed=5)
    alone = draw(read_variations(texts, model()), n, seed=5)
    assert table["k_growth"].tolist() == pytest.approx(alone["k_growth"].tolist(), rel=1e-12)
    assert kstest(table["R1"], norm(1, 3).cdf).pvalue > 0.01 and kstest(table["central"], uniform().cdf).pvalue > 0.01
    found = np.corrcoef([np.log(table["k_growth"]), table["R1"], table["central"]])
    assert found[0, 1] == pytest.approx(0.7, abs=4 * (1 - 0.7**2) / np.sqrt(n))
    assert spearmanr(table["R1"], table["central"])[0] == pytest.approx(6 / np.pi * np.arcsin(-0.25), abs=0.06)
    assert abs(found[0, 2]) < 4 / np.sqrt(n)
    few = draw(read_variations([*texts, *joint], model()), 7, seed=5)
    pd.testing.assert_frame_equal(table.iloc[:7][[*few]], few)


def test_correlations_that_cannot_be_are_refused_at_once() -> None:
    texts = [f"{name} ~ uniform(min=0, max=1)" for name in ("k_growth", "R1", "central")]
    wrong = ["corr(k_growth, R2) = 0.5", "corr(R1, R1) = 0.5", "corr(R1, central) = 1", "corr(R1 central) = 0.1"]
    with pytest.raises(ColeyError) as caught:
        read_variations([*texts, *wrong], model())
    assert list(map(str, caught.value.problems)) == [
        "variation 6, column 1: a correlation of 1 is out of range; a number between -1 and 1",
        "variation 7, column 1: 'corr(R1 central) = 0.1' is no correlation; corr(CL, V) = 0.6",
        "variation 4, column 1: 'R2' does not vary; known: R1, central, k_growth",
        "variation 5, column 1: 'R1' is correlated with itself",
    ]
    pairs = ["corr(k_growth, R1) = 0.9", "corr(R1, central) = 0.9", "corr(central, k_growth) = -0.9"]
    with pytest.raises(ColeyError, match="contradict each other"):
        read_variations([*texts, *pairs], model())
    with pytest.raises(ColeyError, match="variation 5, column 1: R1 and k_growth are correlated already"):
        read_variations([*texts, *pairs[:1], "corr(R1, k_growth) = 0.9"], model())


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "k_grow ~ normal(mean=1, sd=1)",
            "column 1: 'k_grow' is no parameter or state of the model; did you mean 'k_gr",
        ),
        ("~ normal(mean=1, sd=1)", "column 1: the parameter is missing"),
        ("k_growth", "column 9: ~ and a distribution are missing"),
        ("k_growth ~ lognormel(mean=1, sd=1)", "column 12: no distribution 'lognormel'; did you mean 'lognormal'"),
        ("k_growth ~ lognormal(medan=1, sd=1)", "column 22: lognormal has no argument 'medan'; did you mean 'median'"),
        (
            "k_growth ~ lognormal(median=1)",
            "column 12: lognormal cannot be made from median; write lognormal(median, cv)",
        ),
        ("k_growth ~ normal(mean=1, sd=-1)", "column 27: sd -1 is out of range; a number above 0"),
        ("k_growth ~ normal(mean=1, sd=10%)", "column 32: sd is no share; only cv"),
        ("k_growth ~ normal(mean=0, cv=10%)", "column 27: a mean of 0 has no cv"),
        ("k_growth ~ lognormal(median=1, cv=40)", "column 32: a cv of 40 is 4000 %; did you mean cv=40%?"),
        ("k_growth ~ lognormal(median=1, gsd=1)", "column 32: gsd is a factor above 1"),
        ("k_growth ~ uniform(min=2, max=1)", "column 27: max is not above min"),
        ("k_growth ~ loguniform(min=0, max=1)", "column 23: min 0 is out of range"),
        ("k_growth ~ normal(mean=0, sd=1, min=9)", "column 33: min and max leave nothing over"),
        ("k_growth ~ normal(mean=1, mean=2, sd=1)", "column 27: mean is given twice"),
        ("k_growth ~ normal(mean=1, sd=1", "column 31: ')' is missing"),
        ("k_growth ~ normal(mean=1, sd=one)", "column 30: sd needs a number"),
        ("k_growth ~ normal(mean=1, sd=1) + 2", "column 33: '+ 2' is too much"),
        ("k_growth ~ normal(mean=1e999, sd=1)", "column 19: mean inf is out of range"),
        ("k_growth ~ __import__('os')", "column 12: no distribution '__import__'"),
    ],
)
def test_what_is_wrong_with_a_variation_is_placed(text: str, message: str) -> None:
    with pytest.raises(ColeyError) as caught:
        read_variations([text], model())
    assert f"variation 1, {message}" in str(caught.value)


def test_problems_of_all_variations_come_at_once() -> None:
    good = "k_growth ~ uniform(min=0, max=1)"
    with pytest.raises(ColeyError) as caught:
        read_variations([good, "x ~ uniform(min=0, max=1)", "central ~ beta(a=1)", good], model())
    assert [problem.where for problem in caught.value.problems] == [
        "variation 2, column 1",
        "variation 3, column 11",
        "variation 4, column 1",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="k_growth ~normal(mean=1,sd%.e-+)", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_variation_or_refused(text: str) -> None:
    try:
        assert len(read_variations([text], model())) == 1
    except ColeyError as error:
        assert all(problem.where.startswith("variation 1, column ") for problem in error.problems)


# Records


def test_items_in_any_case_with_comments_covariates_and_gaps(tmp_path: Path) -> None:
    text = (
        "C,id,Time,amt,Cmt,ii,ADDL,dv,k_growth,sex\n.,1,0,10,2,7,3,.,0.5,M\nC,1,1,,,,,,9,M\n.,1,2,.,.,.,.,4.5,0.5,M\n"
    )
    records = read_records(written(tmp_path, text), model())
    assert records.rows["EVID"].tolist() == [1, 0]
    assert records.rows[["who", "TIME", "AMT", "CMT", "II", "ADDL"]].to_numpy().tolist()[0] == [
        0,
        0,
        10,
        "central",
        7,
        3,
    ]
    assert records.rows["DV"][1] == 4.5
    assert records.parameters.to_dict("index") == {1: {"k_growth": 0.5}}
    assert records.unused == ("sex",) and not records.everyone


def test_rate_and_duration_from_parameters_of_the_model(tmp_path: Path) -> None:
    records = read_records(written(tmp_path, "TIME,AMT,CMT,RATE\n0,10,1,-1\n"), model())
    assert records.everyone and records.rows["modelled"].tolist() == ["R1"]
    assert "takes the duration of the infusion from D2, which is no parameter of the model" in str(
        problems_of("TIME,AMT,CMT,RATE\n0,10,2,-2\n", tmp_path)
    )


@pytest.mark.parametrize(
    "heading, rows, place, message",
    [
        ("TIME,EVID", "0,0|1,5", "line 3, column EVID", "'5' is a code that tools do not share; 0 observation"),
        ("TIME,EVID", "0,0|1,1.5", "line 3, column EVID", "'1.5' is a code"),
        ("TIME,EVID,CMT", "0,2,-1", "line 2, column CMT", "'-1' turns a compartment off, which models here cannot"),
        ("TIME,AMT,CMT", "0,5,-1", "line 2, column CMT", "'-1' turns a compartment off"),
        (
            "TIME,AMT,CMT",
            "0,5,3",
            "line 2, column CMT",
            "'3' is no compartment of the model; states: 1 depot, 2 central",
        ),
        ("TIME,AMT,CMT", "0,5,centrl", "line 2, column CMT", "is no state of the model; did you mean 'central'?"),
        ("TIME,AMT,CMT", "0,5,.", "line 2, column CMT", "a missing cell is no compartment"),
        ("TIME,AMT", "0,5", "column CMT", "is missing, but there are doses; states: 1 depot, 2 central"),
        ("TIME,AMT,CMT", "0,-5,1", "line 2, column AMT", "'-5' is no dose"),
        ("TIME,EVID,AMT,CMT", "0,1,.,1", "line 2, column AMT", "a missing cell is no dose"),
        ("TIME,EVID,AMT,CMT", "0,0,5,1", "line 2, column AMT", "'5' belongs to a dose"),
        (
            "TIME,EVID,AMT,CMT",
            "0,3,5,1",
            "line 2, column AMT",
            "does not belong to a reset; EVID 4 is a reset and dose",
        ),
        ("ID,TIME", "1,2|1,1|2,0", "line 3, column TIME", "'1' is before the record above; only EVID 3 and 4"),
        ("ID,TIME", "1,0|2,0|1,1", "line 4, column ID", "'1' came before; records of an individual stand together"),
        ("TIME", "8:30", "line 2, column TIME", "'8:30' is not a finite number"),
        ("TIME,DATE", "0,1/1/2020", "column DATE", "gives TIME another meaning"),
        ("TIME,ALAG1", "0,1", "column ALAG1", "changes how doses enter"),
        ("TIME,AMT,CMT,RATE,DUR", "0,10,1,5,3", "line 2, column RATE", "'5' contradicts DUR"),
        ("TIME,AMT,CMT,RATE,DUR", "0,10,1,-1,3", "line 2, column RATE", "'-1' contradicts DUR"),
        ("TIME,AMT,CMT,RATE", "0,10,1,-3", "line 2, column RATE", "'-3' is no rate"),
        ("TIME,AMT,CMT,RATE", "0,0,1,3", "line 2, column RATE", "'3' is the rate of an infusion of nothing"),
        ("TIME,AMT,CMT,DUR", "0,10,1,-3", "line 2, column DUR", "'-3' is no duration"),
        ("TIME,AMT,CMT,ADDL", "0,10,1,3", "line 2, column ADDL", "'3' needs the interval II"),
        ("TIME,AMT,CMT,II,ADDL", "0,10,1,1,1.5", "line 2, column ADDL", "'1.5' is no whole number"),
        ("TIME,AMT,CMT,II,ADDL", "0,10,1,1,-50", "line 2, column ADDL", "'-50' is less than none; for a steady state"),
        ("TIME,AMT,CMT,SS", "0,10,1,1", "line 2, column II", "is no interval of a steady state"),
        ("TIME,AMT,CMT,II,SS", "0,10,1,1,2", "line 2, column SS", "'2' adds a steady state to what is there; tools"),
        ("TIME,AMT,CMT,II,SS", "0,10,1,1,3", "line 2, column SS", "starts the search for a steady state elsewhere"),
        ("TIME,AMT,CMT,II,SS", "0,10,1,1,7", "line 2, column SS", "'7' is no code that tools share"),
        ("TIME,AMT,CMT,RATE,II,SS", "0,0,1,3,1,1", "line 2, column SS", "without AMT is a constant infusion"),
        ("TIME,AMT,CMT,II,SS", "0,0,1,1,1", "line 2, column SS", "'1' is the steady state of no dose"),
        ("TIME,AMT,CMT,DUR,II,SS", "0,9,1,900,1,1", "line 2, column II", "more than 100 infusions run at once"),
        ("TIME,MDV", "0,7", "line 2, column MDV", "'7' is no MDV"),
        ("ID,TIME,central", "1,0,1|1,1,2|2,0,3", "line 3, column central", "'2' is another central than the record"),
        ("ID,TIME,k_growth", "1,0,.", "line 2, column k_growth", "a missing cell is no value"),
        ("ID,Time,TIME", "1,0,.", "column TIME", "is there twice"),
        ("ID,TME", "1,0", "column TIME", "is missing; did you mean 'TME'?"),
        ("ID,TIME", "", "", "holds no record"),
    ],
)
def test_what_is_wrong_with_records_is_placed(
    tmp_path: Path, heading: str, rows: str, place: str, message: str
) -> None:
    (problem,) = problems_of("\n".join([heading, *rows.split("|")]), tmp_path)
    assert problem.startswith(f"table.csv, {place}" if place else "table.csv: ") and message in problem


def test_problems_of_all_records_come_at_once(tmp_path: Path) -> None:
    rows = "\n".join(["1,0,-1,1,9", "1,x,1,1,0", "1,-5,1,8,0", *["2,0,-1,1,0"] * 3])
    assert problems_of(f"ID,TIME,AMT,CMT,SS\n{rows}\n", tmp_path) == [
        "table.csv, line 3, column TIME: 'x' is not a finite number",
        "table.csv, lines 2, 5, 6 and 1 more, column AMT: '-1' is no dose; a number from 0 up",
        "table.csv, line 4, column CMT: '8' is no compartment of the model; states: 1 depot, 2 central",
        "table.csv, line 2, column SS: '9' is no code that tools share; 0 or 1",
    ]


def test_a_steady_state_needs_a_model_that_has_one() -> None:
    system = model().with_events(Event("large", symengine.Gt(symengine.Symbol("central"), 5), ends=True))
    frame = pd.DataFrame([{"TIME": 0, "AMT": 1, "CMT": 1, "II": 1, "SS": 1}])
    with pytest.raises(ColeyError, match="asks for the steady state of a model with events"):
        read_records(frame, system)
