"""``python -m coley.calibration.write calibrated.toml``: put calibrated values into the files of a catalogue.

Prints the changes as a patch; with ``--in-place`` it makes them. Only the number and ``known``, which becomes
``calibrated``, change: comments, order and layout stay.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from coley.calibration.paths import file_and_keys
from coley.calibration.results import rounded
from coley.catalogue import Catalogue, load_catalogue
from coley.catalogue.positions import line_numbers
from coley.errors import ColeyError, Problem

SHIPPED = Path(__file__).parent.parent / "catalogue" / "data"
_NUMBER = r"[-+0-9.eE_]+"


def rewritten(catalogue: Catalogue, folder: Path, values: Mapping[str, float]) -> dict[Path, tuple[str, str]]:
    """Files of the catalogue in ``folder`` that ``values`` change: their text before and after.

    Raises:
        ColeyError: paths that lead nowhere, and numbers that cannot be found in their file, all at once.
    """
    problems: list[Problem] = []
    texts: dict[Path, tuple[str, str]] = {}
    for path, value in values.items():
        try:
            name, keys = file_and_keys(catalogue, path)
            file = folder / name
            before, after = texts.get(file) or (file.read_text(encoding="utf-8"),) * 2
            after = _set(after, keys, _number(value), f"{name}: {path}")
            texts[file] = (before, _set(after, (*keys[:-1], "known"), '"calibrated"', f"{name}: {path}"))
        except ColeyError as error:
            problems += error.problems
    if problems:
        raise ColeyError(problems)
    return {file: (before, after) for file, (before, after) in texts.items() if before != after}


def patch(changes: Mapping[Path, tuple[str, str]], folder: Path) -> str:
    """The changes as a unified diff, with paths below ``folder``."""
    lines: list[str] = []
    for file, (before, after) in sorted(changes.items()):
        name = file.relative_to(folder).as_posix()
        lines += difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=0
        )
    return "".join(lines)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.write", description=__doc__)
    parser.add_argument("values", type=Path, help="calibrated.toml, as coley calibrate writes it")
    parser.add_argument("--catalogue", type=Path, default=SHIPPED, help="folder of the catalogue (default: shipped)")
    parser.add_argument("--in-place", action="store_true", help="change the files")
    options = parser.parse_args()
    try:
        values = tomllib.loads(options.values.read_text(encoding="utf-8"))
        changes = rewritten(load_catalogue(), options.catalogue, values)
    except ColeyError as error:
        print("\n".join(f"error: {problem}" for problem in error.problems), file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"error: {options.values}: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(patch(changes, options.catalogue))
    if options.in_place:
        for file, (_, after) in changes.items():
            file.write_text(after, encoding="utf-8")
    return 0


def _number(value: float) -> str:
    """As the catalogue writes numbers: 4.19e5, 0.0114."""
    text = repr(rounded(value))
    if 1e-3 <= abs(value) < 1e5 or "e" in text:
        return text.removesuffix(".0")
    digits, _, power = f"{value:.3e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"


def _set(text: str, keys: tuple[str | int, ...], value: str, where: str) -> str:
    """``text`` with ``value`` at ``keys``; nothing else in it changes.

    Raises:
        ColeyError: where the line has no such key, or has it twice.
    """
    line = line_numbers(text).get(keys)
    if line is None:
        raise ColeyError(Problem(where, f"has no {keys[-1]!r} in its file", "write it there first"))
    lines = text.split("\n")
    # Letters inside quotes are hidden, so that a note cannot be taken for the key.
    hidden = re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: '"' + "x" * (len(found.group()) - 2) + '"', lines[line - 1])
    spots = list(re.finditer(rf'(?<![\w.-]){re.escape(str(keys[-1]))}\s*=\s*({_NUMBER}|"x*")', hidden))
    if len(spots) != 1:
        raise ColeyError(Problem(f"{where} (line {line})", f"{keys[-1]!r} stands {len(spots)} times in its line"))
    start, end = spots[0].span(1)
    lines[line - 1] = lines[line - 1][:start] + value + lines[line - 1][end:]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
