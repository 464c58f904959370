"""Work out lesion facts from single-lesion scan data: sizes, error of reading, growth, and how alike lesions respond.

``python -m coley.calibration.lesion_facts recist_lesions.csv`` reads the target-lesion diameters of five atezolizumab
trials (Ghaffari Laleh et al., PLoS Comput Biol 18:e1009822, 2022, as cleaned in TumorGrowth.jl) and prints what goes by
hand into the catalogue's facts/system.toml. The table holds one lesion of each patient, the first that the investigator
listed. It therefore says nothing of how lesions of one patient differ; how alike they respond is inferred from
published shares of patients whose lesions respond differently, see ``likeness``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

MEASURABLE = 10.0
"""Shortest diameter (mm) of a measurable lesion by RECIST 1.1."""
CONTROLS = ("Study_2_Arm_1", "Study_4_Arm_1")
"""Arms taken to be docetaxel: the first of two in POPLAR and OAK, by the alphabet and by their shorter follow-up."""
RESAMPLES = 1000
PATIENTS = 40_000
LESIONS = np.array([0.10, 0.17, 0.20, 0.18, 0.35])
"""Assumed shares of patients with 1 to 5 target lesions: 3.5 on average, as 761 in 214 patients (Osorio 2019)."""
SIZE_SD = 0.6
"""Standard deviation of the logarithm of the diameter, between the lesions of a patient (assumed to be that between
first lesions)."""


@dataclass(frozen=True)
class Lesion:
    """Scans of one lesion: days, strictly ascending, and diameters in mm."""

    arm: str
    days: Array
    diameters: Array


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="CSV with Pt_hashID, Study_Arm, T_days and Lesion_diam (mm)")
    lesions = read(parser.parse_args().table)
    print(f"{len(lesions)} lesions, one of each patient; {sum(len(x.days) for x in lesions)} scans")
    for title, values in (*sizes(lesions), *reading(lesions), *growth(lesions)):
        print(f"{title}: {values}")
    for title, value in likeness(lesions):
        print(f"{title}: {value:.2f}")


def read(path: str) -> list[Lesion]:
    """The lesions of the table; where a day is given twice, its first row."""
    table = pd.read_csv(path).drop_duplicates(["Pt_hashID", "T_days"]).sort_values(["Pt_hashID", "T_days"])
    return [
        Lesion(str(rows["Study_Arm"].iloc[0]), rows["T_days"].to_numpy(float), rows["Lesion_diam"].to_numpy(float))
        for _, rows in table.groupby("Pt_hashID")
    ]


def interval(values: Array, statistic: Callable[[Array], float], digits: int = 3) -> str:
    """A statistic with its 95 % bootstrap interval and the number of values."""
    rng = np.random.default_rng(0)
    drawn = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(RESAMPLES)]
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return f"{statistic(values):.{digits}f} ({lower:.{digits}f} to {upper:.{digits}f}), n = {len(values)}"


def median(values: Array) -> float:
    return float(np.median(values))


def spread(values: Array) -> float:
    return float(np.std(values, ddof=1))


def robust_spread(values: Array) -> float:
    """Standard deviation of a normal with the same median absolute deviation."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def sizes(lesions: list[Lesion]) -> list[tuple[str, str]]:
    """Diameter of the first lesion before treatment, over all and by trial."""
    rows = []
    studies = sorted({lesion.arm[:7] for lesion in lesions})
    for name in ("Study", *studies):
        first = np.array([x.diameters[0] for x in lesions if x.arm.startswith(name)])
        rows.append((f"diameter at baseline, {name}: median (mm)", interval(first, median, 1)))
        rows.append((f"diameter at baseline, {name}: SD of its logarithm", interval(np.log(first), spread)))
    return rows


def reading(lesions: list[Lesion]) -> list[tuple[str, str]]:
    """Error of one reading of a diameter, from what a scan deviates from the line between its neighbours in time.

    The deviation of the logarithm has the variance of one reading times 1 + w² + (1 - w)², where w weighs the earlier
    neighbour, plus the curvature of the true course, which is least where the neighbours differ by less than 10 %. The
    investigator knew earlier readings, so that this is less than the error between independent readers.
    """
    all_scans, stable = [], []
    for x in lesions:
        for i in range(2, len(x.days) - 1):
            before, _, after = x.diameters[i - 1 : i + 2]
            if x.diameters[i - 1 : i + 2].min() < MEASURABLE or x.days[i + 1] - x.days[i - 1] > 130:
                continue
            w = (x.days[i + 1] - x.days[i]) / (x.days[i + 1] - x.days[i - 1])
            logs = np.log(x.diameters[i - 1 : i + 2])
            error = (logs[1] - w * logs[0] - (1 - w) * logs[2]) / np.sqrt(1 + w**2 + (1 - w) ** 2)
            all_scans.append(error)
            if abs(np.log(after / before)) < 0.1:
                stable.append(error)
    return [
        (f"error of a reading, {kind}, {name}", interval(np.array(values), statistic))
        for kind, values in (("stable lesions", stable), ("all after the first scan", all_scans))
        for name, statistic in (("SD of log diameter", spread), ("the same from the median deviation", robust_spread))
    ]


def growth(lesions: list[Lesion]) -> list[tuple[str, str]]:
    """Rate of growth of the volume of lesions that progress: by 20 % and 5 mm from their smallest diameter on.

    The slope of the logarithm of the volume (diameter cubed) from the smallest to the largest diameter after it. It is
    that of growth under treatment, of lesions that were seen three times or more and that grew: a biased choice.
    """
    rates = np.array([rate for x in lesions if (rate := _growth_rate(x)) is not None])
    pairs = np.array([pair for x in lesions for pair in _successive(x)])
    return [
        ("growth of progressing lesions: median rate (1/day)", interval(rates, median, 4)),
        ("growth of progressing lesions: doubling time of the median (day)", f"{np.log(2) / median(rates):.0f}"),
        ("growth of progressing lesions: SD of the logarithm of the rate", interval(np.log(rates), spread)),
        ("growth of progressing lesions: 10th and 90th percentile", str(np.quantile(rates, [0.1, 0.9]).round(4))),
        ("change of one lesion: rank correlation of successive intervals", interval(pairs, _rank_correlation)),
    ]


def _growth_rate(x: Lesion) -> float | None:
    low = int(np.argmin(x.diameters))
    high = low + int(np.argmax(x.diameters[low:]))
    rise = x.diameters[high] - x.diameters[low]
    if x.diameters[low] < MEASURABLE or rise < max(5.0, 0.2 * x.diameters[low]):
        return None
    return float(np.polyfit(x.days[low : high + 1], 3 * np.log(x.diameters[low : high + 1]), 1)[0])


def _successive(x: Lesion) -> list[tuple[float, float]]:
    if x.diameters.min() < MEASURABLE:
        return []
    rates = np.diff(np.log(x.diameters)) / np.diff(x.days)
    return [(float(a), float(b)) for a, b in pairwise(rates)]


def _rank_correlation(pairs: Array) -> float:
    ranks = pd.DataFrame(pairs).rank()
    return float(ranks[0].corr(ranks[1]))


def likeness(lesions: list[Lesion]) -> list[tuple[str, float]]:
    """Correlation between lesions of a patient in how they change, from published shares of unlike change.

    Lesions change as these do under atezolizumab, their ranks by a normal copula with one correlation between any two
    lesions of a patient. The correlation is the one at which simulated patients show the published share.
    """
    treated = [x for x in lesions if x.arm not in CONTROLS]
    first = np.array([x.diameters[1] / x.diameters[0] for x in treated])
    best = np.array([x.diameters[1:].min() / x.diameters[0] for x in treated])
    at_12_weeks = np.array([x.diameters[j] / x.diameters[0] for x in treated if (j := _near(x, 60, 110)) is not None])
    questions: list[tuple[str, Array, Callable[[Patients], float], tuple[float, ...]]] = [
        ("lesions that respond among those of responders (Osorio 2019)", best, responding, (0.85,)),
        ("one lesion responds and one progresses (8 %; 3.3 to 12.5 %)", at_12_weeks, dissociated, (0.08, 0.033, 0.125)),
        ("every lesion grows at primary progression (Topp 2021)", first, all_growing, (0.22, 0.19, 0.25)),
    ]
    return [
        (f"{title}: correlation at a share of {share}", solve(change, statistic, share))
        for title, change, statistic, shares in questions
        for share in shares
    ]


def _near(x: Lesion, earliest: float, latest: float) -> int | None:
    found = np.flatnonzero((x.days > earliest) & (x.days < latest))
    return int(found[-1]) if len(found) else None


@dataclass(frozen=True)
class Patients:
    """Simulated patients: relative diameter of each lesion, which lesions there are, and relative sum of diameters."""

    change: Array
    there: NDArray[np.bool_]
    sum_change: Array


def simulate(change: Array, correlation: float) -> Patients:
    rng = np.random.default_rng(1)
    shape = (PATIENTS, len(LESIONS))
    there = np.arange(len(LESIONS)) < rng.choice(np.arange(1, len(LESIONS) + 1), (PATIENTS, 1), p=LESIONS)
    shared, own = rng.standard_normal((PATIENTS, 1)), rng.standard_normal(shape)
    size = np.exp(SIZE_SD * rng.standard_normal(shape)) * there
    drawn = np.quantile(change, ndtr(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own))
    return Patients(drawn, there, (size * drawn).sum(axis=1) / size.sum(axis=1))


def responding(patients: Patients) -> float:
    """Share of the lesions that shrink by 30 %, in patients whose sum does."""
    responders = patients.sum_change <= 0.7
    there = patients.there[responders]
    return float(((patients.change[responders] <= 0.7) & there).sum() / there.sum())


def dissociated(patients: Patients) -> float:
    """Share of patients with a lesion that shrinks by 30 % and another that grows by 20 %."""
    shrinks = (patients.change <= 0.7) & patients.there
    grows = (patients.change >= 1.2) & patients.there
    return float((shrinks.any(axis=1) & grows.any(axis=1)).mean())


def all_growing(patients: Patients) -> float:
    """Share of patients all of whose lesions grow by 20 %, among those whose sum does."""
    progressing = patients.sum_change >= 1.2
    grows = (patients.change >= 1.2) | ~patients.there
    return float(grows[progressing].all(axis=1).mean())


def solve(change: Array, statistic: Callable[[Patients], float], target: float) -> float:
    """The correlation on a grid of 0.02 at which the statistic comes nearest to the target."""
    grid = np.arange(0.0, 0.99, 0.02)
    misses = [abs(statistic(simulate(change, float(correlation))) - target) for correlation in grid]
    return float(grid[int(np.argmin(misses))])


if __name__ == "__main__":
    main()
