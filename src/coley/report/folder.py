"""New folders that are there whole or not at all, made in hidden ones beside them, of which nothing stays behind."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coley.errors import ColeyError, Problem

UNFINISHED = "unfinished"
_NEW, _OLD = "new", "old"
"""In a hidden folder: what is being written, and what stood in its place."""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, beside ``folder``; it becomes ``folder`` when the block ends, and is gone when it fails.

    Raises:
        ColeyError: where ``folder`` is there already, or cannot be written.
    """
    problems = list(folder_problems(folder))
    if problems:
        raise ColeyError(problems)
    with replaced(folder) as inner:
        yield inner


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of ``folder`` when the block ends, by renaming.

    What was there stays where the block fails, or the process is ended, at any moment.

    Raises:
        ColeyError: where ``folder`` cannot be written.
    """
    target = folder.resolve()
    try:
        with hidden(target) as beside:
            inner = beside / _NEW
            inner.mkdir()
            yield inner
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                os.rename(target, beside / _OLD)
            os.rename(inner, target)
    except OSError as error:
        raise unwritable(folder, error) from error


@contextmanager
def hidden(target: Path) -> Iterator[Path]:
    """A hidden folder for the length of the block, in the nearest folder that is to hold ``target`` (absolute).

    Those that ended processes left for the same ``target`` are cleared first.
    """
    parent = next(place for place in target.parents if place.exists())
    clear(target)
    while True:
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=parent))
        with _lock(place) as mine:
            if not mine or not place.exists():  # another process took it for one that was left
                continue
            try:
                yield place
            finally:
                _dismiss(place, target)
            return


@contextmanager
def unfinished(folder: Path) -> Iterator[Path | None]:
    """A hidden folder for what is finished so far of ``folder``; it is kept where the block fails, until it succeeds.

    None where another process works on the same, or the system does not tell, or nothing can be written there; then
    nothing is kept.
    """
    place = unfinished_place(folder.resolve())
    try:
        place.mkdir(exist_ok=True)
    except OSError:
        yield None
        return
    with _lock(place, unsure=False) as mine:
        if not mine:
            yield None
            return
        try:
            yield place
        except BaseException:
            if not any(path.is_dir() for path in place.iterdir()):
                shutil.rmtree(place, ignore_errors=True)
            raise
        shutil.rmtree(place, ignore_errors=True)


def unfinished_place(target: Path) -> Path:
    """Where :func:`unfinished` keeps what is finished of ``target`` (absolute): in the nearest folder that is there, or
    was when it was begun."""
    parents = [place for place in target.parents if place.exists()]
    name = f".{target.name}-{UNFINISHED}-{hashlib.sha256(os.fsencode(target)).hexdigest()[:8]}"
    return next((place / name for place in parents if (place / name).exists()), parents[0] / name)


def clear(target: Path) -> None:
    """Remove hidden folders for ``target`` (absolute) whose process is gone; an earlier folder in one is put back.

    Whose process is gone is told by a lock that the system holds as long as a process lives. Where a file system has
    none, nothing is removed.
    """
    pattern = re.compile(re.escape(f".{target.name}-") + "[a-z0-9_]{8}")
    for parent in target.parents:  # the nearest that was there, which may have been any of them
        with suppress(OSError):
            for place in [entry for entry in parent.iterdir() if pattern.fullmatch(entry.name)]:
                _clear_one(place, target)


def _clear_one(place: Path, target: Path) -> None:
    with suppress(OSError), _lock(place, unsure=False) as left:
        if left and {inner.name for inner in place.iterdir()} <= {_NEW, _OLD}:
            _dismiss(place, target)


def _dismiss(place: Path, target: Path) -> None:
    old = place / _OLD
    with suppress(OSError):
        if old.exists() and not target.exists():
            os.rename(old, target)
    if not old.exists() or target.exists():
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _lock(place: Path, unsure: bool = True) -> Iterator[bool]:
    """Whether no other process has the folder ``place``, which is then this one's for the length of the block.

    ``unsure`` where the system cannot tell.
    """
    try:
        import fcntl

        handle = os.open(place, os.O_RDONLY)
    except (ImportError, OSError):  # Windows; a folder of another user, or gone
        yield unsure
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = True
        except BlockingIOError:
            mine = False
        except OSError:  # a file system without locks
            mine = unsure
        yield mine
    finally:
        os.close(handle)


def folder_problems(folder: Path) -> Iterator[Problem]:
    """Whether ``folder`` is there already."""
    if folder.exists() or folder.is_symlink():
        yield Problem(str(folder), "is there already", "name a folder that is not")


def make_folder(folder: Path) -> None:
    """Make ``folder`` where it is not there, before a long run, and make sure that files can be written in it.

    Raises:
        ColeyError: where they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> ColeyError:
    """A folder that the system refuses to write, as a problem."""
    reason = error.strerror or str(error)
    return ColeyError(Problem(str(folder), f"cannot be written ({reason})", "name a folder that you may write"))
