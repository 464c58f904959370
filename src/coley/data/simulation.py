"""Simulation of records: every individual's course, with a row of results for each observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.data.changing import changing, with_changing
from coley.data.engine_call import Progress, Settings, follow
from coley.data.entering import entering, idle
from coley.data.episodes import DOSE_COLUMNS, Episodes, episodes, on_grid
from coley.data.records import Records
from coley.data.steady import ALWAYS, Steady, joined, resting_states, steady_states, still_running
from coley.engine import Simulation
from coley.engine.batch import Budget
from coley.engine.checks import observable_problems, time_problems
from coley.errors import ColeyError, Problem
from coley.system import System

Floats = NDArray[np.float64]
_OUTCOME = ["status", "reason", "event", "end_time"]
_COUNTS = ["steps", "rejections", "evaluations", "jacobians"]


@dataclass(frozen=True, eq=False)
class Course:
    """What :func:`simulate` gives.

    Attributes:
        rows: a row per observation, in the order of records and times: ID, TIME, DV where the records have it, and the
            observables. NaN where the individual did not get that far.
        individuals: a row per individual, with its ID as index: ``status`` ("ok", "no_steady_state" or why the solver
            could not go on), ``reason``, ``event`` (the event that ended it, or "") and ``end_time``.
    """

    rows: pd.DataFrame
    individuals: pd.DataFrame


def simulate(
    system: System,
    records: Records | None = None,
    *,
    times: Sequence[float] | Floats | None = None,
    parameters: pd.DataFrame | None = None,
    observables: Sequence[str] | None = None,
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    budget: Budget | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Course:
    """Simulate doses and observations of many individuals at once.

    An individual starts from its initial states at its first record, or the first of ``times`` if that is earlier.

    Args:
        system: the model.
        records: doses and observations, as :func:`read_records` gives them.
        times: output times of every individual, beside its observations; a value at the time of a dose is that after
            it.
        parameters: a row per individual, as :func:`read_cohort` or :func:`draw` give it, with its ID as index. Every ID
            of the records must be in it; who is in it alone is simulated without doses, at ``times``.
        observables: states, parameters or rules to return; default all states and rules.
        rtol, atol, threads: as in :func:`coley.solve`.
        budget: of each episode; a course has one more for each reset or steady state in its middle.
        progress: told how many episodes have been followed since it was told last: one per individual, and one more for
            each reset or steady state in the middle of a course.

    Raises:
        ColeyError: records and parameters that do not fit each other, or what :func:`coley.solve` refuses.
    """
    names = list(observables) if observables is not None else [*system.state_names, *(r.name for r in system.rules)]
    table, rows = _joined(system, records, parameters, times, names)
    moving = [name for name in changing(rows) if name not in idle(system)]
    system = with_changing(system, moving)
    cut = episodes(rows, moving)
    settings = Settings(rtol, dict(atol or {}), threads, progress, budget)
    own = table.drop(columns=moving).iloc[cut.who].reset_index(drop=True).join(cut.began)
    doses, failed = cut.doses, pd.Series("", index=np.arange(len(cut.who)), dtype=object)
    if len(cut.steady):
        own, doses, failed = _from_steady_states(system, cut, own, settings)
    course = follow(system, cut.times, own, doses, names, settings)
    return Course(_results(course, cut, table.index, names, failed), _outcomes(course, cut, table.index, failed))


def _joined(
    system: System,
    records: Records | None,
    parameters: pd.DataFrame | None,
    times: Sequence[float] | Floats | None,
    names: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parameters of every individual, and the records of all."""
    problems = [*(time_problems(times, 0) if times is not None else ()), *observable_problems(system, names)]
    table = individuals(records, parameters, problems)
    rows = _rows_of(records, table)
    if times is None and not (rows["EVID"] == 0).any():
        what = "hold no observation, and there are no times"
        problems.append(Problem("records", what, "give EVID 0 records or times"))
    if times is not None and ((rows["TIME"].diff() < 0) & (rows["who"].diff() == 0)).any():
        problems.append(Problem("times", "mean two things where a reset sets TIME back", "use EVID 0 records"))
    if problems:
        raise ColeyError(problems)
    rows = entering(system, rows, table)
    return table, rows if times is None else on_grid(rows, len(table), times)


def individuals(records: Records | None, parameters: pd.DataFrame | None, problems: list[Problem]) -> pd.DataFrame:
    """A row of parameters for every individual, those of the records included; what does not fit joins ``problems``."""
    if records is None or records.everyone:
        given = pd.DataFrame(index=pd.RangeIndex(1, name="ID")) if parameters is None else parameters
        return given if records is None else given.assign(**{str(k): v for k, v in records.parameters.iloc[0].items()})
    if parameters is None:
        return records.parameters
    strangers = records.parameters.index.difference(parameters.index, sort=False)
    if len(strangers):
        named = ", ".join(map(str, strangers[:5])) + (", ..." if len(strangers) > 5 else "")
        what = f"have no row for {len(strangers)} individuals of the records: {named}"
        problems.append(Problem("parameters", what, "IDs of both must be the same"))
        return records.parameters
    both = records.parameters.columns.intersection(parameters.columns)
    problems += [Problem(f"parameters, {name}", "is also a column of the records", "give it once") for name in both]
    if len(both) or records.parameters.columns.empty:
        return parameters
    if len(parameters) > len(records.parameters):
        problems.append(Problem("records", "give parameters that some individuals do not have", "give each a record"))
    return parameters.join(records.parameters)


def _rows_of(records: Records | None, table: pd.DataFrame) -> pd.DataFrame:
    """The records, in the order of individuals, ``who`` being a position in ``table``."""
    if records is None:
        return pd.DataFrame({"who": np.zeros(0, np.intp), "TIME": np.zeros(0), "EVID": np.zeros(0, np.intp)})
    if not records.everyone:
        place = table.index.get_indexer(records.parameters.index)
        rows = records.rows.assign(who=place[records.rows["who"].to_numpy()])
        return rows.sort_values("who", kind="stable", ignore_index=True)
    n = len(records.rows)
    rows = records.rows.iloc[np.tile(np.arange(n), len(table))].reset_index(drop=True)
    return rows.assign(who=np.repeat(np.arange(len(table)), n))


def _from_steady_states(
    system: System, cut: Episodes, own: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Parameters with the initial states of every episode, all doses, and why some episodes have no steady state."""
    initial = Simulation(system, own).states
    failed = pd.Series("", index=range(len(own)), dtype=object)
    constant = cut.steady["rate"] > 0
    for asked, find in ((cut.steady[~constant], steady_states), (cut.steady[constant], _constantly_infused)):
        if len(asked):
            rows = asked.index.to_numpy()
            found = find(system, asked, own.iloc[rows], initial[rows], settings)
            initial[rows] = found.states
            failed[rows] = found.reason
    rows = cut.steady.index.to_numpy()
    running = still_running(cut.steady, cut.steady["II"].to_numpy(), cut.steady["TIME"].to_numpy())
    running["ID"] = rows[running["ID"].to_numpy(dtype=np.intp)]
    states = dict(zip(system.state_names, initial.T, strict=True))
    return own.assign(**states), joined(cut.doses, running) if len(cut.doses) else running, failed


def _constantly_infused(
    system: System, asked: pd.DataFrame, parameters: pd.DataFrame, initial: Floats, settings: Settings
) -> Steady:
    """States of individuals who have always had the infusion that ends now."""
    start = asked["TIME"].to_numpy(dtype=float) - ALWAYS
    amount = asked["rate"].to_numpy() * ALWAYS
    columns = (np.arange(len(asked)), start, amount, np.full(len(asked), ALWAYS), asked["CMT"].to_numpy())
    doses = pd.DataFrame(dict(zip(DOSE_COLUMNS, columns, strict=True)))
    return resting_states(system, start, parameters, initial, doses, settings)


def _results(course: xr.Dataset, cut: Episodes, ids: pd.Index, names: Sequence[str], failed: pd.Series) -> pd.DataFrame:
    seen = cut.observed
    episode, position = seen["episode"].to_numpy(), seen["position"].to_numpy()
    lost = (failed != "").to_numpy()[episode]
    columns = {"ID": ids[seen["who"].to_numpy()], "TIME": seen["TIME"].to_numpy()}
    if seen["DV"].notna().any():
        columns["DV"] = seen["DV"].to_numpy()
    values = {name: np.where(lost, np.nan, course[name].to_numpy()[episode, position]) for name in names}
    return pd.DataFrame(columns | values)


def _outcomes(course: xr.Dataset, cut: Episodes, ids: pd.Index, failed: pd.Series) -> pd.DataFrame:
    """The status of every individual: that of its first episode that went wrong, else that of its last."""
    frame = course[[*_OUTCOME, *_COUNTS]].to_dataframe().reset_index(drop=True)
    stuck = (failed != "").to_numpy()
    frame.loc[stuck, "status"] = "no_steady_state"
    frame.loc[stuck, "reason"] = failed[stuck]
    frame["who"] = cut.who
    frame["good"] = frame["status"] == "ok"
    last = ~frame["who"].duplicated(keep="last")
    chosen = frame[~frame["good"] | last].drop_duplicates("who").set_index("who")[_OUTCOME]
    by_who = frame.groupby("who")[_COUNTS]
    counts = by_who.sum().where(by_who.min() >= 0, -1)
    return chosen.join(counts).set_axis(ids[chosen.index], axis=0)
