"""Variation between individuals from texts such as ``k_growth ~ lognormal(median=0.01, cv=40%)``.

Beside these may stand correlations, such as ``corr(CL, V) = 0.6`` (:mod:`coley.data.correlation`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coley.data.correlation import Correlation, correlated, correlation_problems, is_correlation, read_correlation
from coley.data.distributions import Beta, Distribution, Normal, Uniform, beta_of, log_sd_of_cv, log_sd_of_sd
from coley.data.table import clipped
from coley.errors import ColeyError, Problem, did_you_mean
from coley.streams import uniforms
from coley.system import System

Arguments = Mapping[str, tuple[float, int]]
"""Values by name, each with its column."""
KINDS = {
    "normal": (("mean", "sd"), ("mean", "cv")),
    "lognormal": tuple((middle, spread) for middle in ("median", "mean") for spread in ("cv", "sd", "gsd")),
    "uniform": (("min", "max"),),
    "loguniform": (("min", "max"),),
    "logitnormal": (("median", "sd"),),
    "beta": (("mean", "sd"), ("a", "b")),
}
"""Distributions, and the arguments with which each can be written."""
_BOUNDED = ("normal", "lognormal", "logitnormal")
"""Distributions that may be cut at min and max."""
_NAME = re.compile(r"\s*([^~]*?)\s*(~|$)")
_WORD = re.compile(r"\s*([A-Za-z_]\w*)")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)")
_LARGEST_CV = 10.0


@dataclass(frozen=True)
class Variation:
    """How one parameter, or initial state, differs between individuals."""

    name: str
    distribution: Distribution


def read_variations(texts: Sequence[str], system: System) -> tuple[Variation | Correlation, ...]:
    """Read texts ``NAME ~ DISTRIBUTION(ARGUMENT=NUMBER, ...)``, and ``corr(NAME, NAME) = NUMBER`` between them.

    The distributions are normal(mean, sd or cv), lognormal(mean or median, cv or sd or gsd), uniform(min, max),
    loguniform(min, max), and for fractions logitnormal(median, sd of the logit) and beta(mean, sd) or beta(a, b). A cv
    can be written in %. ``min`` and ``max`` cut a normal, lognormal or logitnormal off; mean, median and spread are
    those before the cut. A correlation is that of standard normal deviates: of normal values, of the logarithms of
    log-normal ones, of the logits of logit-normal ones.

    Raises:
        ColeyError: what is not understood and what cannot be, all at once, with text and column.
    """
    problems: list[Problem] = []
    found: list[Variation] = []
    joint: dict[str, Correlation] = {}
    known = {*system.settable} - system.concentrations.keys()
    for number, text in enumerate(texts, start=1):
        where = f"variation {number}"
        try:
            if is_correlation(text):
                joint[f"{where}, column 1"] = read_correlation(text, f"{where}, column 1")
                continue
            variation = read_variation(text, known, where)
        except ColeyError as error:
            problems += error.problems
        else:
            if variation.name in {other.name for other in found}:
                problems.append(Problem(f"{where}, column 1", f"{variation.name!r} varies already"))
            found.append(variation)
    problems += correlation_problems(joint, [variation.name for variation in found])
    if problems:
        raise ColeyError(problems)
    return (*found, *joint.values())


def read_variation(text: str, known: Collection[str], where: str) -> Variation:
    """Read one text ``NAME ~ DISTRIBUTION(...)`` as :func:`read_variations` does.

    Args:
        known: the names that there are.
        where: what to call the text in problems.

    Raises:
        ColeyError: what is not understood and what cannot be, all at once, with its column.
    """
    reader = _Reader(text, where)
    variation = reader.read(known)
    if variation is None or reader.problems:
        raise ColeyError(reader.problems)
    return variation


def read_distribution(text: str) -> Distribution:
    """Read one text ``DISTRIBUTION(ARGUMENT=NUMBER, ...)``, as it stands behind the ``~`` of a variation.

    Raises:
        ColeyError: what is not understood and what cannot be, all at once, with its column.
    """
    reader = _Reader(text, "distribution")
    distribution = reader.distribution()
    if distribution is None or reader.problems:
        raise ColeyError(reader.problems)
    return distribution


def draw(variations: Sequence[Variation | Correlation], n: int, seed: int = 0) -> pd.DataFrame:
    """Draw ``n`` individuals, numbered from 0: a column per variation, with ID as index.

    What individual k is depends on the seed, k, the name of the parameter and what it is correlated with alone, so that
    it is the same individual in any number of them and beside any other variations.
    """
    individuals = np.arange(n)
    varying = [one for one in variations if isinstance(one, Variation)]
    joint = [one for one in variations if isinstance(one, Correlation)]
    ranks = {one.name: uniforms(seed, f"variation/{one.name}", individuals) for one in varying}
    ranks = correlated(ranks, joint)
    columns = {one.name: one.distribution.quantiles(ranks[one.name]) for one in varying}
    return pd.DataFrame(columns, index=pd.RangeIndex(n, name="ID"))


class _Reader:
    """One text, read from left to right."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._position = 0
        self.problems: list[Problem] = []

    def read(self, known: Collection[str]) -> Variation | None:
        """The variation, or None where there are problems."""
        match = _NAME.match(self._text)
        name, column = (match[1], match.start(1) + 1) if match else ("", 1)
        if name not in known:
            what = f"{clipped(name)} is no parameter or state of the model" if name else "the parameter is missing"
            self._fault(column, what, did_you_mean(name, known))
        self._position = match.end() if match else 0
        if not match or not match[2]:
            self._fault(len(self._text) + 1, "~ and a distribution are missing", "k ~ lognormal(median=1, cv=30%)")
            return None
        distribution = self.distribution()
        return None if distribution is None or self.problems else Variation(name, distribution)

    def distribution(self) -> Distribution | None:
        """The distribution that comes next, or None where there are problems."""
        kind, column = self._word("a distribution")
        if kind is None:
            return None
        if kind not in KINDS:
            self._fault(column, f"no distribution {clipped(kind)}", did_you_mean(kind, KINDS))
            return None
        arguments = self._arguments(kind)
        if arguments is None or self.problems:
            return None
        self.problems += [self._problem(*fault) for fault in _faults(kind, arguments, column)]
        return None if self.problems else _distribution(kind, _values(arguments))

    def _arguments(self, kind: str) -> dict[str, tuple[float, int]] | None:
        """What stands between the brackets."""
        found: dict[str, tuple[float, int]] = {}
        allowed = {name for names in KINDS[kind] for name in names} | {"min", "max"}
        if not self._sign("("):
            return None
        while True:
            name, column = self._word("an argument")
            if name is None or not self._sign("="):
                return None
            match = _NUMBER.match(self._text, self._position)
            if not match:
                self._fault(self._column, f"{name} needs a number")
                return None
            self._position = match.end()
            if name not in allowed:
                self._fault(column, f"{kind} has no argument {clipped(name)}", did_you_mean(name, allowed))
            elif name in found:
                self._fault(column, f"{name} is given twice")
            if match[2] and name != "cv":
                self._fault(match.start(2) + 1, f"{name} is no share", "only cv can be written in %")
            found[name] = (float(match[1]) / (100 if match[2] else 1), column)
            if not self._take(","):
                break
        if not self._sign(")"):
            return None
        if self._text[self._position :].strip():
            self._fault(self._column, f"{clipped(self._text[self._position :].strip())} is too much")
        return found

    def _word(self, meaning: str) -> tuple[str | None, int]:
        match = _WORD.match(self._text, self._position)
        if not match:
            self._fault(self._column, f"{meaning} is missing", f"known: {', '.join(KINDS)}" if "dis" in meaning else "")
            return None, self._column
        self._position = match.end()
        return match[1], match.start(1) + 1

    def _take(self, sign: str) -> bool:
        column = self._column
        if not self._text.startswith(sign, column - 1):
            return False
        self._position = column - 1 + len(sign)
        return True

    def _sign(self, sign: str) -> bool:
        if self._take(sign):
            return True
        self._fault(self._column, f"{sign!r} is missing")
        return False

    @property
    def _column(self) -> int:
        """Column of what comes next."""
        rest = self._text[self._position :]
        return self._position + len(rest) - len(rest.lstrip()) + 1

    def _problem(self, column: int, what: str, hint: str = "") -> Problem:
        return Problem(f"{self._where}, column {column}", what, hint)

    def _fault(self, column: int, what: str, hint: str = "") -> None:
        self.problems.append(self._problem(column, what, hint))


def _faults(kind: str, arguments: Arguments, column: int) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the arguments of a distribution: column, what, hint."""
    bounded = {"min", "max"} if kind in _BOUNDED else set()
    if set(arguments) - bounded not in [set(names) for names in KINDS[kind]]:
        ways = " or ".join(f"{kind}({', '.join(names)})" for names in KINDS[kind])
        yield column, f"{kind} cannot be made from {', '.join(arguments)}", f"write {ways}"
        return
    positive = {"sd", "cv", "gsd", "a", "b"} | ({"mean", "median"} if kind == "lognormal" else set())
    positive |= {"min"} if kind == "loguniform" else set()
    for name, (value, place) in arguments.items():
        if not math.isfinite(value) or (name in positive and value <= 0):
            yield place, f"{name} {value:g} is out of range", "a number above 0 is needed" if name in positive else ""
            return
    if kind in ("beta", "logitnormal"):
        yield from _fraction_faults(arguments)
    if "cv" in arguments and arguments["cv"][0] > _LARGEST_CV:
        value, place = arguments["cv"]
        yield place, f"a cv of {value:g} is {100 * value:g} %", f"did you mean cv={value:g}%?"
    if "gsd" in arguments and arguments["gsd"][0] <= 1:
        yield arguments["gsd"][1], "gsd is a factor above 1", ""
    elif kind == "normal" and "cv" in arguments and arguments["mean"][0] == 0:
        yield arguments["cv"][1], "a mean of 0 has no cv", "write sd"
    elif {"min", "max"} <= set(arguments) and arguments["min"][0] >= arguments["max"][0]:
        yield arguments["max"][1], "max is not above min", ""
    elif bounded & set(arguments):
        cut = _distribution(kind, _values(arguments))
        if isinstance(cut, Normal) and cut.share < 1e-9:
            yield min(arguments[name][1] for name in bounded & set(arguments)), "min and max leave nothing over", ""


def _fraction_faults(arguments: Arguments) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the arguments of a distribution between 0 and 1."""
    for name in ("mean", "median"):
        if name in arguments and not 0 < arguments[name][0] < 1:
            yield arguments[name][1], f"{name} {arguments[name][0]:g} is no fraction", "it lies between 0 and 1"
            return
    if "mean" in arguments:
        mean, (sd, place) = arguments["mean"][0], arguments["sd"]
        most = math.sqrt(mean * (1 - mean))
        if sd >= most:
            yield place, f"sd {sd:g} is too large", f"between 0 and 1, around {mean:g}, it is below {most:.3g}"


def _values(arguments: Arguments) -> dict[str, float]:
    return {name: value for name, (value, _) in arguments.items()}


def _distribution(kind: str, given: Mapping[str, float]) -> Distribution:
    low, high = given.get("min", -math.inf), given.get("max", math.inf)
    if kind in ("uniform", "loguniform"):
        return Uniform(low, high, log=kind == "loguniform")
    if kind == "normal":
        sd = given["sd"] if "sd" in given else given["cv"] * abs(given["mean"])
        return Normal(given["mean"], sd, low=low, high=high)
    if kind == "beta":
        return Beta(given["a"], given["b"]) if "a" in given else beta_of(given["mean"], given["sd"])
    if kind == "logitnormal":
        middle = math.log(given["median"] / (1 - given["median"]))
        return Normal(middle, given["sd"], low=low, high=high, logit=True)
    sigma = _log_sd(given)
    middle = math.log(given["median"]) if "median" in given else math.log(given["mean"]) - sigma**2 / 2
    return Normal(middle, sigma, log=True, low=low, high=high)


def _log_sd(given: Mapping[str, float]) -> float:
    if "gsd" in given:
        return math.log(given["gsd"])
    if "cv" in given:
        return log_sd_of_cv(given["cv"])
    return log_sd_of_cv(given["sd"] / given["mean"]) if "mean" in given else log_sd_of_sd(given["sd"] / given["median"])
