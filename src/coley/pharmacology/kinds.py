"""The kinds of kinetics and actions that there are, found by scanning their folders."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Annotated, Any, Union

from pydantic import BaseModel, Field


@cache
def kinds(package: ModuleType, base: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Subclasses of ``base`` that modules of ``package`` define, by the only value that their field ``kind`` takes."""
    found: dict[str, type[BaseModel]] = {}
    for entry in sorted(iter_modules(package.__path__), key=lambda entry: entry.name):
        module = import_module(f"{package.__name__}.{entry.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                (kind,) = value.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
                found[kind] = value
    return found


def any_of(package: ModuleType, base: type[BaseModel]) -> Any:
    """The type of a field that holds one of the ``kinds``, told apart by ``kind``."""
    return Annotated[Union[tuple(kinds(package, base).values())], Field(discriminator="kind")]  # noqa: UP007
