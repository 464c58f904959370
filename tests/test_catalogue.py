"""The catalogue: what ships is sound, what users write is judged whole, and its pharmacokinetics are the published."""

from __future__ import annotations

import math
import pickle
import shutil
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

import coley.catalogue as catalogue_package
from coley.catalogue import Catalogue, load_catalogue, load_trial, load_trial_file, model, read_catalogue
from coley.catalogue.lint import lint, references
from coley.catalogue.loader import read_alone
from coley.catalogue.positions import line_numbers
from coley.catalogue.reading import MAX_BYTES, MAX_FINDINGS
from coley.errors import ColeyError
from coley.facts import Quantity
from coley.pharmacology import Drug
from coley.units import convert

DATA = Path(str(resources.files("coley.catalogue"))) / "data"
FILES = sorted(DATA.rglob("*.toml"))
DRUGS = sorted(path.stem for path in (DATA / "drugs").glob("*.toml"))

TRIAL = """\
name = "my-trial"
title = "My trial"
summary = "Two arms."
cancer = "melanoma"

[visits]
scans = [12]
every = 6

[[arms]]
name = "one"
regimen = "nivolumab 240 mg iv q2w"

[[arms]]
name = "two"
n = 50
regimen = "Opdivo 240 mg iv q2w"

[[arms.published]]
endpoint = "OS_HR"
versus = "one"
value = 0.5
cutoff = 24
source = "me"
known = "measured"
"""


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


def problems_of(path: Path, text: str | bytes) -> tuple[str, ...]:
    """The problems of a trial file with this content, as people read them; the folder is left out."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ColeyError) as caught:
        load_trial_file(path)
    return tuple(str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems)


# What ships


def test_shipped_catalogue_is_without_problems() -> None:
    reading = read_alone(DATA)
    assert [str(problem) for problem in lint(reading, reading.files)] == []


def test_named_drugs_cancers_and_trials_are_there(shipped: Catalogue) -> None:
    drugs = {"nivolumab", "pembrolizumab", "ipilimumab", "docetaxel", "carboplatin", "pemetrexed", "gp100"}
    trials = {"checkmate-067", "keynote-006", "mdx010-20", "checkmate-057", "keynote-024"}
    assert drugs <= set(shipped.drugs)
    assert trials <= set(shipped.trials)
    assert {"melanoma", "nsclc"} <= set(shipped.cancers)
    assert "platinum-doublet" in shipped.regimens


@pytest.mark.parametrize("name", DRUGS)
def test_drug_says_what_it_does_and_is_in_use(shipped: Catalogue, name: str) -> None:
    drug = shipped.drug(name)
    assert len(drug.mechanism.split()) > 10
    assert drug.regimens or drug.approvals or drug.modality in ("radiation", "surgery")


def test_every_fact_has_a_source_that_is_listed(shipped: Catalogue) -> None:
    facts = list(references(shipped))
    assert len(facts) > 200
    assert {fact.source for _, fact in facts} <= set(shipped.sources)


def test_catalogue_travels_to_workers(shipped: Catalogue) -> None:
    assert pickle.loads(pickle.dumps(shipped)) == shipped


def test_catalogue_is_read_once() -> None:
    assert load_catalogue() is load_catalogue()


# Pharmacokinetics: closed forms of two compartments against published summaries


def in_days_and_litres(quantity: Quantity | None, unit: str) -> float:
    assert quantity is not None
    return convert(quantity.value, quantity.unit, unit)


def last_clearance(drug: Drug) -> float:
    """L/day, on treatment for long: labels speak of the steady state."""
    falling = drug.kinetics.falling_clearance
    ratio = math.exp(falling.log_ratio.value) if falling is not None else 1.0
    return ratio * in_days_and_litres(drug.kinetics.clearance, "L/day")


def terminal_half_life(drug: Drug, clearance: float) -> float:
    """Days, from the smaller eigenvalue of the two-compartment matrix (Gibaldi and Perrier 1982, chapter 2)."""
    pk = drug.kinetics
    exchange = in_days_and_litres(pk.intercompartmental_clearance, "L/day")
    central, peripheral = (in_days_and_litres(v, "L") for v in (pk.central_volume, pk.peripheral_volume))
    k10, k12, k21 = clearance / central, exchange / central, exchange / peripheral
    total = k10 + k12 + k21
    slow = (total - math.sqrt(total**2 - 4 * k10 * k21)) / 2
    return math.log(2) / slow


@pytest.mark.parametrize(
    ("name", "lower", "upper"),
    [
        # United States labels, section 12.3: nivolumab 25 days; pembrolizumab 26 days in the first label (stationary
        # clearance), 22 days in the present one; ipilimumab 15.4 days, "approximately 15 days" in Feng 2014.
        pytest.param("nivolumab", 25 * 0.95, 25 * 1.05, id="nivolumab"),
        pytest.param("pembrolizumab", 22, 26, id="pembrolizumab"),
        pytest.param("ipilimumab", 15 * 0.95, 15.4 * 1.05, id="ipilimumab"),
        # Docetaxel 11.1 h (European SmPC); pemetrexed 3.5 h (Latz 2006, and label); carboplatin 2.6 to 5.9 h (label).
        pytest.param("docetaxel", 11.1 / 24 * 0.98, 11.1 / 24 * 1.02, id="docetaxel"),
        pytest.param("pemetrexed", 3.45 / 24, 3.55 / 24, id="pemetrexed"),
        pytest.param("carboplatin", 2.6 / 24, 5.9 / 24, id="carboplatin"),
    ],
)
def test_terminal_half_life_is_the_published(shipped: Catalogue, name: str, lower: float, upper: float) -> None:
    drug = shipped.drug(name)
    first = in_days_and_litres(drug.kinetics.clearance, "L/day")
    clearance = first if name == "pembrolizumab" else last_clearance(drug)  # whose labels speak of the first weeks
    assert lower <= terminal_half_life(drug, clearance) <= upper


@pytest.mark.parametrize(
    ("name", "litres", "tolerance"),
    [
        # Volume of distribution at steady state, labels section 12.3: nivolumab 6.8 L, ipilimumab 7.21 L,
        # pemetrexed 16.1 L, docetaxel 113 L; pembrolizumab 7.54 L is the sum of the volumes of Ahamadi 2017.
        ("nivolumab", 6.8, 0.01),
        ("ipilimumab", 7.21, 0.02),
        ("pemetrexed", 16.1, 0.02),
        ("docetaxel", 113, 0.01),
        ("pembrolizumab", 7.54, 0.01),
    ],
)
def test_volume_at_steady_state_is_the_published(
    shipped: Catalogue, name: str, litres: float, tolerance: float
) -> None:
    pk = shipped.drug(name).kinetics
    total = sum(in_days_and_litres(volume, "L") for volume in (pk.central_volume, pk.peripheral_volume))
    assert total == pytest.approx(litres, rel=tolerance)


def test_average_concentration_of_nivolumab_at_steady_state(shipped: Catalogue) -> None:
    """Dose over interval and clearance: 240 mg every 14 days at the label's 8.2 mL/h are 87 mg/L, or 597 nM."""
    drug = shipped.drug("nivolumab")
    average = 240 / 14 / last_clearance(drug)
    assert average == pytest.approx(87.1, rel=0.01)
    assert average / in_days_and_litres(drug.molar_mass, "mg/nmol") == pytest.approx(597, rel=0.01)
    assert in_days_and_litres(drug.actions[0].affinity, "nM") < 0.01 * 597


# Names


@pytest.mark.parametrize("name", ["nivolumab", "NIVOLUMAB", " Opdivo ", "bms-936558", "BMS 936558"])
def test_drug_is_found_by_any_of_its_names(shipped: Catalogue, name: str) -> None:
    assert shipped.drug(name).name == "nivolumab"


@pytest.mark.parametrize("name", ["checkmate-067", "CheckMate 067", "checkmate_067", "NCT01844505"])
def test_trial_is_found_by_any_of_its_names(shipped: Catalogue, name: str) -> None:
    assert shipped.trial(name).name == "checkmate-067"
    assert load_trial(name) == shipped.trial(name)


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("drug", "nivolumub", "unknown drug 'nivolumub'; did you mean 'nivolumab'"),
        ("drug", "keytruder", "unknown drug 'keytruder'; did you mean 'Keytruda'"),
        ("cancer", "melonoma", "unknown cancer 'melonoma'; did you mean 'melanoma'"),
        ("trial", "checkmate-67", "unknown trial 'checkmate-67'; did you mean 'checkmate-067'"),
        ("drug", "zzz", "unknown drug 'zzz'; known: "),
        ("drug", "", "unknown drug ''; known: "),
    ],
)
def test_unknown_name_brings_a_suggestion(shipped: Catalogue, kind: str, name: str, expected: str) -> None:
    with pytest.raises(ColeyError) as caught:
        getattr(shipped, kind)(name)
    assert str(caught.value).startswith(expected)


def test_regimen_by_name_and_as_text(shipped: Catalogue) -> None:
    doublet = shipped.regimens["platinum-doublet"].text
    assert shipped.regimen_text("Platinum doublet") == shipped.regimen_text("platinum-doublet") == doublet
    assert shipped.regimen_text(" nivolumab 240 mg iv q2w ") == "nivolumab 240 mg iv q2w"
    with pytest.raises(ColeyError, match=r"unknown regimen 'platinum-dublet'; did you mean 'platinum-doublet'"):
        shipped.regimen_text("platinum-dublet")
    assert "unknown drug 'nivolumub'" in str(shipped.regimen_problems("nivolumub 240 mg iv q2w")[0])
    assert shipped.regimen_problems("Yervoy 3 mg/kg iv q3w x4") == []


# Trials of users


def test_trial_file_is_read(tmp_path: Path, shipped: Catalogue) -> None:
    path = tmp_path / "my-trial.toml"
    path.write_text(TRIAL)
    trial = load_trial(path)
    assert (trial.name, trial.arms[1].n) == ("my-trial", 50)
    assert trial == load_trial(str(path)) == load_trial_file(path)


def test_shipped_trial_file_can_be_copied_and_read(tmp_path: Path, shipped: Catalogue) -> None:
    copy = shutil.copy(DATA / "trials" / "checkmate-067.toml", tmp_path / "copy.toml")
    assert load_trial_file(copy) == shipped.trial("checkmate-067")


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "my-trial.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TRIAL.replace("\n", "\r\n").encode())
    assert load_trial_file(path).name == "my-trial"


def test_five_mistakes_are_five_problems_with_file_field_and_line(tmp_path: Path) -> None:
    text = (
        TRIAL.replace('"melanoma"', '"melonoma"')
        .replace("every = 6", "evry = 6")
        .replace('"nivolumab 240', '"nivolumub 240')
        .replace("n = 50", "n = -50")
        .replace("value = 0.5", 'value = "half"')
    )
    assert problems_of(tmp_path / "my-trial.toml", text) == (
        "my-trial.toml: cancer (line 4): unknown cancer 'melonoma';"
        " did you mean 'melanoma' or 'myeloma' or 'melanoma-uveal'?",
        "my-trial.toml: visits.evry (line 8): unknown key 'evry'; did you mean 'every'?",
        "my-trial.toml: arms[0].regimen (line 12): regimen, column 1: unknown drug 'nivolumub';"
        " did you mean 'nivolumab' or 'vedolizumab' or 'tiragolumab'?",
        "my-trial.toml: arms[1].n (line 16): must be greater than 0, not -50",
        "my-trial.toml: arms[1].published[0].value (line 22): must be a number, not 'half'",
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('title = "My trial"\n', "", "my-trial.toml: title: is missing"),
        ('name = "two"', 'name = "one"', "arms[1].name (line 15): another arm is called 'one' too"),
        ('versus = "one"', 'versus = "ona"', "versus (line 21): 'ona' is not another arm of this trial; did you mean"),
        ('versus = "one"', 'versus = "two"', "versus (line 21): 'two' is not another arm of this trial"),
        ("[[arms]]", "[[arm]]", "arm (line 10): unknown key 'arm'; did you mean 'arms'?"),
        ("scans = [12]", "scans = []", "visits.scans (line 7): must be weeks in ascending order, at least one"),
        ("scans = [12]", "scans = 12", "visits.scans (line 7): must be a list, not 12"),
        ("every = 6", 'every = "soon"', "visits.every (line 8): must be a number, not 'soon'"),
        ("every = 6", "every = inf", "visits.every (line 8): must be a finite number, not inf"),
        ("n = 50", "n = 1000000000", "arms[1].n (line 16): must be less than or equal to 100000, not 1000000000"),
        ("iv q2w", "iv q0w", "arms[0].regimen (line 12): regimen, column"),
        ("240 mg", "-240 mg", "arms[0].regimen (line 12): regimen, column"),
        ("240 mg", "240 furlong", "arms[0].regimen (line 12): regimen, column"),
        ("mg iv", "mg po", "nivolumab is not given po; possible: iv"),
        ('"my-trial"', '"My trial!"', "name (line 1): cannot be 'My trial!'; write lower-case letters, digits and"),
        ('"measured"', '"guessed"', "known (line 25): cannot be 'guessed'; known: assumed, calibrated,"),
        ("[visits]", "visits = 3\n[visit]", "visits (line 6): must be a table, not 3"),
        ('cancer = "melanoma"', "cancer = 7", "cancer (line 4): must be text, not 7"),
    ],
)
def test_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in TRIAL
    found = problems_of(tmp_path / "my-trial.toml", TRIAL.replace(old, new))
    assert any(expected in problem for problem in found), found
    assert all(problem.startswith("my-trial.toml") for problem in found)


def test_misspelt_key_is_one_problem_not_also_a_missing_one(tmp_path: Path) -> None:
    found = problems_of(tmp_path / "my-trial.toml", TRIAL.replace("summary", "sumary"))
    assert found == ("my-trial.toml: sumary (line 3): unknown key 'sumary'; did you mean 'summary'?",)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'name = "x\n', "bad.toml: line 1, column 10: is no valid TOML"),
        (b"a = 1\na = 2\n", "bad.toml: line 2, column 6: is no valid TOML: Cannot overwrite a value"),
        (b"\x00\x01\x02", "bad.toml: is a binary file"),
        ("name = 'x'".encode("utf-16"), "bad.toml: is UTF-16 text; save it as UTF-8"),
        ("a = 1\nname = 'é'".encode("latin-1"), "bad.toml: line 2: is no UTF-8 text (byte 0xe9)"),
        (b"# " + b"x" * MAX_BYTES, "bad.toml: is larger than 1 MB"),
        (b"a = " + b"[" * 100_000, "bad.toml: line 1: is nested deeper than 20 tables"),
        (b"\n[" + b"a." * 400_000 + b"a]", "bad.toml: line 2: is nested deeper than 20 tables"),
        (b"a." * 400_000 + b"a = 1", "bad.toml: line 1: is nested deeper than 20 tables"),
        (b"a = " + b"{a = " * 100_000, "bad.toml: line 1: is nested deeper than 20 tables"),
        (b"n = " + b"9" * 5000, "bad.toml: is no valid TOML: Exceeds the limit"),
        (b"", "bad.toml: name: is missing"),
    ],
    ids=[
        "syntax",
        "double key",
        "binary",
        "utf-16",
        "latin-1",
        "large",
        "deep",
        "deep header",
        "deep key",
        "deep inline",
        "long number",
        "empty",
    ],
)
def test_file_that_is_no_trial(tmp_path: Path, content: bytes, expected: str) -> None:
    assert problems_of(tmp_path / "bad.toml", content)[0].startswith(expected)


BOUNDS = {
    "scans without end": ("every = 6", "every = 0.001", "visits.every (line 8): must be greater than or equal to 0.5"),
    "scans in no time": ("every = 6", "every = 1e-9", "visits.every (line 8): must be greater than or equal to 0.5"),
    "nobody's age": ("[visits]", "[eligibility]\nage_min = 80\nage_max = 20\n[visits]", "age_min is above age_max"),
    "scan in a thousand years": ("[12]", "[52000]", "visits.scans[0] (line 7): must be less than or equal to 1044"),
    "thousands of scans": ("[12]", str(list(range(1, 1042)) * 2), "1000"),
    "arms without end": (
        "[[arms.published]]",
        "".join(f'[[arms]]\nname = "{k}"\nregimen = "platinum-doublet"\n' for k in range(60)) + "[[arms.published]]",
        "arms (line 10): must have at most 28 items",
    ),
    "endless name": ('name = "one"', f'name = "{"x" * 300}"', "must have at most 200 characters"),
    "name of two lines": ('name = "one"', 'name = "one\\nmore"', "must be one line"),
    "NUL in a name": ('name = "one"', 'name = "o\\u0000ne"', "arms[0].name (line 11): holds the control character"),
    "escape in a name": ('name = "one"', 'name = "o\\u001B[2Jne"', "holds the control character U+001B"),
    "escape in a title": ('"My trial"', '"My \\u009b trial"', "holds the control character U+009B"),
    "text turned round": ('"My trial"', '"My \\u202e trial"', "holds the control character U+202E"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOUNDS)
def test_what_no_machine_or_page_could_hold_is_refused_with_the_bound(tmp_path: Path, case: str) -> None:
    old, new, expected = BOUNDS[case]
    assert old in TRIAL
    found = problems_of(tmp_path / "my-trial.toml", TRIAL.replace(old, new))
    assert any(expected in problem for problem in found), found


def test_thousands_of_problems_are_not_all_explained(tmp_path: Path) -> None:
    found = problems_of(tmp_path / "my-trial.toml", "".join(f"a{k} = 1\n" for k in range(5000)) + TRIAL)
    assert len(found) == MAX_FINDINGS + 1
    assert any("4,900 problems more are not listed" in problem for problem in found)


def test_dots_in_texts_and_numbers_nest_nothing(tmp_path: Path) -> None:
    dots = "a." * 50
    text = TRIAL.replace('"Two arms."', f'"""\n{dots} [[[[ "{dots}" """  # {dots}').replace(
        "[12]", str([12.5] * 1 + [13.5])
    )
    (tmp_path / "my-trial.toml").write_text(text)
    assert dots in load_trial_file(tmp_path / "my-trial.toml").summary


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "my-trial.toml").write_text(TRIAL)
    cases: list[tuple[str | Path, str]] = [
        (tmp_path / "my-tral.toml", "no such file; did you mean 'my-trial.toml'?"),
        (tmp_path / "none" / "x.toml", "no such file"),
        (tmp_path, "is a folder, not a file"),
        (Path("/dev/zero"), "no such file"),
        (tmp_path / ("x" * 5000), "cannot be read"),
        ("a\0b.toml", "a\0b.toml: "),
    ]
    for path, expected in cases:
        with pytest.raises(ColeyError) as caught:
            load_trial(path)
        assert expected in str(caught.value)


# Reading and linting of a whole catalogue


KEPT = {
    "drugs": ("nivolumab", "ipilimumab", "docetaxel"),
    "cancers": ("solid-tumour", "melanoma"),
    "trials": ("checkmate-067",),
    "claims": (),
    "calibration": (),
}
"""Of these folders only some files are read, so that a fault is found within a moment."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue of few entries."""

    def left_out(path: str, names: list[str]) -> list[str]:
        kept = KEPT.get(Path(path).name)
        return [] if kept is None else [name for name in names if name.removesuffix(".toml") not in kept]

    return Path(shutil.copytree(DATA, tmp_path / "data", ignore=left_out))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_problems_of_all_files_come_at_once(folder: Path) -> None:
    edit(folder / "drugs" / "nivolumab.toml", 'unit = "mL/h"', 'unit = "mL/fortnite"')
    edit(folder / "drugs" / "ipilimumab.toml", 'name = "ipilimumab"', 'name = "ipilimumabs"')
    edit(folder / "sources" / "drugs.toml", "[feng-2014]", "[larkin-2019]")
    (folder / "regimens" / "broken.toml").write_text("name = ")
    (folder / "physiology.toml").unlink()
    with pytest.raises(ColeyError) as caught:
        read_catalogue(folder)
    found = [str(problem) for problem in caught.value.problems]
    for expected in [
        "drugs/nivolumab.toml: kinetics.clearance.unit (line 14): unknown unit 'mL/fortnite'",
        "drugs/ipilimumab.toml: name (line 1): 'ipilimumabs' is not the name of the file",
        "another file has the citation key 'larkin-2019' too",
        "regimens/broken.toml: ",
        "physiology.toml: no such file",
    ]:
        assert any(expected in problem for problem in found), (expected, found)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("drugs/nivolumab.toml", 'unit = "mL/h"', 'unit = "mL"', "'mL' is no unit of this field: write one like"),
        ("drugs/nivolumab.toml", "value = 80,", "value = -80,", "reference_weight (line 19): -80 cannot be"),
        ("drugs/nivolumab.toml", '"PD-1"\n', '"PD-9"\n', "molecule (line 30): no mechanism to block 'PD-9'; did you"),
        ("drugs/nivolumab.toml", "molar_mass", "# molar_mass", "actions[0] (line 28): needs its molar_mass"),
        ("drugs/docetaxel.toml", "taxotere-smpc", "taxotere-spc", "unknown source 'taxotere-spc'; did you mean"),
        ("drugs/docetaxel.toml", '"Taxotere"', '"Opdivo"', "'Opdivo' is a name of docetaxel too"),
        ("drugs/docetaxel.toml", "docetaxel 75 mg/m2 iv q3w", "docetaxel 75 mg/kg iv q3w", "is not dosed in mg/kg"),
        ("drugs/docetaxel.toml", "docetaxel 75 mg/m2 iv q3w", "docetaxel 75 mg/m2 iv", "regimens[0].text (line"),
        ("sources/drugs.toml", 'pmid = "28019091"', 'pmid = "PMC28019091"', "'PMC28019091' is no number"),
        ("sources/drugs.toml", 'doi = "10.1002', 'doi = "https://doi.org/10.1002', "does not start with '10.'"),
        ("sources/drugs.toml", "[feng-2014]", '[new-2020]\ncitation = "x"\nurl = "https://x"\n[feng-2014]', "nowhere"),
        ("sources/drugs.toml", 'pmid = "24872026"\ndoi = "10.1158/2326-6066.CIR-14-0040"', "", "neither pmid, doi"),
        ("trials/checkmate-067.toml", 'cancer = "melanoma"', 'cancer = "melonoma"', "unknown cancer 'melonoma'"),
        ("cancers/solid-tumour.toml", 'parameter = "TPS"', 'parameter = "TSP"', "unknown quantity 'TSP'; did you mean"),
        ("cancers/solid-tumour.toml", 'disease = "solid"', 'disease = "sollid"', "is of the kind 'sollid'"),
        ("care/colitis.toml", 'event = "colitis"', 'event = "collitis"', "event (line 5): unknown harm 'collitis'"),
    ],
)
def test_lint_finds(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    """Each fault in the file that has it, with its line. Only the files of one folder are judged."""
    edit(folder / file, old, new)
    reading = read_alone(folder)
    files = [each for each in reading.files if each.document.name in (file, "drugs/nivolumab.toml")]
    found = [str(problem) for problem in lint(reading, files)]
    assert any(expected in problem and problem.startswith((file, "drugs/nivolumab")) for problem in found), found


def test_a_model_takes_names_and_objects(shipped: Catalogue) -> None:
    by_name = model("melanoma", ["Opdivo", "nivolumab"])
    assert by_name.fingerprint == model(shipped.cancer("melanoma"), [shipped.drug("nivolumab")]).fingerprint
    assert "CL_nivolumab" in by_name.parameter_names
    with pytest.raises(ColeyError) as caught:
        model("melonoma", ["nivolumub"])
    assert [problem.what for problem in caught.value.problems] == [
        "unknown cancer 'melonoma'",
        "unknown drug 'nivolumub'",
    ]


# Lines of a TOML text


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths_of(item, (*path, key))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_key_of_a_shipped_file_is_found_on_a_line_that_names_it(path: Path) -> None:
    text = path.read_text()
    found, lines = line_numbers(text), text.split("\n")
    for place in paths_of(tomllib.loads(text)):
        assert place in found
        if isinstance(place[-1], str):
            assert place[-1] in lines[found[place] - 1]


def test_lines_in_every_kind_of_toml() -> None:
    text = (
        'a.b = 1 # c = 2\n"d e" = \'x = 1\'\nf = """\ng = 1\\"\n""""\n[h . "i"]\nj = [\n  1, # k\n  [2, 3],\n]\n'
        "[[l]]\nm = { n = 1, o = [{ p = 2 }] }\n[l.q]\nr = '''\n's = 1'''\n[[l]]\n[[l.t]]\nu = 1979-05-27T07:32:00Z\n"
    )
    assert {path for path in paths_of(tomllib.loads(text))} == set(line_numbers(text))
    expected = {
        ("a", "b"): 1,
        ("d e",): 2,
        ("f",): 3,
        ("h", "i", "j"): 7,
        ("h", "i", "j", 1): 9,
        ("h", "i", "j", 1, 1): 9,
        ("l", 0, "m", "o", 0, "p"): 12,
        ("l", 0, "q", "r"): 14,
        ("l", 1): 16,
        ("l", 1, "t", 0, "u"): 18,
    }
    assert {path: line_numbers(text)[path] for path in expected} == expected


def test_public_names_are_all_there() -> None:
    assert len(set(catalogue_package.__all__)) == len(catalogue_package.__all__)
    assert all(hasattr(catalogue_package, name) for name in catalogue_package.__all__)
