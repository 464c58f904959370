"""A page in a real browser: headless Chromium lays it out, and a script in it measures what came out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for found in map(shutil.which, _NAMES) if found), "")
MISSING = "no Chromium on PATH: apt-get install chromium"

_MEASURE = """<script>
document.querySelectorAll("details").forEach(d => d.open = true);
const styles = e => getComputedStyle(e);
function channels(text) { return text.match(/[0-9.]+/g).map(Number); }
function luminance(c) {
  const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(e) {
  for (; e; e = e.parentElement) {
    const c = channels(styles(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c;
  }
  return [255, 255, 255];
}
function contrast(e) {
  const [a, b] = [luminance(channels(styles(e).color)), luminance(ground(e))].sort();
  return (b + 0.05) / (a + 0.05);
}
function scale(matrix) { return Math.hypot(matrix.a, matrix.b); }
function speaks(e) { return [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()); }
const said = [...document.querySelectorAll("body *:not(svg *):not(script)")].filter(speaks);
const boxes = [...document.querySelectorAll(".table, .drawing")];
const clipped = boxes.filter(b => b.scrollWidth > b.clientWidth + 1 && !/auto|scroll/.test(styles(b).overflowX));
const inside = e => e.closest(".table, .drawing, pre");
const out = [...document.querySelectorAll("body *")].filter(
  e => !inside(e) && e.getBoundingClientRect().right > innerWidth + 1);
const texts = [...document.querySelectorAll("svg text")].filter(
  t => t.textContent.trim() && t.getBoundingClientRect().width > 0);
const faint = said.map(e => [contrast(e), e.tagName, e.textContent.trim().slice(0, 40)]).sort((a, b) => a[0] - b[0]);
const answer = "<pre>" + JSON.stringify({
  width: innerWidth,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  sideways: document.documentElement.scrollWidth,
  tables: document.querySelectorAll("table").length,
  scrolled: boxes.filter(b => b.scrollWidth > b.clientWidth + 1).length,
  clipped: clipped.map(b => b.textContent.trim().slice(0, 40)),
  out: out.map(e => e.tagName + " " + e.textContent.trim().slice(0, 40)),
  smallest: Math.min(...texts.map(t => parseFloat(styles(t).fontSize) * scale(t.getScreenCTM()))),
  smallest_table: Math.min(...[...document.querySelectorAll("td")].map(t => parseFloat(styles(t).fontSize))),
  paper: channels(styles(document.documentElement).backgroundColor),
  drawings: [...document.querySelectorAll(".drawing")].map(d => luminance(ground(d))),
  faintest: faint[0],
}).replace(/&/g, "&amp;").replace(/</g, "&lt;") + "</pre>";
parent.document.body.innerHTML = answer;
</script>"""


def laid_out(page: str, place: Path, *, width: int, dark: bool = False) -> dict[str, Any]:
    """Measures of ``page`` (HTML) on a screen ``width`` px wide; ``place`` is an empty folder."""
    file = place / "page.html"
    framed = escape(page.replace("</body>", f"{_MEASURE}</body>"))
    frame = f'<iframe style="border: 0" width="{width}" height="844" srcdoc="{framed}"></iframe>'
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frame}</body>", encoding="utf-8")  # windows are wider
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    dom = _chromium(place, scheme, "--dump-dom", file.as_uri())
    found = re.search(r"<pre>(.*)</pre>", dom, re.DOTALL)
    assert found, dom[-2000:]
    measured: dict[str, Any] = json.loads(unescape(found[1]))
    return measured


def printed(page: str, place: Path) -> bytes:
    """``page`` as Chromium prints it, a PDF."""
    file, paper = place / "page.html", place / "page.pdf"
    file.write_text(page, encoding="utf-8")
    _chromium(place, "--no-pdf-header-footer", f"--print-to-pdf={paper}", file.as_uri())
    return paper.read_bytes()


def _chromium(place: Path, *options: str) -> str:
    home = place / "profile"
    usual = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={home}"]
    told = subprocess.run(
        [CHROMIUM, *usual, *options], capture_output=True, text=True, check=True, env={**os.environ, "HOME": str(place)}
    )
    return told.stdout
