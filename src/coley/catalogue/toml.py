"""TOML with a comment before each table and field that has something to explain."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from coley.facts import Quantity

WIDTH = 118


def written(data: Mapping[str, Any], model: type[BaseModel]) -> str:
    """``data``, which ``model`` describes, as TOML, explained by the docstrings of the schema."""
    return "\n".join(_table(data, model, "")) + "\n"


def comment(text: str) -> list[str]:
    """``text`` as lines of comment."""
    text = text.replace("``", "")
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        items = re.split(r"\n(?=\* )", paragraph)
        lines += ["", *(line for item in items for line in textwrap.wrap(item, WIDTH - 2))]
    return [f"# {line}".rstrip() for line in lines[1:]]


def explained(model: type[BaseModel]) -> tuple[str, dict[str, str]]:
    """What the docstring of ``model`` says of it, and of each of its fields."""
    own = model.__doc__ or ""
    about, _, attributes = inspect.cleandoc(own).partition("\nAttributes:\n")
    fields: dict[str, str] = {}
    for match in re.finditer(r"^    (\w[\w, ]*): (.*(?:\n {8,}.*)*)", attributes, flags=re.MULTILINE):
        for name in match[1].split(","):
            meaning = " ".join(match[2].split())
            fields[name.strip()] = meaning[:1].upper() + meaning[1:]
    return about.strip(), fields


def _table(data: Mapping[str, Any], model: type[BaseModel] | None, place: str) -> Iterator[str]:
    """The lines of a table: its own fields, then the tables within."""
    meanings: dict[str, str] = {}
    if model is not None:
        about, meanings = explained(model)
        yield from comment(about)
    inner = [key for key, value in data.items() if _is_table(value) or _is_tables(value)]
    for key, value in data.items():
        if key not in inner:
            yield from comment(meanings[key]) if key in meanings else ()
            yield f"{_key(key)} = {_value(value)}"
    yield from _left_out(data, model, meanings)
    for key in inner:
        path = f"{place}.{_key(key)}".removeprefix(".")
        rows, brackets = (data[key], "[[{}]]") if _is_tables(data[key]) else ([data[key]], "[{}]")
        for number, row in enumerate(rows):
            yield ""
            if key in meanings and number == 0:
                yield from comment(f"{key}: {meanings[key]}")
            yield brackets.format(path)
            yield from _table(row, _model_of(model, key, row) if number == 0 or "kind" in row else None, path)


def _left_out(data: Mapping[str, Any], model: type[BaseModel] | None, meanings: Mapping[str, str]) -> Iterator[str]:
    """What the table may have besides."""
    missing = [] if model is None else [name for name in model.model_fields if name not in data]
    if missing:
        named = [f"{name} ({_within(meanings[name])})" if name in meanings else name for name in missing]
        yield from comment(f"May be added: {'; '.join(named)}.")


def _within(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _is_table(value: object) -> bool:
    """Whether a value stands under a header of its own: a table that holds others, and is no number with its source."""
    return (
        isinstance(value, Mapping)
        and "source" not in value
        and any(isinstance(v, (dict, list)) for v in value.values())
    )


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _model_of(model: type[BaseModel] | None, key: str, data: Mapping[str, Any]) -> type[BaseModel] | None:
    """The schema of the table ``data`` at ``key`` of ``model``, of several kinds the one that it says."""
    if model is None or key not in model.model_fields:
        return None
    annotation = model.model_fields[key].annotation
    if get_origin(annotation) is dict:
        return None  # its keys are names, not fields
    found = [each for each in _models(annotation) if each is not Quantity]
    kinds = [each for each in found if "kind" in each.model_fields and data.get("kind") in _kinds(each)]
    return kinds[0] if kinds else found[0] if len(found) == 1 else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _kinds(model: type[BaseModel]) -> Sequence[str]:
    return get_args(model.model_fields["kind"].annotation)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
        case list() if _is_tables(value):
            return "[\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case bool():
            return "true" if value else "false"
    return repr(value)
