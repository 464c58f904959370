"""Tables of what the catalogue holds."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from coley.catalogue import Catalogue
from coley.disease.disease import kinds
from coley.harm import CareRule
from coley.pharmacology import Action


def trial_table(catalogue: Catalogue) -> Table:
    """Name, title, cancer and arms of every trial, and whether the model was fitted to it."""
    table = _table("trial", "cancer", "title", "arms", "model")
    for name, trial in sorted(catalogue.trials.items()):
        arms = "\n".join(arm.name for arm in trial.arms)
        _row(table, name, trial.cancer, trial.title, arms, "was fitted to it" if trial.fitted else "predicts it")
    return table


def drug_table(catalogue: Catalogue) -> Table:
    """Name, modality, actions and routes of every drug."""
    table = _table("drug", "kind", "does", "routes", "also called")
    for name, drug in sorted(catalogue.drugs.items()):
        _row(
            table,
            name,
            drug.modality,
            ", ".join(map(_action, drug.actions)),
            ", ".join(drug.routes),
            ", ".join(drug.synonyms),
        )
    return table


def cancer_table(catalogue: Catalogue) -> Table:
    """Name, title, kind of disease and summary of every cancer."""
    table = _table("cancer", "title", "disease", "summary", "also called")
    for name, cancer in sorted(catalogue.cancers.items()):
        _row(table, name, cancer.title, cancer.disease, cancer.summary, ", ".join(cancer.synonyms))
    return table


def regimen_table(catalogue: Catalogue) -> Table:
    """Name, title and text of every regimen that has a name."""
    table = _table("regimen", "title", "text")
    for name, regimen in sorted(catalogue.regimens.items()):
        _row(table, name, regimen.title, regimen.text)
    return table


def harm_table(catalogue: Catalogue) -> Table:
    """Name, organ, category and grades of every harm."""
    table = _table("harm", "title", "organ", "category", "grades")
    for name, harm in sorted(catalogue.harms.items()):
        _row(table, name, harm.title, harm.organ, harm.category, ", ".join(str(row.grade) for row in harm.grades))
    return table


def care_table(catalogue: Catalogue) -> Table:
    """Name and event of all care, with what is done at which grades."""
    table = _table("care", "title", "event", "grades: drugs, treatment")
    for name, care in sorted(catalogue.care.items()):
        _row(table, name, care.title, care.event, "\n".join(map(_rule, care.rules)))
    return table


def disease_table(catalogue: Catalogue) -> Table:
    """Kinds of disease with their response criteria and the cancers that are of them."""
    table = _table("disease", "is", "judged by", "cancers")
    for name, kind in sorted(kinds().items()):
        cancers = sorted(cancer.name for cancer in catalogue.cancers.values() if cancer.disease == name)
        _row(table, name, (kind.__doc__ or "").partition("\n")[0], kind.criteria, ", ".join(cancers))
    return table


def _action(action: Action) -> str:
    """``block PD-1``: the kind of an action, and what it is aimed at."""
    aim = next((str(getattr(action, field)) for field in ("molecule", "antigen") if hasattr(action, field)), "")
    return f"{action.kind.replace('-', ' ')} {aim}".strip()


def _rule(rule: CareRule) -> str:
    low, high = rule.grades
    grades = f"{low}" if low == high else f"{low} to {high}"
    drugs = "; ".join(f"{row.action} {', '.join(row.classes)}" for row in rule.drugs)
    return f"{grades}: {', '.join(filter(None, (drugs, rule.treatment)))}"


def _table(first: str, *headings: str) -> Table:
    table = Table(show_lines=True)
    table.add_column(first, no_wrap=True, style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))
