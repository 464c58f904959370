"""Plans, paths, the look-up, the page and the way back into the catalogue; nothing here simulates."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import calibration_fake as fake
from coley.calibration import read_plan
from coley.calibration.figures import Figure, figures, whitening
from coley.calibration.fingerprint import fingerprint
from coley.calibration.leave_out import groups_of, scores
from coley.calibration.lookup import look_up, treated
from coley.calibration.paths import changed, file_and_keys, value_at
from coley.calibration.plan import CalibrationPlan
from coley.calibration.report import page
from coley.calibration.results import figure_table
from coley.calibration.write import SHIPPED, patch, rewritten
from coley.catalogue import load_catalogue
from coley.errors import ColeyError

CATALOGUE = load_catalogue()
PLAN = read_plan("solid", CATALOGUE)


def of(arm: str, endpoint: str, study: str) -> Figure:
    found = figures(PLAN, CATALOGUE, 400)
    return next(f for f in found if (f.study, f.arm, f.endpoint) == (study, arm, endpoint))


# Paths


@pytest.mark.parametrize(
    "path",
    [
        fake.KILL,
        "cancers.melanoma.clones.MHC_low.fraction.logit_sd",
        "cancers.solid-tumour.correlations.TPS~CD8_infiltrate.value",
        "cancers.solid-tumour.prior.anti-CTLA-4.factors.CD8_infiltrate.value",
        "cancers.solid-tumour.covariate_effects.ECOG~h_burden.factor",
        "drugs.ipilimumab.actions.deplete.rate.value",
    ],
)
def test_a_number_is_found_changed_and_placed_in_its_file(path: str) -> None:
    before = value_at(CATALOGUE, path)
    after = changed(CATALOGUE, {path: before * 1.01})
    assert value_at(after, path) == pytest.approx(before * 1.01) and value_at(CATALOGUE, path) == before
    file, keys = file_and_keys(CATALOGUE, path)
    node = tomllib.loads((SHIPPED / file).read_text(encoding="utf-8"))
    for key in keys:
        node = node[key]
    assert node == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("physiology.parameters.k_kil.value", "did you mean 'k_kill'"),
        ("cancers.melanome.parameters.TPS.value", "did you mean 'melanoma'"),
        ("cancers.melanoma.parameters.TPS", "is no number; add one of"),
        ("sources.x", "leads nowhere at 'sources'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, message: str) -> None:
    with pytest.raises(ColeyError, match=message):
        value_at(CATALOGUE, path)


def test_values_are_checked_as_if_read_from_a_file() -> None:
    values = {"cancers.melanoma.parameters.TPS.value": 3.0, "drugs.ipilimumab.actions.deplete.rate.value": -1.0}
    with pytest.raises(ColeyError) as refused:
        changed(CATALOGUE, values)
    assert [problem.where for problem in refused.value.problems] == list(values)


# Plans


def test_the_shipped_plan_pools_what_is_no_property_of_one_cancer() -> None:
    groups = {parameter.group for parameter in PLAN.parameters}
    assert groups == {"physiology", "drug", "cancer", "line"}
    assert all(parameter.centre is not None for parameter in PLAN.parameters)
    assert not set(PLAN.fit) & set(PLAN.predict)


BY_HAND = {"keynote-054", "imcgp100-202", "zuma-1", "juliet", "karmma", "eliana", "tower", "swog-8507"}
BY_HAND |= {"ascent", "avoren", "chrysalis", "destiny-breast03", "emilia", "enliven", "ev-301", "imbrave150"}
BY_HAND |= {"il2-melanoma", "il2-rcc", "innovatv-301", "keynote-426", "regard", "ino-vate", "majestec-1", "mm-003"}
BY_HAND |= {"cleopatra", "optim", "pollux", "sirius", "vogel-2002"}
"""Trials whose outcomes were looked at while numbers of their cancers or drugs were chosen."""


def test_a_trial_is_called_fitted_where_a_plan_that_ships_fits_it_or_it_was_looked_at() -> None:
    names = [file.stem for file in (SHIPPED / "calibration").glob("*.toml")]
    fitted = {trial for name in names for trial in read_plan(name, CATALOGUE).fit}
    assert {name for name, trial in CATALOGUE.trials.items() if trial.fitted} == fitted | BY_HAND


def test_a_plan_names_every_mistake(tmp_path: Path) -> None:
    text = (SHIPPED / "calibration" / "solid.toml").read_text(encoding="utf-8")
    text = text.replace('"oak",', '"oka",').replace("predict = []", 'predict = ["checkmate-067"]')
    text = text.replace("physiology.parameters.APC_50.value", "physiology.parameters.APC50.value")
    text = text.replace("cancers.melanoma.parameters.f_fibrosis.value", "cancers.melanoma.parameters.k_growth.value")
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ColeyError) as refused:
        read_plan(file, CATALOGUE)
    told = str(refused.value)
    for part in ("'oka'; did you mean 'oak'", "'checkmate-067' is fitted", "did you mean 'APC_50'", "stands 2 times"):
        assert part in told


def test_a_plan_with_faults_of_its_own_is_refused_with_lines(tmp_path: Path) -> None:
    text = (SHIPPED / "calibration" / "solid.toml").read_text(encoding="utf-8")
    file = tmp_path / "plan.toml"
    file.write_text(text.replace("low = 0.01\n", "low = 9\n").replace('scale = "linear"', 'scale = "liner"'))
    with pytest.raises(ColeyError) as refused:
        read_plan(file, CATALOGUE)
    told = str(refused.value)
    assert "low must be below high" in told and "did you mean 'linear'" in told and "(line " in told
    with pytest.raises(ColeyError, match="unknown plan 'sold'; did you mean 'solid'"):
        read_plan("sold", CATALOGUE)


def test_trials_to_leave_out() -> None:
    assert groups_of(None, PLAN, CATALOGUE) == () and groups_of("oak", PLAN, CATALOGUE) == (("oak",),)
    assert groups_of("each", PLAN, CATALOGUE) == tuple((name,) for name in PLAN.fit)
    by_cancer = groups_of("cancers", PLAN, CATALOGUE)
    assert len(by_cancer) == 2 and set(sum(by_cancer, ())) == set(PLAN.fit)
    with pytest.raises(ColeyError, match="is not fitted; did you mean"):
        groups_of("checkmate-68", PLAN, CATALOGUE)


# Errors of figures


def test_a_rate_has_the_binomial_error_of_both_sides() -> None:
    """KEYNOTE-010, docetaxel: 9 % of 343; half a patient is added on either side."""
    figure = of("docetaxel", "ORR", "keynote-010")
    share = (0.09 * 343 + 0.5) / 344
    assert figure.sampling == pytest.approx(100 * (share * (1 - share) * (1 / 343 + 1 / 400)) ** 0.5)


def test_a_ratio_has_the_error_of_its_published_interval() -> None:
    """CheckMate 067: 0.52 (0.42 to 0.64), with that of two simulated arms of 400, 70 % with an event."""
    figure = of("nivolumab + ipilimumab", "OS_HR", "checkmate-067")
    published = np.log(0.64 / 0.42) / 3.919928
    assert figure.sampling == pytest.approx((published**2 + 2 / (0.7 * 400)) ** 0.5)
    assert figure.target == pytest.approx(np.log(0.52))


def test_times_that_are_not_reached_are_as_long_as_the_follow_up() -> None:
    """CheckMate 067, followed for 60 months: a published median of 72.1 and one never reached agree."""
    figure = of("nivolumab + ipilimumab", "OS_median", "checkmate-067")
    np.testing.assert_allclose(figure.on_scale(np.array([np.nan, 80.0, 30.0])), np.log([60.0, 60.0, 30.0]))
    assert figure.target == pytest.approx(np.log(60))


def test_figures_of_a_trial_share_its_effect() -> None:
    """Two equal misfits in one trial weigh less than in two trials: covariance [[a, t²], [t², a]], in closed form."""
    known = [f for f in figures(PLAN, CATALOGUE, 400) if f.endpoint == "ORR" and f.study == "keynote-006"][:2]
    white = whitening(known)
    covariance = np.linalg.inv(white.T @ white)
    assert covariance[0, 1] == pytest.approx(known[0].trial ** 2)
    assert covariance[0, 0] == pytest.approx(known[0].sd ** 2)


# What can matter


def test_a_parameter_matters_to_the_trials_that_have_it() -> None:
    def touched(path: str) -> set[str]:
        other = changed(CATALOGUE, {path: value_at(CATALOGUE, path) * 1.1})
        pairs = [(trial, other.trials[name]) for name, trial in CATALOGUE.trials.items()]
        return {t.name for t, o in pairs if fingerprint(t, CATALOGUE, 9, 1) != fingerprint(o, other, 9, 1)}

    bases = {name: cancer.base for name, cancer in CATALOGUE.cancers.items()}
    on_melanoma = {"melanoma", *(name for name, base in bases.items() if base == "melanoma")}
    of_cancer = {
        name
        for name, trial in CATALOGUE.trials.items()
        if trial.cancer in on_melanoma and "h_burden" not in CATALOGUE.cancers[trial.cancer].parameters
    } | {name for name, trial in CATALOGUE.trials.items() if trial.cancer == "melanoma"}
    treated_before = {
        name
        for name, trial in CATALOGUE.trials.items()
        if "anti-CTLA-4" in {line.given for line in trial.eligibility.prior}
    }
    assert touched(fake.KILL) == set(CATALOGUE.trials)
    assert touched(fake.HAZARD["melanoma"]) == of_cancer
    assert touched("cancers.solid-tumour.prior.anti-CTLA-4.factors.CD8_infiltrate.value") == treated_before
    assert "checkmate-067" not in touched(fake.DOCETAXEL) and "checkmate-057" in touched(fake.DOCETAXEL)
    trial = CATALOGUE.trials["oak"]
    assert len({fingerprint(trial, CATALOGUE, n, seed) for n in (9, 10) for seed in (1, 2)}) == 4


# The look-up


def test_the_look_up_copies_the_arm_that_a_reader_would() -> None:
    """By hand: same cancer and drugs, then line, then selection; never the same trial, nor an unlike treatment."""
    found, arms = figures(PLAN, CATALOGUE, 400), treated(CATALOGUE, [*PLAN.fit, *PLAN.predict])

    def copied(study: str, arm: str, endpoint: str = "ORR") -> str:
        other = look_up(of(arm, endpoint, study), found, arms)
        return f"{other.study}: {other.arm}" if other else ""

    assert copied("checkmate-017", "nivolumab") == "checkmate-057: nivolumab"
    assert copied("checkmate-066", "nivolumab") == "checkmate-067: nivolumab"
    assert copied("mdx010-20", "ipilimumab") == "keynote-006: ipilimumab"
    assert copied("keynote-024", "pembrolizumab").startswith("keynote-010: pembrolizumab")
    assert copied("keynote-024", "pembrolizumab").endswith("| TPS of 50 % or more")
    assert copied("oak", "docetaxel", "ORR") == "checkmate-057: docetaxel"
    assert copied("mdx010-20", "gp100") == ""  # nothing like it
    assert copied("keynote-001", "pembrolizumab | TPS of 50 % or more") == (
        "keynote-010: pembrolizumab 10 mg/kg | TPS of 50 % or more"
    )


def test_scores_are_those_of_the_figures_that_have_a_look_up() -> None:
    rows = [
        ("a", "ORR", 20.0, 26.0, 1.0, 30.0),
        ("b", "ORR", 40.0, 38.0, -2.5, 10.0),
        ("b | s", "ORR", 40.0, 41.0, 0.5, 50.0),
        ("c", "ORR", 40.0, 90.0, 9.0, np.nan),
        ("a", "OS_HR", 0.5, 0.5 * np.e**0.2, 0.1, 1.0),
    ]
    table = pd.DataFrame(rows, columns=["arm", "endpoint", "published", "simulated", "standardised", "looked_up"])
    found = scores(table).set_index("figures")
    assert found.loc["ORR, arms", ["n", "model", "looked_up", "coverage"]].tolist() == [2, 4.0, 20.0, 0.5]
    assert found.loc["ORR, strata", "model"] == pytest.approx(1.0)
    assert found.loc["log HR, arms", ["model", "looked_up"]].tolist() == pytest.approx([0.2, np.log(2)])
    assert found.loc["all figures", ["n", "coverage"]].tolist() == [5, 0.6]


# The page


def test_the_page_shows_every_trial_and_tells_fitted_from_predicted() -> None:
    plan: CalibrationPlan = PLAN
    found = figures(plan, CATALOGUE, 400)
    residuals = figure_table(found, np.array([f.target for f in found]))
    parameters = pd.DataFrame(
        {
            "name": ["growth"],
            "group": ["cancer"],
            "start": 1.0,
            "low": 0.1,
            "high": 10.0,
            "value": 9.8,
            "lower": 5.0,
            "upper": 20.0,
            "contraction": 0.4,
            "at_bound": "high",
        }
    )
    left = residuals[residuals["trial"] == "oak"].assign(looked_up=20.0, looked_up_from="checkmate-057: nivolumab")
    text = page(plan, CATALOGUE, residuals, parameters, left)
    for name in plan.fit:
        assert f"## {CATALOGUE.trials[name].title} (fitted)" in text
    for name in plan.predict:
        assert f"## {CATALOGUE.trials[name].title} (never fitted)" in text
    assert "mean absolute error 0.0 points" in text and "| growth | cancer | 1 | 9.8 | 5 to 20 |" in text
    assert "## Left out" in text and "checkmate-057: nivolumab" in text
    assert "## Left out" not in page(plan, CATALOGUE, residuals, parameters, None)


# Back into the catalogue


def test_values_go_into_their_files_and_nothing_else_changes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(SHIPPED, folder)
    values = {
        "cancers.melanoma.parameters.k_growth.value": 0.01234567,
        "cancers.melanoma.clones.MHC_low.fraction.value": 0.0000321,
        "cancers.solid-tumour.correlations.TPS~CD8_infiltrate.value": 0.25,
        "physiology.parameters.APC_50.value": 30000.0,
    }
    changes = rewritten(CATALOGUE, folder, values)
    assert {file.name for file in changes} == {"melanoma.toml", "solid-tumour.toml", "physiology.toml"}
    for before, after in changes.values():
        assert before.count("\n") == after.count("\n")
        differing = [(b, a) for b, a in zip(before.split("\n"), after.split("\n"), strict=True) if b != a]
        assert 1 <= len(differing) <= 4
    melanoma = tomllib.loads(changes[folder / "cancers" / "melanoma.toml"][1])
    assert melanoma["parameters"]["k_growth"]["value"] == 0.01235
    assert melanoma["parameters"]["k_growth"]["known"] == "calibrated"
    assert melanoma["parameters"]["k_growth"]["note"] == CATALOGUE.cancers["melanoma"].parameters["k_growth"].note
    assert melanoma["clones"][0]["fraction"]["value"] == 3.21e-5
    base = tomllib.loads(changes[folder / "cancers" / "solid-tumour.toml"][1])
    assert base["correlations"][0]["value"] == 0.25
    assert "+APC_50 = { value = 30000," in patch(changes, folder)


def test_the_command_prints_a_patch_and_writes_only_when_told(tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "calibrated.toml"
    shutil.copytree(SHIPPED, folder)
    file.write_text(f'"{fake.KILL}" = 4.5\n')
    command = [sys.executable, "-m", "coley.calibration.write", str(file), "--catalogue", str(folder)]
    before = (folder / "physiology.toml").read_bytes()
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "+k_kill = { value = 4.5," in shown.stdout and (folder / "physiology.toml").read_bytes() == before
    subprocess.run([*command, "--in-place"], capture_output=True, check=True)
    assert "k_kill = { value = 4.5," in (folder / "physiology.toml").read_text(encoding="utf-8")
    file.write_text('"physiology.parameters.k_kil.value" = 4.5\n')
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2 and "did you mean 'k_kill'" in refused.stderr
