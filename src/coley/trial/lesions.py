"""What a scan shows: target lesions, each a sphere with its share of the burden, read with error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.catalogue.schema import Quantity
from coley.population.spread import values
from coley.streams import stream

Floats = NDArray[np.float64]
MAX_TARGETS = 5  # RECIST 1.1, section 3.1.2
_EVENNESS = 2.0  # of the Dirichlet shares of target lesions: 1 is any split alike, more is more even; an assumption


@dataclass(frozen=True)
class Lesions:
    """Target lesions of all patients, and how they will be read.

    Attributes:
        share: (patients, MAX_TARGETS) share of the burden in each target lesion; 0 in slots without one.
        elsewhere: (patients,) share that no target lesion holds: non-target disease.
        errors: (patients, visits, MAX_TARGETS) standard normal reading errors of the logarithm of a diameter.
        missed: (patients, visits) scans that will not be made; never the first, which is the baseline.
        reader_error: standard deviation of the logarithm of a diameter.
        smallest: diameter in mm below which a lesion has disappeared.
    """

    share: Floats
    elsewhere: Floats
    errors: Floats
    missed: NDArray[np.bool_]
    reader_error: float
    smallest: float

    def read(self, volume: Floats, visit: int) -> Floats:
        """(patients, MAX_TARGETS) diameters in whole mm at a visit: 0 where a lesion is gone, NaN where not scanned.

        Args:
            volume: (patients,) volume of all lesions in mL.
        """
        true = diameter(self.share * volume[:, None])
        seen = np.where(true < self.smallest, 0.0, np.round(true * np.exp(self.reader_error * self.errors[:, visit])))
        seen[self.missed[:, visit]] = np.nan
        return seen

    def others_gone(self, volume: Floats) -> NDArray[np.bool_]:
        """(patients,) whether the non-target lesions have disappeared, taken as one."""
        return np.asarray(diameter(self.elsewhere * volume) < self.smallest)


def diameter(volume: Floats) -> Floats:
    """Diameter in mm of a sphere of ``volume`` in mL."""
    return np.asarray(10.0 * np.cbrt(6.0 / np.pi * np.maximum(volume, 0.0)))


def lesions(facts: Mapping[str, Quantity], patients: Sequence[int], visits: int, *, seed: int) -> Lesions:
    """Draw the target lesions of ``patients``, by their numbers, and the reading errors of ``visits`` scans.

    Args:
        facts: ``n_lesions`` (mean number of target lesions), ``target_share`` (of the burden, in all of them together),
            ``reader_error``, ``scan_missed`` (probability) and ``smallest_lesion`` (mm).
    """
    n = len(patients)
    share = np.zeros((n, MAX_TARGETS))
    errors = np.empty((n, visits, MAX_TARGETS))
    missed = np.empty((n, visits), dtype=np.bool_)
    more = (facts["n_lesions"].value - 1) / (MAX_TARGETS - 1)
    deviates = np.empty(n)
    for row, patient in enumerate(patients):
        draw = stream(seed, "lesions", int(patient))
        number = 1 + draw.binomial(MAX_TARGETS - 1, more)
        share[row, :number] = np.sort(draw.dirichlet(np.full(number, _EVENNESS)))[::-1]
        deviates[row] = draw.standard_normal()
        reading = stream(seed, "scans", int(patient))
        errors[row] = reading.standard_normal((visits, MAX_TARGETS))
        missed[row] = reading.random(visits) < facts["scan_missed"].value
    missed[:, 0] = False
    targets = values(facts["target_share"], deviates)
    reader_error, smallest = facts["reader_error"].value, facts["smallest_lesion"].value
    return Lesions(share * targets[:, None], 1 - targets, errors, missed, reader_error, smallest)
