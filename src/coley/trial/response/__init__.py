"""Response criteria behind one protocol, one file each: RECIST 1.1 and its like, found by scanning this folder.

``criteria()["recist-1.1"]`` judges what was read at each visit (``judge``) and says what follows from it: best response
(``best``), and the days of response, progression and the last adequate visit. ``docs/response.md`` has their rules.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from coley.trial.response.base import Criteria, Measure

__all__ = ["Criteria", "Measure", "criteria"]


def criteria() -> Mapping[str, Criteria]:
    """All response criteria by name: the ``CRITERIA`` of every module of this package that has one."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    known: list[Criteria] = [module.CRITERIA for module in modules if hasattr(module, "CRITERIA")]
    return {each.name: each for each in sorted(known, key=lambda each: each.name)}
