"""The commands of ``coley`` and what they have in common: plain refusals, exit codes, no traceback.

Exit codes are those of :data:`EXIT_CODES`.
Numerical and plotting libraries are imported inside the commands, so that ``coley --help`` answers at once.
"""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from coley.cli.shared import Folders, OwnArms, OwnBiomarkers, OwnCancer, OwnMonths, OwnPrior, Threads
from coley.errors import ColeyError
from coley.version import __version__

if TYPE_CHECKING:
    from coley.cli.terminal import Screen

PURPOSE = "For research and teaching, never for deciding one person's treatment."
RESULTS = Path("coley-results")
EXIT_CODES = (
    "Exit codes: 0, done; 1, a fault of the program; 2, the input cannot be used, and every problem is named on "
    "standard error; 130, interrupted."
)
BAD_INPUT = 2
INTERRUPTED = 130
PIPE_WIDTH = 120


class _Refusing(TyperGroup):
    """Turns what a user can mend, and Ctrl-C, into plain lines on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ColeyError as error:
            from coley.cli.terminal import plain

            for problem in error.problems:
                typer.echo(f"error: {plain(str(problem))}", err=True)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt as error:
            typer.echo(f"interrupted; {str(error) or 'nothing was written'}", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="coley",
    cls=_Refusing,
    help=f"An in-silico laboratory of cancer immunotherapy. {PURPOSE}",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The console script ``coley``."""
    gc.disable()  # imports make what stays; ``run`` collects garbage after them
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coley {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that belong to no command."""


@app.command(epilog=EXIT_CODES)
def run(
    trial: Annotated[
        str | None, typer.Argument(help="A trial that ships (see 'coley trials'), or the path of a TOML file.")
    ] = None,
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients per arm.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same bytes.")] = 1,
    out: Annotated[Path | None, typer.Option(help=f"Folder of the report (default: {RESULTS}/TRIAL).")] = None,
    threads: Threads = None,
    cancer: OwnCancer = None,
    arm: OwnArms = None,
    months: OwnMonths = None,
    prior: OwnPrior = None,
    biomarker: OwnBiomarkers = None,
    catalogue: Folders = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value of a number: 'k_growth = 0.02' or 'TPS ~ beta(mean=0.2, sd=0.2)'."),
    ] = None,
    posterior: Annotated[
        int, typer.Option(help="Draws from the calibration's posterior: intervals then hold it (default: none).")
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but problems.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the outcome as JSON, and no progress: for other programs.")
    ] = False,
) -> None:
    """Run a trial on virtual patients and write its report.

    Name a trial, or make one from --cancer and one --arm for each arm.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.keeping import kept_parts
    from coley.cli.options import Own, trial_from
    from coley.cli.outcome import outcome_json, print_outcome
    from coley.cli.progress import announce, progress_bars

    own = Own(cancer, tuple(arm or ()), months, tuple(prior or ()), tuple(biomarker or ()))
    known = load_catalogue(*(catalogue or ()))
    protocol = trial_from(trial, own, known, patients=patients, seed=seed, threads=threads)
    known = known.with_values(change or (), cancer=protocol.cancer)
    folder = out if out is not None else RESULTS / protocol.name

    from coley.report import check_writable, write_report
    from coley.trial import RunSettings
    from coley.trial import run as run_trial
    from coley.trial.run import parts_of

    check_writable(folder)
    if posterior:
        from coley.calibration.posterior import first_draws

        first_draws(posterior)  # refused now, not after the run
    gc.freeze()  # no collection looks through what the imports made
    gc.enable()
    settings = RunSettings(patients, seed, threads)
    silent = quiet or as_json
    if not silent:
        announce(protocol, patients, folder, partial(run_trial, protocol, catalogue=known, settings=settings))
    with kept_parts(folder, parts_of(protocol, patients)) as work:
        with progress_bars(silent) as progress:
            settings = replace(settings, progress=progress, work=work)
            result = run_trial(protocol, catalogue=known, settings=settings)
            if posterior:
                from coley.validation import with_posterior

                workers = threads or os.cpu_count() or 1
                result = with_posterior(result, known, posterior, workers=workers, report=progress)
            progress("report", 0, 1)
            written = write_report(result, folder)
            progress("report", 1, 1)
        report = next((path for path in written if path.suffix == ".html"), folder)
        if as_json:
            typer.echo(outcome_json(result, folder))
        elif not quiet:
            screen = console()
            print_outcome(screen, result)
            screen.print(f"Report: {report}", highlight=False, markup=False, soft_wrap=True)
            screen.print(PURPOSE)


def console() -> Screen:
    """Standard output; a file or pipe gets lines wide enough for the tables."""
    from coley.cli.terminal import Screen

    screen = Screen()
    return screen if screen.is_terminal else Screen(width=max(screen.width, PIPE_WIDTH))
