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
Words = NDArray[np.uint64]
_MANY = 64
"""Patients from whom on numpy draws faster for all at once than one after the other."""
_ROUNDS = 10
_FACTORS = np.array([0xD2E7470EE14C6C93, 0xCA5A826395121157], dtype=np.uint64)
_WEYL = np.array([0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B], dtype=np.uint64)


def stream(seed: int, purpose: str, patient: int, attempt: int = 0) -> np.random.Generator:
    """The generator of one patient for one purpose. ``attempt`` counts redraws of a rejected patient."""
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose), counter=[0, 0, attempt, patient]))


def normals(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One standard normal deviate for each patient."""
    return np.array([draw.standard_normal() for draw in _streams(seed, purpose, patients, attempt)])


def normal_rows(seed: int, purpose: str, patients: Patients, count: int) -> NDArray[np.float64]:
    """(patients, count) so many standard normal deviates for each patient."""
    rows = [draw.standard_normal(count) for draw in _streams(seed, purpose, patients, 0)]
    return np.array(rows).reshape(len(patients), count)


def uniforms(seed: int, purpose: str, patients: Patients, attempt: int = 0) -> NDArray[np.float64]:
    """One uniform deviate in [0, 1) for each patient."""
    if len(patients) < _MANY:
        return np.array([draw.random() for draw in _streams(seed, purpose, patients, attempt)])
    words = _first_words(_key(seed, purpose), attempt, np.asarray(patients))
    return np.asarray((words >> np.uint64(11)) * 2.0**-53)


def uniform_rows(seed: int, purpose: str, patients: Patients, count: int) -> NDArray[np.float64]:
    """(patients, count) so many uniform deviates in [0, 1) for each patient."""
    rows = [draw.random(count) for draw in _streams(seed, purpose, patients, 0)]
    return np.array(rows).reshape(len(patients), count)


def _streams(seed: int, purpose: str, patients: Patients, attempt: int) -> Iterator[np.random.Generator]:
    """The ``stream`` of each patient in turn: one generator, set anew for each, since making one takes far longer."""
    if not len(patients):
        return
    generator = stream(seed, purpose, 0, attempt)
    state = generator.bit_generator.state
    for patient in patients:
        state["state"]["counter"][3] = patient
        generator.bit_generator.state = state
        yield generator


def _first_words(key: Words, attempt: int, patients: NDArray[np.int64]) -> Words:
    """The first 64 random bits of the ``stream`` of each patient, of all at once: ten rounds of Philox4x64."""
    keys, fourth = key.copy(), patients.astype(np.uint64)
    first, second, third = (np.full(len(patients), word, np.uint64) for word in (1, 0, attempt))  # numpy counts first
    for turn in range(_ROUNDS):
        if turn:
            keys += _WEYL
        low, high = first * _FACTORS[0], _high(first, _FACTORS[0])
        first, second = _high(third, _FACTORS[1]) ^ second ^ keys[0], third * _FACTORS[1]
        third, fourth = high ^ fourth ^ keys[1], low
    return first


def _high(words: Words, factor: np.uint64) -> Words:
    """The upper 64 bits of products of 64-bit numbers."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    low, high, other_low, other_high = words & mask, words >> half, factor & mask, factor >> half
    middle = high * other_low + ((low * other_low) >> half)
    return np.asarray(high * other_high + (middle >> half) + ((low * other_high + (middle & mask)) >> half))


@lru_cache(maxsize=1024)
def _key(seed: int, purpose: str) -> NDArray[np.uint64]:
    return np.frombuffer(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:16], dtype="<u8")


def seed_of(seed: int, purpose: str) -> int:
    """Another seed for all that draws for ``purpose``."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7], "little")
