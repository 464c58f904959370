"""Kinds of disease: which mechanisms one has, how it is diagnosed, what a scan or a sample shows, what is observed."""

from coley.disease.disease import Disease, Findings, Mortal, Observable, disease_of

__all__ = ["Disease", "Findings", "Mortal", "Observable", "disease_of"]
