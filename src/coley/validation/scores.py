"""How well figures were foreseen, by kind, fitted apart from predicted, with the yardsticks beside the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

THIRD = 1 / 3
_Z = 1.959964


def scores(figures: pd.DataFrame) -> pd.DataFrame:
    """A row for each kind of figure, of fitted and of predicted trials.

    Columns: trials (fitted or predicted), figures, n, error (mean absolute: points of a rate, log of a ratio; of a
    median, the share further off than a third), n_copied, error_copied and looked_up (the model and the look-up on the
    figures that have one), n_regressed, error_regressed and regressed, coverage (share of published figures inside the
    95 % intervals) and width (median width of the intervals, relative to that of sampling alone).
    """
    strata = figures["arm"].str.contains(" | ", regex=False)
    endpoint = figures["endpoint"]
    kinds = {
        "ORR, arms": (endpoint == "ORR") & ~strata,
        "ORR, strata": (endpoint == "ORR") & strata,
        "CR, arms": (endpoint == "CR") & ~strata,
        "log HR of OS": (endpoint == "OS_HR") & ~strata,
        "log HR of PFS": (endpoint == "PFS_HR") & ~strata,
        "median OS": (endpoint == "OS_median") & ~strata,
        "median PFS": (endpoint == "PFS_median") & ~strata,
        "rates at landmarks": endpoint.str.fullmatch(r"[A-Z]+_\d+mo") & ~strata,
        "all": pd.Series(True, index=figures.index),
    }
    rows = []
    for fitted, name in ((False, "predicted"), (True, "fitted")):
        for kind, chosen in kinds.items():
            part = figures[chosen & (figures["fitted"] == fitted) & figures["predicted"].notna()]
            if len(part):
                rows.append({"trials": name, "figures": kind, **_row(part, kind)})
    return pd.DataFrame(rows)


def _row(part: pd.DataFrame, kind: str) -> dict[str, float]:
    copied, regressed = part[part["looked_up"].notna()], part[part["regressed"].notna()]
    return {
        "n": len(part),
        "error": _error(part, "predicted", kind),
        "n_copied": len(copied),
        "error_copied": _error(copied, "predicted", kind),
        "looked_up": _error(copied, "looked_up", kind),
        "n_regressed": len(regressed),
        "error_regressed": _error(regressed, "predicted", kind),
        "regressed": _error(regressed, "regressed", kind),
        "coverage": float((part["standardised"].abs() <= _Z).mean()),
        "width": float(part["width"].median()),
    }


def _error(part: pd.DataFrame, column: str, kind: str) -> float:
    """Mean absolute error; of medians, the share that is off by more than a third; NaN for what does not compare."""
    if kind == "all" or not len(part):
        return np.nan
    published, found = part["published"].to_numpy(float), part[column].to_numpy(float)
    if kind.startswith("log"):
        return float(np.abs(np.log(found) - np.log(published)).mean())
    if kind.startswith("median"):
        return float((np.abs(found / published - 1) > THIRD).mean())
    return float(np.abs(found - published).mean())
