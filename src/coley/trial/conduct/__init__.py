"""Conduct of a trial: patients of an arm are treated, seen, examined, and treated otherwise, until lost or the end."""

from coley.trial.conduct.course import RTOL, follow
from coley.trial.conduct.decisions import REST_BEFORE_NEXT
from coley.trial.conduct.history import History

ASSUMPTIONS = (
    "Patients stop treatment at progression by the trial's criteria, but for the share that the arm treats beyond it.",
    f"A share of patients, as published, receives another treatment {REST_BEFORE_NEXT:g} days after progression.",
    "Patients leave the trial at a constant rate, unrelated to their disease.",
    "Examinations fall about the protocol's days, those of each patient on days of her own; some are missed by chance.",
    "Cells of a kind that have become few die out by chance, as a linear birth-death process would (Kendall 1948).",
    "Harm is seen at visits to the clinic, four weeks apart at most: until then doses go on; care begins there.",
    "A resection takes out every lesion if the regimen names none; below 0.1 % of the bed, no viable tumour is seen.",
    "A new lesion appears with 5 mm; its clones are mixed as in all lesions of the patient together.",
)
"""What conduct takes for granted, a sentence each."""

__all__ = ["ASSUMPTIONS", "RTOL", "History", "follow"]
