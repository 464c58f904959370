"""The command line: what it passes on, what it prints, and what it refuses. The simulation is a stand-in here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner, Result

import coley.report.select  # which stays there when its package is stood in for
import interrupts
from coley.catalogue import Catalogue, load_catalogue
from coley.cli.commands import EXIT_CODES, PURPOSE, app
from coley.cli.forecast import Forecast, announcement, forecast, is_large
from coley.cli.options import MAX_PATIENTS
from coley.cli.show import facts, find
from coley.cli.terminal import Screen
from coley.errors import ColeyError, Problem
from coley.pharmacology import Drug
from coley.protocol import Trial, Visits
from coley.report.folder import unfinished_place
from coley.trial import RunSettings, TrialResult
from coley.version import __version__

ROOT = Path(__file__).parents[1]
OWN = ["run", "--cancer", "melanoma", "--arm", "nivolumab 3 mg/kg iv q2w"]


class Laboratory:
    """Stand-in for ``coley.trial`` and ``coley.report``; remembers in order what was asked of it."""

    def __init__(self, result: TrialResult) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.result = replace(result, notes=("A note.",))
        self.fault: BaseException | None = None

    def run(self, trial: Trial, *, catalogue: Catalogue, settings: RunSettings) -> TrialResult:
        asked = {"patients": settings.patients, "seed": settings.seed, "threads": settings.threads}
        self.calls.append(("run", (trial, asked)))
        settings.progress("arm 1", 1, 2)
        if self.fault is not None:
            raise self.fault
        return self.result

    def check_writable(self, folder: Path) -> None:
        self.calls.append(("check", folder))
        if folder.name == "closed":
            raise ColeyError(Problem(str(folder), "cannot be written", "choose another folder with --out"))

    def write_report(self, result: TrialResult, folder: Path) -> list[Path]:
        self.calls.append(("write", folder))
        return [folder / "summary.csv", folder / "report.html"]

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def ran(self) -> tuple[Trial, dict[str, Any]]:
        return next(said for name, said in self.calls if name == "run")


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch, small_result: TrialResult) -> Laboratory:
    stand_in = Laboratory(small_result)
    for name in ("trial", "report"):
        module = ModuleType(f"coley.{name}")
        module.__dict__.update(
            RunSettings=RunSettings,
            run=stand_in.run,
            check_writable=stand_in.check_writable,
            write_report=stand_in.write_report,
        )
        monkeypatch.setitem(sys.modules, f"coley.{name}", module)
    return stand_in


def coley(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


def words(result: Result) -> str:
    """The output on one line without the frames that typer draws around its own errors."""
    return " ".join(result.output.replace("│", " ").split())


def test_version_is_the_one_everywhere() -> None:
    assert coley("--version").stdout == f"coley {__version__}\n"
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_help_says_what_it_is_not_for() -> None:
    result = coley("--help")
    assert result.exit_code == 0
    assert PURPOSE in words(result)


def test_run_of_a_shipped_trial(laboratory: Laboratory) -> None:
    result = coley("run", "checkmate-067", "--patients", "250", "--seed", "7", "--threads", "2")
    assert result.exit_code == 0, result.output
    folder = Path("coley-results/checkmate-067")
    assert laboratory.asked == ["check", "run", "write"]
    assert laboratory.calls[0] == ("check", folder)
    assert laboratory.calls[2] == ("write", folder)
    trial, asked = laboratory.ran
    assert trial == load_catalogue().trials["checkmate-067"]
    assert asked == {"patients": 250, "seed": 7, "threads": 2}


def test_run_prints_predicted_beside_published(laboratory: Laboratory) -> None:
    """ORR of the small trial: 40 % with 30 to 50 published, and what was simulated."""
    printed = coley("run", "checkmate-067", "--patients", "250", "--out", "here").stdout
    summary = laboratory.result.summary.set_index(["arm", "endpoint"])
    predicted = summary.loc[("nivolumab", "ORR"), "predicted"]
    rows = [line.split() for line in printed.splitlines()]
    assert any("simulated" in row and f"{predicted:.0f}" in row for row in rows)
    assert any("published" in row and any(cell.startswith("40") for cell in row) for row in rows)
    assert "[30–50]" in printed
    assert "A note." in printed
    assert "Report: here/report.html" in printed
    assert PURPOSE in printed


def test_run_of_an_own_trial(laboratory: Laboratory) -> None:
    arms = ["--arm", "ipilimumab  3 mg/kg iv q3w x4"]
    options = ["--months", "24", "--prior", "chemotherapy", "--biomarker", "PDL1 >= 50", "--patients", "500"]
    result = coley(*OWN, *arms, *options)
    assert result.exit_code == 0, result.output
    trial, asked = laboratory.ran
    assert trial.cancer == "melanoma"
    assert [arm.regimen for arm in trial.arms] == ["nivolumab 3 mg/kg iv q2w", "ipilimumab 3 mg/kg iv q3w x4"]
    assert trial.follow_up_months == 24
    assert [(line.given, line.fraction) for line in trial.eligibility.prior] == [("chemotherapy", 1.0)]
    assert trial.eligibility.biomarkers["PDL1"].min == 50
    assert asked == {"patients": 500, "seed": 1, "threads": None}


REFUSED = {
    "unknown trial": (["run", "checkmate-076"], ["checkmate-076", "checkmate-067"]),
    "unknown cancer": (["run", "--cancer", "melanom", "--arm", "nivolumab 3 mg/kg iv q2w"], ["melanom", "'melanoma'"]),
    "no trial": (["run"], ["no trial is named", "--cancer"]),
    "cancer without arms": (["run", "--cancer", "melanoma"], ["--arm not given"]),
    "arms without cancer": (["run", "--arm", "nivolumab 3 mg/kg iv q2w"], ["--cancer not given"]),
    "two trials": (["run", "checkmate-067", "--cancer", "melanoma", "--months", "3"], ["--cancer", "--months"]),
    "a billion patients": (["run", "checkmate-067", "--patients", "1000000000"], ["1,000,000,000", "100,000"]),
    "no patients": (["run", "checkmate-067", "--patients", "0"], ["at least 1"]),
    "fewer than none": (["run", "checkmate-067", "--patients=-5"], ["-5", "at least 1"]),
    "negative seed": (["run", "checkmate-067", "--seed=-1"], ["--seed", "whole number from 0"]),
    "no threads": (["run", "checkmate-067", "--threads", "0"], ["--threads"]),
    "negative months": ([*OWN, "--months=-1"], ["--months", "greater than 0"]),
    "no number": ([*OWN, "--months=nan"], ["--months: must be a finite number"]),
    "no bound": ([*OWN, "--biomarker", "PDL1 = 50"], ["--biomarker", "'PDL1 >= 50'"]),
    "unknown biomarker": ([*OWN, "--biomarker", "PDL2 >= 50"], ["--biomarker", "'PDL1'"]),
    "unknown earlier treatment": ([*OWN, "--prior", "chemo"], ["--prior", "chemotherapy"]),
    "no folder": (["run", "checkmate-067", "--catalogue", "nowhere"], ["nowhere: is no folder"]),
    "unknown number": (["run", "checkmate-067", "--set", "k_grwth=1"], ["--set", "'k_growth'"]),
    "same arm twice": ([*OWN, "--arm", "nivolumab 3 mg/kg iv  q2w"], ["--arm 'nivolumab 3 mg/kg iv q2w'", "once"]),
    "empty arm": ([*OWN, "--arm", " "], ["--arm ''", "empty"]),
    "impossible interval": ([*OWN, "--arm", "nivolumab 3 mg/kg iv q0w"], ["q0w' is not", "column 22"]),
    "negative dose": ([*OWN, "--arm", "nivolumab -3 mg/kg iv q2w"], ["-3"]),
    "unknown drug": ([*OWN, "--arm", "nivolumb 3 mg/kg iv q2w"], ["nivolumb", "'nivolumab'"]),
    "unknown unit": ([*OWN, "--arm", "nivolumab 3 stone iv q2w"], ["stone"]),
    "closed folder": (["run", "checkmate-067", "--out", "closed"], ["closed", "cannot be written"]),
    "missing file": (["run", "no-such-trial.toml"], ["no-such-trial.toml"]),
    "mistyped command": (["rnu", "checkmate-067"], ["rnu", "'run'"]),
    "mistyped option": (["run", "checkmate-067", "--patient", "5"], ["--patient", "--patients"]),
    "text for a number": (["run", "checkmate-067", "--patients", "many"], ["--patients", "valid integer"]),
    "unknown entry": (["show", "nivolumb"], ["nivolumb", "'nivolumab'"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_exit_code_2_and_no_run(laboratory: Laboratory, case: str) -> None:
    arguments, expected = REFUSED[case]
    result = coley(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "run" not in laboratory.asked
    for text in expected:
        assert text in words(result)


def test_every_problem_is_named_at_once(laboratory: Laboratory) -> None:
    result = coley("run", "checkmate-76", "--patients", "0", "--seed=-1", "--threads", "0")
    lines = result.stderr.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("error: ") for line in lines)


def test_every_problem_of_an_own_trial_is_named_at_once(laboratory: Laboratory) -> None:
    arms = ["--arm", "nivolumab 3 mg/kg iv q0w", "--arm", "nivolumb 3 mg/kg iv q2w"]
    result = coley("run", "--cancer", "melanom", *arms, "--months", "0", "--patients", "0")
    places = [line.removeprefix("error: ").split(" ")[0].rstrip(":") for line in result.stderr.splitlines()]
    assert places == ["--patients", "--cancer", "--arm", "--arm", "--months"]


def test_largest_size_is_accepted(laboratory: Laboratory) -> None:
    assert coley("run", "checkmate-067", "--patients", str(MAX_PATIENTS), "--quiet").exit_code == 0


def test_a_large_run_says_beforehand_what_it_takes(
    small_trial: Trial, small_result: TrialResult, tmp_path: Path
) -> None:
    """Twice the patients take twice the tables on disk, and less than twice the memory; small runs announce nothing."""
    measured: list[int] = []

    def run(patients: int) -> TrialResult:
        measured.append(patients)
        return small_result

    assert not is_large(small_trial, 1000)
    assert is_large(small_trial, 100_000)
    assert is_large(
        small_trial.model_copy(update={"visits": Visits(scans=(1,), every=0.5), "follow_up_months": 240}), 1000
    )
    one, two = forecast(run, 50_000), forecast(run, 100_000)
    assert measured == [1, 200, 1, 200]
    courses = 10 * small_result.trajectories.nbytes  # of the first 2,000 patients, by those of 200
    tables = sum(table.memory_usage().sum() for table in small_result.tables.values())
    assert [one.disk, two.disk] == pytest.approx([courses + 0.2 * 250 * tables, courses + 0.2 * 500 * tables])
    assert one.memory < two.memory < 2 * one.memory
    said = announcement(Forecast(7200.0, 2e18, 3e18), small_trial, 100_000, tmp_path / "a" / "b")
    assert "100,000 patients in each of 2 arms: this takes about 2.0 hours" in said
    assert "This machine has " in said and "free disk: choose fewer --patients" in said
    assert "choose" not in announcement(Forecast(60.0, 1.0, 1.0), small_trial, 3, tmp_path)


def test_quiet_prints_nothing(laboratory: Laboratory) -> None:
    result = coley("run", "checkmate-067", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert laboratory.asked == ["check", "run", "write"]


def test_json_is_for_programs(laboratory: Laboratory) -> None:
    result = coley("run", "checkmate-067", "--json", "--patients", "250", "--out", "here")
    said = json.loads(result.stdout)
    assert result.stderr == ""
    ran = laboratory.result
    assert (said["trial"], said["patients"], said["seed"]) == (ran.trial.name, ran.patients, ran.seed)
    assert (said["report"], said["notes"]) == ("here", ["A note."])
    rate = next(row for row in said["summary"] if (row["arm"], row["endpoint"]) == ("nivolumab", "ORR"))
    assert (rate["published"], rate["published_lower"], rate["published_upper"]) == (40, 30, 50)


def test_help_says_what_exit_codes_mean() -> None:
    for asked in (["--help"], ["run", "--help"]):
        said = words(coley(*asked))
        for code in ("0, done", "1, a fault", "2, the input cannot be used", "130, interrupted"):
            assert code in said
    assert {command.epilog for command in app.registered_commands} == {EXIT_CODES}


def test_nothing_steers_the_terminal(tmp_path: Path) -> None:
    escape = "\x1b[2J\x9b\x00\u202e"
    printed = StringIO()
    screen = Screen(file=printed, force_terminal=True, width=80)
    table = Table(f"a{escape}b", title=f"t{escape}")
    table.add_row(Text(f"c{escape}d"))
    screen.print(table, f"e{escape}f", Text("bold", style="bold"))
    for sign in ("\x1b[2J", "\x9b", "\x00", "\u202e"):
        assert sign not in printed.getvalue()
    assert "\x1b[1m" in printed.getvalue()  # its own
    refused = coley("run", f"{tmp_path}/{escape}.toml")
    assert refused.exit_code == 2
    assert not set(escape) & set("\x1b\x9b\x00\u202e") & set(refused.output)


def test_interrupted_run_writes_nothing(laboratory: Laboratory) -> None:
    laboratory.fault = KeyboardInterrupt()
    result = coley("run", "checkmate-067")
    assert result.exit_code == 130
    assert "interrupted; nothing was written" in result.stderr
    assert laboratory.asked == ["check", "run"]


def test_interrupted_run_says_what_it_keeps(laboratory: Laboratory, tmp_path: Path) -> None:
    """What two other tests show of the folder: kept where a part is finished, cleared by the run that ends."""
    place = unfinished_place(tmp_path / "report")
    (place / "part").mkdir(parents=True)
    laboratory.fault = KeyboardInterrupt()
    result = coley("run", "checkmate-067", "--out", str(tmp_path / "report"))
    assert result.exit_code == 130
    assert f"what is finished lies in {place}" in words(result)
    assert place.exists()


def test_fault_of_the_program_is_not_hidden(laboratory: Laboratory) -> None:
    laboratory.fault = ZeroDivisionError("a fault of the program")
    assert isinstance(coley("run", "checkmate-067").exception, ZeroDivisionError)


INTERRUPTED = """
import os, signal, sys, types
from pathlib import Path
import joblib

place = sys.argv[1]
held = open(place, "w")  # whoever reads there meets the end when every process that writes has ended
from coley.cli import main

def work(place):
    held = os.open(place, os.O_WRONLY)
    os.write(held, b"at work\\n")
    signal.pause()

def run(trial, **asked):
    joblib.Parallel(n_jobs=2)(joblib.delayed(work)(place) for _ in range(2))

import coley.report.select
from coley.trial import RunSettings
trial = types.ModuleType("coley.trial")
trial.run, trial.RunSettings = run, RunSettings
report = types.ModuleType("coley.report")
report.check_writable = lambda folder: None
report.write_report = lambda result, folder: Path(folder).mkdir()
sys.modules |= {"coley.trial": trial, "coley.report": report}
sys.argv[1:] = ["run", "checkmate-067", "--out", "never"]
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_the_workers(tmp_path: Path) -> None:
    """Nothing here waits for a time: two workers say that they work, and their pipe ends when they have."""
    os.mkfifo(place := tmp_path / "held")
    command = [sys.executable, "-c", INTERRUPTED, str(place)]
    with (
        subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=tmp_path,
            preexec_fn=interrupts.heed,
        ) as process,
        place.open() as said,
    ):
        assert [said.readline() for _ in range(2)] == ["at work\n"] * 2
        process.send_signal(signal.SIGINT)
        assert said.read() == ""
        _, told = process.communicate()
    assert process.returncode == 130
    assert told.splitlines()[-1] == "interrupted; nothing was written"
    assert "Traceback" not in told


@pytest.mark.parametrize("group", ["trials", "drugs", "cancers", "regimens", "harms", "care"])
def test_lists_name_every_entry(group: str) -> None:
    result = coley(group)
    assert result.exit_code == 0, result.output
    for name in getattr(load_catalogue(), group):
        assert name in result.stdout


def every_entry() -> list[Any]:
    catalogue = load_catalogue()
    groups = (catalogue.drugs, catalogue.cancers, catalogue.trials, catalogue.harms, catalogue.care)
    return [entry for group in groups for entry in group.values()]


def count_sourced(value: object) -> int:
    """How many tables of a dumped entry name a source: an independent count of its sourced statements."""
    if isinstance(value, dict):
        return ("source" in value and "known" in value) + sum(map(count_sourced, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(count_sourced, value))
    return 0


def test_show_has_every_sourced_statement() -> None:
    for entry in [*every_entry(), load_catalogue().physiology]:
        stated = [fact for fact in facts(entry) if fact.reference is not None]
        assert len(stated) == count_sourced(entry.model_dump())
        assert all(fact.says for fact in stated)


def test_show_prints_mechanism_numbers_and_sources() -> None:
    catalogue = load_catalogue()
    drug = catalogue.drugs["nivolumab"]
    printed = words(coley("show", "nivolumab"))
    assert drug.mechanism.split(".")[0] in printed
    clearance = drug.kinetics.clearance
    assert f"{clearance.value:g} {clearance.unit}" in printed
    assert clearance.source in printed
    assert catalogue.sources[clearance.source].citation.split(".")[0] in printed


def test_show_finds_synonyms_in_any_case() -> None:
    catalogue = load_catalogue()
    for entry in every_entry():
        for alias in (entry.name.upper(), *getattr(entry, "synonyms", ())):
            assert any(found is entry for found in find(catalogue, alias))
    assert find(catalogue, "Physiology") == [catalogue.physiology]
    for regimen in catalogue.regimens.values():
        assert regimen.text in words(coley("show", regimen.name))


def test_facts_say_value_unit_spread_and_limits() -> None:
    """The wording of each kind of statement, on an entry written here."""
    said = {"source": "someone-2020", "at": "Table 2", "known": "measured"}
    drug = Drug.model_validate(
        {
            "name": "example",
            "title": "Example",
            "modality": "antibody",
            "mechanism": "Blocks an example.",
            "routes": ["iv"],
            "dose_units": ["mg"],
            "actions": [{"kind": "block", "molecule": "PD-1", "affinity": {"value": 3, "unit": "nM", **said}}],
            "kinetics": {
                "kind": "compartments",
                "clearance": {"value": 0.25, "unit": "L/day", "cv": 0.35, "bounds": [0.1, 1.0], **said},
                "central_volume": {"value": 4, "unit": "L", "sd": 0.5, **said},
            },
            "approvals": [{"agency": "FDA", "year": 2014, "indication": "melanoma", **said}],
        }
    )
    stated = {fact.about: fact.says for fact in facts(drug)}
    assert stated == {
        "name": "example",
        "title": "Example",
        "modality": "antibody",
        "mechanism": "Blocks an example.",
        "routes": "iv",
        "dose units": "mg",
        "kinetics": "compartments",
        "kinetics · unit": "mg",
        "kinetics · clearance": "0.25 L/day (CV 35%, from 0.1 to 1)",
        "kinetics · central volume": "4 L (SD 0.5)",
        "actions · block PD-1 · affinity": "3 nM",
        "approvals": "FDA; 2014; melanoma",
    }
