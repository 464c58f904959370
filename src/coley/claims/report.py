"""The page of claims in Markdown, for the documentation."""

from __future__ import annotations

from pathlib import Path

from coley.claims.experiment import Found
from coley.claims.write import claim_table
from coley.report.markdown import table_rows

INTRODUCTION = """# Claims

What is said of the immune system, cancer and immunotherapy, run as experiments on virtual patients. Each claim is a
file in the folder `claims` of the catalogue: arms, what is measured, what it has to be, and what was published.

```sh
coley claims                 # all of them: a page, figures and tables
coley claims G8 G16          # some
```

Written by `coley claims --report`, each claim with as many patients as its file says. A claim that fails is shown as
failing: the model does not show it, or not with so many patients.

"""


def write_report(found: list[Found], file: Path) -> None:
    """Write the page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(found), encoding="utf-8")


def markdown(found: list[Found]) -> str:
    """The page as text."""
    table = claim_table(found)
    rows = []
    for group in table.groups:
        for index, row in enumerate(group.rows):
            rows.append((group.label if index == 0 else "", *row))
    return INTRODUCTION + table.caption + "\n\n" + "\n".join(table_rows(table.columns, rows))
