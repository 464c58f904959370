"""The report of a trial: figures, one page that stands alone, and the folder that holds both with all tables."""

from coley.report.figures import figures
from coley.report.patient import Patient, find_patients, patient_figure
from coley.report.read import read_result
from coley.report.write import check_writable, write_report

__all__ = [
    "Patient",
    "check_writable",
    "figures",
    "find_patients",
    "patient_figure",
    "read_result",
    "write_report",
]
