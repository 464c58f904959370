"""The figure of a comparison of designs: power by number of patients, a panel for each selection of patients."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from coley.design.designs import ASKED, Design
from coley.report.theme import FAINT, ArmStyles, Figure, finish, inline, nothing_to_show, panel_width, wrap

_MOST_PANELS = 12


def power_figure(found: Design) -> Figure:
    """Power with its interval by patients per arm, and by regimen where there is one size."""
    title = f"{found.trial.title}: power of {found.arm} against {found.versus}, {found.settings.endpoint}"
    table = found.table[found.table["power"].notna()]
    if table.empty:
        return nothing_to_show(title, "No design could be simulated.")
    selected = [name for name in found.varied if name[-1] in "≥≤"]
    given = [name for name in found.varied if name not in selected]
    rows = table.assign(
        panel=_joined(table, selected) or found.trial.cancer, arm=_joined(table, given) or found.arm, **_percent(table)
    )
    panels = list(dict.fromkeys(rows["panel"]))[:_MOST_PANELS]
    width = panel_width(len(panels), gap=50)
    arms = tuple(dict.fromkeys(rows["arm"]))
    charts = [_panel(rows[rows["panel"] == name], name, arms, width) for name in panels]
    subtitle = [
        f"Probability that the trial shows {found.arm} to be better, at 5 % two-sided; with 95 % intervals of "
        f"posterior and simulation. Broken lines: {' and '.join(f'{100 * asked:g}' for asked in ASKED)} %."
    ]
    together = alt.concat(*charts, columns=3, spacing=18).resolve_scale(color="shared", strokeDash="shared")
    return finish(together, title, subtitle)


def _joined(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """What is varied, as one text for each row; nothing where nothing is."""
    texts = [[f"{name} {value}" for value in table[name]] for name in names]
    return [", ".join(parts) for parts in zip(*texts, strict=True)]


def _percent(table: pd.DataFrame) -> dict[str, pd.Series[float]]:
    return {name: 100 * table[name] for name in ("power", "lower", "upper")}


def _panel(rows: pd.DataFrame, name: str, arms: tuple[str, ...], width: int) -> alt.LayerChart | alt.FacetChart:
    styles = ArmStyles(arms)
    heading = alt.Title(wrap(name, 34).split("\n"), fontSize=11.5, offset=6, frame="group")
    key = alt.Legend(symbolType="stroke", symbolSize=300, symbolOpacity=1, labelLimit=0, columns=2)
    x = alt.X("n:Q", title="Patients per arm", scale=alt.Scale(zero=False, nice=True))
    y = alt.Y("power:Q", title="Power (%)", scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(inline(rows[["arm", "n", "power", "lower", "upper"]]))
    band = base.mark_area(opacity=0.12).encode(
        x, alt.Y("lower:Q", title="Power (%)", scale=alt.Scale(domain=[0, 100])), alt.Y2("upper"), styles.colour(key)
    )
    line = base.mark_line(strokeWidth=1.8).encode(x, y, styles.colour(key), styles.dash(key))
    point = base.mark_point(filled=True, size=36, opacity=1).encode(x, y, styles.colour(key))
    asked = inline(pd.DataFrame({"power": [100 * each for each in ASKED]}))
    rule = alt.Chart(asked).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(y)
    return alt.layer(rule, band, line, point).properties(width=width, height=190, title=heading)
