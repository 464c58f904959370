"""Charts as SVG text: no browser, stable identifiers, and a label for readers who cannot see them."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import altair as alt

from coley.report.theme import Figure

_PROGRAM = Path(__file__).with_name("renderer.py")
_VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_TAG = re.compile(r"<[^<>]+>")
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')
_LOG = logging.getLogger(__name__)


class RenderingError(RuntimeError):
    """A chart that the renderer refused, or could not survive."""


@dataclass(frozen=True)
class Sketch:
    """A figure that is to be drawn.

    Attributes:
        name: unique within a page; identifiers of the drawing begin with it.
        make: makes the chart. Its marks carry no text in attributes, as the common look makes sure (no ARIA of marks).
        label: what is seen, for screen readers.
    """

    name: str
    make: Callable[[], Figure]
    label: str


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG text; or, where it could not be drawn, no text and the ``fault``."""

    svg: str = ""
    fault: str = ""


def draw(sketches: Iterable[Sketch]) -> dict[str, Drawing]:
    """Every figure by name. A figure that fails is a fault in its place and in the log, and stops no other.

    Charts are made here and rendered in another process at the same time.
    """
    with Renderer() as renderer, ThreadPoolExecutor(1) as aside:
        try:
            waiting = [(sketch, _begin(sketch, renderer, aside)) for sketch in sketches]
            return {sketch.name: _end(sketch, found) for sketch, found in waiting}
        except BaseException:  # Ctrl-C: nobody is left who wants the charts that wait
            renderer.give_up()
            raise


def _begin(sketch: Sketch, renderer: Renderer, aside: ThreadPoolExecutor) -> Future[str] | str:
    """The rendering under way, or why there is nothing to render."""
    try:
        # Altair has checked the parts while they were made; the whole is checked in the tests.
        chart = json.dumps(sketch.make().to_dict(validate=False), allow_nan=False)
    except Exception as error:  # whatever it is, what was computed must not be lost with a figure
        return fault_of(error)
    return aside.submit(renderer.svg, chart)


def _end(sketch: Sketch, found: Future[str] | str) -> Drawing:
    try:
        fault = found if isinstance(found, str) else ""
        svg = "" if isinstance(found, str) else _finished(found.result(), sketch)
    except RenderingError as error:
        svg, fault = "", str(error)
    if fault:
        _LOG.warning("the figure %s could not be drawn: %s", sketch.name, fault)
    return Drawing(svg, fault)


def fault_of(error: Exception) -> str:
    """An exception in one line, with the place where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no more is known'}{place}"


class Renderer:
    """The renderer in a process of its own, which is started when first needed, and anew where it ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._closed = False
        self._changing = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.give_up()
        if self._process is not None:
            self._leave(self._process)

    def give_up(self) -> None:
        """End the process, at any moment and from any thread; what it draws, and all after it, is refused."""
        with self._changing:
            self._closed = True
            if self._process is not None:
                self._process.kill()  # it keeps nothing

    def svg(self, chart: str) -> str:
        """``chart``, the JSON of a Vega-Lite chart, as the renderer draws it. One at a time.

        Raises:
            RenderingError: where the renderer refuses it, or ends.
        """
        with self._changing:
            process = self._started()
        stdin, stdout = _pipes(process)
        line = ""
        with suppress(OSError):  # a process that has ended; its answer is missing then too
            print(f'[{chart}, "{_VEGA_LITE}"]', file=stdin, flush=True)
            line = stdout.readline()
        if not line.endswith("\n"):
            with self._changing:
                self._process = None
            raise RenderingError(_ending(self._leave(process)))
        svg, fault = json.loads(line)
        if fault:
            raise RenderingError(fault)
        return str(svg)

    def _started(self) -> subprocess.Popen[str]:
        if self._closed:
            raise RenderingError("drawing was given up")
        if self._process is None:
            # -P: the folder of the program is no place to import from.
            command = [sys.executable, "-P", str(_PROGRAM)]
            pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
            try:
                self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, encoding="ascii")
            except OSError as error:
                raise RenderingError(f"the renderer could not be started ({error.strerror or error})") from error
        return self._process

    def _leave(self, process: subprocess.Popen[str]) -> int:
        """Close what is open of a process that has ended or is about to; returns its exit code."""
        stdin, stdout = _pipes(process)
        with suppress(OSError):  # what it did not read any more
            stdin.close()
        code = process.wait()
        stdout.close()
        return code


def _pipes(process: subprocess.Popen[str]) -> tuple[Any, Any]:
    return process.stdin, process.stdout


def _ending(code: int) -> str:
    with suppress(ValueError):
        return f"the renderer was ended by {signal.Signals(-code).name}, as happens where memory is short"
    return f"the renderer ended with exit code {code}"


def render(chart: Figure, name: str, label: str) -> str:
    """``chart`` as SVG; ``name`` and ``label`` as in :class:`Sketch`.

    Raises:
        RenderingError: where it cannot be drawn.
    """
    sketch = Sketch(name, lambda: chart, label)
    with Renderer() as renderer:
        return _finished(renderer.svg(json.dumps(chart.to_dict(validate=False), allow_nan=False)), sketch)


def _finished(text: str, sketch: Sketch) -> str:
    """What the renderer drew, with identifiers and label of its own."""
    # The renderer numbers identifiers through all charts of a process; here they count from 1 in each.
    known: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        return found[1] + known.setdefault(found[2], f"{sketch.name}-{len(known) + 1}")

    text = _TAG.sub(lambda tag: _IDENTIFIER.sub(rename, tag[0]), text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(sketch.label)}" ', 1) + "\n"


def without_namespaces(svg: str) -> str:
    """``svg`` for use inside HTML, where namespaces are implied."""
    return re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg, count=2)
