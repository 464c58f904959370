"""Silence for solvers that print."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

_one_at_a_time = threading.Lock()


class _Without:
    """A stream that drops what one thread writes and passes on everything else."""

    def __init__(self, stream: Any, thread: int) -> None:
        self._stream, self._thread = stream, thread

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        written: int = self._stream.write(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what this thread prints: scikit-sundae prints every fault of CVODE, which becomes a reason here instead."""
    with _one_at_a_time, redirect_stdout(_Without(sys.stdout, threading.get_ident())):
        yield
