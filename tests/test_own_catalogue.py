"""Catalogues of users: every mistake is told with its place, drafts are sound, numbers can be changed for a run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from typer.testing import CliRunner, Result

from coley.catalogue import Catalogue, load_catalogue, load_trial
from coley.catalogue.drafting import draft
from coley.cli import main as main
from coley.cli.commands import app
from coley.errors import ColeyError
from coley.population import recruit
from coley.protocol import Eligibility
from coley.trial import run

MISTAKES = """\
name = "my-trial"
title = "My trial"
summary = "Two arms."
cancer = "my-cancer"
criteria = "recist-1.2"

[eligibility]
prior = [{ given = "chemo" }]
biomarkers = { PDL2 = { min = 1 } }

[visits]
scans = [12]
evry = 6

[[arms]]
name = "one"
regimen = "my-mab 240 mg iv q2w"

[[arms]]
name = "two"
regimen = "ipilimumab 3 mg/kg po q3w x4"
published = [
  { endpoint = "OSS_median", value = 3, cutoff = 10, source = "robert-2015", known = "measured" },
  { endpoint = "ORR", value = 300, cutoff = 10, source = "robert-2015", known = "measured" },
]
"""


def coley(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


def refused(*arguments: str) -> list[str]:
    result = coley(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.stderr.splitlines()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


def drafted(place: Path, kind: str, name: str, template: str, *changes: tuple[str, str]) -> Path:
    folder = {"drug": "drugs", "cancer": "cancers", "trial": "trials", "harm": "harms"}[kind]
    text = draft(kind, name, template, load_catalogue())
    for old, new in changes:
        assert re.search(old, text)
        text = re.sub(old, new, text, count=1)
    path = place / "my" / folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# cancers that stand on others


def own_cancer(place: Path, name: str, base: str, *lines: str) -> None:
    path = place / "my" / "cancers" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = (f'name = "{name}"', f'title = "{name}"', 'summary = "A cancer."', f'base = "{base}"')
    path.write_text("\n".join((*head, *lines)) + "\n", encoding="utf-8")


GROWTH = 'k_growth = { value = 0.02, unit = "1/day", cv = 0.5, source = "assumption", known = "assumed" }'
FRACTION = 'fraction = { value = 0.2, unit = "", source = "assumption", known = "assumed" }'


def test_a_cancer_says_only_what_differs_from_its_base(place: Path) -> None:
    clone = ("[[clones]]", 'name = "MHC_low"', 'meaning = "cells without MHC"', FRACTION)
    own_cancer(place, "lung-two", "lung-one", "[parameters]", GROWTH)
    own_cancer(place, "lung-one", "nsclc", *clone)
    catalogue = load_catalogue("my")
    cancer, nsclc = catalogue.cancer("lung-two"), catalogue.cancer("nsclc")
    assert cancer.parameters == {**nsclc.parameters, "k_growth": cancer.parameters["k_growth"]}
    assert cancer.parameters["k_growth"].value == 0.02
    assert [clone.name for clone in cancer.clones] == [clone.name for clone in nsclc.clones]
    assert cancer.clones[1].fraction is not None and cancer.clones[1].fraction.value == 0.2
    assert cancer.clones[1].mhc == nsclc.clones[1].mhc
    assert (cancer.organs, cancer.prior) == (nsclc.organs, nsclc.prior)
    changed = catalogue.with_values(["q_T = 0.001"], cancer="lung-two")
    assert changed.cancer("lung-two").parameters["q_T"].value == 0.001
    assert changed.cancer("nsclc") == nsclc


def test_a_base_that_cannot_be_stood_on_is_told_once(place: Path) -> None:
    own_cancer(place, "a", "nsclk")
    own_cancer(place, "b", "c")
    own_cancer(place, "c", "b")
    own_cancer(place, "d", "a")
    own_cancer(place, "e", "nsclc", "[[organs]]", 'name = "skin"', FRACTION.replace("fraction", "share"))
    *told, _ = refused("check", "my")
    expected = [
        r"my/cancers/a.toml: base \(line 4\): unknown cancer 'nsclk'",
        r"my/cancers/c.toml: base \(line 4\): 'b' stands on this cancer",
        r"my/cancers/e.toml: .*the shares of the organs add up to 1",
    ]
    assert len(told) == len(expected), told
    for where in expected:
        assert any(re.match(f"error: {where}", line) for line in told), (where, told)


# coley check


def test_ten_mistakes_are_ten_messages_with_file_line_and_field(place: Path) -> None:
    """In a file that its schema refuses too, and none for what follows from another."""
    drafted(place, "drug", "my-mab", "nivolumab", ('molecule = "PD-1"', 'molecule = "PD-9"'))
    drafted(
        place,
        "cancer",
        "my-cancer",
        "melanoma",
        ('(k_metastasis = .*?unit = )"1/day"', r'\1"day"'),
        ('(k_growth = .*?source = )"[^"]*"', r'\1"lee-2090"'),
    )
    (place / "my" / "trials").mkdir()
    (place / "my" / "trials" / "my-trial.toml").write_text(MISTAKES)
    *told, count = refused("check", "my")
    assert count == "10 problems"
    expected = [
        (
            r"my/drugs/my-mab.toml: actions\[0\].molecule \(line \d+\): no mechanism to block 'PD-9'",
            "did you mean 'PD-1'",
        ),
        (
            r"my/cancers/my-cancer.toml: parameters.k_metastasis.unit \(line \d+\): 'day' is no unit",
            "write one like '1/day'",
        ),
        (r"my/cancers/my-cancer.toml: parameters.k_growth.source \(line \d+\): cites unknown source", "lee-2009"),
        (r"my/trials/my-trial.toml: criteria \(line 5\): unknown response criteria 'recist-1.2'", "'recist-1.1'"),
        (r"my/trials/my-trial.toml: eligibility.prior\[0\].given \(line 8\): my-cancer does not say", "chemotherapy"),
        (r"my/trials/my-trial.toml: eligibility.biomarkers.PDL2 \(line 9\): my-cancer has no biomarker", "'PDL1'"),
        (r"my/trials/my-trial.toml: visits.evry \(line 13\): unknown key 'evry'", "did you mean 'every'"),
        (
            r"my/trials/my-trial.toml: arms\[1\].regimen \(line 21\): regimen, column 20: ipilimumab is not given po",
            "iv",
        ),
        (r"my/trials/my-trial.toml: arms\[1\].published\[0\].endpoint \(line 23\): unknown endpoint", "'OS_median'"),
        (r"my/trials/my-trial.toml: arms\[1\].published\[1\].value \(line 24\): 300 cannot be a rate", "0 to 100"),
    ]
    assert len(told) == len(expected) == 10
    for where, right in expected:
        assert any(re.match(f"error: {where}", line) and right in line for line in told), (where, told)


def test_a_sound_catalogue_and_a_trial_beside_it(place: Path) -> None:
    drafted(place, "drug", "my-mab", "nivolumab")
    trial = place / "my-trial.toml"
    trial.write_text(
        draft("trial", "my-trial", "keynote-006", load_catalogue()).replace("pembrolizumab 10 mg", "my-mab 3 mg")
    )
    result = coley("check", "my", "my-trial.toml")
    assert result.exit_code == 0, result.output
    assert "my: 1 drug" in result.stdout and "my-trial.toml: 1 trial" in result.stdout
    assert "No problem" in result.stdout
    if "my-mab" in trial.read_text():
        assert any("unknown drug 'my-mab'" in line for line in refused("check", "my-trial.toml"))
        assert coley("check", "my-trial.toml", "--catalogue", "my").exit_code == 0


def test_what_cannot_be_read_is_known_by_its_name(place: Path) -> None:
    """A drug with a fault in its file is not also unknown to the trial that gives it."""
    path = drafted(place, "drug", "my-mab", "nivolumab")
    path.write_text(path.read_text().replace('kind = "compartments"', 'kind = "compartment"'))
    (place / "my" / "trials").mkdir()
    sound = draft("trial", "my-trial", "checkmate-066", load_catalogue())
    (place / "my" / "trials" / "my-trial.toml").write_text(re.sub(r'"nivolumab 3', '"my-mab 3', sound))
    *told, _ = refused("check", "my")
    assert len(told) == 1 and "did you mean 'compartments'" in told[0]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("nothing", "my: is no folder of a catalogue, and no file"),
        ("empty", "my: holds no folder of a catalogue; such as drugs, cancers"),
        ("my/drug", "my/drug: is no folder of a catalogue; did you mean 'drugs'?"),
        ("my/physiology.toml", "my/physiology.toml: there is one physiology"),
    ],
)
def test_folders_that_are_no_catalogue(place: Path, made: str, message: str) -> None:
    if made == "empty":
        (place / "my").mkdir()
    elif made.endswith(".toml"):
        (place / "my" / "drugs").mkdir(parents=True)
        (place / made).write_text("")
    elif made != "nothing":
        (place / made).mkdir(parents=True)
        (place / made / "x.toml").write_text("")
    told = refused("check", "my")
    assert any(message in line or (made == "nothing" and "my: no such file" in line) for line in told), told


def test_a_name_that_is_taken(place: Path) -> None:
    path = drafted(place, "drug", "my-mab", "nivolumab")
    path.rename(path.with_name("nivolumab.toml"))
    (path.with_name("nivolumab.toml")).write_text(
        path.with_name("nivolumab.toml").read_text().replace('"my-mab"', '"nivolumab"')
    )
    assert any("the catalogue has 'nivolumab' already" in line for line in refused("check", "my"))
    with pytest.raises(ColeyError, match="already"):
        load_catalogue(place / "my")


# coley new


def test_new_writes_a_commented_file_that_passes_the_check(place: Path) -> None:
    assert "my/drugs/my-mab.toml" in coley("new", "drug", "my-mab", "--from", "Opdivo", "--out", "my").stdout
    text = (place / "my" / "drugs" / "my-mab.toml").read_text()
    data = tomllib.loads(text)
    assert data["name"] == "my-mab" and data["regimens"][0]["text"].startswith("my-mab ")
    assert '"measured"' not in text.split("\n\n", 1)[1] and '"label"' not in text.split("\n\n", 1)[1]
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert any("How long an intravenous dose takes" in line for line in comments)
    assert coley("check", "my").exit_code == 0
    assert any("already" in line for line in refused("new", "drug", "my-mab", "--from", "nivolumab", "--out", "my"))
    assert (place / "my" / "drugs" / "my-mab.toml").read_text() == text
    assert coley("new", "trial", "my-trial", "--from", "keynote-024").exit_code == 0
    assert not load_trial(place / "trials" / "my-trial.toml").fitted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["drg", "x", "--from", "nivolumab"], "there is no 'drg' to draft; did you mean 'drug'?"),
        (["drug", "My Mab!", "--from", "nivolumab"], "NAME: 'My Mab!' is no name; write lower-case"),
        (["drug", "pembrolizumab", "--from", "nivolumab"], "NAME: the catalogue has a drug 'pembrolizumab' already"),
        (["drug", "x", "--from", "nivolumub"], "--from: unknown drug 'nivolumub'; did you mean 'nivolumab'"),
        (["drug", "../x", "--from", "nivolumab"], "NAME: '../x' is no name"),
        (["drug", "x", "--from", "nivolumab", "--out", "file"], "cannot be written"),
    ],
)
def test_what_cannot_be_drafted(place: Path, arguments: list[str], message: str) -> None:
    (place / "file").write_text("")
    assert any(message in line for line in refused("new", *arguments))
    assert sorted(path.name for path in place.iterdir()) == ["file"]


# Other values of numbers


def test_a_value_goes_where_the_number_stands(shipped: Catalogue) -> None:
    texts = ["k_growth = 0.02", "CL_nivolumab = 0.3 L/day", "f_MHC_low=0.001", "age = 50", "Kd_PD1_nivolumab = 0"]
    with pytest.raises(ColeyError, match="above zero"):
        shipped.with_values(texts, cancer="melanoma")
    changed = shipped.with_values(texts[:-1], cancer="melanoma")
    assert changed.cancers["melanoma"].parameters["k_growth"].value == 0.02
    assert changed.cancers["nsclc"] is shipped.cancers["nsclc"]
    clearance = changed.drugs["nivolumab"].kinetics.clearance
    assert (clearance.value, clearance.unit) == (pytest.approx(12.5), "mL/h")
    assert clearance.cv == shipped.drugs["nivolumab"].kinetics.clearance.cv
    clone = next(clone for clone in changed.cancers["melanoma"].clones if clone.name == "MHC_low")
    assert clone.fraction is not None and clone.fraction.value == 0.001
    assert [change.name for change in changed.changes] == ["k_growth", "CL_nivolumab", "f_MHC_low", "age"]
    record = changed.changes[0].record()
    assert record["of"] == "cancers melanoma" and record["new"]["value"] == 0.02
    assert record["old"]["value"] == shipped.cancers["melanoma"].parameters["k_growth"].value


def test_a_distribution_is_what_patients_are_drawn_from(shipped: Catalogue) -> None:
    """Quantiles of 300 patients against those of the beta distribution of this mean and deviation, from scipy."""
    changed = shipped.with_values(["TPS ~ beta(mean=0.3, sd=0.2)"], cancer="melanoma")
    disease = changed.disease("melanoma")
    drawn = recruit(disease, disease.parts(), Eligibility(), 300, seed=3).covariates["PDL1"] / 100
    size = 0.3 * 0.7 / 0.2**2 - 1
    expected = beta(0.3 * size, 0.7 * size).ppf([0.25, 0.5, 0.75])
    assert np.quantile(drawn, [0.25, 0.5, 0.75]) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k_grwth = 3", "is called 'k_grwth'; did you mean 'k_growth'?"),
        ("k_growth", "is no value of a number; write 'k_growth = 0.02 1/day'"),
        ("k_growth = ", "is no value of a number"),
        ("k_growth = fast", "'fast' is no number"),
        ("k_growth = -1", "needs a value above zero"),
        ("k_growth = 1e999", "is no number"),
        ("k_growth = 3 kg", "'kg' cannot be expressed in '1/day'"),
        ("TPS = 2", "needs a value between 0 and 1"),
        ("TPS ~ beta(mean=2, sd=1)", "mean 2 is no fraction"),
        ("TPS ~ beta(mean=0.5, sd=0.6)", "sd 0.6 is too large; between 0 and 1, around 0.5, it is below 0.5"),
        ("TPS ~ bet(mean=0.5, sd=0.1)", "no distribution 'bet'; did you mean 'beta'?"),
        ("age = 300", "value lies outside its bounds; they are 18 to 90 year"),
        ("CL_nivolmab = 3", "did you mean 'CL_nivolumab'"),
        ("__import__('os') = 3", "is no value of a number"),
    ],
)
def test_values_that_cannot_be(shipped: Catalogue, text: str, message: str) -> None:
    with pytest.raises(ColeyError) as caught:
        shipped.with_values([text], cancer="melanoma")
    (problem,) = caught.value.problems
    assert problem.where == f"--set {text!r}"
    assert message in str(problem)


def test_changes_are_in_the_manifest_and_the_notes(shipped: Catalogue) -> None:
    changed = shipped.with_values(["k_growth = 0.02"], cancer="melanoma")
    trial = load_trial("checkmate-066").model_copy(update={"follow_up_months": 2.0})
    result = run(trial, patients=2, seed=1, catalogue=changed)
    assert [change["name"] for change in result.manifest["changed"]] == ["k_growth"]
    assert any("k_growth" in note for note in result.notes)
    assert run(trial, patients=2, seed=1).manifest["changed"] == []


# Models of the catalogue as any other model


def test_simulate_a_cancer(place: Path) -> None:
    """The drug goes by its closed form: a bolus of D into one compartment of volume V leaves D / V exp(-CL t / V)."""
    result = coley(
        "simulate", "melanoma", "--drug", "carboplatin AUC 5 iv over 60 min once", "--times", "0,1,7", "--n", "3",
        "--out", "out", "--set", "k_growth = 0.02",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    courses = pd.read_parquet(place / "out" / "trajectories.parquet")
    assert courses["ID"].nunique() == 3
    first = courses[courses["TIME"] == 0]
    assert (first["Cp_carboplatin"] == 0).all() and (first["V_scan"] > 0).all()
    assert (courses.loc[courses["TIME"] == 1, "Cp_carboplatin"] > 0).all()
    manifest = (place / "out" / "manifest.json").read_text()
    assert '"k_growth"' in manifest and "carboplatin" in manifest


def test_patients_are_those_of_a_trial(place: Path) -> None:
    assert coley("simulate", "melanoma", "--times", "0,1", "--n", "2", "--seed", "5", "--out", "two").exit_code == 0
    assert coley("simulate", "melanoma", "--times", "0,1", "--seed", "5", "--out", "one").exit_code == 0
    two, one = (pd.read_parquet(place / name / "trajectories.parquet") for name in ("two", "one"))
    assert one["V_scan"].tolist() == two.loc[two["ID"] == 0, "V_scan"].tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["melonoma", "--to", "3"], "melonoma: is neither a file nor a cancer; did you mean 'melanoma'"),
        (["melanoma"], "does not know until when; give --to or --times"),
        (["melanoma", "--to", "3", "--drug", "nivolumab"], "is a drug without dose and schedule; give a regimen"),
        (["melanoma", "--to", "3", "--drug", "nivolumub 3 mg/kg iv q2w"], "unknown drug 'nivolumub'; did you mean"),
        (["melanoma", "--to", "3", "--drug", "nivolumab 3 mg/kg po q2w"], "nivolumab is not given po; possible: iv"),
        (["melanoma", "--to", "3", "--vary", "k ~ normal(mean=1, sd=1)"], "--vary: means nothing to melanoma"),
        (["melanoma", "--to", "3", "--n", "0"], "--n: 0 individuals are out of range"),
        (["melanoma", "--to", "3", "--set", "k_grwth=3"], "did you mean 'k_growth'?"),
        (["melanoma", "--to", "3", "--observe", "V_scam"], "--observe"),
        (
            ["x.xml", "--to", "3", "--drug", "nivolumab"],
            "--drug: belongs to a model of the catalogue, and x.xml is a file",
        ),
        (["melanoma", "--to", "3", "--catalogue", "nowhere"], "nowhere: is no folder"),
    ],
)
def test_what_cannot_be_simulated(place: Path, arguments: list[str], message: str) -> None:
    told = refused("simulate", *arguments)
    assert any(message in line for line in told), told
    assert list(place.iterdir()) == []


def test_inspect_and_export_of_a_cancer(place: Path) -> None:
    result = coley("inspect", "melanoma", "--drug", "Opdivo", "--set", "k_growth = 0.03")
    assert result.exit_code == 0, result.output
    row = next(line.split() for line in result.stdout.splitlines() if line.split()[:1] == ["k_growth_1"])
    assert row[1] == "0.03"
    assert "CL_nivolumab" in result.stdout
    assert any("did you mean" in line for line in refused("inspect", "melanoma", "--drug", "nivolumub"))
    drafted(place, "drug", "my-mab", "nivolumab")
    done = coley("export", "--cancer", "melanoma", "--drug", "my-mab", "--catalogue", "my", "-o", "model.xml")
    assert done.exit_code == 0 and "A1_my_mab" in (place / "model.xml").read_text()
