"""Response of multiple myeloma by the criteria of the International Myeloma Working Group of 2016.

Source: Kumar et al., Lancet Oncol 2016;17:e328-e346, doi 10.1016/S1470-2045(16)30206-6, its table of response criteria.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import nan
from typing import ClassVar

import numpy as np

from coley.trial.response import histories
from coley.trial.response.base import Criteria, Measure
from coley.trial.response.histories import Codes, Flags, Reals, at_least, first_true

# Measurable disease
SERUM_MEASURABLE = 1.0  # g/dL
URINE_MEASURABLE = 200.0  # mg/24 h
FLC_MEASURABLE = 10.0  # mg/dL of the involved chain, with an abnormal ratio
MARROW_MEASURABLE = 30.0  # % plasma cells
FLC_RATIO = (0.26, 1.65)  # normal, kappa to lambda
# Response
MARROW_CLEAR = 5.0  # % plasma cells, below
MRD_NEGATIVE = 1e-5  # of nucleated cells, below
URINE_VGPR = 100.0  # mg/24 h, below
URINE_PR = 200.0  # mg/24 h, below
# Progression: an increase from the nadir by 25 % and by these
PROGRESSION_FRACTION = 0.25
SERUM_INCREASE = 0.5  # g/dL
SERUM_HIGH = 5.0  # g/dL: from a nadir of this or more, 1 g/dL suffices
SERUM_HIGH_INCREASE = 1.0  # g/dL
URINE_INCREASE = 200.0  # mg/24 h
FLC_INCREASE = 10.0  # mg/dL, more than
MARROW_INCREASE = 10.0  # percentage points
PLASMACYTOMA_FRACTION = 0.50  # of the sum of products: less is response, more progression
CIRCULATING_FRACTION = 0.50
CIRCULATING_LEAST = 200.0  # plasma cells per µL


class Response(IntEnum):
    """UPD is biochemical progression that the next assessment has yet to confirm; CR_MRD_NEG is CR without MRD."""

    NE = 0
    PD = 1
    UPD = 2
    SD = 3
    MR = 4
    PR = 5
    VGPR = 6
    CR = 7
    sCR = 8
    CR_MRD_NEG = 9


@dataclass(frozen=True)
class Imwg(Criteria):
    """IMWG 2016. Responses and biochemical progression need two assessments in a row, at any interval.

    Progression dates from the first of the two. Where urine, or what else is measurable in a patient, was not read at a
    visit, it is NE. Marrow, plasmacytomas and MRD hold until they are read again.
    """

    name = "imwg"
    title = "IMWG 2016"
    source = "Kumar et al., Lancet Oncol 2016;17:e328-e346, doi 10.1016/S1470-2045(16)30206-6"
    Code = Response
    labels: ClassVar = {Response.CR_MRD_NEG: "CR MRD-"}
    measures: ClassVar = {
        "serum_m_protein": Measure("monoclonal protein in serum", "g/dL", missing=nan),
        "urine_m_protein": Measure("monoclonal protein in urine", "mg/24 h", missing=nan),
        "flc_kappa": Measure("free kappa light chains in serum", "mg/dL", missing=nan),
        "flc_lambda": Measure("free lambda light chains in serum", "mg/dL", missing=nan),
        "immunofixation": Measure("whether serum or urine is positive by immunofixation", "yes or no", missing=nan),
        "marrow_plasma_cells": Measure("plasma cells of the marrow", "%", missing=nan),
        "clonal_plasma_cells": Measure("whether those of the marrow are clonal", "yes or no", missing=nan),
        "mrd": Measure("clonal share of nucleated cells of the marrow, by flow or sequencing", "1", missing=nan),
        "plasmacytomas": Measure(
            "sum of products of diameters of soft-tissue plasmacytomas, 0 for none", "mm²", missing=0
        ),
        "new_lesions": Measure("how many new plasmacytomas or bone lesions are seen, at least", "1", missing=0),
        "circulating_plasma_cells": Measure("plasma cells in blood", "1/µL", missing=nan),
    }
    progressive = Response.PD
    pending = Response.UPD
    controlled = Response.SD
    responders = Response.PR
    complete = Response.CR
    confirmed = Response.MR

    confirm_after_days: float = 1.0  # two assessments, at any time

    def _judge(self, x: Mapping[str, Reals], day: Reals) -> Codes:
        baseline = _Measurable.of(x)
        read = baseline.read(x)
        biochemical = _biochemical_progression(x, baseline)
        known = histories.last_read(np.where(read | biochemical, biochemical, nan))
        again = biochemical & histories.before(known > 0, False)
        soft = histories.last_read(x["plasmacytomas"])
        smaller = (soft[:, :1] == 0) | _fell(soft, PLASMACYTOMA_FRACTION)
        very_good, partial, minimal = _fallen(x, baseline)
        clear = _clear(x, baseline)
        clonal, mrd = histories.last_read(x["clonal_plasma_cells"]), histories.last_read(x["mrd"])
        return first_true(
            (_visible_progression(x, baseline) | again, Response.PD),
            (biochemical, Response.UPD),
            (~read, Response.NE),
            (clear & (mrd < MRD_NEGATIVE), Response.CR_MRD_NEG),
            (clear & _normal_ratio(x) & (clonal == 0), Response.sCR),
            (clear, Response.CR),
            (very_good & smaller, Response.VGPR),
            (partial & smaller, Response.PR),
            (minimal & smaller, Response.MR),
            otherwise=Response.SD,
        )


@dataclass(frozen=True)
class _Measurable:
    """What can be measured in each patient, (patients, 1), and the difference of involved and uninvolved chains.

    Light chains count only where no M-protein is measurable, and marrow only where light chains are not either.
    """

    serum: Flags
    urine: Flags
    light: Flags
    marrow: Flags
    difference: Reals

    @classmethod
    def of(cls, x: Mapping[str, Reals]) -> _Measurable:
        kappa, lambda_ = x["flc_kappa"], x["flc_lambda"]
        serum = x["serum_m_protein"][:, :1] >= SERUM_MEASURABLE
        urine = x["urine_m_protein"][:, :1] >= URINE_MEASURABLE
        involved = np.maximum(kappa[:, :1], lambda_[:, :1])
        abnormal = ~_normal_ratio(x)[:, :1]
        light = ~serum & ~urine & (involved >= FLC_MEASURABLE) & abnormal
        marrow = ~serum & ~urine & ~light & (x["marrow_plasma_cells"][:, :1] >= MARROW_MEASURABLE)
        return cls(serum, urine, light, marrow, np.sign(kappa - lambda_)[:, :1] * (kappa - lambda_))

    @property
    def protein(self) -> Flags:
        """Whether M-protein is measurable in serum or urine."""
        return np.asarray(self.serum | self.urine)

    def read(self, x: Mapping[str, Reals]) -> Flags:
        """(patients, visits) whether all that is measurable in a patient was read."""
        serum = ~self.serum | ~np.isnan(x["serum_m_protein"])
        urine = ~self.urine | ~np.isnan(x["urine_m_protein"])
        light = self.light & ~np.isnan(self.difference)
        marrow = self.marrow & ~np.isnan(x["marrow_plasma_cells"])
        return np.asarray((self.protein & serum & urine) | light | marrow)


def _fell(values: Reals, fraction: float) -> Flags:
    """Whether values are below the baseline by at least a fraction of it."""
    return at_least(values[:, :1] - values, fraction * values[:, :1])


def _fallen(x: Mapping[str, Reals], baseline: _Measurable) -> tuple[Flags, Flags, Flags]:
    """Whether what is measurable fell as VGPR, PR and MR ask. Urine that was not measurable must stay below."""
    serum, urine, light = x["serum_m_protein"], x["urine_m_protein"], baseline.difference
    unmeasured = ~baseline.urine & np.isnan(urine)
    urine_partial = (urine < URINE_PR) | (baseline.urine & _fell(urine, 0.90)) | unmeasured
    very_good = (~baseline.serum | _fell(serum, 0.90)) & ((urine < URINE_VGPR) | unmeasured)
    partial = (~baseline.serum | _fell(serum, 0.50)) & urine_partial
    minimal = (~baseline.serum | _fell(serum, 0.25)) & (urine_partial | _fell(urine, 0.50))
    by_marrow = baseline.marrow & _fell(x["marrow_plasma_cells"], 0.50)
    return (
        (baseline.protein & very_good) | (baseline.light & _fell(light, 0.90)),
        (baseline.protein & partial) | (baseline.light & _fell(light, 0.50)) | by_marrow,
        baseline.protein & minimal,
    )


def _normal_ratio(x: Mapping[str, Reals]) -> Flags:
    low, high = FLC_RATIO
    kappa, lambda_ = x["flc_kappa"], x["flc_lambda"]
    return np.asarray((kappa >= low * lambda_) & (kappa <= high * lambda_))


def _clear(x: Mapping[str, Reals], baseline: _Measurable) -> Flags:
    """CR: negative immunofixation, no plasmacytoma, marrow below 5 %; a normal ratio where chains are the measure."""
    marrow = histories.last_read(x["marrow_plasma_cells"]) < MARROW_CLEAR
    soft = histories.last_read(x["plasmacytomas"]) == 0
    return np.asarray((x["immunofixation"] == 0) & soft & marrow & (~baseline.light | _normal_ratio(x)))


def confirmed_nadirs(values: Reals) -> Reals:
    """Lowest confirmed value before each visit: the baseline, or what two readings in a row came down to."""
    known = histories.last_read(values)
    both = values.copy()
    both[:, 1:] = np.maximum(values[:, 1:], known[:, :-1])
    return histories.nadirs(both)


def _biochemical_progression(x: Mapping[str, Reals], baseline: _Measurable) -> Flags:
    """Whether M-protein, light chains or circulating plasma cells rose enough from their lowest confirmed value."""
    serum, urine, light = x["serum_m_protein"], x["urine_m_protein"], baseline.difference
    cells = x["circulating_plasma_cells"]
    low_serum, low_urine, low_light, low_cells = (confirmed_nadirs(each) for each in (serum, urine, light, cells))
    by_serum = at_least(serum - low_serum, np.maximum(PROGRESSION_FRACTION * low_serum, SERUM_INCREASE)) | (
        (low_serum >= SERUM_HIGH) & at_least(serum - low_serum, SERUM_HIGH_INCREASE)
    )
    by_urine = at_least(urine - low_urine, np.maximum(PROGRESSION_FRACTION * low_urine, URINE_INCREASE))
    by_light = at_least(light - low_light, PROGRESSION_FRACTION * low_light) & (light - low_light > FLC_INCREASE)
    by_cells = at_least(cells - low_cells, CIRCULATING_FRACTION * low_cells) & (cells >= CIRCULATING_LEAST)
    nothing_else = ~baseline.protein & ~baseline.light & ~baseline.marrow
    return np.asarray(by_serum | by_urine | (~baseline.protein & by_light) | (nothing_else & by_cells))


def _visible_progression(x: Mapping[str, Reals], baseline: _Measurable) -> Flags:
    """Progression that needs no second assessment: new or growing plasmacytomas, new bone lesions, marrow."""
    soft, marrow = x["plasmacytomas"], x["marrow_plasma_cells"]
    low_soft, low_marrow = histories.nadirs(soft), histories.nadirs(marrow)
    larger = (low_soft > 0) & at_least(soft - low_soft, PLASMACYTOMA_FRACTION * low_soft)
    fuller = at_least(marrow - low_marrow, np.maximum(PROGRESSION_FRACTION * low_marrow, MARROW_INCREASE))
    return np.asarray((x["new_lesions"] > 0) | larger | (~baseline.protein & ~baseline.light & fuller))


CRITERIA = Imwg()
