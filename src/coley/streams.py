"""Random numbers by counter: what patient k draws for a purpose depends on the seed, k and the purpose alone.

Philox4x64: Salmon et al., SC'11 (2011), doi 10.1145/2063384.2063405.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Patients = Sequence[int] | NDArray[np.int64]


def stream(seed: int, purpose: str, patient: int, attempt: int = 0) -> np.random.Generator:
    """The generator of one patient for one purpose. ``attempt`` counts redraws of a rejected patient."""
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose), counter=[0, 0, attempt, patient]))


def normals(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One standard normal deviate for each patient."""
    return np.array([stream(seed, purpose, int(patient), attempt).standard_normal() for patient in patients])


def uniforms(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One uniform deviate in [0, 1) for each patient."""
    return np.array([stream(seed, purpose, int(patient), attempt).random() for patient in patients])


@lru_cache(maxsize=1024)
def _key(seed: int, purpose: str) -> NDArray[np.uint64]:
    return np.frombuffer(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:16], dtype="<u8")
