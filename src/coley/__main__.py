"""``python -m coley`` is the command ``coley``."""

from __future__ import annotations

from coley.cli import main

if __name__ == "__main__":
    main()
