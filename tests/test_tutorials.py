"""The tutorials as they stand: their files are written, their commands and snippets run, from top to bottom.

Only patients are fewer than they say, and of the reports only the first is drawn.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coley.cli.commands import app
from coley.report.svg import Drawing

TUTORIALS = sorted((Path(__file__).parents[1] / "docs" / "tutorials").glob("*.md"))
FEW = "6"
_BLOCK = re.compile(r'^```(sh|python|toml)(?: title="([^"]+)")?\n(.*?)^```', flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_works(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if path.stem != "first-trial":
        monkeypatch.setattr("coley.report.write.drawings", lambda result: defaultdict(Drawing))
    namespace: dict[str, object] = {}
    blocks = _BLOCK.findall(path.read_text(encoding="utf-8"))
    assert len(blocks) > 4
    for language, title, text in blocks:
        if language == "toml":
            file = tmp_path / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif language == "sh":
            for line in text.splitlines():
                program, *arguments = shlex.split(line)
                assert program == "coley"
                if "--patients" in arguments:
                    arguments[arguments.index("--patients") + 1] = FEW
                done = CliRunner().invoke(app, arguments)
                assert done.exit_code == 0, f"{line}\n{done.output}"
        else:
            exec(compile(text, path.name, "exec"), namespace)


def test_there_are_three() -> None:
    assert [path.stem for path in TUTORIALS] == ["first-trial", "own-mechanism", "own-trial-and-drug"]
