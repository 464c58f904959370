"""Cases in parallel processes, each with a limit on its time: one that hangs or crashes costs only itself."""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from coley.sbml.conformance.cases import Case
from coley.sbml.conformance.judge import Verdict

Judge = Callable[[Case], Verdict]
_CONTEXT = multiprocessing.get_context("spawn")


def run(cases: Sequence[Case], judge: Judge, workers: int, seconds: float) -> Iterator[Verdict]:
    """A verdict on each case, as it comes.

    Args:
        judge: a function that a new process can import.
        seconds: limit for each case, after which its process ends.
    """
    waiting = list(reversed(cases))
    busy = [_Worker(judge) for _ in range(min(workers, len(cases)))]
    try:
        for worker in busy:
            worker.begin(waiting.pop())
        while busy:
            wait([worker.pipe for worker in busy], timeout=0.1)
            for worker in list(busy):
                verdict = worker.verdict(seconds)
                if verdict is None:
                    continue
                yield verdict
                if waiting:
                    worker.begin(waiting.pop())
                else:
                    busy.remove(worker)
                    worker.end()
    finally:
        for worker in busy:
            worker.end()


@dataclass
class _Worker:
    """A process that judges one case after the other."""

    judge: Judge
    pipe: Connection[Any, Any] = field(init=False)
    _process: Any = field(init=False, default=None)
    _case: Case | None = None
    _began: float = math.inf

    def begin(self, case: Case) -> None:
        if self._process is None:
            self.pipe, theirs = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(target=_serve, args=(theirs, self.judge), daemon=True)
            self._process.start()
            theirs.close()
            self._began = math.inf  # until it says that it has started
        else:
            self._began = time.monotonic()
        self._case = case
        self.pipe.send(case)

    def verdict(self, seconds: float) -> Verdict | None:
        """The verdict, if there is one by now."""
        assert self._case is not None
        name = self._case.name
        try:
            if self.pipe.poll():
                found: Verdict | None = self.pipe.recv()
                if found is None:
                    self._began = time.monotonic()
                return found
        except (EOFError, OSError):
            self.end()
            return Verdict(name, "crashed", "process ended")
        if time.monotonic() - self._began < seconds:
            return None
        self.end()
        return Verdict(name, "timeout", f"more than {seconds:g} s")

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.pipe.close()
            self._process = None


def _serve(pipe: Connection[Any, Any], judge: Judge) -> None:
    """Say that all is imported; then judge what comes."""
    pipe.send(None)
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(judge(case))
        except Exception as error:  # whatever it is, it is the verdict on this case
            pipe.send(Verdict(case.name, "crashed", type(error).__name__, str(error)))
