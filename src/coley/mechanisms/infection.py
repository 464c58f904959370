"""Infection and precancer: chances that a person is free, infected, has precancer of each grade, or cancer.

A Markov chain in continuous time, of one person: the states are probabilities that add up to 1. Antibody of vaccination
and of an earlier infection keeps new infections off; it does nothing about one that is there. Each event has a
cumulative hazard: what enters the state or those beyond it, over the chance of being in none of them, which is the
incidence among people at risk.
"""

from __future__ import annotations

import symengine

from coley.modeling import Context, Mechanism
from coley.system import Expression


def infection(context: Context) -> Mechanism:
    """Occupancy of each state, and cumulative hazards of the first infection, precancer and cancer."""
    meaning = "Exposure infects; infection clears or persists; precancer regresses or becomes cancer."
    m = Mechanism("infection", meaning, context)
    exposure = m.parameter("k_exposure", "hazard of infection of a person without antibody")
    half = m.parameter("titre_50", "titre that halves the hazard of infection")
    steepness = m.parameter("n_titre", "Hill exponent of protection in titre")
    natural = m.parameter("titre_natural", "titre after natural infection")
    m.state("time_exposed", "day", 0, 1.0, "time since exposure began")
    m.reaction("exposure", symengine.Integer(1), {"time_exposed": 1})
    _occupancy(m)
    free, immune = m["p_naive"], m["p_recovered"]
    m.rule("protection", "", _protection(m["titre"], half, steepness), "share of new infections that antibody averts")
    again = _protection(m["titre"] + natural, half, steepness)
    first = exposure * (1 - m["protection"]) * free
    second = exposure * (1 - again) * immune
    m.reaction("infection", first, {"p_naive": -1, "p_infected": 1})
    m.reaction("reinfection", second, {"p_recovered": -1, "p_infected": 1})
    _course(m)
    persisting = m["k_persist"] * m["p_infected"]
    at_risk = m["p_naive"] + m["p_recovered"] + 1e-9  # never 0: where nobody is at risk, nobody has the event
    for event, flux, gone, what in (
        ("infection", first + second, "infected", "a new infection"),
        ("persistence", persisting, "persistent", "a persistent infection"),
        ("CIN2", m["k_CIN2"] * m["p_persistent"], "CIN2", "precancer of grade 2 or more"),
        ("CIN3", m["k_CIN3"] * m["p_CIN2"], "CIN3", "precancer of grade 3 or more"),
        ("cancer", m["k_invade"] * m["p_CIN3"], "cancer", "cancer"),
    ):
        m.state(f"hazard_{event}", "", 0, 1e-3, f"cumulative hazard of {what}")
        m.reaction(f"incidence_{event}", flux / at_risk, {f"hazard_{event}": 1})
        at_risk = at_risk + m[f"p_{gone}"]
    infected = m["p_infected"] + m["p_persistent"] + m["p_CIN2"] + m["p_CIN3"] + m["p_cancer"]
    m.rule("p_virus", "", infected, "chance that the virus is found")
    size = m.parameter("V_cancer", "volume of cancer when it comes to light")
    m.rule("V_tumour", "mL", size * m["p_cancer"], "volume of cancer, as expected")
    return m


def _protection(titre: Expression, half: Expression, steepness: Expression) -> Expression:
    """Hill function; never 0 to a power, whose derivative is not defined."""
    ratio = ((titre + 1e-9) / half) ** steepness
    return ratio / (1 + ratio)


def _occupancy(m: Mechanism) -> None:
    for name, start, what in (
        ("naive", 1, "was never infected"),
        ("recovered", 0, "has cleared an infection"),
        ("infected", 0, "is infected since less than half a year"),
        ("persistent", 0, "is infected for longer"),
        ("CIN2", 0, "has precancer of grade 2"),
        ("CIN3", 0, "has precancer of grade 3"),
        ("cancer", 0, "has cancer"),
    ):
        m.state(f"p_{name}", "", start, 1e-6, f"chance that a person {what}")


def _course(m: Mechanism) -> None:
    """What becomes of an infection, whether there is antibody or not."""
    for rate, source, target, what in (
        ("k_clear_new", "infected", "recovered", "clearance of a new infection"),
        ("k_persist", "infected", "persistent", "persistence of a new infection"),
        ("k_clear_old", "persistent", "recovered", "clearance of a persistent infection"),
        ("k_CIN2", "persistent", "CIN2", "precancer of grade 2 from a persistent infection"),
        ("k_regress_CIN2", "CIN2", "recovered", "regression of precancer of grade 2"),
        ("k_CIN3", "CIN2", "CIN3", "progression of precancer from grade 2 to 3"),
        ("k_regress_CIN3", "CIN3", "recovered", "regression of precancer of grade 3"),
        ("k_invade", "CIN3", "cancer", "cancer from precancer of grade 3"),
    ):
        constant = m.parameter(rate, f"rate of {what}")
        m.reaction(f"{source}_to_{target}", constant * m[f"p_{source}"], {f"p_{source}": -1, f"p_{target}": 1})
