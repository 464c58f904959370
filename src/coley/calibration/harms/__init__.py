"""Calibration of immune-related harms: published rates and onsets of trials beside those that the mechanism gives.

Harms hardly meet: what one does depends on the patient's T cells, treatment and follow-up, which are simulated once for
every trial (``drivers``), and on its own few numbers. So each harm is fitted by itself, without chance: the share of
patients with an event is the mean over patients and over their susceptibilities (``expected``).

``python -m coley.calibration.harms`` carries it out; values go into the catalogue with ``coley.calibration.write``.
"""
