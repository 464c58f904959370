"""Parameters of a sensitivity analysis: calibrated ones within their posterior, or numbers within ranges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.calibration.paths import changed, value_at
from coley.calibration.posterior import posterior
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem, did_you_mean

Floats = NDArray[np.float64]
EXAMPLE = "write 'k_growth', or 'physiology.parameters.k_kill.value 2..8', with 'log' after it for a logarithmic scale"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_TEXT = re.compile(rf"(?P<name>\S+)(?:\s+(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})(?:\s+(?P<log>log))?)?", re.I)
_GRID = 101


@dataclass(frozen=True)
class Parameter:
    """A number that is not known well.

    Attributes:
        label: what it is called in tables.
        paths: where it stands in the catalogue; all have the same value.
        quantiles: its values at equal steps of probability, ascending.
        declared: whether they are a range that was given; else the posterior of the calibration.
    """

    label: str
    paths: tuple[str, ...]
    quantiles: Floats
    declared: bool

    def at(self, share: float) -> float:
        """The value below which it lies with probability ``share``."""
        place = np.linspace(0.0, 1.0, len(self.quantiles))
        return float(f"{np.interp(share, place, self.quantiles):.6g}")


def read_parameters(texts: Sequence[str], catalogue: Catalogue) -> tuple[Parameter, ...]:
    """The parameters that ``texts`` name; all calibrated ones where there are none.

    A name is a path of the catalogue (see :mod:`coley.calibration.paths`), or some keys of one in their order, such as
    ``melanoma.k_growth``; without a range it must be a calibrated one, and stands for all that it fits.

    Raises:
        ColeyError: every name that is not there, and every range that cannot be.
    """
    known = _calibrated()
    if not texts:
        return known
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            for parameter in _read(text, known, catalogue):
                found[parameter.label] = parameter
        except ColeyError as error:
            problems += error.problems
    if problems:
        raise ColeyError(problems)
    return tuple(found.values())


def _calibrated() -> tuple[Parameter, ...]:
    """Parameters with a posterior; paths whose values are the same in every draw are one."""
    draws = posterior()
    groups: dict[tuple[float, ...], list[str]] = {}
    for path in draws[0]:
        groups.setdefault(tuple(draw[path] for draw in draws), []).append(path)
    shares = np.linspace(0.0, 1.0, _GRID)
    return tuple(
        Parameter(" = ".join(map(_label, paths)), tuple(paths), np.quantile(values, shares), False)
        for values, paths in groups.items()
    )


def _label(path: str) -> str:
    """The path without what is the same in most."""
    keys = [key for key in path.split(".") if key not in ("physiology", "cancers", "drugs", "harms", "parameters")]
    return " ".join(key for key in keys if key not in ("value", "actions", "factors"))


def _read(text: str, known: Sequence[Parameter], catalogue: Catalogue) -> Sequence[Parameter]:
    where = f"--parameters {text!r}"
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ColeyError(Problem(where, "is not understood", EXAMPLE))
    keys = match["name"].split(".")
    fitting = [p for p in known if any(_fits(keys, path) for path in p.paths)]
    if match["low"] is None:
        if not fitting:
            names = {key for p in known for path in p.paths for key in path.split(".")}
            hint = did_you_mean(keys[-1], names - {"value", "parameters"}) or "give its path and a range"
            raise ColeyError(Problem(where, "is no calibrated parameter", hint))
        return fitting
    paths = fitting[0].paths if len(fitting) == 1 else (match["name"],)
    low, high, log = float(match["low"]), float(match["high"]), bool(match["log"])
    if not low < high or (log and low <= 0):
        raise ColeyError(
            Problem(where, f"{low:g}..{high:g} is no range", "write the lower end first, above 0 with log")
        )
    for edge in (low, high):  # refused by the schema, or a path that leads nowhere
        changed(catalogue, {path: edge for path in paths if value_at(catalogue, path) is not None})
    values = (np.geomspace if log else np.linspace)(low, high, _GRID)
    return [Parameter(" = ".join(map(_label, paths)), paths, np.asarray(values, dtype=np.float64), True)]


def _fits(keys: Sequence[str], path: str) -> bool:
    """Whether ``keys`` stand in ``path``, in their order."""
    left = iter(path.split("."))
    return all(key in left for key in keys)
