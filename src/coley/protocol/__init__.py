"""Protocol of a trial: who may enter, what is given, when patients are seen; and what was published of it."""

from coley.protocol.claim import MEASURES, Bounds, Claim, ClaimArm, Difference, Equivalence, Evidence, Order, Rule
from coley.protocol.customary import SCANS, least_age
from coley.protocol.schema import (
    Arm,
    Eligibility,
    Option,
    PriorLine,
    Published,
    Range,
    Stratum,
    Subsequent,
    Trial,
    Visits,
)

__all__ = [
    "MEASURES",
    "SCANS",
    "Arm",
    "Bounds",
    "Claim",
    "ClaimArm",
    "Difference",
    "Eligibility",
    "Equivalence",
    "Evidence",
    "Option",
    "Order",
    "PriorLine",
    "Published",
    "Range",
    "Rule",
    "Stratum",
    "Subsequent",
    "Trial",
    "Visits",
    "least_age",
]
