"""From a TOML file to an entry of the schema, with every problem of the file found and placed."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from coley.catalogue import positions
from coley.errors import ColeyError, Problem, did_you_mean

MAX_BYTES = 1024 * 1024
"""Largest file that is read. A trial takes some kilobytes."""

MAX_DEPTH = 20
"""Deepest nesting of tables and lists that is read. A trial has four; parsers take time and memory without bound."""
MAX_FINDINGS = 100
"""Problems of one file that are explained; more of them help nobody, and a hint takes time."""

E = TypeVar("E", bound=BaseModel)

_WORDING = {
    "Input should ": "must ",
    ", unable to parse string as a number": "",
    ", unable to parse string as an integer": "",
    "a valid tuple": "a list",
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid ": "a ",
    ", got a number with a fractional part": "",
    "String should ": "must ",
    "Tuple should ": "must ",
}
"""Words of pydantic's messages, and those that people who write TOML use."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Finding:
    """Something wrong at ``path`` of a document; ``what`` and ``hint`` as in a Problem."""

    path: positions.Path
    what: str
    hint: str = ""


@dataclass(frozen=True)
class Document:
    """A TOML file that was read: its name for people, its text and its tables."""

    name: str
    text: str
    data: dict[str, Any]

    @property
    def stem(self) -> str:
        """The file's name without its folders and ending."""
        return re.split(r"[/\\\\]", self.name)[-1].removesuffix(".toml")

    @cached_property
    def _lines(self) -> dict[positions.Path, int]:
        return positions.line_numbers(self.text)

    def where(self, path: Sequence[str | int]) -> str:
        """Place of ``path`` for a problem: ``trial.toml: arms[1].regimen (line 14)``.

        What the file does not contain is placed at the innermost table that it does.
        """
        inner = self._inner(path)
        line = f" (line {self._lines[inner]})" if inner else ""
        return f"{self.name}: {_path_text(path)}{line}" if path else self.name

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """``findings`` as problems with their places, in the order of lines."""
        ordered = sorted(findings, key=lambda finding: self._lines.get(self._inner(finding.path), 0))
        return [Problem(self.where(f.path), f.what, f.hint) for f in ordered]

    def _inner(self, path: Sequence[str | int]) -> positions.Path:
        """The longest beginning of ``path`` that the text contains."""
        inner = tuple(path)
        while inner and inner not in self._lines:
            inner = inner[:-1]
        return inner


def read_document(file: Path | Traversable, name: str) -> Document:
    """The TOML file ``file``, called ``name`` in problems.

    Raises:
        ColeyError: where it is missing, no plain file, too large, no UTF-8 text or no TOML.
    """
    text = _decode(_read_bytes(file, name), name)
    _demand_shallow(text, name)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        message = str(error)
        found = re.search(r" \(at (line \d+, column \d+|end of document)\)$", message)
        where = f"{name}: {found.group(1)}" if found else name
        what = f"is no valid TOML: {message[: found.start()] if found else message}"
        raise ColeyError(Problem(where, what, 'a line reads like: name = "melanoma"')) from None
    return Document(name, text, data)


_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|'
    r"'''.*?'''|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*'|"
    r"\#[^\n]*|"
    r"[\[\]{}.=,\n]",
    re.DOTALL,
)
"""Texts and comments, which nest nothing; and the signs that do, or end what does."""


def _demand_shallow(text: str, name: str) -> None:
    """That ``text``, TOML or not, nests no deeper than ``MAX_DEPTH``: by brackets, and by the dots of a key."""
    brackets = dots = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            brackets += 1
        elif sign in "]}":
            brackets = max(brackets - 1, 0)
        dots = dots + 1 if sign == "." else dots if sign[0] in "\"'" else 0
        if brackets + dots > MAX_DEPTH:
            where = f"{name}: line {text.count(chr(10), 0, token.start()) + 1}"
            raise ColeyError(Problem(where, f"is nested deeper than {MAX_DEPTH} tables", "a trial needs four"))


def _read_bytes(file: Path | Traversable, name: str) -> bytes:
    try:
        if file.is_dir():
            raise ColeyError(Problem(name, "is a folder, not a file", "name a .toml file"))
        if not file.is_file():
            raise ColeyError(Problem(name, "no such file", _neighbours(file)))
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ColeyError(Problem(name, f"cannot be read ({reason})")) from None
    if len(content) > MAX_BYTES:
        raise ColeyError(Problem(name, f"is larger than {MAX_BYTES // 1024**2} MB", "is this the right file?"))
    return content


def _neighbours(file: Path | Traversable) -> str:
    """A hint with files of nearly this name in the same folder."""
    if not isinstance(file, Path) or not file.parent.is_dir():
        return ""
    hint = did_you_mean(file.name, (other.name for other in file.parent.glob("*.toml")))
    return hint if hint.startswith("did you mean") else ""


def _decode(content: bytes, name: str) -> str:
    if content.startswith(_UTF16_MARKS):
        raise ColeyError(Problem(name, "is UTF-16 text", "save it as UTF-8"))
    if b"\0" in content:
        raise ColeyError(Problem(name, "is a binary file", "name a .toml file"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ColeyError(
            Problem(f"{name}: line {line}", f"is no UTF-8 text (byte 0x{content[error.start]:02x})", "save it as UTF-8")
        ) from None


def entry_of(model: type[E], data: object) -> E | list[Finding]:
    """The entry that ``data`` (what a TOML text holds) spells, or everything that is wrong with it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return [
            dataclasses.replace(finding, path=_without_tags(data, finding.path))
            for finding in _findings(model, error.errors(include_url=False))
        ]


def _without_tags(data: object, path: positions.Path) -> positions.Path:
    """``path`` without the kinds that pydantic puts after a table whose schema depends on its ``kind``."""
    kept: list[str | int] = []
    here: Any = data
    for part in path:
        if isinstance(here, dict) and part not in here and here.get("kind") == part:
            continue
        kept.append(part)
        inside = isinstance(here, dict) and part in here
        inside |= isinstance(here, list) and isinstance(part, int) and part < len(here)
        here = here[part] if inside else None
    return tuple(kept)


def _findings(model: type[BaseModel], errors: list[ErrorDetails]) -> list[Finding]:
    misspelt: set[positions.Path] = set()
    for error in errors[:MAX_FINDINGS]:
        if error["type"] == "extra_forbidden":
            *table, key = error["loc"]
            misspelt |= {(*table, name) for name in _near(str(key), _fields(model, table))}
    # A misspelt key is one mistake: not also a missing one.
    meant = [error for error in errors if not (error["type"] == "missing" and error["loc"] in misspelt)]
    findings = [Finding(error["loc"], *_explain(model, error)) for error in meant[:MAX_FINDINGS]]
    if len(meant) > MAX_FINDINGS:
        findings.append(Finding((), f"{len(meant) - MAX_FINDINGS:,} problems more are not listed"))
    return findings


def _near(key: str, fields: Sequence[str]) -> list[str]:
    hint = did_you_mean(key, fields)
    return [field for field in fields if hint.startswith("did you mean") and repr(field) in hint]


def _explain(model: type[BaseModel], error: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and what would be right."""
    kind, given = error["type"], error["input"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        *table, key = error["loc"]
        return f"unknown key {key!r}", did_you_mean(str(key), _fields(model, table))
    if kind == "missing":
        return "is missing", ""
    if kind == "union_tag_invalid":
        known = re.findall(r"'([^']*)'", context["expected_tags"])
        return f"kind cannot be {context['tag']!r}", did_you_mean(context["tag"], known)
    if kind == "union_tag_not_found":
        return "has no 'kind'", "say which"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        return f"cannot be {_short(given)}", did_you_mean(str(given), known)
    if kind == "string_pattern_mismatch":
        return f"cannot be {_short(given)}", _pattern_hint(given, context["pattern"])
    if kind == "value_error":
        return str(context["error"]), ""
    if kind in ("model_type", "dict_type"):
        return f"must be a table, not {_short(given)}", ""
    what = error["msg"]
    for pydantic, ours in _WORDING.items():
        what = what.replace(pydantic, ours)
    return f"{what}, not {_short(given)}", ""


def _pattern_hint(given: object, pattern: str) -> str:
    alternatives = re.fullmatch(r"\^\((.*)\)\$", pattern)
    if alternatives is None:
        return "write lower-case letters, digits and hyphens" if "a-z0-9-" in pattern else f"pattern: {pattern}"
    words = alternatives.group(1).replace("[1-9][0-9]{0,2}", "12").replace("(PFS|OS)", "OS").split("|")
    near = did_you_mean(str(given), words)
    return near if near.startswith("did you mean") else f"write one like {', '.join(words)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _path_text(path: Sequence[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _fields(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Names of the fields of the table at ``path`` below ``model``; none where it takes free names."""
    here: Any = model
    for part in path:
        here = _below(here, part)
    inner = _model_in(here)
    return list(inner.model_fields) if inner else []


def _below(annotation: Any, part: str | int) -> Any:
    inner = _model_in(annotation)
    if inner is not None and isinstance(part, str) and part in inner.model_fields:
        return inner.model_fields[part].annotation
    arguments = [a for a in _unwrap(annotation) if get_origin(a) in (tuple, dict)]
    if not arguments:
        return None
    types = get_args(arguments[0])
    return types[-1] if get_origin(arguments[0]) is dict else types[0]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in _unwrap(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _unwrap(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of ``annotation`` where it is a union (``X | None``), else itself."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
