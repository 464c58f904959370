"""Words that end one field of a regimen and begin another."""

from __future__ import annotations

import re

from coley.regimen.scanner import Part
from coley.regimen.vocabulary import ROUTE_PHRASE

WORD = re.compile(r"[^ ]+")
SCHEDULE_AHEAD = re.compile(
    r"(?:over|once|twice|thrice|bid|tid|qid|on|at|from|days?|daily|weekly|monthly|every|for|until|unless|if|up)"
    r"(?![a-z0-9-])|[0-9]+ +days +(?:a|per) +week|(?:two|three|four|five|six|seven) |q *-?[0-9.]|x *-?[0-9.]"
    r"|d *-?[0-9]|[0-9.]+ *[a-z]+ +before(?![a-z0-9-])"
)
"""Matches where the schedule of an administration begins, or the time of its infusion."""


def route_ahead(part: Part) -> bool:
    """Whether a route comes next."""
    return part.peek(ROUTE_PHRASE) is not None
