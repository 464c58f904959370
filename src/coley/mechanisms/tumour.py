"""Tumour: lesions of clones that grow to a vascular limit, die, are cleared, and are removed.

Growth and vascular capacity follow Hahnfeldt et al., Cancer Research 59:4770 (1999), with vessels in balance with the
cells, K = C^(1/3) C_max^(2/3), and logistic in place of Gompertz growth. A lesion builds the stroma that protects it as
it draws vessels: Folkman, N Engl J Med 285:1182 (1971), puts that at 1 to 2 mm. Whether the last cells of a clone die
out is chance, and not decided here.
"""

from __future__ import annotations

import symengine

from coley.facts import Clone
from coley.modeling import Context, Mechanism
from coley.system import Expression


def tumour(context: Context) -> Mechanism:
    """Clones, dead cells and volume of every lesion."""
    m = Mechanism("tumour", "Clones of each lesion grow to a vascular limit, turn over, mutate and die.", context)
    density = m.parameter("rho_cell", "cancer cells per volume of tumour")
    one = m.parameter("C_one", "one cell: so that nothing divides by 0")
    for site in context.sites:
        _lesion(m, site, density, one)
    cells, volume = (sum(m[f"{name}_{site}"] for site in context.sites) for name in ("C_total", "V"))
    m.rule("C_total", "cell", cells, "living cancer cells of all lesions")
    m.rule("V_tumour", "mL", volume, "volume of all lesions")
    lost = sum(m[f"C_total_{site}"] * m[f"kill_{context.clones[0].name}_{site}"] for site in context.sites)
    m.rule("kill_mean", "1/day", lost / (m["C_total"] + one), "rate of killing, mean over all lesions")
    return m


def _lesion(m: Mechanism, site: str, density: Expression, one: Expression) -> None:
    k_growth = m.at_site("k_growth", site, "net growth rate of an unrestrained tumour")
    k_turnover = m.parameter("k_turnover", "rate of spontaneous death that division makes good")
    k_clear = m.parameter("k_clear", "clearance rate of dead cells")
    capacity = m.parameter("C_max", "largest number of cancer cells that vessels can carry")
    seed = m.at_site("C_seed", site, "cancer cells at the start of the natural history")
    clones = m.context.clones
    shares = _shares(m, clones)
    for clone in clones:
        m.state(f"C_{clone.name}_{site}", "cell", seed * shares[clone.name], 1e2, f"{clone.meaning}, site {site}")
    dead = m.state(f"C_dead_{site}", "cell", 0, 1e3, f"dead cancer cells not yet cleared, site {site}")
    cells = m.rule(
        f"C_total_{site}",
        "cell",
        sum(m[f"C_{clone.name}_{site}"] for clone in clones),
        f"living cancer cells, site {site}",
    )
    immune = m.total(f"immune_volume_{site}", "mL", f"volume of the immune cells, site {site}")
    m.rule(f"V_{site}", "mL", (cells + one + dead) / density + immune, f"volume of the lesion, site {site}")
    flatness = m.product(f"flatness_{site}", "depth of the lesion, relative to a sphere of its volume")
    sphere = (6 / symengine.pi * m[f"V_{site}"]) ** symengine.Rational(1, 3)
    m.rule(f"depth_{site}", "cm", sphere * flatness, f"depth of the lesion, site {site}")
    bare = m.parameter("V_stroma", "volume of a lesion that has half of its stroma")
    built = cells / (cells + one + density * bare)
    m.rule(f"stroma_{site}", "", built, f"stroma that has been built, 0 to 1, site {site}")
    division = m.product(f"division_{site}", "what drugs and signals leave of division, 1 for all")
    vessels = m.product(f"vessels_{site}", "vascular capacity that drugs leave, 1 for all")
    removal = m.total(f"removal_{site}", "1/day", "rate at which surgery removes cells")
    room = 1 - ((cells + one) / (capacity * vessels)) ** symengine.Rational(2, 3)
    for clone in clones:
        own = m[f"C_{clone.name}_{site}"]
        kill = m.total(f"kill_{clone.name}_{site}", "1/day", f"rate at which {clone.meaning} are killed")
        born = (k_growth + k_turnover) * division - k_growth * (1 - room)
        m.reaction(f"division_{clone.name}_{site}", born * own, {f"C_{clone.name}_{site}": 1})
        fate = {f"C_{clone.name}_{site}": -1, f"C_dead_{site}": 1}
        m.reaction(f"death_{clone.name}_{site}", (k_turnover + kill) * own, fate)
        m.reaction(f"removal_{clone.name}_{site}", removal * own, {f"C_{clone.name}_{site}": -1})
    first = clones[0].name
    for clone in clones[1:]:
        if clone.mutation is not None:
            rate = m.constant(f"mu_{clone.name}", clone.mutation, f"chance per division that {clone.meaning} arise")
            moved = {f"C_{first}_{site}": -1, f"C_{clone.name}_{site}": 1}
            divisions = (k_growth + k_turnover) * m[f"C_{first}_{site}"]
            m.reaction(f"mutation_{clone.name}_{site}", rate * divisions, moved)
    m.reaction(f"clearance_{site}", (k_clear + removal) * dead, {f"C_dead_{site}": -1})


def _shares(m: Mechanism, clones: tuple[Clone, ...]) -> dict[str, Expression]:
    """Share of each clone at the start: each takes its fraction of what those before it leave, the first the rest."""
    shares: dict[str, Expression] = {}
    left: Expression = symengine.Integer(1)
    for clone in clones[1:]:
        if clone.fraction is not None:
            fraction = m.constant(f"f_{clone.name}", clone.fraction, f"{clone.meaning}: share at the start")
            shares[clone.name] = left * fraction
            left = left * (1 - fraction)
    shares[clones[0].name] = left
    return shares
