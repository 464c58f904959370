"""Resected solid tumours: what surgery left, at sites that no scan shows yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from coley.disease.kinds.solid import Floats, Solid
from coley.modeling import REST
from coley.streams import Patients, normals, uniforms


class Resected(Solid):
    """Solid tumours after complete resection. The endpoint is recurrence, which scans show from some millimetres on.

    The tumour that surgery takes grows in the rest (R) until it is diagnosed; deposits of it grow beside it at the
    other sites. Patients begin at diagnosis with the rest empty, and with the immune memory of what was in it.
    """

    kind: ClassVar[str] = "resected"
    visible: ClassVar[str] = "smallest_recurrence"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Surgery takes the tumour that was diagnosed whole; what is left are deposits at up to four other sites.",
        "Deposits were shed early and have grown as the tumour did; some patients have none, and are cured by surgery.",
        "Who has a deposit that scans show is not operated on: deposits that would be seen are taken as just below.",
        "A recurrence is seen from the smallest diameter that a scan shows with certainty.",
        "Whether the last cells of a deposit die out is chance, decided at each visit.",
    )

    def start(self, patients: Patients, *, seed: int, attempt: int) -> Mapping[str, Floats]:
        """Deposits, as cells relative to those of the tumour at its own start; the tumour itself is in the rest."""
        facts = self.patients
        spread = uniforms(seed, "microscopic disease", patients, attempt) < facts["microscopic"].value
        size = facts["deposit"]
        sigma = np.sqrt(np.log1p((size.cv or 0.0) ** 2))
        shared = normals(seed, "deposits", patients, attempt)
        seeds = {**super().start(patients, seed=seed, attempt=attempt), f"C_seed_{REST}": np.ones(len(patients))}
        for k, site in enumerate(self.targets):
            # the next deposit is a fifth of the one before, as sizes of metastases go
            own = size.value * np.exp(sigma * shared) * 0.2**k
            seeds[f"C_seed_{site}"] = np.where(spread, np.minimum(own, 1.0), 0.0)
        return seeds

    def arranged(self, patients: pd.DataFrame) -> pd.DataFrame:
        """The deposits from the largest down, and the rest as surgery leaves it: empty."""
        resected = super().arranged(patients)
        states = self.model().state_names
        largest = self.patients["deposit_largest"].value
        for site in self.targets:
            here = [name for name in states if name.endswith(f"_{site}")]
            cells = resected[[f"C_{clone.name}_{site}" for clone in self.cancer.clones]].sum(axis=1)
            resected[here] = resected[here].mul(largest / np.maximum(cells, largest), axis=0)
        resected[[name for name in states if name.endswith(f"_{REST}")]] = 0.0
        return resected
