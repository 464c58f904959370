"""Individuals in parallel: chunks of them to worker processes, with the same result whatever the number of workers."""

from __future__ import annotations

import pickle
from functools import lru_cache
from itertools import pairwise

import numpy as np

from coley.engine.batch import Batch, Control, Path
from coley.system import System

_WORTH_A_WORKER = 8  # individuals
_CHUNKS_PER_WORKER = 4


class Workers:
    """Follows individuals of one System, here or in worker processes."""

    def __init__(self, system: System, control: Control, threads: int) -> None:
        self._system, self._control, self._threads = system, control, threads
        self._pickled = b""

    def follow(self, batch: Batch) -> list[Path]:
        """A Path for each individual, in their order."""
        n = len(batch)
        workers = min(self._threads, n // _WORTH_A_WORKER)
        if workers < 2:
            return _here(self._system, batch, self._control)
        from joblib import Parallel, delayed  # slow to import

        self._pickled = self._pickled or pickle.dumps(self._system)
        cuts = np.linspace(0, n, workers * _CHUNKS_PER_WORKER + 1).astype(int).tolist()
        tasks = [batch.part(a, b) for a, b in pairwise(cuts)]
        parallel = Parallel(n_jobs=workers, backend="loky")
        results = parallel(delayed(_there)(self._pickled, task, self._control) for task in tasks)
        return [path for result in results for path in result]


def _here(system: System, batch: Batch, control: Control) -> list[Path]:
    from coley.engine.cvode import follow  # slow to import

    return follow(system, batch, control)


def _there(pickled: bytes, batch: Batch, control: Control) -> list[Path]:
    return _here(_system(pickled), batch, control)


@lru_cache(maxsize=32)
def _system(pickled: bytes) -> System:
    system: System = pickle.loads(pickled)
    return system
