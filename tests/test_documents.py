"""The documents are true: files, commands and snippets that they name are there and work."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import coley
from coley.trial.describe import _LIBRARIES

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "coley"
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def test_architecture_names_files_and_folders_that_are_there() -> None:
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.py)?)`", ARCHITECTURE))
    assert {name for name in named if name.endswith(".py")}
    assert [name for name in sorted(named) if not (SOURCE / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (document.parent / target).exists(), target


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
