"""What CONTRIBUTING.md shows costs one file: the file, dropped into a copy of the package, is found and works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import coley

ROOT = Path(__file__).parent.parent
PACKAGE = Path(coley.__file__).parent


def shown(heading: str) -> str:
    """The Python block under a heading of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)[0]


def run_with(tmp_path: Path, file: str, heading: str, script: str) -> str:
    """What ``script`` prints with the block of ``heading`` as ``file`` of the package."""
    copy = tmp_path / "coley"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / file).write_text(shown(heading), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_action_is_one_file(tmp_path: Path) -> None:
    script = """
import coley
from coley.pharmacology import Drug
catalogue = coley.load_catalogue()
known = {"source": "assumption", "known": "assumed"}
fields = catalogue.drugs["nivolumab"].model_dump(mode="json")
fields["name"] = "anti-il-6"
fields["actions"] = [{"kind": "block-il-6", "affinity": {"value": 1, "unit": "nM", **known},
                      "gain": {"value": 0.5, "unit": "", **known}}]
drug = Drug.model_validate(fields)
system = catalogue.disease("melanoma").model([drug])
rules = {rule.name: str(rule.expression) for rule in system.rules}
print("gain_IL6_anti_il_6" in rules["infiltration_1"])
"""
    assert run_with(tmp_path, "pharmacology/actions/block_il_6.py", "A way to act", script).split() == ["True"]


def test_an_endpoint_is_one_file(tmp_path: Path) -> None:
    script = """
from coley.trial.analysis.endpoints import read
print(read("EP_12wk").label)
"""
    said = run_with(tmp_path, "trial/analysis/endpoints/early_progression.py", "An endpoint", script)
    assert said.strip() == "Progression or death within 12 weeks"
