"""Correlations between variations, from texts such as ``corr(CL, V) = 0.6``.

They join distributions by a normal copula: what is correlated are the standard normal deviates that the values are
quantiles of, which for normal distributions are the values themselves, for log-normal ones their logarithms. So each
distribution stays what it is (Nelsen, An Introduction to Copulas, 2006, section 2.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.data.table import clipped
from coley.errors import ColeyError, Problem, did_you_mean

Floats = NDArray[np.float64]
_TEXT = re.compile(r"\s*corr\s*\((?P<names>.*)\)\s*=\s*(?P<value>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_BEGINS = re.compile(r"\s*corr\s*\(")


@dataclass(frozen=True)
class Correlation:
    """Correlation of two names, of their standard normal deviates."""

    first: str
    second: str
    value: float


def is_correlation(text: str) -> bool:
    """Whether a text is meant as one."""
    return _BEGINS.match(text) is not None and "~" not in text


def read_correlation(text: str, where: str) -> Correlation:
    """Read one text ``corr(NAME, NAME) = NUMBER``.

    Raises:
        ColeyError: what is not understood or cannot be.
    """
    found = _TEXT.fullmatch(text)
    names = [name.strip() for name in found["names"].split(",")] if found else []
    if found is None or len(names) != 2 or not all(names):
        raise ColeyError(Problem(where, f"{clipped(text)} is no correlation", "corr(CL, V) = 0.6"))
    value = float(found["value"])
    if not -1 < value < 1:
        raise ColeyError(Problem(where, f"a correlation of {value:g} is out of range", "a number between -1 and 1"))
    return Correlation(names[0], names[1], value)


def correlation_problems(found: Mapping[str, Correlation], varying: Sequence[str]) -> Iterator[Problem]:
    """What cannot be, by where it was found: names that do not vary, pairs that come twice, numbers that contradict."""
    pairs: set[frozenset[str]] = set()
    sound = True
    for where, one in found.items():
        strangers = [name for name in (one.first, one.second) if name not in varying]
        pair = frozenset((one.first, one.second))
        for name in strangers:
            hint = did_you_mean(name, varying) or f"say how it does: {name} ~ lognormal(median=1, cv=30%)"
            yield Problem(where, f"{clipped(name)} does not vary", hint)
        if len(pair) < 2:
            yield Problem(where, f"{clipped(one.first)} is correlated with itself")
        elif pair in pairs:
            yield Problem(where, f"{one.first} and {one.second} are correlated already")
        sound = sound and not strangers and len(pair) == 2 and pair not in pairs
        pairs.add(pair)
    if found and sound and np.linalg.eigvalsh(matrix(list(found.values()))[1]).min() <= 1e-10:
        yield Problem(
            ", ".join(found), "contradict each other: no individuals are correlated so", "smaller correlations"
        )


def matrix(correlations: Sequence[Correlation]) -> tuple[list[str], Floats]:
    """The names that are correlated, in order, and the matrix of their correlations; 0 where none is said."""
    names = list(dict.fromkeys(name for one in correlations for name in (one.first, one.second)))
    found = np.eye(len(names))
    for one in correlations:
        i, j = names.index(one.first), names.index(one.second)
        found[i, j] = found[j, i] = one.value
    return names, found


def correlated(ranks: Mapping[str, Floats], correlations: Sequence[Correlation]) -> dict[str, Floats]:
    """Independent uniform ``ranks`` by name, made correlated; the first name that is correlated keeps its own."""
    from scipy.special import ndtr, ndtri

    if not correlations:
        return dict(ranks)
    names, target = matrix(correlations)
    deviates = ndtri(np.maximum([ranks[name] for name in names], 2.0**-54))  # a rank of 0 would be minus infinity
    joined = ndtr(np.linalg.cholesky(target) @ deviates)
    return {**ranks, **dict(zip(names, joined, strict=True))}
