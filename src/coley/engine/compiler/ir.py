"""Text of LLVM IR for vectors of lanes, written without knowing how many lanes there are.

Types and constants stay tokens until :func:`render` puts a width in: ``$V`` is a vector of doubles, ``$I`` of 64-bit
integers, ``$B`` of booleans, ``$N`` the suffix of intrinsics, ``$A`` the alignment, ``#...#`` a constant in all lanes.
At width 1 these are plain scalars.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Value = str
"""Name of a value in IR, or the token of a constant."""
_CONSTANT = re.compile(r"#([fi])([0-9A-F]+)#")
MODEL = "contract arcp nsz"
"""Flags of arithmetic of models: products and sums may fuse. Infinities and NaN keep their meaning."""


def constant(value: float) -> Value:
    """A double, the same in all lanes."""
    return f"#f{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}#"


def integer(value: int) -> Value:
    """A 64-bit integer, the same in all lanes."""
    return f"#i{value & (2**64 - 1):X}#"


def table(name: str, numbers: Sequence[int]) -> str:
    """Definition of a table of numbers from 0 below 2^32, to be read by :meth:`Function.entry`."""
    return f"{name} = internal constant [{len(numbers)} x i32] [{', '.join(f'i32 {n}' for n in numbers)}]"


def render(template: str, width: int) -> str:
    """The IR for ``width`` lanes."""
    scalar = width == 1

    def token(match: re.Match[str]) -> str:
        kind, digits = match.groups()
        if kind == "f":
            return f"0x{digits}" if scalar else f"splat (double 0x{digits})"
        return str(int(digits, 16)) if scalar else f"splat (i64 {int(digits, 16)})"

    text = _CONSTANT.sub(token, template)
    lanes = ("double", "i64", "i1", "f64") if scalar else (*(f"<{width} x {t}>" for t in ("double", "i64", "i1")), "")
    names = dict(zip(("$V", "$I", "$B", "$N"), lanes, strict=True)) | {"$A": str(8 * width)}
    if not scalar:
        names["$N"] = f"v{width}f64"
    for name, replacement in names.items():
        text = text.replace(name, replacement)
    return text


class Function:
    """A function under construction: straight-line code and counted loops.

    Args:
        parameters: types and names, such as ``ptr noalias %y``.
        result: type of what it returns.
        flags: fast-math flags of its arithmetic.
    """

    def __init__(
        self, name: str, parameters: Sequence[str], *, result: str = "void", linkage: str = "", flags: str = MODEL
    ) -> None:
        self.name = name
        inline = "noinline " if result == "void" else ""  # into one long function, which would compile for ages
        self._head = f"define {linkage} {result} @{name}({', '.join(parameters)}) {inline}nounwind {{\nentry:"
        self._lines: list[str] = []
        self._count = 0
        self._label = "entry"
        self._flags = flags

    def __str__(self) -> str:
        return "\n".join([self._head, *self._lines, "}", ""])

    @property
    def length(self) -> int:
        """Lines so far."""
        return len(self._lines)

    def emit(self, line: str) -> None:
        """Add a line that has no value."""
        self._lines.append(f"  {line}")

    def value(self, line: str) -> Value:
        """Add a line and name its value."""
        self._count += 1
        name = f"%v{self._count}"
        self.emit(f"{name} = {line}")
        return name

    def binary(self, operation: str, a: Value, b: Value) -> Value:
        """``fadd``, ``fsub``, ``fmul`` or ``fdiv``."""
        return self.value(f"{operation} {self._flags} $V {a}, {b}")

    def negative(self, a: Value) -> Value:
        """-a"""
        return self.value(f"fneg $V {a}")

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """a b + c, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """An LLVM intrinsic from vectors to a vector of the same kind."""
        return self.call(f"llvm.{name}.$N", *arguments)

    def call(self, name: str, *arguments: Value) -> Value:
        """A function from vectors to a vector."""
        return self.value(f"call $V @{name}({', '.join(f'$V {a}' for a in arguments)})")

    def compare(self, predicate: str, a: Value, b: Value) -> Value:
        """``olt``, ``oge`` and the like, as booleans."""
        return self.value(f"fcmp {predicate} $V {a}, {b}")

    def tamed(self, a: Value) -> Value:
        """a, or 0 where a is no finite number."""
        finite = self.compare("olt", self.intrinsic("fabs", a), constant(math.inf))
        return self.select(finite, a, constant(0.0))

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        """a where the condition holds, else b."""
        return self.value(f"select $B {condition}, $V {a}, $V {b}")

    def address(self, base: Value, offset: Value | int) -> Value:
        """Address of the vector that is ``offset`` vectors beyond ``base``."""
        return self.value(f"getelementptr inbounds $V, ptr {base}, i64 {offset}")

    def load(self, base: Value, offset: Value | int = 0) -> Value:
        """The vector at an address."""
        return self.value(f"load $V, ptr {self.address(base, offset)}, align $A")

    def store(self, value: Value, base: Value, offset: Value | int = 0) -> None:
        """Write the vector at an address."""
        self.emit(f"store $V {value}, ptr {self.address(base, offset)}, align $A")

    def invoke(self, name: str, *pointers: Value) -> None:
        """Call a function that works on memory."""
        self.emit(f"call void @{name}({', '.join(f'ptr {p}' for p in pointers)})")

    def entry(self, table: Value, place: Value | int) -> Value:
        """A number of a :func:`table`."""
        address = self.value(f"getelementptr inbounds i32, ptr {table}, i64 {place}")
        return self.value(f"zext i32 {self.value(f'load i32, ptr {address}, align 4')} to i64")

    def plus(self, index: Value, more: Value | int) -> Value:
        """The sum of two numbers from 0 below 2^32, as indices are."""
        return self.value(f"add nuw nsw i64 {index}, {more}")

    def minus(self, index: Value | int, less: Value | int) -> Value:
        """The difference of two numbers, not below 0."""
        return self.value(f"sub nuw nsw i64 {index}, {less}")

    def times(self, index: Value, factor: int) -> Value:
        """The number ``index`` times ``factor``."""
        return self.value(f"mul nuw nsw i64 {index}, {factor}")

    @contextmanager
    def loop(self, end: Value | int, start: Value | int = 0) -> Iterator[Value]:
        """Code that is run for each number from ``start`` below ``end``; yields that number."""
        with self._loop(start, end, []) as (index, _, _):
            yield index

    @contextmanager
    def sums(self, end: Value | int, first: Sequence[Value]) -> Iterator[tuple[Value, list[Value], list[Value]]]:
        """A loop for each number from 0 below ``end`` that carries values along, from those of ``first``.

        Yields the number, the values, which stay good after the loop, and a list that takes their next ones.
        """
        with self._loop(0, end, first) as parts:
            yield parts

    def total(self, count: int, term: Callable[[Value, Value], Value]) -> Value:
        """Start at 0 and replace the total by ``term(number, total)`` for each number from 0 below ``count``."""
        with self.sums(count, [constant(0.0)]) as (index, totals, closing):
            closing.append(term(index, totals[0]))
        return totals[0]

    @contextmanager
    def _loop(
        self, start: Value | int, end: Value | int, first: Sequence[Value]
    ) -> Iterator[tuple[Value, list[Value], list[Value]]]:
        self._count += 1
        name, before = f"loop{self._count}", self._label
        index, following = f"%{name}.i", f"%{name}.next"
        values, closing = [f"%{name}.value{k}" for k in range(len(first))], list[Value]()
        self.emit(f"br label %{name}")
        self._lines.append(f"{name}:")
        place = len(self._lines)
        self.emit(f"%{name}.more = icmp ult i64 {index}, {end}")
        self.emit(f"br i1 %{name}.more, label %{name}.body, label %{name}.done")
        self._lines.append(f"{name}.body:")
        self._label = f"{name}.body"
        yield index, values, closing
        self.emit(f"{following} = add nuw nsw i64 {index}, 1")
        self.emit(f"br label %{name}")
        heads = [f"  {index} = phi i64 [{start}, %{before}], [{following}, %{self._label}]"]
        heads += [f"  {value} = phi $V [{a}, %{before}], [{b}, %{self._label}]"
                  for value, a, b in zip(values, first, closing, strict=True)]  # fmt: skip
        self._lines[place:place] = heads
        self._label = f"{name}.done"
        self._lines.append(f"{name}.done:")
