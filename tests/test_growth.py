"""What it costs to add: a drug of a known kind, a cancer, a biomarker, a harm, care, a trial are data files, no code.

Each case writes files into a folder, which ``coley check`` finds sound, and runs a trial with them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coley.catalogue import load_catalogue, load_trial
from coley.catalogue.drafting import KINDS, draft
from coley.cli.checking import check
from coley.trial import TrialResult, run

SAID = 'source = "assumption", known = "assumed"'
TRIAL = """\
name = "my-trial"
title = "My trial"
summary = "Two arms."
cancer = "{cancer}"
follow_up_months = 3
{more}
[visits]
scans = [6]
every = 6

[[arms]]
name = "treated"
regimen = "{regimen}"

[[arms]]
name = "untreated"
regimen = "observation"
"""
HER2 = f"""
[[antigens]]
molecule = "HER2"
density = {{ value = 1e6, unit = "molecule/cell", {SAID} }}
positive = {{ value = 0.99, unit = "", {SAID} }}
{SAID.replace(", ", chr(10))}
"""
MARKER = """
[[biomarkers]]
name = "GROWTH"
title = "Growth of the tumour"
unit = "1/year"
parameter = "k_growth"
"""


class Own:
    """A catalogue of a user in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, kind: str, name: str, template: str, *changes: tuple[str, str]) -> Path:
        """A drafted entry with some texts replaced; "" is replaced at the end."""
        text = draft(kind, name, template, load_catalogue())
        for old, new in changes:
            assert re.search(old, text, flags=re.MULTILINE)
            text = re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text + new
        return self.write(f"{KINDS[kind]}/{name}.toml", text)

    def write(self, place: str, text: str) -> Path:
        path = self.folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, cancer: str, regimen: str, more: str = "", patients: int = 6) -> TrialResult:
        """The result of a trial with a treated and an untreated arm; the catalogue is found sound first."""
        self.write("trials/my-trial.toml", TRIAL.format(cancer=cancer, regimen=regimen, more=more))
        assert [str(problem) for problem in check([self.folder], []).problems] == []
        catalogue = load_catalogue(self.folder)
        return run(load_trial("my-trial", catalogue), patients=patients, seed=4, catalogue=catalogue)


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


def burden(result: TrialResult, observable: str) -> float:
    """Median ratio of the last burden that was seen, treated to untreated, patient by patient."""
    courses = result.trajectories
    of = courses["ARM"].to_numpy()
    last = {
        arm: pd.DataFrame(courses[observable].to_numpy()[of == arm]).ffill(axis=1).iloc[:, -1].to_numpy()
        for arm in ("treated", "untreated")
    }
    return float(np.median(last["treated"] / last["untreated"]))


def test_a_conjugate_and_a_cancer_that_bears_its_target(own: Own) -> None:
    own.add(
        "drug", "my-conjugate", "trastuzumab-deruxtecan", (r"per_antibody = \{ value = 8", "per_antibody = { value = 4")
    )
    own.add("cancer", "my-cancer", "melanoma", ("", HER2))
    result = own.run("my-cancer", "my-conjugate 5.4 mg/kg iv q3w")
    assert set(result.tables["ADEX"]["EXTRT"]) >= {"my-conjugate"}
    assert burden(result, "C_total") < 0.5


def test_a_bispecific(own: Own) -> None:
    own.add("drug", "my-engager", "blinatumomab")
    regimen = load_catalogue(own.folder).drugs["my-engager"].regimens[0].text
    assert regimen.startswith("my-engager")
    result = own.run("b-all", regimen)
    assert (result.tables["ADEX"]["EXTRT"] == "my-engager").any()
    assert burden(result, load_catalogue().disease("b-all").observables()[0].name) < 0.5


def test_a_car_t_product(own: Own) -> None:
    own.add("drug", "my-cells", "tisagenlecleucel", (r"expansion = \{ value = 1.7", "expansion = { value = 1.5"))
    regimen = load_catalogue(own.folder).drugs["my-cells"].regimens[0].text
    assert "my-cells" in regimen
    result = own.run("dlbcl", regimen)
    given = result.tables["ADEX"].query("EXTRT == 'my-cells'")
    assert set(given["EXDOSU"]) == {"cells"}
    assert burden(result, load_catalogue().disease("dlbcl").observables()[0].name) < 0.8


def test_a_biomarker_by_which_patients_are_chosen(own: Own) -> None:
    """Doubling in 69 days is a growth of 3.65 a year, with the year of 365.25 days."""
    own.add("cancer", "my-cancer", "melanoma", ("", MARKER))
    more = "\n[eligibility]\nbiomarkers = { GROWTH = { min = 3.65 } }\n"
    result = own.run("my-cancer", "nivolumab 240 mg iv q2w", more)
    assert (result.tables["ADSL"]["GROWTH"] >= 3.65).all()
    ordinary = own.run("my-cancer", "nivolumab 240 mg iv q2w")
    assert (ordinary.tables["ADSL"]["GROWTH"] < 3.65).any()


def test_a_harm_and_its_care(own: Own) -> None:
    """A harm that befalls everyone every month, upon which the drug is stopped for good."""
    own.add(
        "harm", "my-harm", "colitis", (r"(\[background\]|background = \{)([^#]*?)value = [\d.]+", r"\1\2value = 100")
    )
    care = f"""\
name = "my-care"
title = "Care of my harm"
event = "my-harm"

[[rules]]
grades = [1, 5]
drugs = [{{ classes = ["anti-PD-1"], action = "stop" }}]
{SAID.replace(", ", chr(10))}
"""
    regimen = "nivolumab 240 mg iv q2w"
    free = own.run("melanoma", regimen)
    events = free.tables["ADAE"]
    title = load_catalogue(own.folder).harms["my-harm"].title
    assert events["AEDECOD"].eq(title).sum() > len(free.tables["ADSL"]) / 2
    own.write("care/my-care.toml", care)
    cared = own.run("melanoma", regimen)
    assert len(cared.tables["ADEX"]) < len(free.tables["ADEX"])


def test_a_trial_by_itself(own: Own) -> None:
    path = own.write("my-trial.toml", TRIAL.format(cancer="melanoma", regimen="platinum-doublet", more=""))
    assert check([path], []).problems == ()
    result = run(load_trial(path), patients=3, seed=1)
    assert set(result.tables["ADEX"]["EXTRT"]) >= {"carboplatin"}


def test_every_entry_that_ships_can_be_drafted_from(tmp_path: Path) -> None:
    """What is drafted passes the check at once, and claims nothing of what it is drafted from."""
    shipped = load_catalogue()
    own = Own(tmp_path)
    for kind, folder in KINDS.items():
        names = sorted(getattr(shipped, folder))
        for name in names[:: max(1, len(names) // 6)]:
            own.add(kind, f"my-{name}", name)
    assert [str(problem) for problem in check([tmp_path], []).problems] == []
    mine = load_catalogue(tmp_path)
    drug = next(drug for name, drug in mine.drugs.items() if name.startswith("my-"))
    assert drug.approvals == () and drug.synonyms == ()
    assert drug.kinetics.model_dump_json().count('"known":"measured"') == 0
