"""``python -m coley.sbml.conformance PATH``: runs cases of the SBML Test Suite and says what became of them."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

from coley.errors import ColeyError
from coley.sbml.conformance.cases import find, unpack
from coley.sbml.conformance.judge import Verdict, judge
from coley.sbml.conformance.workers import run
from coley.sbml.limits import REFUSED


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where every case that ran passed, 1 where one did not, 2 where there are none."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            cases = find(unpack(options.path, Path(folder)), frozenset(options.tag))
        except ColeyError as error:
            print(error, file=sys.stderr)
            return 2
        if not cases:
            print(f"{options.path}: holds no such cases", file=sys.stderr)
            return 2
        verdicts = sorted(run(cases, judge, options.workers, options.seconds), key=lambda verdict: verdict.case)
    print(summary(verdicts))
    if options.out:
        _write(verdicts, options.out)
    return 0 if all(verdict.outcome in ("passed", "refused") for verdict in verdicts) else 1


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many cases passed and did not, and why, in lines."""
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    lines = [f"{len(verdicts)} cases"]
    for outcome in ("passed", "failed", "unsolved", "crashed", "timeout", "refused"):
        lines.append(f"{outcomes[outcome]:6d} {outcome} ({100 * outcomes[outcome] / len(verdicts):.1f} %)")
        reasons = Counter(verdict.reason for verdict in verdicts if verdict.outcome == outcome and verdict.reason)
        for reason, number in reasons.most_common():
            names = (v.case for v in verdicts if (v.outcome, v.reason) == (outcome, reason))
            lines += [f"{number:12d} {reason}: {REFUSED.get(reason, '')}", f"{'':13}{' '.join(names)}"]
    return "\n".join(lines)


def _write(verdicts: Sequence[Verdict], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Verdict)])
        writer.writerows(astuple(verdict) for verdict in verdicts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m coley.sbml.conformance", description=__doc__)
    parser.add_argument("path", type=Path, help="folder or zip of cases")
    parser.add_argument("--tag", action="append", default=[], help="only cases with this tag; may be repeated")
    parser.add_argument("--out", type=Path, help="table of all verdicts, as CSV")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    parser.add_argument("--seconds", type=float, default=120.0, help="limit for each case (default: 120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
