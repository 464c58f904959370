"""Claims of the model as experiments: arms on the same virtual patients, what is measured, and whether it passes."""

from coley.claims.experiment import Found, Settings, experiments
from coley.claims.rules import Outcome, judge
from coley.claims.write import claim_table, write_claims

__all__ = ["Found", "Outcome", "Settings", "claim_table", "experiments", "judge", "write_claims"]
