"""Tables of what the catalogue holds."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from coley.catalogue import Catalogue


def trial_table(catalogue: Catalogue) -> Table:
    """Name, title, cancer and arms of every trial, and whether the model was calibrated on it."""
    table = _table("trial", "cancer", "title", "arms", "model")
    for name, trial in sorted(catalogue.trials.items()):
        arms = "\n".join(arm.name for arm in trial.arms)
        _row(table, name, trial.cancer, trial.title, arms, "calibrated on it" if trial.calibrated else "predicts it")
    return table


def drug_table(catalogue: Catalogue) -> Table:
    """Name, kind, targets and routes of every drug."""
    table = _table("drug", "kind", "acts on", "routes", "also called")
    for name, drug in sorted(catalogue.drugs.items()):
        targets = ", ".join(f"{target.molecule} ({target.action})" for target in drug.targets)
        _row(table, name, drug.modality, targets, ", ".join(drug.routes), ", ".join(drug.synonyms))
    return table


def cancer_table(catalogue: Catalogue) -> Table:
    """Name, title and summary of every cancer."""
    table = _table("cancer", "title", "summary", "also called")
    for name, cancer in sorted(catalogue.cancers.items()):
        _row(table, name, cancer.title, cancer.summary, ", ".join(cancer.synonyms))
    return table


def _table(first: str, *headings: str) -> Table:
    table = Table(show_lines=True)
    table.add_column(first, no_wrap=True, style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))
