"""Pages as HTML from templates: those of this package, which others extend with their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from coley.report.svg import Drawing, without_namespaces

DISCLAIMER = "For research and teaching, never for deciding one person's treatment."


def page(template: str, packages: Sequence[str] = (), **values: Any) -> str:
    """A page as HTML; all text in ``values`` is escaped.

    Args:
        template: file of a folder ``templates``.
        packages: whose folders are searched, before that of this package.
        values: what the template names.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in (*packages, "coley.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(disclaimer=DISCLAIMER, **values)


def inline(name: str, drawing: Drawing, caption: str = "") -> dict[str, str]:
    """A figure as the macro ``drawn`` takes it."""
    # Markup: drawn by this package; texts from outside are escaped by the renderer.
    return {"name": name, "svg": Markup(without_namespaces(drawing.svg)), "fault": drawing.fault, "caption": caption}
