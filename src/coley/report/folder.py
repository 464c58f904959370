"""A new folder that is there whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coley.errors import ColeyError, Problem


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, beside ``folder``; it becomes ``folder`` when the block ends, and is gone when it fails.

    Raises:
        ColeyError: where ``folder`` is there already, or cannot be written.
    """
    problems = list(folder_problems(folder))
    if problems:
        raise ColeyError(problems)
    target = folder.resolve()
    try:
        nearest = next(place for place in target.parents if place.exists())
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=nearest))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        inner = beside / "new"
        inner.mkdir()
        yield inner
        target.parent.mkdir(parents=True, exist_ok=True)
        inner.rename(target)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def folder_problems(folder: Path) -> Iterator[Problem]:
    """Whether ``folder`` is there already."""
    if folder.exists() or folder.is_symlink():
        yield Problem(str(folder), "is there already", "name a folder that is not")


def _unwritable(folder: Path, error: OSError) -> ColeyError:
    reason = error.strerror or str(error)
    return ColeyError(Problem(str(folder), f"cannot be written ({reason})", "name a folder that you may write"))
