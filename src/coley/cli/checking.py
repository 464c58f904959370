"""``coley check``: catalogues and trials of users, with everything that is wrong in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coley.catalogue.lint import Vocabulary, lint, lint_trial
from coley.catalogue.loader import TABLES, File, Reading, read_own
from coley.catalogue.reading import read_document
from coley.errors import ColeyError, Problem

CHECKED = "schema, citations, units, models, regimens, and every name that refers to another"


@dataclass(frozen=True)
class Checked:
    """What was looked at, a line each, and what is wrong with it."""

    seen: tuple[str, ...]
    problems: tuple[Problem, ...]


def check(paths: Sequence[Path], catalogues: Sequence[Path]) -> Checked:
    """Check folders, which are catalogues, and files, which are trials.

    Args:
        paths: what to check.
        catalogues: folders that stand beside what ships; their own problems count only where they keep them from being
            read.

    Raises:
        ColeyError: a path that is not there, or a folder that is no catalogue.
    """
    folders = [path for path in paths if path.is_dir()]
    beside = [folder for folder in catalogues if folder.resolve() not in {path.resolve() for path in folders}]
    vocabulary = _vocabulary()
    reading, files = read_own(*beside, *folders)
    theirs = [file for file in files if any(_within(file, folder) for folder in folders)]
    problems = lint(reading, theirs, vocabulary)
    seen = [f"{folder}: {_counts([file for file in theirs if _within(file, folder)])}" for folder in folders]
    for path in paths:
        if path not in folders:
            problems += _trial_problems(path, reading, vocabulary)
            seen.append(f"{path}: 1 trial")
    return Checked(tuple(seen), tuple(_in_order(problems)))


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """File by file in the order in which they were met, and within a file by line."""
    files = list(dict.fromkeys(problem.where.partition(": ")[0] for problem in problems))

    def place(problem: Problem) -> tuple[int, int]:
        line = re.search(r"\(line (\d+)\)", problem.where)
        return files.index(problem.where.partition(": ")[0]), int(line[1]) if line else 0

    return sorted(problems, key=place)


def _vocabulary() -> Vocabulary:
    from coley.trial.analysis.endpoints import read
    from coley.trial.response import criteria

    return Vocabulary(tuple(criteria()), read)


def _within(file: File, folder: Path) -> bool:
    return Path(file.document.name).parent.parent == folder


def _trial_problems(path: Path, reading: Reading, vocabulary: Vocabulary) -> Sequence[Problem]:
    try:
        document = read_document(path, str(path))
    except ColeyError as error:
        return error.problems
    return lint_trial(document, reading, vocabulary)


def _counts(files: Sequence[File]) -> str:
    kinds = [file.folder for file in files]
    counts = [_count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)]
    return ", ".join(counts) or "nothing"


def _count(number: int, folder: str) -> str:
    """``2 drugs``; of tables with many entries, files are counted."""
    if folder in TABLES:
        return f"{number} file{'s' if number > 1 else ''} of {folder}"
    return f"{number} {folder if number > 1 else folder.removesuffix('s')}"
