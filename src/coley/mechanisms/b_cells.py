"""B cells: the normal ones, which bear what a cancer of B cells bears, and go where treatment aims at it.

They are killed as the first clone is in the rest of the body, but for its killing by T cells that see it as a tumour.
"""

from __future__ import annotations

from coley.modeling import REST, Context, Mechanism


def b_cells(context: Context) -> Mechanism:
    """Normal B cells of blood and tissue."""
    m = Mechanism("b_cells", "Normal B cells are renewed from the marrow and killed with the cancer.", context)
    resting = m.parameter("B_0", "B cells of the body at rest")
    renewal = m.parameter("k_B_renewal", "turnover of B cells")
    aimed = m[f"kill_{context.clones[0].name}_{REST}"] - m[f"kill_T_{REST}"]
    m.rule("kill_B", "1/day", aimed, "rate at which normal B cells are killed")
    pool = m.state("B_S", "cell", resting, 1e6, "normal B cells of blood and tissue")
    m.reaction("renewal", renewal * resting, {"B_S": 1})
    m.reaction("death", (renewal + m["kill_B"]) * pool, {"B_S": -1})
    m.rule("B_share", "", pool / resting, "normal B cells, relative to health")
    return m
