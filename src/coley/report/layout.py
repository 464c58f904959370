"""The files of a report's folder, and what its manifest says of a result beyond tables and trajectories."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from coley.errors import did_you_mean
from coley.facts import Biomarker
from coley.protocol import Trial
from coley.trial.response import criteria

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

PAGE, SUMMARY, REJECTED, MANIFEST = "report.html", "summary.csv", "rejected.csv", "manifest.json"
TABLES, COURSES, PARAMETERS = "tables", "trajectories.parquet", "parameters.parquet"
SOFTWARE = "coley"
REPORT, RESULT = "report", "result"
"""Keys of the manifest: the files of the report, and what else belongs to the result."""


@dataclass(frozen=True)
class Described:
    """Trial, seed, patients of each arm, criteria, biomarkers, notes, and the model without its parameters."""

    trial: Trial
    seed: int
    patients: int
    criteria: str
    biomarkers: tuple[Biomarker, ...]
    notes: tuple[str, ...]
    model: str
    mechanisms: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]

    @classmethod
    def of(cls, result: TrialResult) -> Described:
        """What the manifest says of ``result``."""
        model = result.model
        about = (result.trial, result.seed, result.patients, result.criteria, result.biomarkers, result.notes)
        return cls(*about, model.name, model.mechanisms, model.assumptions)

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        entries = [biomarker.model_dump(mode="json") for biomarker in self.biomarkers]
        return asdict(self) | {"trial": self.trial.model_dump(mode="json"), "biomarkers": entries}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Described:
        """From what :meth:`as_json` gave.

        Raises:
            KeyError, TypeError, ValueError: where it is something else.
        """
        return cls(
            trial=Trial.model_validate(said["trial"]),
            seed=int(said["seed"]),
            patients=int(said["patients"]),
            criteria=_known(said["criteria"]),
            biomarkers=tuple(Biomarker.model_validate(entry) for entry in said["biomarkers"]),
            notes=tuple(map(str, said["notes"])),
            model=str(said["model"]),
            mechanisms=tuple((str(name), str(meaning)) for name, meaning in said["mechanisms"]),
            assumptions=tuple(map(str, said["assumptions"])),
        )


def _known(name: str) -> str:
    if name not in criteria():
        raise ValueError(f"unknown response criteria {name!r}; {did_you_mean(name, criteria())}")
    return name
