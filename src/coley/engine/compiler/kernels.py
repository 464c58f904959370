"""The kernels of a System, compiled once for each structure: parameter values never compile anything anew."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coley.engine import branches, delays, derivatives, switches
from coley.engine.compiler import cache, machine
from coley.engine.compiler.ir import render
from coley.engine.compiler.layout import Layout
from coley.engine.compiler.program import KERNELS, program
from coley.engine.tableau import Method
from coley.system import System, delay_text, event_text, text

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Kernels:
    """Loaded kernels for ``width`` lanes; they hold no state, so that any number of threads may use them.

    Attributes:
        addresses: of the functions, by name; good for as long as the Kernels are referred to.
    """

    layout: Layout
    width: int
    library: machine.Library

    @property
    def addresses(self) -> Mapping[str, int]:
        return self.library.addresses


def kernels(system: System, method: Method, width: int | None = None) -> Kernels:
    """The kernels of ``system``, from this process, from disk, or compiled.

    Args:
        width: lanes; default those of the processor. The results do not depend on it.

    Raises:
        ColeyError: an expression that the engine cannot compute.
    """
    with _one_at_a_time:
        return _kernels(_Same(_structure(system), system), method, width or machine.lanes())


@dataclass(frozen=True)
class _Same:
    """A System that equals all others of the same structure."""

    structure: str
    system: System

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.structure == other.structure

    def __hash__(self) -> int:
        return hash(self.structure)


@lru_cache(maxsize=64)
def _kernels(same: _Same, method: Method, width: int) -> Kernels:
    made_of = [same.structure, repr(method), str(width), machine.processor(), sources()]
    key = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
    stored = cache.load(key)
    if stored is None:
        made = program(same.system, method)
        head = json.dumps(made.layout._asdict()).encode()
        stored = head + b"\n" + machine.assemble(render(made.template, width))
        cache.store(key, stored)
    head, _, code = stored.partition(b"\n")
    return Kernels(Layout(**json.loads(head)), width, machine.Library(code, KERNELS))


@lru_cache(maxsize=64)
def _structure(system: System) -> str:
    """Everything that the kernels of a System depend on, as text."""
    lines = [f"states {' '.join(system.state_names)}", f"parameters {' '.join(system.parameter_names)}"]
    lines += [f"rule {rule.name} {text(rule.expression)}" for rule in system.rules]
    for reaction in system.reactions:
        moved = " ".join(f"{name} {text(factor)}" for name, factor in sorted(reaction.stoichiometry.items()))
        lines.append(f"reaction {text(reaction.rate)} {moved}")
    lines += [event_text(event) for event in system.events]
    lines += [delay_text(delay) for delay in system.delays]
    return "\n".join(lines)


@lru_cache(maxsize=1)
def sources() -> str:
    """Digest of the code that writes kernels: another version of it never reads what this one stored."""
    digest = hashlib.sha256()
    others = (Path(str(module.__file__)) for module in (branches, delays, derivatives, switches))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *others):
        digest.update(path.read_bytes())
    return digest.hexdigest()
