"""Sensitivity of cancer cells to cytotoxic drugs, whether given as such or carried by an antibody."""

from __future__ import annotations

from coley.facts import Clone
from coley.modeling import Mechanism
from coley.system import Expression


def sensitivity(m: Mechanism, clone: Clone) -> Expression:
    """How sensitive the patient's cells of ``clone`` are, 1 for the first clone of the median patient."""
    patient = m.parameter("chemo_sensitivity", "how sensitive this patient's cancer is to chemotherapy")
    if clone.chemosensitivity is None:
        return patient
    return patient * m.constant(f"chemo_{clone.name}", clone.chemosensitivity, f"sensitivity of {clone.meaning}")
