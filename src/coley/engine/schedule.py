"""The segments of many individuals at once, as flat arrays: what :func:`coley.engine.doses.segments` says of one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coley.engine.batch import Batch
from coley.engine.doses import Doses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Schedule(NamedTuple):
    """Segments of individuals, one individual after another.

    Attributes:
        first: first segment of each individual, and the number of segments in all.
        start, end: days, per segment.
        bolus_first, inflow_first: first bolus and inflow of each segment, and their number in all.
        bolus_state, bolus_amount: what is added to which state at the start of the segment.
        inflow_state, inflow_rate: what flows into which state per day.
    """

    first: Integers
    start: Floats
    end: Floats
    bolus_first: Integers
    bolus_state: Integers
    bolus_amount: Floats
    inflow_first: Integers
    inflow_state: Integers
    inflow_rate: Floats


def schedule(batch: Batch, switches: Floats) -> Schedule:
    """The segments of every individual of ``batch``, from where it stands to the last output time.

    Args:
        switches: individual × switch, days at which segments are cut besides; NaN for none.
    """
    start, end = batch.start, batch.end
    row, doses = _theirs(batch)
    instant = doses.end == doses.begin
    given = instant & (doses.begin >= start[row]) & (doses.begin < end[row])
    flowing = ~instant & (doses.begin < end[row]) & (doses.end > start[row])
    bolus, inflow = np.flatnonzero(given), np.flatnonzero(flowing)
    begin = np.maximum(doses.begin[inflow], start[row[inflow]])
    stop = np.minimum(doses.end[inflow], end[row[inflow]])

    people = np.arange(len(batch))
    switching = np.nonzero((switches > start[:, None]) & (switches < end[:, None]))
    who = np.concatenate([people, people, row[bolus], row[inflow], row[inflow], switching[0]])
    when = np.concatenate([start, end, doses.begin[bolus], begin, stop, switches[switching]])
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    new = np.ones(len(who), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (when[1:] != when[:-1])
    cut = np.empty(len(order), dtype=np.int64)
    cut[order] = np.cumsum(new) - 1
    owner, time = who[new], when[new]

    cuts = np.bincount(owner, minlength=len(batch))
    counts = np.maximum(cuts - 1, 1)  # one segment of no length where an individual stands at the end already
    first = np.concatenate([[0], np.cumsum(counts)])
    first_cut = np.cumsum(cuts) - cuts
    inside = np.arange(first[-1]) - np.repeat(first[:-1], counts)
    left = np.repeat(first_cut, counts) + inside
    right = np.minimum(left + 1, np.repeat(first_cut + cuts - 1, counts))
    segment = first[owner] + np.arange(len(owner)) - first_cut[owner]  # that begins at each cut

    n, k = 2 * len(batch), len(inflow)
    at_bolus = segment[cut[n : n + len(bolus)]]
    at = n + len(bolus)
    a, b = segment[cut[at : at + k]], segment[cut[at + k : at + 2 * k]]
    spans = b - a
    at_inflow = np.repeat(a, spans) + np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans)
    rate = doses.amount[inflow] / (doses.end[inflow] - doses.begin[inflow])
    bolus_first, bolus_order = _grouped(at_bolus, first[-1])
    inflow_first, inflow_order = _grouped(at_inflow, first[-1])
    return Schedule(
        first.astype(np.int64),
        time[left],
        time[right],
        bolus_first,
        doses.state[bolus][bolus_order].astype(np.int64),
        doses.amount[bolus][bolus_order],
        inflow_first,
        np.repeat(doses.state[inflow], spans)[inflow_order].astype(np.int64),
        np.repeat(rate, spans)[inflow_order],
    )


def _theirs(batch: Batch) -> tuple[Integers, Doses]:
    """The doses of the batch's individuals, and the row of the individual that each belongs to."""
    numbers = batch.doses.individual
    if not len(batch) or not len(numbers):
        return np.zeros(0, dtype=np.int64), Doses.none()
    row = np.minimum(np.searchsorted(batch.individual, numbers), len(batch) - 1)
    known = batch.individual[row] == numbers
    return row[known], batch.doses[known]


def _grouped(segment: Integers, segments: int) -> tuple[Integers, Integers]:
    """Where each segment's items begin once they are in order of segments, and that order."""
    counts = np.bincount(segment, minlength=segments)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.argsort(segment, kind="stable")
