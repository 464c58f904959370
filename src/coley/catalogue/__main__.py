"""``python -m coley.catalogue``: read and lint the shipped catalogue; exit code 1 where anything is wrong."""

from __future__ import annotations

import sys

from coley.catalogue.lint import lint
from coley.catalogue.loader import load_catalogue
from coley.errors import ColeyError


def main() -> int:
    """Print every problem of the shipped catalogue, or what it holds; return the exit code."""
    try:
        catalogue = load_catalogue()
        problems = lint(catalogue)
    except ColeyError as error:
        problems = list(error.problems)
    if problems:
        print("\n".join(map(str, problems)), file=sys.stderr)
        return 1
    kinds = ("drugs", "cancers", "regimens", "trials", "sources")
    print(", ".join(f"{len(getattr(catalogue, kind))} {kind}" for kind in kinds), "and no problem")
    return 0


if __name__ == "__main__":
    sys.exit(main())
