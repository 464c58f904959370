"""The report of a trial: figures, one page that stands alone, and the folder that holds both with all tables."""

from coley.report.figures import figures
from coley.report.read import read_result
from coley.report.write import check_writable, write_report

__all__ = ["check_writable", "figures", "read_result", "write_report"]
