"""The public names of ``coley``: all there, no others, and cheap to import."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import coley
import coley.errors
import coley.version

PUBLIC = {
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
}
HEAVY = {
    "altair",
    "libsbml",
    "lifelines",
    "matplotlib",
    "pandas",
    "pyarrow",
    "scipy",
    "symengine",
    "vl_convert",
    "xarray",
}


def modules_after(statement: str) -> set[str]:
    """Names of the top-level modules that a new interpreter holds after ``statement``."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps(sorted({{n.partition('.')[0] for n in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_public_names_are_these() -> None:
    assert set(coley.__all__) == PUBLIC
    assert len(coley.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_name_resolves(name: str) -> None:
    assert getattr(coley, name) is not None


def test_dir_shows_public_names_and_submodules_only() -> None:
    submodules = {module.name for module in pkgutil.iter_modules(coley.__path__)}
    shown = {name for name in dir(coley) if not name.startswith("_")}
    assert shown - submodules == PUBLIC - {"__version__"}


def test_names_are_those_of_the_submodules() -> None:
    assert coley.ColeyError is coley.errors.ColeyError
    assert coley.__version__ == coley.version.__version__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = coley.no_such_name


def test_import_loads_no_heavy_library() -> None:
    assert not HEAVY & modules_after("import coley")


def test_command_line_loads_no_heavy_library() -> None:
    assert not HEAVY & modules_after("import coley.cli")
