"""Facts: what a number is (value, unit, spread, source, how it is known), and the tables that hold numbers."""

from coley.facts.cancer import (
    Antigen,
    Biomarker,
    Cancer,
    Clone,
    Correlation,
    CovariateEffect,
    Organ,
    Physiology,
    Prior,
    normal_correlations,
)
from coley.facts.comorbidity import Comorbidity
from coley.facts.fact import Baseline, Fact
from coley.facts.quantity import Entry, Known, Label, Quantity, Reference, Slug, Source, Text, Unit, like

__all__ = [
    "Antigen",
    "Baseline",
    "Biomarker",
    "Cancer",
    "Clone",
    "Comorbidity",
    "Correlation",
    "CovariateEffect",
    "Entry",
    "Fact",
    "Known",
    "Label",
    "Organ",
    "Physiology",
    "Prior",
    "Quantity",
    "Reference",
    "Slug",
    "Source",
    "Text",
    "Unit",
    "like",
    "normal_correlations",
]
