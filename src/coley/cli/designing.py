"""``coley design``: power and sample size of a trial by size, dose, interval and selection of patients."""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Changes, Folders, Seed, Threads
from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.design import Design

_GOAL = re.compile(r"power(?:\s+(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<percent>%?))?", re.IGNORECASE)


@app.command(epilog=EXIT_CODES)
def design(
    trial: Annotated[str, typer.Argument(help="A trial that ships (see 'coley trials'), or the path of a TOML file.")],
    *,
    vary: Annotated[
        str,
        typer.Option(help="Any of 'n 100, 200, dose 1, 3 mg/kg, interval 2, 4 weeks, eligibility.PDL1_min 1, 50'."),
    ] = "n",
    goal: Annotated[str, typer.Option(help="What designs are to reach: 'power', for 80 %, or 'power 90 %'.")] = "power",
    arm: Annotated[str | None, typer.Option(help="The arm under study (default: as published).")] = None,
    versus: Annotated[
        str | None, typer.Option(help="The arm that it is compared with (default: as published).")
    ] = None,
    endpoint: Annotated[str, typer.Option(help="OS, PFS, EFS or RFS by the log-rank test; ORR by proportions.")] = "OS",
    months: Annotated[
        float | None, typer.Option(help="Data cut, months after the first patient in (default: the follow-up).")
    ] = None,
    events: Annotated[int, typer.Option(help="Analyse at this number of events in both arms (default: by month).")] = 0,
    patients: Annotated[int, typer.Option(help="Virtual patients per arm, from whom trials draw theirs.")] = 1000,
    trials: Annotated[int, typer.Option(help="Simulated trials of each design under each draw.")] = 1000,
    posterior: Annotated[
        int, typer.Option(help="Draws from the calibration's posterior; 0 for the values of the catalogue alone.")
    ] = 8,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[
        Path | None, typer.Option(help=f"Folder of tables and figure (default: {RESULTS}/design-TRIAL).")
    ] = None,
    catalogue: Folders = None,
    change: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Design a trial: power, sample size, dose and biomarker cut, with what is not known of the parameters.

    Virtual arms are simulated once for each regimen, selection and draw; trials of every size are drawn from them.
    """
    from coley.catalogue import load_catalogue, load_trial
    from coley.cli.options import size_problems
    from coley.cli.progress import progress_bars
    from coley.cli.tabling import printed
    from coley.design import Settings, read_space, write_design
    from coley.design import design as compare_designs
    from coley.design.designs import sides
    from coley.design.write import design_table, design_title
    from coley.report.folder import make_folder

    wanted = _goal(goal)
    if problems := size_problems(patients, seed, threads):
        raise ColeyError(problems)
    settings = Settings(endpoint.upper(), months, events, patients, trials, posterior, seed, threads)
    known = load_catalogue(*(catalogue or ()))
    protocol = load_trial(trial, known)
    known = known.with_values(change or (), cancer=protocol.cancer)
    under, other = sides(protocol, arm, versus)
    space = read_space(vary, protocol, under, known)
    folder = out if out is not None else RESULTS / f"design-{protocol.name}"
    make_folder(folder)
    with progress_bars(as_json) as progress:
        found = compare_designs(protocol, under, other, space, known, settings, progress=progress)
    files = write_design(found, folder)
    if as_json:
        typer.echo(_json(found, wanted, folder))
        return
    screen = console()
    screen.print(printed(design_table(found), design_title(found)))
    for label, regimen in found.regimens.items():
        screen.print(f"{label or found.arm}: {regimen}", highlight=False, markup=False)
    screen.print(_verdict(found, wanted), highlight=False, markup=False)
    screen.print(f"Page: {files[0]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _goal(text: str) -> float:
    """The power that designs are to reach, between 0 and 1."""
    match = _GOAL.fullmatch(" ".join(text.split()))
    number = float(match["number"]) if match and match["number"] else 80.0
    if match and match["number"] and not match["percent"] and number <= 1:
        number *= 100
    if match is None or not 5 < number < 100:
        raise ColeyError(Problem(f"--goal {text!r}", "is not understood", "write 'power', or 'power 90 %'"))
    return number / 100


def _best(found: Design, wanted: float) -> dict[str, Any] | None:
    """The smallest design that reaches the goal, of those alike the one of the largest power."""
    table = found.table[found.table["power"] >= wanted]
    if table.empty:
        return None
    best = table.sort_values(["n", "power"], ascending=[True, False]).head(1).to_dict("records")[0]
    return {str(name): value for name, value in best.items()}


def _verdict(found: Design, wanted: float) -> str:
    best = _best(found, wanted)
    if best is None:
        return f"No design reaches a power of {wanted:.0%}."
    where = ", ".join(f"{name} {best[name]}" for name in found.varied)
    said = (
        f"Smallest design with a power of {wanted:.0%} or more: {best['n']:,} patients per arm{', ' if where else ''}"
    )
    return f"{said}{where} (power {best['power']:.0%})."


def _json(found: Design, wanted: float, folder: Path) -> str:
    """Every design; what is not known, or infinite, is null."""

    def plain(row: dict[Any, Any]) -> dict[str, Any]:
        return {str(k): None if isinstance(v, float) and not isfinite(v) else v for k, v in row.items()}

    best = _best(found, wanted)
    about: dict[str, Any] = {
        "trial": found.trial.name,
        "arm": found.arm,
        "versus": found.versus,
        "endpoint": found.settings.endpoint,
    }
    about |= {"seed": found.settings.seed, "folder": str(folder), "regimens": dict(found.regimens), "goal": wanted}
    rows = [plain(row) for row in found.table.to_dict("records")]
    return json.dumps({**about, "best": plain(best) if best else None, "designs": rows}, indent=2, allow_nan=False)
