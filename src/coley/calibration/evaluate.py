"""Trials simulated under other values, in a pool of processes; every outcome is kept, and never computed twice."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from coley.calibration.figures import Key
from coley.calibration.fingerprint import fingerprint
from coley.calibration.paths import changed
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem
from coley.protocol import Trial
from coley.report.folder import make_folder

Predictor = Callable[[Trial, Catalogue, int, int], pd.DataFrame]
"""From trial, catalogue, patients and seed to a summary with columns arm, endpoint and predicted. It can be pickled."""
Summary = Mapping[Key, float]
Report = Callable[[str, int, int], None]


def simulate(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
    """The summary of a run on one thread, followed by measures of biology that are no endpoints."""
    from coley.calibration.biology import measured
    from coley.trial.run import run
    from coley.trial.settings import RunSettings

    result = run(trial, catalogue=catalogue, settings=RunSettings(patients=patients, seed=seed, threads=1))
    return pd.concat([result.summary[["arm", "endpoint", "predicted"]], measured(result)], ignore_index=True)


@dataclass(frozen=True)
class Ask:
    """Trials to simulate under the values of some paths; what is not named stays as the catalogue has it."""

    values: Mapping[str, float]
    trials: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Why a trial could not be simulated under some values."""

    reasons: tuple[str, ...]


Outcome = Mapping[str, "list[Summary] | Failure"]
"""By trial: a summary for each seed, or why there is none."""


class Evaluator:
    """Simulates trials with the same virtual patients every time. Use it in a ``with`` block, which ends its processes.

    Args:
        folder: where outcomes are kept, by the hash of all that decides them.
        patients, seeds: virtual patients per arm and seed, and the seeds.
        workers: processes; with 1, everything runs in this one.
        predictor: what simulates.
        report: called with a stage, outcomes that are there, and outcomes in all.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        *,
        patients: int,
        seeds: Sequence[int],
        workers: int = 1,
        predictor: Predictor = simulate,
        report: Report = lambda stage, done, total: None,
    ) -> None:
        self.catalogue, self.patients, self.seeds = catalogue, patients, tuple(seeds)
        self._folder, self._workers, self._predictor, self._report = folder, workers, predictor, report
        self._pool: ProcessPoolExecutor | None = None
        make_folder(folder)

    def __enter__(self) -> Self:
        if self._workers > 1:
            self._pool = ProcessPoolExecutor(
                self._workers,
                multiprocessing.get_context("spawn"),  # the same on every system; forked threads can hang
                initializer=_prepare,
                initargs=(self.catalogue, self._predictor),
            )
        else:
            _prepare(self.catalogue, self._predictor)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def outcomes(self, stage: str, asked: Sequence[Ask], seeds: int | None = None) -> list[Outcome]:
        """What each of ``asked`` gives with the first ``seeds`` seeds (all), in their order.

        Raises:
            ColeyError: a value that the catalogue's schema refuses, or a process that died.
        """
        wanted: list[list[tuple[str, list[Path]]]] = []
        missing: dict[Path, _Task] = {}
        for ask in asked:
            own = []
            catalogue = changed(self.catalogue, ask.values)
            for name in ask.trials:
                files = []
                for seed in self.seeds[:seeds]:
                    file = self._file(name, catalogue, seed)
                    files.append(file)
                    if not file.exists():
                        missing.setdefault(file, (name, dict(ask.values), self.patients, seed))
                own.append((name, files))
            wanted.append(own)
        total = len({file for own in wanted for _, files in own for file in files})
        done = total - len(missing)
        self._report(stage, done, total)
        for file, content in self._computed(missing):
            _write(file, content)
            done += 1
            self._report(stage, done, total)
        return [{name: _read(files) for name, files in own} for own in wanted]

    def touched(self, trials: Sequence[str], before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
        """Those of ``trials`` that can tell ``after`` from ``before``."""
        one, other = changed(self.catalogue, before), changed(self.catalogue, after)
        seed = self.seeds[0]
        return [name for name in trials if self._file(name, one, seed) != self._file(name, other, seed)]

    def _file(self, trial: str, catalogue: Catalogue, seed: int) -> Path:
        return self._folder / f"{fingerprint(catalogue.trials[trial], catalogue, self.patients, seed)[:32]}.json"

    def _computed(self, missing: Mapping[Path, _Task]) -> Iterator[tuple[Path, dict[str, Any]]]:
        if self._pool is None:
            for file, task in missing.items():
                yield file, _compute(task)
            return
        futures: dict[Future[dict[str, Any]], Path] = {self._pool.submit(_compute, t): f for f, t in missing.items()}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            hint = "memory may have run out: take fewer --workers, and go on with --resume"
            raise ColeyError(Problem("calibration", "a process died while it simulated", hint)) from None


_Task = tuple[str, dict[str, float], int, int]
_here: dict[str, Any] = {}


def _prepare(catalogue: Catalogue, predictor: Predictor) -> None:
    """What every task in this process needs."""
    _here.update(catalogue=catalogue, predictor=predictor)


def _compute(task: _Task) -> dict[str, Any]:
    name, values, patients, seed = task
    catalogue = changed(_here["catalogue"], values)
    about = {"trial": name, "seed": seed, "patients": patients, "values": values}
    try:
        table = _here["predictor"](catalogue.trials[name], catalogue, patients, seed)
    except ColeyError as error:
        return {**about, "failure": [str(problem) for problem in error.problems]}
    except Exception as error:  # a fault of the program in one trial must not cost what the others give
        return {**about, "failure": [f"a fault of the program: {error!r}"]}
    rows = zip(table["arm"], table["endpoint"], table["predicted"].astype(float), strict=True)
    return {**about, "rows": [list(row) for row in rows]}


def _write(file: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, so that what a kill leaves behind is never taken for an outcome."""
    draft = file.with_suffix(f".{os.getpid()}.part")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(file)


def _read(files: Sequence[Path]) -> list[Summary] | Failure:
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    reasons = [reason for content in contents for reason in content.get("failure", [])]
    if reasons:
        return Failure(tuple(dict.fromkeys(reasons)))
    return [_summary(content["rows"]) for content in contents]


def _summary(rows: Sequence[Sequence[Any]]) -> Summary:
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[Key, float] = {}
    for arm, endpoint, value in rows:
        found[arm, endpoint, seen[arm, endpoint]] = float(value)
        seen[arm, endpoint] += 1
    return found
