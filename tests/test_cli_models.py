"""``coley simulate``, ``inspect`` and ``export`` as a user meets them, on the model of ``docs/models.md``.

Its equations have closed forms: without drug the volume is exp(k_growth t); a dose D given at t0 leaves
D exp(-k_elimination (t - t0)), and keeps the volume down by the factor exp(-k_kill AUC), the area under its
concentration.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import interrupts
from coley.cli.commands import PURPOSE, app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
VARY = "k_growth ~ lognormal(median=0.01, cv=40%)"
SEEN = """\
ID,TIME,AMT,CMT,EVID,DV,plasma
a,0,100,drug,1,.,4
a,1,.,.,0,90,4
b,0,50,drug,1,.,5
b,2,.,.,0,9,5
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model, cohort and doses of the page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tumour.xml").write_bytes((ROOT / "docs" / "tumour.xml").read_bytes())
    tables = re.findall(r"^```csv\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    for name, table in zip(("cohort.csv", "doses.csv"), tables, strict=True):
        (tmp_path / name).write_text(table)
    return tmp_path


def coley(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


def done(*arguments: str) -> str:
    result = coley(*arguments)
    assert result.exit_code == 0, result.output
    assert result.exception is None
    return result.stdout


def refused(*arguments: str) -> str:
    result = coley(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.stderr


def row(printed: str, name: str) -> list[str]:
    return next(line.split() for line in printed.splitlines() if line.split()[:1] == [name])


def test_one_individual_in_the_terminal(place: Path) -> None:
    printed = done("simulate", "tumour.xml", "--to", "400")
    assert float(row(printed, "volume")[1]) == pytest.approx(np.exp(4), rel=1e-5)
    assert row(printed, "volume")[2] == "millilitre"
    assert PURPOSE in printed
    assert sorted(path.name for path in place.iterdir()) == ["cohort.csv", "doses.csv", "tumour.xml"]


def test_a_start_before_the_first_of_the_times() -> None:
    """Individuals start at 0, or where --from says, not at the first time that is asked for."""
    assert float(row(done("simulate", "tumour.xml", "--times", "100,200"), "volume")[1]) == pytest.approx(np.exp(2))
    printed = done("simulate", "tumour.xml", "--times", "100,200", "--from", "-100")
    assert float(row(printed, "volume")[1]) == pytest.approx(np.exp(3), rel=1e-5)


def test_cohort_and_doses_in_a_folder(place: Path) -> None:
    tables = ["--parameters", "cohort.csv", "--doses", "doses.csv"]
    printed = done("simulate", "tumour.xml", "--to", "200", *tables, "--out", "a/run")
    assert "Written: a/run/trajectories.parquet" in printed
    folder = place / "a" / "run"
    rows = pd.read_parquet(folder / "trajectories.parquet")
    assert list(rows.columns) == ["ID", "TIME", "drug", "volume", "[drug]", "elimination"]
    assert len(rows) == 3 * 101
    # ID 7: one dose of 100 mg at day 5
    last = rows[rows["ID"] == 7].iloc[-1]
    left = np.exp(-0.04 * 195)
    assert last["drug"] == pytest.approx(100 * left, rel=1e-4)
    assert last["volume"] == pytest.approx(2 * np.exp(0.03 * 200 - 0.0005 * 100 / 4 / 0.04 * (1 - left)), rel=1e-4)
    people = pd.read_parquet(folder / "individuals.parquet").set_index("ID")
    assert list(people.index) == [1, 2, 7]
    assert (people["status"] == "ok").all() and (people["steps"] > 0).all()
    assert list(people["k_growth"]) == [0.01, 0.02, 0.03]
    field = pq.read_schema(folder / "trajectories.parquet").field("volume")
    assert field.metadata == {b"unit": b"millilitre", b"meaning": b"Volume of the tumour"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["inputs"].keys() == {"tumour.xml", "cohort.csv", "doses.csv"}
    assert manifest["files"].keys() == {"trajectories.parquet", "individuals.parquet", "courses.svg"}
    assert sorted(path.name for path in (place / "a").iterdir()) == ["run"]


def test_population_drawn_at_random(place: Path) -> None:
    """Volumes follow from the parameters drawn, and quantiles from volumes."""
    size = ["--to", "400", "--points", "3", "--vary", VARY, "--n", "500"]
    printed = done("simulate", "tumour.xml", *size, "--out", "run")
    k = pd.read_parquet("run/individuals.parquet")["k_growth"].to_numpy()
    assert np.median(k) == pytest.approx(0.01, rel=0.1)
    rows = pd.read_parquet("run/trajectories.parquet")
    volumes = rows.loc[rows["TIME"] == 400, "volume"].to_numpy()
    np.testing.assert_allclose(volumes, np.exp(400 * k), rtol=1e-4)
    told = [float(cell) for cell in row(printed, "volume")[1:4]]
    np.testing.assert_allclose(told, np.quantile(volumes, (0.5, 0.05, 0.95)), rtol=1e-3)
    assert "5 to 95 %" in (place / "run" / "courses.svg").read_text()


def test_parts_do_not_change_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["tumour.xml", "--to", "100", "--vary", VARY, "--n", "40", "--points", "7"]
    done("simulate", *asked, "--out", "whole")
    monkeypatch.setattr("coley.data.parts._MOST_NUMBERS", 200)
    monkeypatch.setattr("coley.data.results._MOST_VALUES", 100)
    done("simulate", *asked, "--out", "parts")
    assert pq.ParquetFile("parts/trajectories.parquet").num_row_groups > 5
    for name in ("trajectories", "individuals"):
        whole, parts = (pd.read_parquet(f"{folder}/{name}.parquet") for folder in ("whole", "parts"))
        pd.testing.assert_frame_equal(whole, parts, check_exact=True)
    assert Path("whole/courses.svg").read_text() == Path("parts/courses.svg").read_text()


def test_parts_of_records_of_several_individuals(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        "tumour.xml",
        "--to",
        "50",
        "--parameters",
        "cohort.csv",
        "--doses",
        "doses.csv",
        "--vary",
        "plasma ~ uniform(min=3, max=5)",
    ]
    done("simulate", *asked, "--out", "whole")
    monkeypatch.setattr("coley.data.parts._MOST_NUMBERS", 1)
    done("simulate", *asked, "--out", "parts")
    whole, parts = (pd.read_parquet(f"{folder}/trajectories.parquet") for folder in ("whole", "parts"))
    pd.testing.assert_frame_equal(whole, parts, check_exact=True)


def test_observations_say_until_when(place: Path) -> None:
    """DV is kept beside what is simulated; IDs of the doses say how many are drawn."""
    (place / "seen.csv").write_text(SEEN)
    done("simulate", "tumour.xml", "--doses", "seen.csv", "--observe", "[drug]", "--out", "run",
         "--vary", "k_elimination ~ uniform(min=0.01, max=1)")  # fmt: skip
    rows = pd.read_parquet("run/trajectories.parquet")
    assert list(rows.columns) == ["ID", "TIME", "DV", "[drug]"]
    assert rows[["ID", "TIME", "DV"]].to_numpy().tolist() == [["a", 1, 90], ["b", 2, 9]]
    people = pd.read_parquet("run/individuals.parquet")
    assert list(people["plasma"]) == [4, 5]
    expected = np.array([25, 10]) * np.exp(-people["k_elimination"] * rows["TIME"])
    np.testing.assert_allclose(rows["[drug]"], expected, rtol=1e-4)


def test_who_fails_is_a_row_with_its_reason() -> None:
    """Growth beyond the range of doubles: exp(709.8) is the largest."""
    printed = done("simulate", "tumour.xml", "--to", "5", "--vary", "k_growth ~ uniform(min=0, max=400)",
                   "--n", "100", "--out", "run")  # fmt: skip
    people = pd.read_parquet("run/individuals.parquet")
    fails = people["k_growth"] * 5 > np.log(np.finfo(float).max)
    assert ((people["status"] != "ok") == fails).all() and 0 < fails.sum() < 100
    assert f"{fails.sum()} of 100 individuals failed" in printed
    assert people.loc[fails, "reason"].iloc[0] in printed
    assert row(printed, "volume")[4] == str(100 - fails.sum())


def test_limit_of_steps() -> None:
    assert "1 of 1 individuals failed" in done("simulate", "tumour.xml", "--to", "400", "--max-steps", "1")


def test_figure_where_one_stands(place: Path) -> None:
    printed = done("simulate", "tumour.xml", "--to", "400", "--plot")
    assert "Written: tumour-courses.svg" in printed
    svg = (place / "tumour-courses.svg").read_text()
    assert svg.startswith("<svg") and "One individual" in svg and "millilitre" in svg


def test_model_without_states_or_units(place: Path) -> None:
    """x = -2 t, of a model that says nothing else."""
    time_symbol = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
    (place / "x.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model><listOfParameters>'
        '<parameter id="x" constant="false"/></listOfParameters><listOfRules><assignmentRule variable="x">'
        f'<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><cn>-2</cn>{time_symbol}</apply></math>'
        "</assignmentRule></listOfRules></model></sbml>"
    )
    printed = done("simulate", "x.xml", "--to", "5", "--plot")
    assert row(printed, "x") == ["x", "-10"]
    assert "1 rule," in done("inspect", "x.xml")
    text = (place / "x.xml").read_text().replace('"x"', '"TIME"')
    (place / "x.xml").write_text(text)
    assert "'TIME' is the name of a column of every result" in refused("simulate", "x.xml", "--to", "5")


def test_everything_wrong_is_told_at_once(place: Path) -> None:
    (place / "doses.csv").write_text("ID,AMT\n1,5\n")
    (place / "taken").mkdir()
    said = refused("simulate", "tumour.xml", "--to", "-5", "--n", "-1", "--seed", "-1", "--threads", "0", "--rtol", "9",
                   "--observe", "volum", "--vary", "k_grwth ~ normal(mean=1, sd=1)", "--parameters", "nope.csv",
                   "--doses", "doses.csv", "--max-steps", "0", "--max-seconds", "nan", "--out", "taken")  # fmt: skip
    for expected in (
        "--n: -1 individuals are out of range",
        "--seed: -1 is no seed",
        "--threads: 0",
        "--to: -5 is not after the start, 0",
        "--rtol: 9 is out of range",
        "--observe: no 'volum' in the model; did you mean 'volume'?",
        "column TIME: is missing",
        "nope.csv: cannot be read",
        "'k_grwth' is no parameter or state of the model; did you mean 'k_growth'?",
        "--max-steps: 0 steps",
        "--max-seconds: nan seconds",
        "taken: is there already",
    ):
        assert expected in said, said
    assert all(line.startswith("error: ") for line in said.splitlines())
    assert not list((place / "taken").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nofile.xml", "--to", "5"], "nofile.xml: cannot be read"),
        (["cohort.csv", "--to", "5"], "cohort.csv: is not well-formed XML"),
        ([".", "--to", "5"], "is a folder"),
        (["tumour.xml"], "does not know until when"),
        (["tumour.xml", "--points", "5"], "--points: means nothing without --to"),
        (["tumour.xml", "--to", "nan"], "--to: nan is no finite number"),
        (["tumour.xml", "--to", "1e308", "--from", "-1e308"], "--to: 1e+308 is too far"),
        (["tumour.xml", "--to", "5", "--points", "1"], "--points: 1 is out of range"),
        (["tumour.xml", "--times", "1,x,inf"], "--times: 'x' is no finite number"),
        (["tumour.xml", "--times", "2,1"], "--times: do not ascend"),
        (["tumour.xml", "--times", "-1,1"], "--times: -1 is before the start, 0"),
        (["tumour.xml", "--times", "1", "--to", "5"], "--to: says the same as --times"),
        (["tumour.xml", "--to", "5", "--n", "9"], "9 individuals would all be the same"),
        (["tumour.xml", "--to", "5", "--vary", VARY, "--n", "1000000000"], "--n: 1,000,000,000 individuals"),
        (["tumour.xml", "--to", "5", "--n", "3", "--parameters", "cohort.csv"], "--n: is said by --parameters already"),
        (["tumour.xml", "--to", "5", "--n", "3", "--doses", "doses.csv"], "--n: is said by --doses already"),
        (["tumour.xml", "--to", "5", "--vary", VARY, "--parameters", "cohort.csv"], "is also a column of --parameters"),
        (["tumour.xml", "--to", "5", "--out", "cohort.csv/x"], "cohort.csv/x: cannot be written"),
        (["problem.yaml", "--to", "5"], "--to: means nothing to a PEtab problem"),
        (["problem.yaml"], "problem.yaml: cannot be read"),
    ],
)
def test_bad_input(place: Path, arguments: list[str], message: str) -> None:
    before = sorted(place.iterdir())
    assert message in refused("simulate", *arguments)
    assert sorted(place.iterdir()) == before


def test_a_disk_that_is_too_small(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10_000))
    said = refused("simulate", "tumour.xml", "--to", "5", "--vary", VARY, "--n", "1000", "--out", "run")
    assert "are free on the disk" in said  # 1,000 individuals, 101 times, 6 columns of 8 bytes
    assert not list(place.glob("*run*"))


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "coley.sbml" or name.startswith("coley.sbml.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "libsbml", None)
    for command in (["simulate", "tumour.xml", "--to", "5"], ["inspect", "tumour.xml"], ["export", "-o", "x.xml"]):
        assert "needs libsbml, which is not installed; install it with: pip install 'coley[sbml]'" in refused(*command)


PAUSED = """
import sys
from coley.cli import main, simulating

def paused(parts):
    for part in parts:
        yield part
        print("a part is written", flush=True)
        sys.stdin.read()

simulate_in_parts = simulating.simulate_in_parts
simulating.simulate_in_parts = lambda *given, **named: paused(simulate_in_parts(*given, **named))
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_nothing(place: Path) -> None:
    """Interrupted between two parts, of which one is on disk: the simulation waits there until it is."""
    asked = ["simulate", "tumour.xml", "--to", "10", "--vary", VARY, "--n", "10", "--out", "new/run"]
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", PAUSED, *asked]
    given = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "text": True, "preexec_fn": interrupts.heed}
    with subprocess.Popen(command, **given) as process:
        assert process.stdout is not None and process.stdout.readline() == "a part is written\n"
        assert list(place.glob(".run-*/new/*.parquet"))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        _, said = process.communicate()
    assert said.splitlines()[-1] == "interrupted; nothing was written"
    assert sorted(path.name for path in place.iterdir()) == ["cohort.csv", "doses.csv", "tumour.xml"]


def test_petab_problem() -> None:
    """The log-likelihood is that of the closed form in test_data_petab."""
    from test_data_petab import closed_form_of_version_1

    printed = done("simulate", str(ROOT / "tests" / "petab" / "turnover.yaml"), "--out", "run")
    told = float(re.search(r"log-likelihood (\S+),", printed)[1])  # type: ignore[index]
    assert told == pytest.approx(closed_form_of_version_1(), rel=1e-5)
    assert {"simulation", "residual"} <= set(pd.read_csv("run/simulations.tsv", sep="\t"))


def test_inspect_shows_everything(place: Path) -> None:
    printed = done("inspect", "tumour.xml")
    assert "2 states, 4 parameters, 2 rules, 2 reactions, 0 events, 0 delays; time in day" in printed
    for name in ("drug", "volume", "plasma", "k_growth", "k_kill", "k_elimination", "[drug]", "elimination"):
        assert row(printed, name)
    assert "drug -1" in printed and "No warnings." in printed


def test_inspect_shows_events_and_warnings(place: Path) -> None:
    text = (place / "tumour.xml").read_text()
    math = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'
    trigger = math.format("<apply><gt/><ci>volume</ci><cn>2</cn></apply>")
    event = (
        '<listOfEvents><event id="surgery" useValuesFromTriggerTime="true">'
        '<trigger initialValue="true" persistent="true">'
        f"{trigger}</trigger><delay>{math.format('<cn>7</cn>')}</delay><listOfEventAssignments>"
        f'<eventAssignment variable="volume">{math.format("<cn>0.1</cn>")}</eventAssignment>'
        "</listOfEventAssignments></event></listOfEvents></model>"
    )
    (place / "tumour.xml").write_text(text.replace("</model>", event).replace('units="per_day"', 'units="day"'))
    printed = done("inspect", "tumour.xml")
    assert "after 7" in printed and "surgery" in printed
    assert "volume = 0.1" in printed
    assert re.search(r"warning: tumour\.xml, lines? \d+", printed)


def test_export_of_an_arm(place: Path) -> None:
    """What is written runs, and is not replaced unasked."""
    asked = ["export", "checkmate-067", "--arm", "nivolumab", "-o", "nivolumab.xml"]
    printed = done(*asked)
    assert "Written: nivolumab.xml" in printed
    assert "nivolumab.xml: is there already" in refused(
        "export", "checkmate-067", "--arm", "nivolumab", "-o", "nivolumab.xml"
    )
    done("export", "--cancer", "melanoma", "--drug", "Opdivo", "-o", "nivolumab.xml", "--force")
    assert "A1_nivolumab" in done("inspect", "nivolumab.xml")


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["checkmate-067"], ["--arm: is needed", "'nivolumab + ipilimumab'"]),
        (["checkmate-067", "--arm", "nivolumb"], ["has no arm 'nivolumb'; did you mean 'nivolumab'"]),
        (["checkmate-67", "--arm", "nivolumab"], ["checkmate-067"]),
        ([], ["no model is named"]),
        (["--cancer", "melanom", "--drug", "nivolmab"], ["did you mean 'melanoma'", "did you mean 'nivolumab'"]),
        (["checkmate-067", "--cancer", "melanoma"], ["--cancer: belongs to a model of your own"]),
        (["--cancer", "melanoma", "--arm", "x"], ["--arm: belongs to a trial"]),
        (["checkmate-067", "--arm", "nivolumab", "-o", "no/model.xml"], ["no/model.xml: cannot be written"]),
    ],
)
def test_bad_exports(place: Path, arguments: list[str], messages: list[str]) -> None:
    before = sorted(place.iterdir())
    given = arguments if "-o" in arguments else [*arguments, "-o", "model.xml"]
    said = refused("export", *given)
    assert all(message in said for message in messages), said
    assert sorted(place.iterdir()) == before


def test_the_page_shows_what_works(place: Path) -> None:
    """Commands and snippets of docs/models.md as they stand, with fewer individuals."""
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL):
        for line in block.strip().splitlines():
            command, *arguments = shlex.split(line.replace("--n 10000", "--n 50"))
            assert command == "coley"
            done(*arguments)
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "models.md", "exec"), {})
