"""The command line: what it passes on, what it prints, and what it refuses. The simulation is a stand-in here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner, Result

from coley.catalogue import Drug, Trial, Visits, load_catalogue
from coley.cli.commands import PURPOSE, app
from coley.cli.forecast import Forecast, announcement, forecast, is_large
from coley.cli.options import MAX_PATIENTS
from coley.cli.show import facts, find
from coley.cli.terminal import Screen
from coley.errors import ColeyError, Problem
from coley.trial import TrialResult
from coley.version import __version__

ROOT = Path(__file__).parents[1]
OWN = ["run", "--cancer", "melanoma", "--arm", "nivolumab 3 mg/kg iv q2w"]


class Laboratory:
    """Stand-in for ``coley.trial`` and ``coley.report``; remembers in order what was asked of it."""

    def __init__(self, summary: pd.DataFrame) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.summary = summary
        self.fault: BaseException | None = None

    def run(self, trial: Trial, **asked: Any) -> SimpleNamespace:
        progress: Callable[[str, int, int], None] = asked.pop("progress")
        self.calls.append(("run", (trial, asked)))
        progress("arm 1", 1, 2)
        if self.fault is not None:
            raise self.fault
        size = {"patients": asked["patients"], "seed": asked["seed"]}
        return SimpleNamespace(summary=self.summary, notes=("A note.",), **size)

    def check_writable(self, folder: Path) -> None:
        self.calls.append(("check", folder))
        if folder.name == "closed":
            raise ColeyError(Problem(str(folder), "cannot be written", "choose another folder with --out"))

    def write_report(self, result: SimpleNamespace, folder: Path) -> list[Path]:
        self.calls.append(("write", folder))
        return [folder / "summary.csv", folder / "report.html"]

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def ran(self) -> tuple[Trial, dict[str, Any]]:
        return next(said for name, said in self.calls if name == "run")


def summary_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    columns = ["arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    nan = float("nan")
    arm = load_catalogue().trials["checkmate-067"].arms[0].name
    stand_in = Laboratory(
        summary_of(
            (arm, "ORR", 51.04, 45.0, 57.0, 43.7, 38.1, 49.3),
            (arm, "OS_median", nan, 30.0, nan, 36.9, 28.2, 58.7),
        )
    )
    for name in ("trial", "report"):
        module = ModuleType(f"coley.{name}")
        module.__dict__.update(
            run=stand_in.run, check_writable=stand_in.check_writable, write_report=stand_in.write_report
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
    printed = coley("run", "checkmate-067", "--patients", "250", "--out", "here").stdout
    rows = [line.split() for line in printed.splitlines()]
    predicted = next(row for row in rows if "simulated" in row)
    published = next(row for row in rows if "published" in row)
    assert predicted[predicted.index("simulated") :] == ["simulated", "250", "51", "–", "–", "NR"]
    assert published == ["published", "314", "44", "–", "–", "36.9"]
    for interval in ("[45–57]", "[38–49]", "[30.0–NR]", "[28.2–58.7]"):
        assert interval in printed
    assert "Report: here/report.html" in printed
    assert PURPOSE in printed


def test_run_of_an_own_trial(laboratory: Laboratory) -> None:
    arms = ["--arm", "ipilimumab  3 mg/kg iv q3w x4"]
    options = ["--months", "24", "--pretreated", "--pd-l1-min", "50", "--patients", "500"]
    result = coley(*OWN, *arms, *options)
    assert result.exit_code == 0, result.output
    trial, asked = laboratory.ran
    assert trial.cancer == "melanoma"
    assert [arm.regimen for arm in trial.arms] == ["nivolumab 3 mg/kg iv q2w", "ipilimumab 3 mg/kg iv q3w x4"]
    assert trial.follow_up_months == 24
    assert trial.eligibility.previously_treated == 1
    assert trial.eligibility.pd_l1_min == 50
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
    "impossible PD-L1": ([*OWN, "--pd-l1-min", "101"], ["--pd-l1-min", "100"]),
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
    result = coley("run", "--cancer", "melanom", *arms, "--months", "0", "--pd-l1-min", "101", "--patients", "0")
    places = [line.removeprefix("error: ").split(" ")[0].rstrip(":") for line in result.stderr.splitlines()]
    assert places == ["--patients", "--cancer", "--arm", "--arm", "--pd-l1-min", "--months"]


def test_largest_size_is_accepted(laboratory: Laboratory) -> None:
    assert coley("run", "checkmate-067", "--patients", str(MAX_PATIENTS), "--quiet").exit_code == 0


def test_a_large_run_says_beforehand_what_it_takes(
    small_trial: Trial, small_result: TrialResult, tmp_path: Path
) -> None:
    """Twice the patients that were measured take twice the time and memory; small runs announce nothing."""
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
    assert two.disk == pytest.approx(2 * one.disk) == pytest.approx(500 * small_result.trajectories.nbytes)
    assert two.memory == pytest.approx(2 * one.memory) and one.memory > one.disk
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
    assert said["trial"] == "checkmate-067"
    assert (said["patients"], said["seed"], said["report"], said["notes"]) == (250, 1, "here", ["A note."])
    assert said["summary"][0]["predicted"] == 51.04
    assert said["summary"][1] == {
        "arm": said["summary"][0]["arm"], "endpoint": "OS_median", "predicted": None, "lower": 30.0, "upper": None,
        "published": 36.9, "published_lower": 28.2, "published_upper": 58.7,
    }  # fmt: skip


def test_help_says_what_exit_codes_mean() -> None:
    for asked in (["--help"], ["run", "--help"]):
        said = words(coley(*asked))
        for code in ("0, done", "1, a fault", "2, the input cannot be used", "130, interrupted"):
            assert code in said


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

trial = types.ModuleType("coley.trial")
trial.run = run
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
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path) as process,
        place.open() as said,
    ):
        assert [said.readline() for _ in range(2)] == ["at work\n"] * 2
        process.send_signal(signal.SIGINT)
        assert said.read() == ""
        _, told = process.communicate()
    assert process.returncode == 130
    assert told.splitlines()[-1] == "interrupted; nothing was written"
    assert "Traceback" not in told


@pytest.mark.parametrize("group", ["trials", "drugs", "cancers"])
def test_lists_name_every_entry(group: str) -> None:
    result = coley(group)
    assert result.exit_code == 0, result.output
    for name in getattr(load_catalogue(), group):
        assert name in result.stdout


def every_entry() -> list[Any]:
    catalogue = load_catalogue()
    return [*catalogue.drugs.values(), *catalogue.cancers.values(), *catalogue.trials.values()]


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
    clearance = drug.pharmacokinetics.clearance
    assert f"{clearance.value:g} {clearance.unit}" in printed
    assert clearance.source in printed
    assert catalogue.sources[clearance.source].citation.split(".")[0] in printed


def test_show_finds_synonyms_in_any_case() -> None:
    catalogue = load_catalogue()
    for entry in every_entry():
        for alias in (entry.name.upper(), *getattr(entry, "synonyms", ())):
            assert find(catalogue, alias) is entry
    assert find(catalogue, "Physiology") is catalogue.physiology
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
            "targets": [{"molecule": "PD-1", "action": "block", "affinity": {"value": 3, "unit": "nM", **said}}],
            "pharmacokinetics": {
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
        "targets · PD-1 · action": "block",
        "targets · PD-1 · affinity": "3 nM",
        "pharmacokinetics · clearance": "0.25 L/day (CV 35%, from 0.1 to 1)",
        "pharmacokinetics · central volume": "4 L (SD 0.5)",
        "approvals": "FDA; 2014; melanoma",
    }
