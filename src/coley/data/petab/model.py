"""The model of a PEtab problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coley.errors import ColeyError, Problem
from coley.sbml import load_sbml
from coley.system import System


def load_model(model: Any, path: Path) -> System:
    """The System of a model that libpetab has read.

    Raises:
        ColeyError: a model that is no SBML, or one that cannot be imported.
    """
    if model.type_id != "sbml":
        raise ColeyError(Problem(path.name, f"has a model in {model.type_id}", "only SBML models are read"))
    return load_sbml(Path(model.base_path or "", model.rel_path))
