"""The reference backend: CVODE, in worker processes. Needs the extra ``reference``.

from coley.engine import reference
coley.solve(system, times, backend=reference.follow)
"""

from __future__ import annotations

import pickle
from functools import lru_cache

from joblib import Parallel, delayed

from coley.engine import cvode
from coley.engine.batch import Batch, Control, Paths
from coley.system import System

_WORTH_A_WORKER = 8  # individuals
_CHUNKS_PER_WORKER = 4


def follow(system: System, batch: Batch, control: Control, threads: int) -> Paths:
    """A :class:`coley.engine.batch.Backend`: CVODE keeps the GIL, so that cores are used by processes."""
    workers = min(threads, len(batch) // _WORTH_A_WORKER)
    if workers < 2:
        return cvode.follow(system, batch, control)
    pickled = pickle.dumps(system)
    parallel = Parallel(n_jobs=workers, backend="loky")
    tasks = (delayed(_there)(pickled, part, control) for part in batch.parts(workers * _CHUNKS_PER_WORKER))
    return Paths.joined(parallel(tasks))


def _there(pickled: bytes, batch: Batch, control: Control) -> Paths:
    return cvode.follow(_system(pickled), batch, control)


@lru_cache(maxsize=32)
def _system(pickled: bytes) -> System:
    system: System = pickle.loads(pickled)
    return system
