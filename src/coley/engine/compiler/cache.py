"""Compiled kernels on disk, by what they were made of; safe with several processes and with damaged files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

from coley.errors import Problem

_KEPT = 1024  # files of some 40 kB; the oldest go first
_DIGEST = hashlib.sha256


def folder() -> Path:
    """The user's folder for caches."""
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(home / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(home / ".cache")
    return Path(base) / "coley" / "kernels"


def load(key: str) -> bytes | None:
    """What was stored under ``key``; None where nothing was, or where it is damaged."""
    try:
        content = (folder() / key).read_bytes()
    except OSError:
        return None
    size = _DIGEST().digest_size
    digest, payload = content[:size], content[size:]
    return payload if digest == _DIGEST(payload).digest() else None


def store(key: str, payload: bytes) -> None:
    """Keep ``payload`` for later. Where nothing can be written, the next process compiles again, which is said."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _write(place, key, _DIGEST(payload).digest() + payload)
    except OSError as error:
        unkept(
            f"{place} ({error.strerror})", "let it be written, or on Linux set XDG_CACHE_HOME to a folder that can be"
        )
        return
    with contextlib.suppress(OSError):  # another process may be at it as well
        _prune(place)


@lru_cache
def unkept(where: str, hint: str) -> None:
    """Say, once in a process, that compiled code cannot be kept."""
    problem = Problem("compiled code", f"cannot be kept in {where}, so that every process compiles it again", hint)
    warnings.warn(str(problem), stacklevel=2)


def _write(place: Path, key: str, content: bytes) -> None:
    """Write under another name first: readers see all of a file or none of it."""
    handle, name = tempfile.mkstemp(dir=place, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, place / key)
    except OSError:
        os.unlink(name)
        raise


def _prune(place: Path) -> None:
    ages = sorted(((path.stat().st_mtime, path) for path in place.iterdir()), reverse=True)
    for _, path in ages[_KEPT:]:
        path.unlink()
