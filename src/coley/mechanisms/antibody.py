"""Antibody: its titre after vaccination, from short- and long-lived plasma cells, relative to natural infection.

A dose primes B cells; the next one finds memory and gives many times the antibody. Most plasma cells last weeks, a few
for years: a peak after the last dose, then a plateau, as after vaccination against papillomavirus (Olsson et al.,
Vaccine 25:4931, 2007).
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def antibody(context: Context) -> Mechanism:
    """Memory B cells, plasma cells and the titre of antibody."""
    m = Mechanism("antibody", "Vaccination raises antibody, which wanes to a plateau.", context)
    dose = m.total("vaccination", "1/day", "full doses of vaccine that B cells meet per time")
    prime = m.parameter("titre_prime", "titre that secretion after a first dose would sustain")
    boost = m.parameter("titre_boost", "titre that secretion after a dose upon memory would sustain")
    lasting = m.parameter("f_lasting", "share of secretion that long-lived plasma cells take on")
    short = m.parameter("k_plasmablast", "loss rate of short-lived plasma cells")
    long = m.parameter("k_plasma_cell", "loss rate of long-lived plasma cells")
    breakdown = m.parameter("k_IgG_loss", "rate at which IgG is broken down")
    maturing = m.parameter("k_memory_B", "rate at which B cells that met antigen become memory")
    m.state("B_primed", "", 0, 1e-3, "B cells that have met antigen and are not yet memory, from 0 to 1")
    m.state("B_memory", "", 0, 1e-3, "memory B cells, from 0 to 1")
    m.state("secretion_short", "", 0, 1e-3, "secretion by short-lived plasma cells, as the titre that it sustains")
    m.state("secretion_long", "", 0, 1e-3, "secretion by long-lived plasma cells, as the titre that it sustains")
    m.state("titre", "", 0, 1e-3, "antibody from vaccination, relative to that after natural infection")
    answer = (prime + boost * m["B_memory"]) * dose
    m.reaction("priming", dose * (1 - m["B_primed"] - m["B_memory"]), {"B_primed": 1})
    m.reaction("memory", maturing * m["B_primed"], {"B_primed": -1, "B_memory": 1})
    m.reaction("response", answer, {"secretion_short": 1 - lasting, "secretion_long": lasting})
    m.reaction("loss_short", short * m["secretion_short"], {"secretion_short": -1})
    m.reaction("loss_long", long * m["secretion_long"], {"secretion_long": -1})
    m.reaction("secretion", breakdown * (m["secretion_short"] + m["secretion_long"]), {"titre": 1})
    m.reaction("breakdown", breakdown * m["titre"], {"titre": -1})
    return m
