"""PEtab problems: log-likelihoods by closed form, beside those of libpetab, and what is refused.

The model: a drug with intake 8 a day, loss at rate k = 0.4 a day from a blood volume of 4, so that its concentration
falls as exp(-kt) without intake and rests at 8 / (4 k) = 5 with it. A single dose sets it to 6.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import petab.v1
import pytest
from scipy.stats import laplace, norm

from coley.data.petab import evaluate, load
from coley.errors import ColeyError

FOLDER = Path(__file__).parent / "petab"
VERSION_1, VERSION_2 = FOLDER / "turnover.yaml", FOLDER / "turnover2.yaml"
LN10 = np.log(10)


def falling(start: float, time: float, k: float = 0.4) -> float:
    return start * float(np.exp(-k * time))


def closed_form_of_version_1() -> float:
    """Densities of scipy.stats; those on a logarithm are divided by the derivative of its inverse."""
    dose, rest = 6.0, 8 / (4 * 0.4)
    lost = falling(rest, 1)
    return float(
        norm.logpdf(8.5, 1.5 * dose, 0.3)
        + norm.logpdf(4.5, 1.5 * falling(dose, 2), 0.5)
        + norm.logpdf(0.3, 2 * falling(dose, 5), 0.3)
        + norm.logpdf(np.log10(13), np.log10(4 * falling(dose, 1)), 0.2) - np.log(13 * LN10)
        + norm.logpdf(np.log10(21), np.log10(4 * rest), 0.2) - np.log(21 * LN10)
        + norm.logpdf(np.log10(5), np.log10(4 * falling(rest, 3)), 0.2) - np.log(5 * LN10)
        + laplace.logpdf(4, lost + 1, 0.3 + 0.1 * lost)
        + laplace.logpdf(np.log(2), np.log(1.5 * falling(dose, 4)), 0.25) - np.log(2)
        + norm.logpdf(4.6, rest, 0.1)
    )  # fmt: skip


def closed_form_of_version_2() -> float:
    """A dose sets the concentration to 6 on day 1 and adds 3 on day 3."""
    second = falling(6, 2) + 3
    return float(
        norm.logpdf(5.5, 1.5 * falling(6, 1), 0.3)
        + norm.logpdf(np.log(22), np.log(4 * second), 0.2) - np.log(22)
        + laplace.logpdf(np.log(4), np.log(1.5 * falling(second, 2)), 0.25) - np.log(4)
        + norm.logpdf(np.log(21), np.log(20), 0.2) - np.log(21)
        + norm.logpdf(1.3, falling(5, 3), 0.5)
    )  # fmt: skip


@pytest.mark.parametrize(
    "path, expected", [(VERSION_1, closed_form_of_version_1()), (VERSION_2, closed_form_of_version_2())]
)
def test_log_likelihood_is_that_of_the_closed_form(path: Path, expected: float) -> None:
    fit = evaluate(load(path))
    assert not fit.failed
    assert fit.llh == pytest.approx(expected, rel=1e-6)
    assert fit.chi2 == pytest.approx(float((fit.residuals**2).sum()))


def test_likelihood_and_chi2_are_those_that_libpetab_makes_of_the_simulations() -> None:
    """Without the observable whose noise follows the state, which libpetab's own functions do not know."""
    fit = evaluate(load(VERSION_1))
    given = petab.v1.Problem.from_yaml(str(VERSION_1))
    known = given.measurement_df["observableId"] != "lost"
    tables = (given.measurement_df[known], fit.simulations[known], given.observable_df, given.parameter_df)
    ours = fit.residuals[known.to_numpy()]
    assert petab.v1.calculate_chi2(*tables) == pytest.approx(float((ours**2).sum()))
    lost = laplace.logpdf(4, falling(5, 1) + 1, 0.3 + 0.1 * falling(5, 1))
    assert petab.v1.calculate_llh(*tables) == pytest.approx(fit.llh - lost, rel=1e-7)


def test_simulations_are_a_table_of_petab() -> None:
    table = evaluate(load(VERSION_1)).simulations
    assert "measurement" not in table and table["observableId"].tolist()[:2] == ["level", "level"]
    assert table["simulation"].tolist()[:2] == pytest.approx([9, 1.5 * falling(6, 2)])


def test_parameters_replace_nominal_values() -> None:
    fit = evaluate(load(VERSION_1), {"k": 0.8, "high": 3})
    assert fit.simulations["simulation"].tolist()[:2] == pytest.approx([4.5, 1.5 * falling(3, 2, 0.8)])
    with pytest.raises(ColeyError, match=r"no 'hihg' in the problem; did you mean 'high'\?"):
        evaluate(load(VERSION_1), {"hihg": 1})


def test_an_experiment_that_fails_leaves_the_others() -> None:
    """Without loss there is no state of rest."""
    fit = evaluate(load(VERSION_1), {"k": 0.0})
    assert np.isnan(fit.llh) and set(fit.failed) == {"fed then fasting", "fed"}
    assert "no steady state: drug still changes" in fit.failed["fed"]
    assert fit.simulations["simulation"][0] == pytest.approx(9)


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        ("turnover.yaml", "turnover.xml", "https://example.org/x.xml", "names https://example.org/x.xml; only files"),
        ("turnover.yaml", "format_version: 1", "- 1", "cannot be read"),
        ("observables.tsv", "scale * drug", "scale * durg", "durg"),
        ("observables.tsv", "scale * drug", "scale * (drug", "turnover.yaml"),
        ("observables.tsv", "scale * drug", "__import__('os')", "turnover.yaml"),
        ("conditions.tsv", "intake\t", "intaek\t", "intaek"),
        ("parameters.tsv", "1.5", "", "nominalValue"),
        ("measurements.tsv", "\tsingle\t0", "\tdouble\t0", "double"),
    ],
)
def test_what_is_wrong_with_a_problem_is_named(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "petab")
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    with pytest.raises(ColeyError, match=message):
        evaluate(load(folder / "turnover.yaml"))
