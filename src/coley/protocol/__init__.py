"""Protocol of a trial: who may enter, what is given, when patients are seen; and what was published of it."""

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
    "Arm",
    "Eligibility",
    "Option",
    "PriorLine",
    "Published",
    "Range",
    "Stratum",
    "Subsequent",
    "Trial",
    "Visits",
]
