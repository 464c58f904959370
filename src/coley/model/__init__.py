"""What a mechanism declares, and how mechanisms become one System."""

from coley.model.assembly import assemble
from coley.model.mechanism import Context, Mechanism, Variable, symbol

__all__ = ["Context", "Mechanism", "Variable", "assemble", "symbol"]
