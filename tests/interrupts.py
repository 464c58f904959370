"""Children of tests that are interrupted."""

from __future__ import annotations

import signal


def heed() -> None:
    """Have a child end on an interrupt: what runs in the background of a shell ignores it, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
