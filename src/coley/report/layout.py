"""The files of a report's folder, and what its manifest says of a result beyond tables and trajectories."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from coley.protocol import Trial

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

PAGE, SUMMARY, REJECTED, MANIFEST = "report.html", "summary.csv", "rejected.csv", "manifest.json"
TABLES, COURSES, PARAMETERS = "tables", "trajectories.parquet", "parameters.parquet"
SOFTWARE = "coley"
REPORT, RESULT = "report", "result"
"""Keys of the manifest: the files of the report, and what else belongs to the result."""


@dataclass(frozen=True)
class Described:
    """Trial, seed, patients of each arm, notes, and the model without its parameters."""

    trial: Trial
    seed: int
    patients: int
    notes: tuple[str, ...]
    model: str
    mechanisms: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]

    @classmethod
    def of(cls, result: TrialResult) -> Described:
        """What the manifest says of ``result``."""
        model = result.model
        about = (result.trial, result.seed, result.patients, result.notes)
        return cls(*about, model.name, model.mechanisms, model.assumptions)

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"trial": self.trial.model_dump(mode="json")}

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
            notes=tuple(map(str, said["notes"])),
            model=str(said["model"]),
            mechanisms=tuple((str(name), str(meaning)) for name, meaning in said["mechanisms"]),
            assumptions=tuple(map(str, said["assumptions"])),
        )
