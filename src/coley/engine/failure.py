"""Why a solver could not go on, as a sentence with a remedy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coley.engine.batch import Control
from coley.system import System

Floats = NDArray[np.float64]


REMEDIES = {
    "step_too_small": "check this individual's parameters and doses",
    "too_many_steps": "check this individual's parameters and doses, or allow more steps or larger errors",
    "nonfinite": "check this individual's parameters and doses",
    "timeout": "allow more seconds or larger errors, or check this individual's parameters and doses",
    "too_many_events": "look for events that set each other off without end",
}
"""What to do about each status."""


def reason(system: System, control: Control, status: str, what: str, time: float, y: Floats, rates: Floats) -> str:
    """What the solver could not do at ``time``, which state is hardest to follow there, and what to do about it.

    Args:
        what: such as "found no step that is small enough at".
        rates: of change, at the states ``y``.
    """
    strange = [repr(system.state_names[k]) for k in np.flatnonzero(~np.isfinite(rates))]
    if strange:
        named = ", ".join(strange[:3]) + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
        why = f"where the rate of change of {named} is not a finite number"
    else:
        k = int(np.argmax(np.abs(rates) / (control.rtol * np.abs(y) + control.atol)))
        why = f"where {system.state_names[k]!r} changes fastest ({y[k]:.3g}, by {rates[k]:.3g} per {system.time_unit})"
    return f"the solver {what} {system.time_unit} {time:.6g}, {why}; {REMEDIES[status]}"
