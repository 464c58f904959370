"""The program that draws: Vega-Lite charts in, SVG out, a line of JSON each. It is run as a process of its own.

The renderer is a JavaScript engine: where memory is short it aborts the process that it runs in, and nothing can catch
that. Here it can take nothing with it. Run by its path, so that nothing but the renderer is imported.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TextIO


def main() -> None:
    """Answer each line ``[chart, version of Vega-Lite]`` of standard input with ``[SVG, what went wrong]``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks; it closes the pipe
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what the renderer prints must not be taken for an answer
    with answers:
        _answer(sys.stdin, answers)


def _answer(questions: TextIO, answers: TextIO) -> None:
    import vl_convert

    for line in questions:
        chart, version = json.loads(line)
        try:
            answer = (vl_convert.vegalite_to_svg(chart, vl_version=version), "")
        except ValueError as error:  # a chart that the renderer refuses
            answer = ("", str(error).strip().partition("\n")[0] or "the renderer refuses the chart")
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
