"""Drugs: what they are, where they go (kinetics) and what they do there (actions). One file for each way of either."""

from coley.pharmacology.agent import Action, Agent, Kinetics
from coley.pharmacology.drug import Approval, Drug, NamedRegimen, RegimenFact

__all__ = ["Action", "Agent", "Approval", "Drug", "Kinetics", "NamedRegimen", "RegimenFact"]
