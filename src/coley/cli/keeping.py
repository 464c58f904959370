"""What is finished of a long command is kept until all is, so that the same command goes on after a kill or Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_parts(target: Path, parts: int) -> Iterator[Path | None]:
    """A hidden folder for what is finished of ``target``, a file or folder; it is gone when the block ends well.

    None where there is but one of ``parts``, or nothing can be kept there.

    Raises:
        KeyboardInterrupt: where the block does, saying what is kept.
    """
    from coley.report.folder import unfinished, unfinished_place

    if parts == 1:
        yield None
        return
    try:
        with unfinished(target) as work:
            yield work
    except KeyboardInterrupt:
        kept = unfinished_place(target.resolve())
        if not kept.exists():
            raise
        said = f"nothing was written; what is finished lies in {kept}, and the same command goes on from there"
        raise KeyboardInterrupt(said) from None
