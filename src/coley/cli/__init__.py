"""The command line: ``coley run``, ``trials``, ``drugs``, ``cancers``, ``show``, ``simulate``, ``inspect``, ``export``."""

from __future__ import annotations

from coley.cli import models as models  # has the commands join the others
from coley.cli.commands import main

__all__ = ["main"]
