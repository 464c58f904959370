"""The command line: ``coley run``, ``trials``, ``drugs``, ``cancers`` and ``show``."""

from __future__ import annotations

from coley.cli.commands import main

__all__ = ["main"]
