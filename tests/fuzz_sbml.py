"""Files that nobody should write, by the hundred thousand: each is loaded, or refused with ColeyError.

``python tests/fuzz_sbml.py --inputs 100000`` mutates the models of ``tests/sbml``, or of other folders of .xml files,
and loads what comes out in worker processes. Any other exception, the end of a process, more than ``--seconds`` or more
than 2 GiB for one input is a fault: the input is kept in ``--out``, and the exit code is 1. Input
``n`` of a seed is the same whenever it is made.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import tempfile
import traceback
from collections import Counter
from functools import cache
from pathlib import Path

from coley.errors import ColeyError
from coley.sbml.conformance.cases import Case
from coley.sbml.conformance.judge import Verdict
from coley.sbml.conformance.workers import run
from coley.sbml.limits import Refused
from coley.sbml.loading import load_sbml

CASES = Path(__file__).parent / "sbml"
MEMORY = 2 * 1024**3  # bytes of address space beyond what a worker has when it starts
ELEMENT = re.compile(rb"<(\w+)[^<>]*/>|<(\w+)[^<>]*>[^<>]*</\2>")
BLOCK = re.compile(rb"<(apply|piecewise|math|species|event|reaction|\w*[rR]ule|listOf\w+)\b[^<>]*>.*?</\1>", re.DOTALL)
VALUE = re.compile(rb'(?<=")[^"<>]*(?=")|(?<=>)\s*[\w.+-]+\s*(?=<)')
NAME = re.compile(rb"(?<=</)\w+|(?<=<)\w+")
WORDS = [
    *b"0 1 -1 2 1e308 1e-320 1e400 NaN INF -INF true false time V S A x k 0x10 1e5 99999999 l3v2 \xc3\xa9".split(),
    *b"apply ci cn piecewise piece otherwise lambda bvar plus minus times divide power root log exp sin abs".split(),
    *b"eq neq lt and or not xor max min rem quotient implies factorial tanh arccosh csymbol semantics degree".split(),
    *b"pi infinity notanumber exponentiale delay rateOf avogadro species parameter compartment event trigger".split(),
    *b"assignmentRule rateRule algebraicRule functionDefinition initialAssignment speciesReference model".split(),
    b"",
    b"&#0;",
    b"&amp;",
    b"\x00",
    b"\xff\xfe",
    b"<!DOCTYPE a>",
]


def mutant(seeds: list[bytes], key: str) -> bytes:
    """A seed after some mutations, decided by ``key`` alone."""
    chance = random.Random(key)
    text = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        text = chance.choice((_value, _value, _value, _renamed, _moved, _moved, _wrapped, _bytes))(chance, text, seeds)
    return text


def _pick(chance: random.Random, pattern: re.Pattern[bytes], text: bytes) -> tuple[int, int]:
    spans = [found.span() for found in pattern.finditer(text)]
    return chance.choice(spans) if spans else (0, 0)


def _value(chance: random.Random, text: bytes, seeds: list[bytes]) -> bytes:
    """Another value for an attribute or for the text of an element: a word, or a value from elsewhere."""
    first, last = _pick(chance, VALUE, text)
    other, end = _pick(chance, VALUE, text)
    return text[:first] + chance.choice((chance.choice(WORDS), text[other:end])) + text[last:]


def _renamed(chance: random.Random, text: bytes, seeds: list[bytes]) -> bytes:
    """Another name for all elements of one name."""
    first, last = _pick(chance, NAME, text)
    return re.sub(rb"(?<=[</])" + re.escape(text[first:last]) + rb"\b", chance.choice(WORDS), text)


def _moved(chance: random.Random, text: bytes, seeds: list[bytes]) -> bytes:
    """An element is left out, doubled, or put in the place of another, of this seed or of one more."""
    pattern = chance.choice((ELEMENT, BLOCK))
    first, last = _pick(chance, pattern, text)
    donor = chance.choice((text, chance.choice(seeds)))
    other, end = _pick(chance, pattern, donor)
    return text[:first] + chance.choice((b"", text[first:last] * 2, donor[other:end])) + text[last:]


def _wrapped(chance: random.Random, text: bytes, seeds: list[bytes]) -> bytes:
    """A part of a formula within many others, or beside many others."""
    first, last = _pick(chance, re.compile(rb"<ci>[^<]*</ci>|<cn[^>]*>[^<]*</cn>"), text)
    many, word, part = chance.choice((1, 3, 60, 300, 3000)), chance.choice(WORDS), text[first:last]
    deep = b"<apply><" + word + b"/>"
    return text[:first] + chance.choice((deep * many + part + b"</apply>" * many, part * many)) + text[last:]


def _bytes(chance: random.Random, text: bytes, seeds: list[bytes]) -> bytes:
    """Some bytes are left out, doubled or changed, or the rest is cut off."""
    place = chance.randrange(len(text) + 1)
    piece = text[place : place + chance.choice((1, 4, 40, 400))]
    noise = bytes(chance.randrange(256) for _ in range(3))
    return text[:place] + chance.choice((piece * 2, b"", noise, piece[::-1])) + text[place + len(piece) :]


@cache
def _seeds(folders: frozenset[str]) -> list[bytes]:
    return [path.read_bytes() for folder in sorted(folders) for path in sorted(Path(folder).rglob("*.xml"))]


@cache
def _bound_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def attempt(case: Case) -> Verdict:
    """What loading the mutant ``case.name`` leads to. ``case.model`` is where its file goes."""
    _bound_memory()
    case.model.write_bytes(mutant(_seeds(case.tags), case.name))
    try:
        load_sbml(case.model)
    except ColeyError as error:
        codes = sorted({problem.code if isinstance(problem, Refused) else "plain" for problem in error.problems})
        return Verdict(case.name, "refused", ", ".join(codes))
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict(
            case.name, "crashed", type(error).__name__, f"{Path(frame.filename).name}:{frame.lineno} {error}"
        )
    finally:
        case.model.unlink(missing_ok=True)
    return Verdict(case.name, "loaded")


def main() -> int:
    """Exit code 1 where an input was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=[str(CASES)], help="folders of seeds")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="limit for each input")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("fuzz-faults"), help="folder for inputs that are faults")
    options = parser.parse_args()
    folders, outcomes, kinds = frozenset(options.folders), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        keys = [f"{options.seed}-{number}" for number in range(options.inputs)]
        cases = [Case(key, Path(folder) / f"{key}.xml", folders) for key in keys]
        for verdict in run(cases, attempt, options.workers, options.seconds):
            outcomes[verdict.outcome] += 1
            if verdict.outcome in ("loaded", "refused"):
                continue
            kind = f"{verdict.outcome}: {verdict.reason} {verdict.detail}"[:160]
            kinds[kind] += 1
            if kinds[kind] <= 5:  # of a kind that is enough
                options.out.mkdir(exist_ok=True)
                (options.out / f"{verdict.case}.xml").write_bytes(mutant(_seeds(folders), verdict.case))
                print(f"{verdict.case}: {kind}", flush=True)
    print(", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items())))
    print("\n".join(f"{number:6d} {kind}" for kind, number in kinds.most_common()))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
