"""Libraries that come with an extra of coley: what to install where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from coley.errors import ColeyError, Problem


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """A block that imports what ``extra`` brings.

    Raises:
        ColeyError: a library is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "coley":
            raise
        hint = f"install it with: pip install 'coley[{extra}]'"
        raise ColeyError(Problem("coley", f"needs {error.name}, which is not installed", hint)) from None
