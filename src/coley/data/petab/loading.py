"""From a PEtab YAML file to a problem, by libpetab, with everything that it finds wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coley.data.petab import version1, version2
from coley.data.petab.problem import PetabProblem, checked
from coley.errors import ColeyError, Problem


def load(path: str | Path) -> PetabProblem:
    """Load a PEtab problem of version 1 or 2 with an SBML model.

    Raises:
        ColeyError: files that cannot be read, and everything that libpetab's validation, or the model, finds wrong.
    """
    path = Path(path)
    content = _yaml(path)
    reader = version2 if str(content.get("format_version", "1")).startswith("2") else version1
    with _named(path), _quiet():
        return checked(reader.read(path))


def _yaml(path: Path) -> dict[str, Any]:
    """The content of the file, once it is clear that it names nothing but files beside it."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ColeyError(Problem(path.name, f"cannot be read: {error}")) from error
    if not isinstance(content, dict):
        raise ColeyError(Problem(path.name, "is no PEtab problem", "a YAML file with format_version is needed"))
    remote = sorted({text for text in _texts(content) if "://" in text})
    if remote:
        raise ColeyError(
            [Problem(path.name, f"names {text}", "only files on this machine are read") for text in remote]
        )
    return content


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for item in content.values() if isinstance(content, dict) else content:
            yield from _texts(item)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Whatever libpetab raises, as a ColeyError: it has no error type of its own."""
    try:
        yield
    except ColeyError:
        raise
    except Exception as error:
        raise ColeyError(Problem(path.name, f"is no PEtab problem that can be read: {error}")) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what libpetab logs: it comes as problems."""
    logger = logging.getLogger("petab")
    before = logger.propagate
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = before
