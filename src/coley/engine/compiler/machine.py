"""From IR to machine code in this process, with LLVM; no compiler is needed on the user's machine."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64  # bytes; vectors may be as wide
_WIDTHS = {"avx512f": 8, "avx": 4}


@lru_cache(maxsize=1)
def _ready() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@lru_cache(maxsize=1)
def lanes() -> int:
    """Doubles in a vector register of this processor; each lane carries one individual."""
    return next((width for feature, width in _WIDTHS.items() if _known_features().get(feature)), 2)


@lru_cache(maxsize=1)
def processor() -> str:
    """All that machine code depends on, besides the IR."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"LLVM {version} {llvm.get_process_triple()} {platform.machine()} {llvm.get_host_cpu_name()} {_features()}"


def _features() -> str:
    """The features of this processor; LLVM halves 512-bit vectors on some processors unless told not to."""
    features = _known_features()
    flags = [f"{'+' if there else '-'}{name}" for name, there in sorted(features.items())]
    return ",".join([*flags, "-prefer-256-bit"] if features.get("avx512f") else flags)


@lru_cache(maxsize=1)
def _known_features() -> dict[str, bool]:
    try:
        return dict(llvm.get_host_cpu_features())
    except RuntimeError:  # LLVM cannot tell on some processors; their name says enough
        return {}


def workspace(rows: int, width: int) -> NDArray[np.float64]:
    """Zeros (row × lane), aligned as vectors are."""
    room = np.zeros(rows * width + _ALIGNMENT // 8)
    skip = -room.ctypes.data % _ALIGNMENT // 8
    return room[skip : skip + rows * width].reshape(rows, width)


def assemble(ir: str) -> bytes:
    """The object code of ``ir`` for this processor."""
    _ready()
    module = llvm.parse_assembly(ir)
    module.verify()
    target = _target()
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = target.emit_object(module)
    return code


def _target() -> Any:
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=_features(), opt=1, reloc="default", codemodel="jitdefault", jit=True
    )


class Library:
    """Loaded object code.

    Attributes:
        addresses: of its functions, by name; good for as long as the Library is referred to.
    """

    def __init__(self, code: bytes, names: Iterable[str]) -> None:
        _ready()
        self._code = code  # LLVM may read it for as long as it is loaded
        module = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(module, _target())
        self._engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.addresses: Mapping[str, int] = {name: self._engine.get_function_address(name) for name in names}
