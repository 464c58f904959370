"""coley: cancer immunotherapy as an executable system.

For research and teaching, never for deciding one person's treatment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from coley.version import __version__

if TYPE_CHECKING:
    from coley.catalogue import Catalogue, load_catalogue, load_trial, model
    from coley.engine import solve
    from coley.errors import ColeyError
    from coley.library import basic
    from coley.regimen import parse as parse_regimen
    from coley.report import figures, read_result, write_report
    from coley.sbml import load_sbml, save_sbml
    from coley.system import System
    from coley.trial import RunSettings, TrialResult, run

_HOMES = {
    "Catalogue": ("coley.catalogue", "Catalogue"),
    "ColeyError": ("coley.errors", "ColeyError"),
    "RunSettings": ("coley.trial", "RunSettings"),
    "System": ("coley.system", "System"),
    "TrialResult": ("coley.trial", "TrialResult"),
    "basic": ("coley.library", "basic"),
    "figures": ("coley.report", "figures"),
    "load_catalogue": ("coley.catalogue", "load_catalogue"),
    "load_sbml": ("coley.sbml", "load_sbml"),
    "load_trial": ("coley.catalogue", "load_trial"),
    "model": ("coley.catalogue", "model"),
    "parse_regimen": ("coley.regimen", "parse"),
    "read_result": ("coley.report", "read_result"),
    "run": ("coley.trial", "run"),
    "save_sbml": ("coley.sbml", "save_sbml"),
    "solve": ("coley.engine", "solve"),
    "write_report": ("coley.report", "write_report"),
}

__all__ = [
    "Catalogue",
    "ColeyError",
    "RunSettings",
    "System",
    "TrialResult",
    "__version__",
    "basic",
    "figures",
    "load_catalogue",
    "load_sbml",
    "load_trial",
    "model",
    "parse_regimen",
    "read_result",
    "run",
    "save_sbml",
    "solve",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: most of what they need is slow to import."""
    if name not in _HOMES:
        raise AttributeError(f"module 'coley' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
