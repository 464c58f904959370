"""How the driver becomes machine code, and how it calls the kernels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from coley.engine import delays, memory, schedule
from coley.engine.compiler import layout
from coley.engine.compiler.cache import unkept

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """``function`` as machine code, by strict arithmetic, so that the same bits come out everywhere."""
    return cast(F, njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """As ``compiled``, in the place of every call of it."""
    return cast(F, njit(nogil=True, error_model="numpy", forceinline=True)(function))


def kept(function: F) -> F:
    """As ``compiled``, kept on disk, next to its file or where the user's caches are.

    numba finds it by the function's name and the date of the file, which is the same for all versions in some packages:
    the digest tells them apart.
    """
    function.__qualname__ = f"{function.__name__}_{_digest()}"
    try:
        return cast(F, njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # there is nowhere to keep it
        unkept(str(Path(__file__).parent), "let it be written, or set NUMBA_CACHE_DIR to a folder that can be")
        return compiled(function)


def _digest() -> str:
    """Of all that the compiled driver is made from."""
    digest = hashlib.sha256()
    ours = sorted(Path(__file__).parent.glob("*.py"))
    for path in (*ours, *(Path(str(module.__file__)) for module in (delays, layout, memory, schedule))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _calling(context: Any, address: Any, workspace: Any) -> Any:
    """Type and code of a call of the kernel at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kernel = ir.FunctionType(ir.VoidType(), [pointer]).as_pointer()
        builder.call(builder.inttoptr(arguments[0], kernel), [builder.inttoptr(arguments[1], pointer)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


call: Any = intrinsic(_calling)
