"""The command line ``coley``: trials and what they are made of, and models of any origin."""

from __future__ import annotations

from coley.cli import calibrating as calibrating  # has the commands join the others
from coley.cli import claiming as claiming
from coley.cli import comparing as comparing
from coley.cli import designing as designing
from coley.cli import entries as entries
from coley.cli import equations as equations
from coley.cli import explaining as explaining
from coley.cli import labels as labels
from coley.cli import models as models
from coley.cli import patients as patients
from coley.cli import populating as populating
from coley.cli import scanning as scanning
from coley.cli import sensing as sensing
from coley.cli import validating as validating
from coley.cli.commands import main

__all__ = ["main"]
