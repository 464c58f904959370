"""``python -m coley.catalogue``: read and lint the shipped catalogue; exit code 1 where anything is wrong."""

from __future__ import annotations

import sys
from importlib import resources

from coley.catalogue.lint import lint
from coley.catalogue.loader import FOLDERS, TABLES, read_alone
from coley.errors import ColeyError


def main() -> int:
    """Print every problem of the shipped catalogue, or what it holds; return the exit code."""
    reading = read_alone(resources.files("coley.catalogue").joinpath("data"))
    try:
        problems = lint(reading, reading.files)
    except ColeyError as error:
        problems = list(error.problems)
    if problems:
        print("\n".join(map(str, problems)), file=sys.stderr)
        return 1
    print(", ".join(f"{len(reading.entries[folder])} {folder}" for folder in (*FOLDERS, *TABLES)), "and no problem")
    return 0


if __name__ == "__main__":
    sys.exit(main())
