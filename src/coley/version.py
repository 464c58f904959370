"""The version of coley: read by the build, the command line and the manifest of every run."""

from __future__ import annotations

__version__ = "0.1.0"
