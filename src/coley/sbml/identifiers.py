"""Identifiers of SBML for names of a System: letters, digits and underscores, each once."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VALID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def identifiers(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """An identifier for each name, none of them ``taken``.

    A name that is an identifier stays as it is. In others, what may not stand there becomes an underscore, and a number
    follows where that is the identifier of another.
    """
    wanted = list(dict.fromkeys(names))
    used, found = set(taken), dict[str, str]()
    for name in sorted(wanted, key=lambda name: not _VALID.fullmatch(name)):
        found[name] = _free(_cleaned(name), used)
        used.add(found[name])
    return {name: found[name] for name in wanted}


def _cleaned(name: str) -> str:
    cleaned = re.sub(r"[^A-Za-z0-9_]+", "_", name) or "_"
    return f"_{cleaned}" if cleaned[0].isdigit() else cleaned


def _free(identifier: str, used: set[str]) -> str:
    free, number = identifier, 2
    while free in used:
        free, number = f"{identifier}_{number}", number + 1
    return free
