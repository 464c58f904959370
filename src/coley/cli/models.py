"""Commands for models of others, and for taking own ones elsewhere: ``simulate``, ``inspect`` and ``export``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import PURPOSE, app, console
from coley.cli.extras import needs
from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.cli.request import Asked

YAML = (".yaml", ".yml")


@app.command()
def simulate(
    model: Annotated[Path, typer.Argument(help="An SBML file, or the YAML file of a PEtab problem.")],
    *,
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
        typer.Option(help="How individuals differ, such as 'k ~ lognormal(median=0.01, cv=40%)'."),
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help="Individuals to draw with --vary (default: 1000).")] = None,
    seed: Annotated[int, typer.Option(help="Seed of --vary: the same seed gives the same individuals.")] = 1,
    rtol: Annotated[float | None, typer.Option(help="Relative tolerance (default: 1e-6; 1e-8 for PEtab).")] = None,
    threads: Annotated[int | None, typer.Option(help="Processors to use (default: all).")] = None,
    max_steps: Annotated[int | None, typer.Option(help="Steps after which an individual has failed.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds after which an individual has failed.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figure and manifest; not there yet.")] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw time courses: MODEL-courses.svg here, or in --out.")
    ] = False,
) -> None:
    """Simulate a model in SBML: one individual, a cohort, or individuals drawn at random.

    An individual that fails is a row with its reason, and takes nobody with it.
    """
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
    if model.suffix.lower() in YAML:
        _fit(asked)
        return

    with needs("sbml"):
        from coley.sbml import load_sbml
    from coley.cli.simulating import carry_out, print_results

    wanted = request(asked, load_sbml)
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


@app.command()
def inspect(model: Annotated[Path, typer.Argument(help="An SBML file.")]) -> None:
    """Show what is in a model: states, parameters, rules, reactions, events, and what libSBML remarks."""
    with needs("sbml"):
        from coley.sbml import load_sbml
        from coley.sbml.remarks import remarks
    from coley.cli.inspection import print_model

    print_model(console(), load_sbml(model), remarks(model))


@app.command()
def export(
    trial: Annotated[str | None, typer.Argument(help="A trial that ships, or the path of a TOML file.")] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    arm: Annotated[str | None, typer.Option(help="The arm; needed where the trial has several.")] = None,
    cancer: Annotated[str | None, typer.Option(help="In place of a trial: the cancer (see 'coley cancers').")] = None,
    drug: Annotated[list[str] | None, typer.Option(help="In place of a trial: a drug (see 'coley drugs').")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a model as SBML Level 3 Version 2, with units, meanings and sources."""
    with needs("sbml"):
        from coley.sbml import save_sbml
    from coley.catalogue import load_catalogue
    from coley.cli.exporting import wanted_model

    if out.exists() and not force:
        raise ColeyError(Problem(str(out), "is there already", "name another file, or replace it with --force"))
    system = wanted_model(trial, arm, cancer, tuple(drug or ()))
    save_sbml(system, out, references=load_catalogue().sources)
    screen = console()
    states, parameters = len(system.states), len(system.parameters)
    counts = f"{states} states, {parameters} parameters, {len(system.reactions)} reactions"
    screen.print(f"Written: {out} ({counts})", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)
