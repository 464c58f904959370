"""Cases of the SBML Test Suite as they lie in a folder or a zip: model, settings, expected results and tags."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem
from coley.sbml.importer.model import name_of

_MEMBER = re.compile(r"(?:.*/)?(?P<case>\d{5})/(?P=case)-(sbml-l\dv\d\.xml|settings\.txt|results\.csv|tags\.txt)")
_LARGEST_MEMBER = 20_000_000  # bytes, unpacked
_LEVEL = re.compile(r"-sbml-l(\d)v(\d)\.xml$")


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: its number, such as ``00001``.
        model: path of the model in the highest level and version there is.
        tags: components and features that it tests.
    """

    name: str
    model: Path
    tags: frozenset[str]


@dataclass(frozen=True)
class Expectation:
    """What a case asks for and expects.

    Attributes:
        times: output times.
        observables: name in the System of each variable.
        values: expected values (time × variable).
        absolute, relative: tolerances: |expected - got| may be absolute + relative × |expected|.
    """

    times: NDArray[np.float64]
    observables: tuple[str, ...]
    values: NDArray[np.float64]
    absolute: float
    relative: float


def unpack(path: Path, folder: Path) -> Path:
    """A folder of cases: ``path`` itself, or ``folder`` with what a zip at ``path`` holds of cases and nothing else.

    Raises:
        ColeyError: neither a folder nor a zip.
    """
    if path.is_dir():
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                found = _MEMBER.fullmatch(member.filename)
                if found and member.file_size <= _LARGEST_MEMBER:
                    place = folder / found["case"]
                    place.mkdir(exist_ok=True)
                    (place / Path(member.filename).name).write_bytes(archive.read(member))
    except (OSError, zipfile.BadZipFile) as error:
        raise ColeyError(Problem(str(path), f"is neither a folder nor a zip of cases ({error})")) from None
    return folder


def find(folder: Path, tags: frozenset[str] = frozenset()) -> list[Case]:
    """The cases in ``folder`` that have one of ``tags``, or all, in order."""
    cases = [case for settings in sorted(_settings(folder)) for case in _case(settings)]
    return [case for case in cases if not tags or case.tags & tags]


def _settings(folder: Path) -> Iterator[Path]:
    """The settings of all cases below ``folder``, also where links lead, but nowhere twice."""
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(place) / name for name in files if name.endswith("-settings.txt"))


def _case(settings: Path) -> Iterator[Case]:
    name = settings.name.removesuffix("-settings.txt")
    models = sorted((p for p in settings.parent.glob(f"{name}-*.xml") if _LEVEL.search(p.name)), key=lambda p: p.name)
    if models:
        described = _keys(settings.with_name(f"{name}-tags.txt"))
        tags = {tag for key in ("componentTags", "testTags") for tag in _names(described.get(key, ""))}
        yield Case(name, models[-1], frozenset(tags))


def expectation(case: Case) -> Expectation:
    """What ``case`` asks for and expects.

    Raises:
        ColeyError: it asks for no time course.
    """
    settings = case.model.with_name(f"{case.name}-settings.txt")
    keys = _keys(settings)
    empty = [key for key in ("start", "duration", "steps", "absolute", "relative") if not keys.get(key)]
    if empty:
        hint = "a steady state or a balance of fluxes is none"
        raise ColeyError(Problem(settings.name, f"asks for no time course: {', '.join(empty)} are empty", hint))
    variables, concentrations = _names(keys.get("variables", "")), _names(keys.get("concentration", ""))
    start, steps = float(keys["start"]), int(keys["steps"])
    return Expectation(
        times=np.linspace(start, start + float(keys["duration"]), steps + 1),
        observables=tuple(f"[{name}]" if name in concentrations else name_of(name) for name in variables),
        values=_results(case.model.with_name(f"{case.name}-results.csv"), variables),
        absolute=float(keys["absolute"]),
        relative=float(keys["relative"]),
    )


def _keys(path: Path) -> dict[str, str]:
    """The lines ``key: value`` of a file; a key may be empty."""
    if not path.exists():
        return {}
    pairs = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _results(path: Path, variables: list[str]) -> NDArray[np.float64]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    header = [name.strip().strip('"') for name in lines[0].split(",")]
    rows = np.array([[float(number) for number in line.split(",")] for line in lines[1:]])
    return rows[:, [header.index(name, 1) for name in variables]]  # the first column is time
