"""The documents are true: files, commands and snippets that they name are there and work."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import coley
from coley.trial.describe import _LIBRARIES

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "coley"
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCED = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


def test_architecture_names_files_and_folders_that_are_there() -> None:
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.py)?)`", ARCHITECTURE))
    assert {name for name in named if name.endswith(".py")}
    assert [name for name in sorted(named) if not (SOURCE / name).exists()] == []


def anchors(document: Path) -> set[str]:
    """What links into a document can end in: its headings, as Markdown of repositories and sites names them."""
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = document.parent / path if path else document
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    pages = {str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")}
    named = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert pages <= named
    made = {"index.md", "architecture.md", "contributing.md", "changelog.md", "equations.md", "glossary.md"}
    assert named - pages == made | {"reference.md"}


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("mkdocs", "material", "mkdocstrings")),
    reason="needs the extra docs",
)
def test_the_site_is_built_without_a_dead_link(tmp_path: Path) -> None:
    """``--strict`` refuses links and anchors that lead nowhere, pages that no menu has, and names without code."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    equations = (tmp_path / "site" / "equations" / "index.html").read_text(encoding="utf-8")
    assert 'class="arithmatex"' in equations and "free_PD1" in equations
    reference = (tmp_path / "site" / "reference" / "index.html").read_text(encoding="utf-8")
    assert "load_catalogue" in reference


def test_manifest_names_libraries_that_every_installation_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}
    assert set(_LIBRARIES) <= needed


def test_readme_sets_up_with_two_commands() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert "coley run checkmate-067" in blocks[0] and len(blocks[0].strip().splitlines()) == 1
    assert "pytest" in blocks[1] and len(blocks[1].strip().splitlines()) == 1


def test_readme_shows_python_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    """The snippets as they stand, with fewer patients."""
    namespace: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL):
        exec(compile(re.sub(r"patients=\d+", "patients=4", block), "README.md", "exec"), namespace)
    assert isinstance(namespace["result"], coley.TrialResult)
    assert "ORR" in capsys.readouterr().out
