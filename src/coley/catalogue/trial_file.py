"""Trials: one of the catalogue by its name, or one in a file of its own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from coley.catalogue.catalogue import Catalogue
from coley.catalogue.loader import shipped
from coley.catalogue.reading import Document, Finding, entry_of, read_document
from coley.catalogue.regimens import Formulary
from coley.catalogue.trials import trial_findings
from coley.errors import ColeyError
from coley.protocol import Trial


def load_trial(name_or_path: str | Path, catalogue: Catalogue | None = None) -> Trial:
    """A trial of the catalogue (default the shipped one) by its name, or of a TOML file by its path.

    Raises:
        ColeyError: where it is unknown, or with every problem of the file.
    """
    text = os.fspath(name_or_path)
    separators = [separator for separator in (os.sep, os.altsep) if separator]
    if isinstance(name_or_path, Path) or text.casefold().endswith(".toml") or any(s in text for s in separators):
        return load_trial_file(text, catalogue)
    try:
        return (catalogue or shipped()).trial(text)
    except ColeyError:
        if os.path.isfile(text):
            return load_trial_file(text, catalogue)
        raise


def load_trial_file(path: str | Path, catalogue: Catalogue | None = None) -> Trial:
    """The trial in the TOML file at ``path``, in the format of the shipped ones.

    Its cancer and its regimens are looked up in the catalogue, by default the shipped one.

    Raises:
        ColeyError: with every problem of the file, each with its field and, where it can be told, its line.
    """
    document = read_document(Path(path), os.fspath(path))
    trial, findings = read_trial(document, Formulary(catalogue or shipped()))
    if trial is None or findings:
        raise ColeyError(document.problems(findings))
    return trial


def load_trials(path: str | Path, catalogue: Catalogue | None = None) -> tuple[Trial, ...]:
    """The trials in the TOML file at ``path``: one trial, or several as ``[[trials]]``, each in the format of one.

    Raises:
        ColeyError: with every problem of the file, each with its field and, where it can be told, its line.
    """
    document = read_document(Path(path), os.fspath(path))
    listed = document.data.get("trials")
    if not isinstance(listed, list):
        return (load_trial_file(path, catalogue),)
    formulary = Formulary(catalogue or shipped())
    trials: list[Trial] = []
    problems: list[Finding] = [
        Finding((key,), f"unknown key {key!r}", "write it under [[trials]]") for key in document.data if key != "trials"
    ]
    for index, data in enumerate(listed):
        if not isinstance(data, dict):
            problems.append(Finding(("trials", index), "is no table", "begin each trial with [[trials]]"))
            continue
        trial, findings = read_trial(replace(document, data=data), formulary)
        problems += [replace(finding, path=("trials", index, *finding.path)) for finding in findings]
        if trial is not None and trial.name in {other.name for other in trials}:
            problems.append(Finding(("trials", index, "name"), f"another trial is called {trial.name!r} too"))
        elif trial is not None:
            trials.append(trial)
    if problems:
        raise ColeyError(document.problems(problems))
    return tuple(trials)


def read_trial(document: Document, formulary: Formulary) -> tuple[Trial | None, list[Finding]]:
    """The trial that ``document`` holds, None where its schema is violated; and all that is wrong with it."""
    trial = entry_of(Trial, document.data)
    findings = list(trial_findings(document.data, formulary))
    if isinstance(trial, list):
        # A fault of the trial as a whole is a clash of names, found above with its place.
        return None, [*findings, *(finding for finding in trial if finding.path or not findings)]
    return trial, findings
