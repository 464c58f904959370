"""Harm of treatment: what events happen to whom and when, and the care that they get.

A harm is a table of data (``Harm``): its hazard, its grades and how it heals. Care is a table too (``Care``): event and
grade, what is done with the drug, what is given. No harm, rule or drug is named in code.

In the model, ``mechanisms(harms, context, others, drugs)`` gives each harm that has a mechanism its cumulative hazard,
the state ``harm.hazard``. It uses what ``others``, the mechanisms of the disease and its drugs, declare of
``free_CTLA4``, ``free_PD1``, ``free_PDL1``, ``T_function``, ``Treg_S``, ``IFNg_added_1`` and the effects of cytotoxic
drugs, and goes without what they do not. Only how much a hazard grows counts, not what it is. Harms of which only a
rate under treatment is known (``Exposure``) have no state: their hazard counts the days on which drugs are given.

In a trial, the patients of an arm go through each window of time like this::

    risk = Risk.start(len(harms), size)  # once
    ...
    found, risk = occur(harms, times, hazards, risk, patients, seed=seed)
    orders = decide(found, harms, cares, drugs, given)  # given: (events, drugs), has the patient been given the drug?
    course = resolve(found, harms, orders, seed=seed)
    risk = risk.during(course.events, patients)

``times`` (patients × points) are those of the window and ``hazards`` (harms × patients × points) the cumulative
hazards at them, from its begin to its end. The course of an event is settled when it begins: ``course.events`` says
when and in what it ends, and when treatment of it begins and ends; ``course.withheld`` (events × drugs) until which
day each drug is not to be given, -inf for no change and inf for good; ``course.prescriptions`` what to give, as
regimen text, to whom and from when. Care begins on the day of onset, which is within the window that has passed:
doses of those days can no longer be given in the model, so that windows are best no longer than the interval between
doses. A patient dies on the day ``events.death`` of a fatal event, if nothing else kills earlier; this is no part of
``hazard_death``. An event that begins after the patient's follow-up has ended did not happen: leave it out before
``decide``. A trial that takes no action on harm passes no ``cares``.

Random numbers are keyed by patient, harm and number of the event, so that a patient's fate does not hang on others.
``adae`` and ``adcm`` write events and what was given for them as tables of a trial.
"""

from coley.harm.autoimmunity import DRIVERS, Autoimmunity
from coley.harm.care import Course, Orders, Prescription, decide, resolve
from coley.harm.cytokines import CytokineRelease
from coley.harm.events import Events, Risk, occur
from coley.harm.exposure import Exposure, Rate, time_given
from coley.harm.lint import lint
from coley.harm.marrow import Marrow
from coley.harm.mechanism import mechanisms
from coley.harm.medicine import Medicine
from coley.harm.schema import Care, CareRule, Grade, Handling, Harm, InCancer, Recovery, SecondLine
from coley.harm.tables import adae, adcm

__all__ = [
    "DRIVERS",
    "Autoimmunity",
    "Care",
    "CareRule",
    "Course",
    "CytokineRelease",
    "Events",
    "Exposure",
    "Grade",
    "Handling",
    "Harm",
    "InCancer",
    "Marrow",
    "Medicine",
    "Orders",
    "Prescription",
    "Rate",
    "Recovery",
    "Risk",
    "SecondLine",
    "adae",
    "adcm",
    "decide",
    "lint",
    "mechanisms",
    "occur",
    "resolve",
    "time_given",
]
