"""Commands for models of others, and for taking own ones elsewhere: ``simulate``, ``inspect`` and ``export``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, app, console
from coley.cli.entries import catalogue_of
from coley.cli.extras import needs
from coley.cli.shared import Folders, Threads
from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.cli.request import Asked

YAML = (".yaml", ".yml")


@app.command(epilog=EXIT_CODES)
def simulate(
    model: Annotated[
        Path, typer.Argument(help="A cancer of the catalogue, an SBML file, or the YAML file of a PEtab problem.")
    ],
    *,
    drug: Annotated[
        list[str] | None, typer.Option(help="Of a cancer: a regimen, such as 'nivolumab 240 mg iv q2w'.")
    ] = None,
    catalogue: Folders = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Of a cancer: another value of a number, such as 'k_growth = 0.02'."),
    ] = None,
    to: Annotated[float | None, typer.Option(help="Last time, in the model's unit.")] = None,
    start: Annotated[float | None, typer.Option("--from", help="Time at which individuals start (default: 0).")] = None,
    points: Annotated[int | None, typer.Option(help="Times from start to end (default: 101).")] = None,
    times: Annotated[str | None, typer.Option(help="Times such as 0,1,5, in place of --to and --points.")] = None,
    observe: Annotated[
        list[str] | None, typer.Option(help="A state, parameter or rule to keep (default: all states and rules).")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: a row per individual, a column per parameter or initial state.")
    ] = None,
    doses: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: NONMEM records (ID TIME AMT RATE DUR EVID CMT II ADDL SS DV).")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="How individuals differ, such as 'k ~ lognormal(median=1, cv=40%)'; 'corr(k, V) = 0.6'."),
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Individuals to draw: with --vary (default: 1000), or patients (1).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same individuals.")] = 1,
    rtol: Annotated[float | None, typer.Option(help="Relative tolerance (default: 1e-6; 1e-8 for PEtab).")] = None,
    threads: Threads = None,
    max_steps: Annotated[int | None, typer.Option(help="Steps after which an individual has failed.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds after which an individual has failed.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figure and manifest; not there yet.")] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw time courses: MODEL-courses.svg here, or in --out.")
    ] = False,
) -> None:
    """Simulate a model in SBML, or of a cancer and its drugs: one individual, a cohort, or individuals drawn at random.

    Of a cancer, virtual patients are followed from diagnosis, in days; without --n one, the first of the seed.
    An individual that fails is a row with its reason, and takes nobody with it.
    """
    from coley.cli.own_model import Own, is_file, own_request
    from coley.cli.request import Asked, request

    asked = Asked(
        model=model,
        to=to,
        start=start,
        points=points,
        times=times,
        observe=tuple(observe or ()),
        parameters=parameters,
        doses=doses,
        vary=tuple(vary or ()),
        n=n,
        seed=seed,
        rtol=rtol,
        threads=threads,
        max_steps=max_steps,
        max_seconds=max_seconds,
        out=out,
        plot=plot,
    )
    own = Own(tuple(drug or ()), tuple(map(str, catalogue or ())), tuple(change or ()))
    of_file = is_file(model, own)
    if of_file and model.suffix.lower() in YAML:
        _fit(asked)
        return

    from coley.cli.simulating import carry_out, print_results

    if of_file:
        with needs("sbml"):
            from coley.sbml import load_sbml
        wanted = request(asked, load_sbml)
    else:
        wanted = own_request(asked, own)
    gc.freeze()
    gc.enable()
    told = carry_out(asked, wanted)
    screen = console()
    print_results(screen, told, wanted)
    screen.print(PURPOSE)


def _fit(asked: Asked) -> None:
    """A PEtab problem."""
    with needs("petab"):
        from coley.cli.petab_problem import fit, print_fit

    found = fit(asked)
    screen = console()
    print_fit(screen, found, asked.out)
    screen.print(PURPOSE)


@app.command(epilog=EXIT_CODES)
def inspect(
    model: Annotated[Path, typer.Argument(help="A cancer of the catalogue, or an SBML file.")],
    *,
    drug: Annotated[list[str] | None, typer.Option(help="Of a cancer: a drug, or a regimen.")] = None,
    catalogue: Folders = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Of a cancer: another value of a number, such as 'k_growth = 0.02'."),
    ] = None,
) -> None:
    """Show what is in a model: states, parameters, rules, reactions, events, and what libSBML remarks."""
    from coley.cli.inspection import print_model
    from coley.cli.own_model import Own, is_file, system_of

    own = Own(tuple(drug or ()), tuple(map(str, catalogue or ())), tuple(change or ()))
    if not is_file(model, own):
        print_model(console(), system_of(str(model), own), ())
        return
    with needs("sbml"):
        from coley.sbml import load_sbml
        from coley.sbml.remarks import remarks
    print_model(console(), load_sbml(model), remarks(model))


@app.command(epilog=EXIT_CODES)
def export(
    trial: Annotated[str | None, typer.Argument(help="A trial that ships, or the path of a TOML file.")] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    arm: Annotated[str | None, typer.Option(help="The arm; needed where the trial has several.")] = None,
    cancer: Annotated[str | None, typer.Option(help="In place of a trial: the cancer (see 'coley cancers').")] = None,
    drug: Annotated[list[str] | None, typer.Option(help="In place of a trial: a drug (see 'coley drugs').")] = None,
    catalogue: Folders = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a model as SBML Level 3 Version 2, with units, meanings and sources."""
    with needs("sbml"):
        from coley.sbml import save_sbml
    from coley.cli.exporting import wanted_model

    if out.exists() and not force:
        raise ColeyError(Problem(str(out), "is there already", "name another file, or replace it with --force"))
    known = catalogue_of(catalogue)
    system = wanted_model(trial, arm, cancer, tuple(drug or ()), known)
    save_sbml(system, out, references=known.sources)
    screen = console()
    states, parameters = len(system.states), len(system.parameters)
    counts = f"{states} states, {parameters} parameters, {len(system.reactions)} reactions"
    screen.print(f"Written: {out} ({counts})", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)
