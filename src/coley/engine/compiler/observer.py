"""A kernel of what is to be reported: expressions of states, delays, parameters and time, on all lanes at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.compiler import cache, machine, special
from coley.engine.compiler.elementary import prelude
from coley.engine.compiler.expressions import Expressions
from coley.engine.compiler.ir import Function, render
from coley.engine.compiler.kernels import sources
from coley.system import Expression, text

_NAME = "coley_observe"


@dataclass(frozen=True)
class Observer:
    """A loaded kernel; it takes the address of a workspace of rows of lanes: its arguments, and then its results.

    Attributes:
        used: which of all arguments it takes, a row for each.
        count: of results.
        width: lanes.
    """

    used: tuple[int, ...]
    count: int
    width: int
    library: machine.Library

    @property
    def address(self) -> int:
        return self.library.addresses[_NAME]

    def workspace(self) -> NDArray[np.float64]:
        """What it works on, empty."""
        return machine.workspace(len(self.used) + self.count, self.width)


@lru_cache(maxsize=128)
def observer(arguments: tuple[Expression, ...], expressions: tuple[Expression, ...]) -> Observer:
    """The kernel of ``expressions`` of ``arguments``, from this process, from disk, or compiled.

    Raises:
        ColeyError: an expression that the engine cannot compute.
    """
    symbols = set().union(*(expression.free_symbols for expression in expressions))
    used = tuple(k for k, argument in enumerate(arguments) if argument in symbols)
    names = [str(arguments[k]) for k in used]
    width = machine.lanes()
    made_of = [_NAME, str(width), machine.processor(), sources(), *names, *map(text, expressions)]
    key = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
    code = cache.load(key)
    if code is None:
        code = machine.assemble(render(_program(names, expressions), width))
        cache.store(key, code)
    return Observer(used, len(expressions), width, machine.Library(code, (_NAME,)))


def _program(names: list[str], expressions: tuple[Expression, ...]) -> str:
    f = Function(_NAME, ["ptr %work"])
    values = {symengine.Symbol(name): f.load("%work", row) for row, name in enumerate(names)}
    symbols = {symbol: lambda value=value: value for symbol, value in values.items()}
    for k, value in enumerate(Expressions(f, symbols).write(expressions)):
        f.store(value, "%work", len(names) + k)
    f.emit("ret void")
    code = str(f)
    return "\n".join([prelude(), special.definitions(code), code])
