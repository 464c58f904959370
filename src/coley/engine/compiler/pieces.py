"""Straight-line code cut into functions of bounded length, because a compiler's time grows faster than their length."""

from __future__ import annotations

from collections.abc import Sequence

from coley.engine.compiler.ir import Function, Value

_LONG = 200  # lines


class Pieces:
    """Code on vectors in memory, in one function or several that are to be called one after another.

    Args:
        name: of the first; the others are numbered.
        parameters: of the first.
        bases: those of the parameters that the others need.
    """

    def __init__(self, name: str, parameters: Sequence[str], bases: Sequence[str]) -> None:
        self._name, self._bases = name, bases
        self.functions = [Function(name, parameters, linkage="internal")]
        self._known: dict[tuple[str, int], Value] = {}
        self._unwritten: dict[tuple[str, int], Value] = {}

    @property
    def function(self) -> Function:
        """The one under construction."""
        return self.functions[-1]

    def load(self, base: str, place: int) -> Value:
        """What is, or is to be, at a place."""
        if (base, place) not in self._known:
            self._known[base, place] = self.function.load(base, place)
        return self._known[base, place]

    def store(self, value: Value, base: str, place: int) -> None:
        """Put a value at a place, in memory at the end of the function at the latest."""
        self._known[base, place] = self._unwritten[base, place] = value

    def cut(self) -> None:
        """Go on in another function, where this one is long."""
        if self.function.length > _LONG:
            self.end()
            parameters = [f"ptr noalias {base}" for base in self._bases]
            self.functions.append(Function(f"{self._name}{len(self.functions)}", parameters, linkage="internal"))

    def invoke(self, name: str, *bases: str) -> None:
        """Call a function that works on what is in memory."""
        self._write()
        self.function.invoke(name, *bases)

    def end(self) -> None:
        """End the function under construction."""
        self._write()
        self.function.emit("ret void")

    def _write(self) -> None:
        for (base, place), value in self._unwritten.items():
            self.function.store(value, base, place)
        self._known, self._unwritten = {}, {}
