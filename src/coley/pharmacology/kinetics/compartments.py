"""Compartments: a drug whose target takes so little of it that clearance is linear."""

from __future__ import annotations

from typing import Literal

from coley.pharmacology.disposition import Disposition


class Compartments(Disposition):
    """One or two compartments with linear clearance."""

    kind: Literal["compartments"]
