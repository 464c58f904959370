"""What the documentation site has beyond the files in docs: pages that are made when it is built.

The home page, architecture, contributing and changes come from the files in the root of the repository; equations,
glossary and the reference come from the code.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from coley.catalogue import load_catalogue
from coley.handbook import glossary
from coley.handbook.equations import chapters
from coley.handbook.pages import equations_page, glossary_page

ROOT = Path(__file__).parents[1]
FROM_ROOT = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
REFERENCE = (
    "coley",
    "coley.catalogue",
    "coley.facts",
    "coley.protocol",
    "coley.regimen",
    "coley.system",
    "coley.modeling",
    "coley.disease",
    "coley.pharmacology",
    "coley.population",
    "coley.trial",
    "coley.report",
    "coley.handbook",
    "coley.engine",
    "coley.data",
    "coley.sbml",
    "coley.units",
    "coley.errors",
)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):(?=<code>)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    made = {page: (ROOT / name).read_text(encoding="utf-8") for name, page in FROM_ROOT.items()}
    made["equations.md"] = equations_page(chapters(load_catalogue()))
    made["glossary.md"] = glossary_page(glossary())
    made["reference.md"] = "# Reference\n\n" + "\n\n".join(f"::: {name}" for name in REFERENCE) + "\n"
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Have links to files of the repository lead to their pages; those that have none become plain text."""
    place = {to: name for name, to in FROM_ROOT.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def led(found: re.Match[str]) -> str:
        sign, text, target = found.groups()
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path, hash_sign, anchor = target.partition("#")
        whole = posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
        to = FROM_ROOT.get(whole, whole.removeprefix("docs/") if whole.startswith("docs/") else None)
        if to is None or files.get_file_from_path(to) is None:
            return text if not sign and (ROOT / whole).exists() else found[0]
        relative = posixpath.relpath(to, posixpath.dirname(page.file.src_uri) or ".")
        return f"{sign}[{text}]({relative}{hash_sign}{anchor})"

    return _LINK.sub(led, markdown)


def on_page_content(html: str, page: Any, config: Any, files: Files) -> str:
    """Docstrings name functions and classes by role and name; the name is enough."""
    return _ROLE.sub("", html)
