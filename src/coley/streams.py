"""Random numbers by counter: what patient k draws for a purpose depends on the seed, k and the purpose alone.

Philox4x64: Salmon et al., SC'11 (2011), doi 10.1145/2063384.2063405.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Patients = Sequence[int] | NDArray[np.int64]


def stream(seed: int, purpose: str, patient: int, attempt: int = 0) -> np.random.Generator:
    """The generator of one patient for one purpose. ``attempt`` counts redraws of a rejected patient."""
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose), counter=[0, 0, attempt, patient]))


def normals(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One standard normal deviate for each patient."""
    return np.array([draw.standard_normal() for draw in _streams(seed, purpose, patients, attempt)])


def uniforms(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One uniform deviate in [0, 1) for each patient."""
    return np.array([draw.random() for draw in _streams(seed, purpose, patients, attempt)])


def _streams(seed: int, purpose: str, patients: Patients, attempt: int) -> Iterator[np.random.Generator]:
    """The ``stream`` of each patient in turn: one generator, set anew for each, since making one takes far longer."""
    generator = stream(seed, purpose, 0, attempt)
    state = generator.bit_generator.state
    for patient in patients:
        state["state"]["counter"][3] = patient
        generator.bit_generator.state = state
        yield generator


@lru_cache(maxsize=1024)
def _key(seed: int, purpose: str) -> NDArray[np.uint64]:
    return np.frombuffer(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:16], dtype="<u8")


def seed_of(seed: int, purpose: str) -> int:
    """Another seed for all that draws for ``purpose``."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7], "little")
