"""On demand: mechanisms that a model has only where a drug acts on what they declare.

They are neutral where no drug acts on them, so that a model need not carry them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coley.mechanisms.ido1 import ido1
from coley.mechanisms.lag3 import lag3
from coley.mechanisms.tgf_beta import tgf_beta
from coley.mechanisms.tigit import tigit
from coley.modeling import Context, Mechanism

ON_DEMAND: tuple[Callable[[Context], Mechanism], ...] = (lag3, tigit, ido1, tgf_beta)


def asked_for(context: Context, parts: Sequence[Mechanism]) -> list[Mechanism]:
    """Those of ``ON_DEMAND`` that declare a shared term which ``parts`` contribute to."""
    targets = {target for part in parts for target, _ in part.contributions}
    found = [mechanism(context) for mechanism in ON_DEMAND]
    return [part for part in found if targets & {term.name for term in (*part.totals, *part.products)}]
