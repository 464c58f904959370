"""What a trial has by custom where nobody says otherwise: days of scans, and the least age."""

from __future__ import annotations

from coley.facts import Cancer
from coley.protocol.schema import Eligibility, Visits

# RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228) asks for scans every 6 to 8 weeks on treatment.
SCANS = Visits(scans=(8, 16, 24, 32, 40, 48), every=12)


def least_age(cancer: Cancer) -> float:
    """Years from which patients enter: as adults, or younger where the cancer is one of children."""
    age, adult = cancer.patients.get("age"), Eligibility().age_min
    return adult if age is None or age.bounds is None else min(adult, age.bounds[0])
