"""Charts as SVG text: no browser, stable identifiers, and a label for readers who cannot see them."""

from __future__ import annotations

import re
from html import escape

import altair as alt
import vl_convert

from coley.report.theme import Figure

_VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_TAG = re.compile(r"<[^<>]+>")
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


def render(chart: Figure, name: str, label: str) -> str:
    """``chart`` as SVG, with identifiers that begin with ``name`` so that several drawings stand in one page.

    Args:
        chart: a chart whose marks carry no text in attributes, as the common look makes sure (no ARIA of marks).
        name: unique within a page.
        label: what is seen, for screen readers.
    """
    # Altair has checked the parts while they were made; the whole is checked in the tests.
    text = vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=_VEGA_LITE)
    # The renderer numbers identifiers through all charts of a process; here they count from 1 in each.
    known: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        return found[1] + known.setdefault(found[2], f"{name}-{len(known) + 1}")

    text = _TAG.sub(lambda tag: _IDENTIFIER.sub(rename, tag[0]), text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1) + "\n"


def without_namespaces(svg: str) -> str:
    """``svg`` for use inside HTML, where namespaces are implied."""
    return re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg, count=2)
